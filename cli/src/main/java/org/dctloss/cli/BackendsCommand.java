package org.dctloss.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Locale;
import org.dctloss.BackendChoice;
import org.dctloss.Backends;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code dctloss backends}: what this machine can run, why not, and what to do about it. */
@Command(
        name = "backends",
        description = "Show what computes on this machine, and what does not, why, and what would change that.",
        footer = {
            Main.EXAMPLES,
            "  dctloss backends",
            "  dctloss backends --json",
        })
final class BackendsCommand implements Runnable {
    /** Where the text of a line starts. */
    private static final int INDENT = 24;

    @Mixin
    private Printing printing;

    @Override
    public void run() {
        JsonArray backends = new JsonArray();
        StringBuilder text = new StringBuilder();
        for (Backends.Report report : Backends.report()) {
            JsonObject backend = new JsonObject();
            backend.addProperty("name", report.name());
            backend.addProperty("available", report.available());
            backend.addProperty("text", report.text());
            backends.add(backend);
            String name = String.format(Locale.ROOT, "%-8s", report.name());
            String available = report.available() ? printing.good("available     ") : printing.bad("not available ");
            text.append(printing.heading(name))
                    .append(' ')
                    .append(available)
                    .append(' ')
                    .append(report.text())
                    .append('\n');
            String remedy = remedy(report);
            if (remedy != null) {
                text.append(" ".repeat(INDENT)).append(printing.faint(remedy)).append('\n');
            }
        }
        JsonObject json = new JsonObject();
        json.add("backends", backends);
        printing.result(json, text.toString());
    }

    /** What the user of the launcher can do about a library that was not built; null for other reasons. */
    static String remedy(Backends.Report report) {
        if (report.available() || !report.text().contains("was not built")) {
            return null;
        }
        return report.name().equals(BackendChoice.CUDA.id())
                ? "DCTLOSS_BUILD=cuda ./dctloss backends builds it, in some minutes; only an NVIDIA GPU can run it"
                : "once g++ is installed, the next ./dctloss builds it";
    }
}
