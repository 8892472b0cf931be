package org.dctloss.benchmarks;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVPrinter;
import org.apache.commons.csv.CSVRecord;
import org.dctloss.Coefficients;
import org.dctloss.DataType;

/** The record in git: one CSV, to which runs append. */
final class ResultsFile {
    private static final String[] COLUMNS = {
        "date",
        "commit",
        "processor",
        "cores",
        "jvm",
        "run",
        "harness",
        "contender",
        "resolved",
        "operation",
        "penalty",
        "coefficients",
        "type",
        "images",
        "threads",
        "block",
        "stride",
        "samples",
        "p20_us",
        "p50_us",
        "p80_us",
        "mpx_per_s",
        "gb_per_s",
        "ratio_to_subtract",
        "share_of_bandwidth"
    };
    private static final CSVFormat FORMAT =
            CSVFormat.DEFAULT.builder().setRecordSeparator('\n').get();

    private final Path path;

    ResultsFile(Path path) {
        this.path = path;
    }

    List<Result> read() throws IOException {
        List<Result> results = new ArrayList<>();
        if (Files.exists(path)) {
            CSVFormat named =
                    FORMAT.builder().setHeader().setSkipHeaderRecord(true).get();
            try (CSVParser parser = CSVParser.parse(path, StandardCharsets.UTF_8, named)) {
                for (CSVRecord row : parser) {
                    results.add(parse(row));
                }
            }
        }
        return results;
    }

    private static Result parse(CSVRecord row) {
        Case computed = new Case(
                Operation.parse(row.get("operation")),
                row.get("penalty"),
                Coefficients.valueOf(row.get("coefficients")),
                DataType.valueOf(row.get("type")),
                Images.parse(row.get("images")),
                Integer.parseInt(row.get("threads")),
                Integer.parseInt(row.get("block")),
                Integer.parseInt(row.get("stride")));
        return new Result(
                new Result.Provenance(
                        row.get("date"),
                        row.get("commit"),
                        row.get("processor"),
                        Integer.parseInt(row.get("cores")),
                        row.get("jvm")),
                row.get("run"),
                row.get("harness"),
                row.get("contender"),
                row.get("resolved"),
                computed,
                Integer.parseInt(row.get("samples")),
                Double.parseDouble(row.get("p20_us")) * 1e-6,
                Double.parseDouble(row.get("p50_us")) * 1e-6,
                Double.parseDouble(row.get("p80_us")) * 1e-6,
                Double.parseDouble(row.get("ratio_to_subtract")),
                Double.parseDouble(row.get("share_of_bandwidth")));
    }

    /** Adds all or nothing, to a file with these columns or a new one. */
    void append(List<Result> results) throws IOException {
        StringWriter lines = new StringWriter();
        String old = Files.exists(path) ? Files.readString(path) : "";
        String header = String.join(",", COLUMNS);
        if (!old.isEmpty() && (!old.startsWith(header + "\n") || !old.endsWith("\n"))) {
            throw new IOException("record: got " + path + ", allowed a file of whole lines that starts with " + header);
        }
        try (CSVPrinter printer = new CSVPrinter(lines, FORMAT)) {
            if (old.isEmpty()) {
                printer.printRecord((Object[]) COLUMNS);
            }
            for (Result result : results) {
                print(printer, result);
            }
        }
        replace(path, old + lines);
    }

    /** Puts a file in place whole. */
    static void replace(Path path, String text) throws IOException {
        Path written = Files.createTempFile(
                path.toAbsolutePath().getParent(), path.getFileName().toString(), ".new");
        Files.writeString(written, text);
        Files.setPosixFilePermissions(written, PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(written, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void print(CSVPrinter printer, Result result) throws IOException {
        Result.Provenance from = result.provenance();
        Case computed = result.computed();
        printer.printRecord(
                from.date(),
                from.commit(),
                from.processor(),
                from.cores(),
                from.jvm(),
                result.run(),
                result.harness(),
                result.contender(),
                result.resolved(),
                computed.operation(),
                computed.penalty(),
                computed.coefficients(),
                computed.type(),
                computed.images(),
                computed.threads(),
                computed.block(),
                computed.stride(),
                result.samples(),
                number(result.p20() * 1e6),
                number(result.p50() * 1e6),
                number(result.p80() * 1e6),
                number(result.megapixelsPerSecond()),
                number(result.gigabytesPerSecond()),
                number(result.ratioToSubtract()),
                number(result.shareOfBandwidth()));
    }

    /** Four digits. */
    static String number(double value) {
        return String.format(Locale.ROOT, "%.4g", value);
    }
}
