package org.dctloss.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dctloss help}: for those who ask so. */
@Command(
        name = "help",
        description = "Show the help of a command.",
        footer = {Main.EXAMPLES, "  dctloss help compare"})
final class HelpCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "COMMAND",
            completionCandidates = Candidates.Commands.class,
            description = "The command: ${COMPLETION-CANDIDATES}. Without one: the list of commands.")
    private String command;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    @Override
    public void run() {
        CommandLine root = spec.root().commandLine();
        CommandLine about = command == null ? root : root.getSubcommands().get(command);
        if (about == null) {
            throw new ParameterException(root, "", null, command);
        }
        about.usage(root.getOut());
    }
}
