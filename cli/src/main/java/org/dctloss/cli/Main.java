package org.dctloss.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.dctloss.BackendChoice;
import org.dctloss.BackendException;
import org.dctloss.Backends;
import org.dctloss.pictures.CommandFailure;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi.Style;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code dctloss} command: it owns the list of commands and the law of failure. Whatever goes wrong becomes one line
 * on standard error and exit code 2, never a stack trace.
 */
@Command(
        name = Main.NAME,
        description = "A perceptual loss in the frequency domain, with its gradient.",
        versionProvider = Main.Version.class,
        subcommands = {
            EvalCommand.class,
            CompareCommand.class,
            DemoCommand.class,
            BenchCommand.class,
            BackendsCommand.class
        })
public final class Main implements Runnable {
    private static final int FAILED = 2;
    static final String NAME = "dctloss";

    /** Widths of a page of help; picocli allows no narrower one. */
    private static final int LEAST_COLUMNS = 55;

    private static final int MOST_COLUMNS = 100;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
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

    /** The one line in which a user is told of a failure. */
    static void complain(PrintWriter err, Terminal terminal, String sentence) {
        err.println(Terminal.style(terminal.err(), NAME + ":", Style.bold, Style.fg_red) + " " + oneLine(sentence));
    }

    /** Before anything looks for backends, which are found once. */
    @Option(
            names = "--native-isa",
            paramLabel = "SET",
            scope = ScopeType.INHERIT,
            description = "Force the native backend to a lower instruction set than the best: sse2 or avx2, say.")
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

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] arguments) {
        Terminal terminal = Terminal.of(System::getenv, System::getProperty);
        System.exit(run(utf8(FileDescriptor.out), utf8(FileDescriptor.err), terminal, arguments));
    }

    // JSON is UTF-8 whatever the locale.
    private static PrintWriter utf8(FileDescriptor descriptor) {
        OutputStream stream = new FileOutputStream(descriptor);
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    static int run(PrintWriter out, PrintWriter err, Terminal terminal, String... arguments) {
        CommandLine line = new CommandLine(new Main(terminal))
                .setOut(out)
                .setErr(err)
                .setExpandAtFiles(false) // an image may be called @1.png
                .setColorScheme(Help.defaultColorScheme(terminal.help()))
                .setUsageHelpWidth(Math.max(LEAST_COLUMNS, Math.min(terminal.columns(), MOST_COLUMNS)))
                .registerConverter(Integer.class, Main::wholeNumber)
                .registerConverter(Double.class, Main::number)
                .registerConverter(Path.class, Main::path)
                .setParameterExceptionHandler((wrong, given) -> {
                    CommandSpec command = wrong.getCommandLine().getCommandSpec();
                    complain(
                            err,
                            terminal,
                            sentence(wrong, command) + " (see '" + command.qualifiedName() + " --help')");
                    return FAILED;
                })
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    complain(err, terminal, sentence(failure));
                    return FAILED;
                });
        try {
            return line.execute(arguments);
        } catch (OutOfMemoryError full) {
            complain(
                    err,
                    terminal,
                    "memory: got more work than fits the Java heap of "
                            + (Runtime.getRuntime().maxMemory() >> 20)
                            + " MiB, allowed less (JAVA_TOOL_OPTIONS=-Xmx8g gives it 8 GiB)");
            return FAILED;
        } catch (LinkageError broken) {
            complain(err, terminal, "installation: got jars that do not fit together: " + broken);
            return FAILED;
        } finally {
            out.flush();
            err.flush();
        }
    }

    private static String sentence(ParameterException wrong, CommandSpec command) {
        boolean unknownCommand = wrong instanceof UnmatchedArgumentException unmatched
                && command.parent() == null
                && !unmatched.getUnmatched().get(0).startsWith("-");
        return unknownCommand
                ? commands(((UnmatchedArgumentException) wrong).getUnmatched().get(0), command)
                : wrong.getMessage();
    }

    private static String commands(String got, CommandSpec command) {
        return "command: got " + got + ", allowed "
                + String.join(", ", command.subcommands().keySet());
    }

    private static String sentence(Exception failure) {
        boolean told = failure instanceof CommandFailure
                || failure instanceof IllegalArgumentException
                || failure instanceof BackendException;
        return told && failure.getMessage() != null ? failure.getMessage() : "unexpected failure: " + failure;
    }

    private static String oneLine(String text) {
        return text.replaceAll("\\p{Cntrl}+", " ").strip();
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

    @Override
    public void run() {
        throw new CommandFailure(commands("none", spec) + " (see 'dctloss --help')");
    }
}
