package org.dctloss.cli;

import com.google.gson.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dctloss completion}: the script that makes a shell complete commands, options, their values and file names. */
@Command(
        name = "completion",
        description = "Print a script that makes the shell complete commands, options, their values and file names.",
        footer = {
            Main.EXAMPLES,
            "  dctloss completion bash",
            "    To have it in every shell, add to ~/.bashrc, or with zsh to ~/.zshrc:",
            "    source <(/path/to/dctloss completion bash)"
        })
final class CompletionCommand implements Runnable {
    /** Both read one script. */
    enum Shell {
        BASH,
        ZSH
    }

    @Spec
    private CommandSpec spec;

    @Parameters(
            paramLabel = "SHELL",
            completionCandidates = Candidates.Shells.class,
            description = "The shell: ${COMPLETION-CANDIDATES}.")
    private String shell;

    @Mixin
    private Printing printing;

    @Override
    public void run() {
        Choice.parse("SHELL", shell, Shell.class);
        String script = CompletionScript.of(spec.root());
        JsonObject json = new JsonObject();
        json.addProperty("shell", shell);
        json.addProperty("script", script);
        printing.result(json, script);
    }
}
