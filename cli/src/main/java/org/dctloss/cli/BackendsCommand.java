package org.dctloss.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Locale;
import org.dctloss.Backends;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code dctloss backends}: what this machine can run, and why not. */
@Command(name = "backends", description = "Show what this machine can run, and why not.")
final class BackendsCommand implements Runnable {
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
        }
        JsonObject json = new JsonObject();
        json.add("backends", backends);
        printing.result(json, text.toString());
    }
}
