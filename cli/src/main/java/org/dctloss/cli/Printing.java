package org.dctloss.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The options that every command has, and the law they stand for: with --json, standard output holds JSON alone. */
final class Printing {
    private static final Gson GSON = new GsonBuilder()
            .serializeNulls()
            .disableHtmlEscaping()
            .setPrettyPrinting()
            .create();

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--json", description = "Print JSON, and nothing else, on standard output.")
    private boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    /** Prints a result in the form that was asked for. */
    void result(JsonObject object, String text) {
        command.commandLine().getOut().println(json ? GSON.toJson(object) : text.stripTrailing());
    }

    /** Tells of something that went wrong while the command goes on. */
    void problem(String sentence) {
        command.commandLine().getErr().println(sentence);
    }

    /** JSON has no NaN and no infinity: they become null. */
    static JsonElement number(double value) {
        return Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE;
    }
}
