package org.dctloss.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.dctloss.BackendChoice;
import org.dctloss.Backends;
import org.dctloss.pictures.CommandFailure;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Style;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/**
 * The {@code dctloss} command: it owns the list of commands, the look of their help, and the law of failure. Whatever
 * goes wrong becomes one line on standard error and exit code 2, never a stack trace.
 */
@Command(
        name = Main.NAME,
        description =
                "A perceptual loss in the frequency domain, with its gradient: for comparing images, and for training"
                        + " networks that restore them.",
        versionProvider = Main.Version.class,
        subcommands = {
            CompareCommand.class,
            DemoCommand.class,
            EvalCommand.class,
            BenchCommand.class,
            BackendsCommand.class,
            CompletionCommand.class,
            HelpCommand.class
        },
        footer = {
            "@|bold Environment:|@",
            "  NO_COLOR=1                  No colours; files and pipes never get any.",
            "  JAVA_HOME=DIR               The Java that runs this, 17 or newer.",
            "  JAVA_TOOL_OPTIONS=-Xmx8g    8 GiB for Java; 70%% of the memory without it.",
            "  DCTLOSS_BUILD=cuda          Build CUDA where no NVIDIA device is, too.",
            "",
            Main.EXAMPLES,
            "  dctloss compare reference.png copy.png",
            "    How far the second picture is from the first. Try this with your own.",
            "  dctloss backends",
            "    What computes on this machine, and what does not and why.",
            "  dctloss help compare"
        })
public final class Main implements Runnable {
    /** The name of the command. */
    static final String NAME = "dctloss";

    /** The line before the examples in a page of help. */
    static final String EXAMPLES = "Examples:";

    private static final int FAILED = 2;

    /** Widths of a page of help; picocli allows no narrower one. */
    private static final int LEAST_COLUMNS = 55;

    private static final int MOST_COLUMNS = 100;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help; after a command, the command's.")
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    private boolean version;

    private String nativeIsa;

    private Main(Terminal terminal) {
        this.terminal = terminal;
    }

    /** What is known of the streams that this run prints to. */
    Terminal terminal() {
        return terminal;
    }

    /** Before anything looks for backends, which are found once. */
    @Option(
            names = "--native-isa",
            paramLabel = "SET",
            scope = ScopeType.INHERIT,
            completionCandidates = Candidates.InstructionSets.class,
            description = "Force the native backend to another instruction set than the best of this processor:"
                    + " ${COMPLETION-CANDIDATES}.")
    private void nativeIsa(String set) {
        if (set == null) {
            return;
        }
        if (nativeIsa != null && !nativeIsa.equals(set)) {
            throw new ParameterException(
                    spec.commandLine(), "--native-isa: got '" + nativeIsa + "' and '" + set + "', allowed one");
        }
        nativeIsa = set;
        System.setProperty("dctloss.native.isa", set);
        for (Backends.Report report : Backends.report()) {
            if (report.name().equals(BackendChoice.NATIVE.id()) && !report.available()) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--native-isa: got '" + set + "', but native is not available: " + report.text());
            }
        }
    }

    /** The version in the manifest of the jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"dctloss " + (version == null ? "(not packaged)" : version)};
        }
    }

    /** A standard stream that remembers why it could not be written, which a {@link PrintWriter} swallows. */
    private static final class StandardStream extends FileOutputStream {
        private String failure;

        StandardStream(FileDescriptor descriptor) {
            super(descriptor);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            try {
                super.write(bytes, offset, length);
            } catch (IOException failed) {
                failure = String.valueOf(failed.getMessage());
                throw failed;
            }
        }

        /** Whether something was lost that somebody wanted: a reader such as head(1) has stopped reading. */
        boolean lost() {
            return failure != null && !failure.contains("Broken pipe");
        }

        // JSON is UTF-8 whatever the locale.
        PrintWriter utf8() {
            return new PrintWriter(this, true, StandardCharsets.UTF_8);
        }
    }

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        tellFailuresOfThreads();
        Terminal terminal = terminalOfProcess();
        StandardStream out = new StandardStream(FileDescriptor.out);
        PrintWriter err = new StandardStream(FileDescriptor.err).utf8();
        int code = run(out.utf8(), err, terminal, arguments);
        if (out.lost()) {
            complain(err, terminal, "standard output: could not be written: " + out.failure);
            code = FAILED;
        }
        System.exit(code);
    }

    private static Terminal terminalOfProcess() {
        return Terminal.of(System::getenv, System::getProperty);
    }

    /** A thread that ends by a failure ends the process, in one line instead of a stack trace. */
    static void tellFailuresOfThreads() {
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            PrintWriter err = new StandardStream(FileDescriptor.err).utf8();
            CommandSpec command = CommandSpec.create().name(NAME);
            complain(err, terminalOfProcess(), FailureSentence.of(failure, command));
            System.exit(FAILED);
        });
    }

    static int run(PrintWriter out, PrintWriter err, Terminal terminal, String... arguments) {
        CommandLine line = commandLine(terminal)
                .setOut(out)
                .setErr(err)
                .setParameterExceptionHandler((wrong, given) -> {
                    complain(err, terminal, FailureSentence.of(wrong));
                    return FAILED;
                })
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    complain(err, terminal, FailureSentence.of(failure, command.getCommandSpec()));
                    return FAILED;
                });
        try {
            return line.execute(arguments);
        } catch (Error fatal) {
            complain(err, terminal, FailureSentence.of(fatal, line.getCommandSpec()));
            return FAILED;
        } finally {
            out.flush();
            err.flush();
        }
    }

    /** All commands, as they are parsed and as their help looks. */
    static CommandLine commandLine(Terminal terminal) {
        CommandLine line = new CommandLine(new Main(terminal))
                .setExpandAtFiles(false) // an image may be called @1.png
                .setColorScheme(Help.defaultColorScheme(terminal.help()))
                .setUsageHelpWidth(Math.max(LEAST_COLUMNS, Math.min(terminal.columns(), MOST_COLUMNS)))
                .registerConverter(Integer.class, Main::wholeNumber)
                .registerConverter(int.class, Main::wholeNumber)
                .registerConverter(Double.class, Main::number)
                .registerConverter(double.class, Main::number)
                .registerConverter(Path.class, Main::path);
        layOut(line);
        return line;
    }

    private static void layOut(CommandLine line) {
        UsageMessageSpec page = line.getCommandSpec().usageMessage();
        // The header stands in the list of commands, in place of the whole description.
        page.header(page.description()[0].replaceFirst("(?s)[.:;] .*|\\.$", "") + ".");
        line.getHelpSectionMap().remove(UsageMessageSpec.SECTION_KEY_HEADER);
        Map<String, String> codes = new LinkedHashMap<>();
        codes.put("0", "Done.");
        codes.put("2", "Refused or failed, all or in part: a line on standard error says what and why.");
        codes.put("130", "Interrupted (Ctrl-C).");
        page.abbreviateSynopsis(true)
                .synopsisHeading("@|bold Usage:|@ ")
                .descriptionHeading("%n")
                .parameterListHeading("%n@|bold Parameters:|@%n")
                .optionListHeading("%n@|bold Options:|@%n")
                .commandListHeading("%n@|bold Commands:|@%n")
                .exitCodeListHeading("%n@|bold Exit codes:|@%n")
                .exitCodeList(codes)
                .footerHeading("%n")
                .footer(Arrays.stream(page.footer())
                        .map(text -> text.replaceFirst("^(%n)?" + EXAMPLES + "$", "$1@|bold " + EXAMPLES + "|@"))
                        .toArray(String[]::new));
        line.getSubcommands().values().forEach(Main::layOut);
    }

    /** The one line in which a user is told of a failure. */
    static void complain(PrintWriter err, Terminal terminal, String sentence) {
        String name = Terminal.style(terminal.err(), NAME + ":", Style.bold, Style.fg_red);
        err.println(name + " " + Printing.visible(sentence.strip()));
    }

    private static Integer wholeNumber(String text) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException wrong) {
            throw new TypeConversionException("got '" + text + "', allowed a whole number");
        }
    }

    private static Path path(String text) {
        if (text.isEmpty()) {
            throw new TypeConversionException("got '', allowed a path");
        }
        return Path.of(text);
    }

    /** A finite decimal number; Java's own parser also takes "1f" and "0x1p3". */
    static Double number(String text) {
        if (text.matches("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?")) {
            double value = Double.parseDouble(text);
            if (Double.isFinite(value)) {
                return value;
            }
        }
        throw new TypeConversionException("got '" + text + "', allowed a number");
    }

    /** Without a command: how to go on, but it is no success. */
    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
        throw new CommandFailure(FailureSentence.commands("none", spec) + " (try one of the examples above)");
    }
}
