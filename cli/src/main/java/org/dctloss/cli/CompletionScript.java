package org.dctloss.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The script that completes a command line in bash, and in zsh by its emulation of that. File names are left to the shell,
 * which knows how to quote them. (picocli's own script has the shell evaluate the names of files, mistakes words for
 * options that contain them, and confuses options with one label.)
 */
final class CompletionScript {
    private static final String HEAD = """
            # Completion of NAME for bash and zsh: source <(NAME completion bash)
            if [ -n "${ZSH_VERSION:-}" ]; then
                type compdef >/dev/null 2>&1 || { autoload -U +X compinit && compinit; }
                autoload -U +X bashcompinit && bashcompinit
            fi

            _NAME() {
                local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= prefix= words= i
                # bash takes --option=value apart, zsh does not.
                if [[ $word == '=' ]]; then
                    word=
                elif [[ $before == '=' ]]; then
                    before=${COMP_WORDS[COMP_CWORD-2]}
                elif [[ $word == --*=* ]]; then
                    before=${word%%=*} prefix=${word%%=*}= word=${word#*=}
                fi
                for ((i = 1; i < COMP_CWORD; i++)); do
                    case ${COMP_WORDS[i]} in
                        ROOT_OPTIONS) ((i++)); [[ ${COMP_WORDS[i]} != '=' ]] || ((i++)) ;;
                        -*) ;;
                        *) command=${COMP_WORDS[i]}; break ;;
                    esac
                done
                COMPREPLY=()
                case "$command $before" in
            """;

    private static final String TAIL = """
                esac
                COMPREPLY=($(compgen -P "$prefix" -W "$words" -- "$word"))
            }

            # Without a word that fits, the shell completes file names.
            complete -o default -F _NAME NAME
            """;

    private static final String INDENT = " ".repeat(8);

    /** No file name either. */
    private static final String NOTHING = "type compopt >/dev/null 2>&1 && compopt +o default; return";

    private CompletionScript() {}

    /** The script for a command and those below it. */
    static String of(CommandSpec root) {
        StringBuilder script = new StringBuilder(HEAD.replace("ROOT_OPTIONS", String.join(" | ", names(valued(root)))));
        List<CommandSpec> commands = new ArrayList<>(List.of(root));
        root.subcommands().values().forEach(line -> commands.add(line.getCommandSpec()));
        for (CommandSpec command : commands) {
            values(command, command == root ? "" : command.name(), script);
        }
        script.append(INDENT).append("*)\n").append(INDENT).append("    case $command:$word in\n");
        for (CommandSpec command : commands) {
            words(command, command == root ? "" : command.name(), script);
        }
        script.append(INDENT).append("    esac\n").append(INDENT).append("    ;;\n");
        return script.append(TAIL).toString().replace("NAME", root.name());
    }

    private static List<OptionSpec> valued(CommandSpec command) {
        return command.options().stream()
                .filter(option -> option.arity().max() > 0)
                .toList();
    }

    private static List<String> names(List<OptionSpec> options) {
        return options.stream()
                .flatMap(option -> List.of(option.names()).stream())
                .toList();
    }

    /** What may follow each option that takes a value: words, files, or what nobody can foresee. */
    private static void values(CommandSpec command, String name, StringBuilder script) {
        Map<String, List<String>> actions = new LinkedHashMap<>();
        for (OptionSpec option : valued(command)) {
            for (String optionName : option.names()) {
                actions.computeIfAbsent(action(option), action -> new ArrayList<>())
                        .add("'" + name + " " + optionName + "'");
            }
        }
        actions.forEach((action, options) -> script.append(INDENT)
                .append(String.join(" | ", options))
                .append(") ")
                .append(action)
                .append(" ;;\n"));
    }

    private static String action(ArgSpec argument) {
        if (argument.completionCandidates() != null) {
            return "words='" + String.join(" ", candidates(argument)) + "'";
        }
        return isFile(argument) ? "return" : NOTHING;
    }

    /** What may stand anywhere else: options, commands, and words or files. */
    private static void words(CommandSpec command, String name, StringBuilder script) {
        List<String> options = names(command.options());
        List<String> words = new ArrayList<>(command.subcommands().keySet());
        boolean files = false;
        for (ArgSpec argument : command.positionalParameters()) {
            files |= isFile(argument);
            words.addAll(argument.completionCandidates() == null ? List.of() : candidates(argument));
        }
        if (files || !words.isEmpty()) {
            line(script, name + ":-*", options);
        }
        if (!files) {
            line(script, name + ":*", words.isEmpty() ? options : words);
        }
    }

    private static void line(StringBuilder script, String pattern, List<String> words) {
        script.append(INDENT)
                .append("        ")
                .append(pattern)
                .append(") words='")
                .append(String.join(" ", words))
                .append("' ;;\n");
    }

    private static boolean isFile(ArgSpec argument) {
        return argument.type() == Path.class || argument.auxiliaryTypes()[0] == Path.class;
    }

    private static List<String> candidates(ArgSpec argument) {
        return StreamSupport.stream(argument.completionCandidates().spliterator(), false)
                .toList();
    }
}
