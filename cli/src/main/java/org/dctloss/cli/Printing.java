package org.dctloss.cli;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import picocli.CommandLine.Help.Ansi.Style;
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

    /** A heading or a name to find a line by, for the text of {@link #result}: bold on a terminal. Pad it before. */
    String heading(String text) {
        return Terminal.style(terminal().out(), text, Style.bold);
    }

    /** Something that is as it should be, for the text of {@link #result}: green on a terminal. Pad it before. */
    String good(String text) {
        return Terminal.style(terminal().out(), text, Style.fg_green);
    }

    /** Something that is not as it should be, for the text of {@link #result}: red on a terminal. Pad it before. */
    String bad(String text) {
        return Terminal.style(terminal().out(), text, Style.fg_red);
    }

    /** What is there for completeness, for the text of {@link #result}: faint on a terminal. Pad it before. */
    String faint(String text) {
        return Terminal.style(terminal().out(), text, Style.faint);
    }

    /** What is known of the streams that this command prints to. */
    Terminal terminal() {
        return ((Main) command.root().userObject()).terminal();
    }

    /** Prints a result in the form that was asked for. */
    void result(JsonObject object, String text) {
        command.commandLine().getOut().println(json ? GSON.toJson(object) : text.stripTrailing());
    }

    /** Tells of something that went wrong while the command goes on: one line on standard error. */
    void problem(String sentence) {
        Main.complain(command.commandLine().getErr(), terminal(), sentence);
    }

    /** A text that cannot steer a terminal or hide a part of itself: what a file's name may hold and no letter is. */
    static String visible(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}\u2028\u2029]", "\ufffd");
    }

    /** JSON has no NaN and no infinity: they become null. */
    static JsonElement number(double value) {
        return Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE;
    }
}
