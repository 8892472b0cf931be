package org.dctloss.cli;

import java.util.List;
import java.util.stream.Collectors;
import org.dctloss.BackendException;
import org.dctloss.pictures.CommandFailure;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What a user is told of a failure: what it is about, what was got, what is allowed, and what to do next. */
final class FailureSentence {
    private static final String NO_VALUE = "(Missing required parameter for option|Expected parameter for option).*";
    private static final String INVALID =
            "(?s)^Invalid value for (positional parameter at index \\S+ \\(.*?\\)|.*?'( \\(.*?\\))?): ";

    private FailureSentence() {}

    /** Of words that picocli could not make sense of. */
    static String of(ParameterException wrong) {
        CommandLine line = wrong.getCommandLine();
        CommandSpec command = line.getCommandSpec();
        String sentence = sentence(wrong, line);
        return sentence.contains(" --help'") ? sentence : sentence + seeHelp(command);
    }

    private static String sentence(ParameterException wrong, CommandLine line) {
        CommandSpec command = line.getCommandSpec();
        // A misspelt option is missing and unknown: the second says more.
        List<String> unknown = wrong instanceof UnmatchedArgumentException unmatched
                ? unmatched.getUnmatched()
                : wrong instanceof MissingParameterException ? line.getUnmatchedArguments() : List.of();
        if (!unknown.isEmpty()) {
            return unknown(unknown, line);
        }
        if (wrong instanceof MissingParameterException missing) {
            return missing(missing, command);
        }
        ArgSpec about = wrong.getArgSpec();
        if (wrong instanceof OverwrittenOptionException overwritten) {
            return name(overwritten.getOverwritten()) + ": got it twice, allowed once";
        }
        if (about != null) {
            String got = about.typeInfo().isBoolean()
                    ? "got '" + wrong.getValue() + "', allowed no value"
                    : wrong.getMessage().replaceFirst(INVALID, "");
            return name(about) + ": " + got;
        }
        // From 'dctloss help'.
        return wrong.getValue() == null ? wrong.getMessage() : unknownCommand(List.of(wrong.getValue()), line);
    }

    private static String unknown(List<String> words, CommandLine line) {
        CommandSpec command = line.getCommandSpec();
        String first = words.get(0);
        if (first.startsWith("-") && first.length() > 1) {
            return first + ": got an unknown option" + suggestions(words, line);
        }
        if (command.parent() == null) {
            return unknownCommand(words, line);
        }
        String arguments = words.stream().map(word -> "'" + word + "'").collect(Collectors.joining(", "));
        return command.name() + ": got " + arguments + " too many, allowed " + synopsis(command);
    }

    private static String unknownCommand(List<String> words, CommandLine line) {
        return commands("'" + words.get(0) + "'", line.getCommandSpec()) + suggestions(words, line);
    }

    /** The refusal of a word, or of none, where a command was expected. */
    static String commands(String got, CommandSpec command) {
        return "command: got " + got + ", allowed "
                + String.join(", ", command.subcommands().keySet());
    }

    private static String suggestions(List<String> words, CommandLine line) {
        // picocli names an option with its parameter: --block=B.
        String names = new UnmatchedArgumentException(line, words.subList(0, 1))
                .getSuggestions().stream()
                        .map(name ->
                                name.replaceFirst("^" + line.getCommandSpec().qualifiedName() + " ", ""))
                        .map(name -> name.replaceFirst("[=\\[].*", ""))
                        .distinct()
                        .collect(Collectors.joining(" or "));
        return names.isEmpty() ? "" : "; did you mean " + names + "?";
    }

    private static String missing(MissingParameterException missing, CommandSpec command) {
        ArgSpec first = missing.getMissing().get(0);
        if (missing.getMessage().matches(NO_VALUE)) {
            return name(first) + ": got no value, allowed " + name(first) + " " + first.paramLabel();
        }
        String names = missing.getMissing().stream()
                .map(argument -> "no " + (argument.isOption() ? name(argument) + " " : "") + argument.paramLabel())
                .collect(Collectors.joining(" and "));
        return command.name() + ": got " + names + ", allowed " + synopsis(command);
    }

    private static String name(ArgSpec argument) {
        return argument.isOption() ? ((OptionSpec) argument).longestName() : argument.paramLabel();
    }

    /** "dctloss compare [OPTIONS] REFERENCE IMAGE...". */
    private static String synopsis(CommandSpec command) {
        return new Help(command, Help.defaultColorScheme(Help.Ansi.OFF))
                .synopsis(0)
                .strip();
    }

    private static String seeHelp(CommandSpec command) {
        return " (see '" + command.qualifiedName() + " --help')";
    }

    /** Of a command that was under way. */
    static String of(Throwable failure, CommandSpec command) {
        for (Throwable at = failure; at != null; at = at.getCause()) {
            if (at instanceof OutOfMemoryError full) {
                return outOfMemory(String.valueOf(full.getMessage()));
            }
            if (at instanceof StackOverflowError) {
                return "stack: got work nested too deep for the thread's stack, allowed less"
                        + " (JAVA_TOOL_OPTIONS=-Xss16m gives it 16 MiB)";
            }
        }
        String message = failure.getMessage();
        if (failure instanceof CommandFailure && message != null) {
            return isOfTheCommandLine(message, command) && !message.contains("(see ")
                    ? message + seeHelp(command)
                    : message;
        }
        if (failure instanceof BackendException && message != null) {
            return message + " (run 'dctloss backends' to see what runs here)";
        }
        // The library's refusals have this form; others with this type are somebody's bug.
        if (failure instanceof IllegalArgumentException && message != null && message.contains(": got ")) {
            return asOption(message, command) + seeHelp(command);
        }
        if (failure instanceof LinkageError) {
            return "installation: got jars that do not fit together, " + failure
                    + ", allowed those of one build ('mvn clean' makes the next ./dctloss build anew)";
        }
        return unexpected(failure);
    }

    private static boolean isOfTheCommandLine(String message, CommandSpec command) {
        return message.startsWith("--")
                || command.positionalParameters().stream()
                        .anyMatch(parameter -> message.startsWith(parameter.paramLabel() + ": "));
    }

    /** The library says "threads" of what the command line calls "--threads". */
    private static String asOption(String message, CommandSpec command) {
        String option = "--" + message.substring(0, message.indexOf(": got "));
        return command.optionsMap().containsKey(option) ? "--" + message : message;
    }

    private static String outOfMemory(String what) {
        if (what.contains("thread")) {
            return "memory: got '" + what
                    + "', allowed fewer threads (--threads 1) or a higher limit (see 'ulimit -u')";
        }
        if (what.contains("irect")) {
            return "memory: got '" + what
                    + "', allowed less (JAVA_TOOL_OPTIONS=-XX:MaxDirectMemorySize=8g allows 8 GiB)";
        }
        return "memory: got more work than fits the Java heap of "
                + (Runtime.getRuntime().maxMemory() >> 20)
                + " MiB, allowed less (JAVA_TOOL_OPTIONS=-Xmx8g gives it 8 GiB)";
    }

    private static String unexpected(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        StackTraceElement[] trace = root.getStackTrace();
        return "unexpected failure: " + root + (trace.length == 0 ? "" : ", at " + trace[0])
                + " (a bug of dctloss: please report this line and the command)";
    }
}
