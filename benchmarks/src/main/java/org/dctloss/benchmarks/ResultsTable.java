package org.dctloss.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Results as a table: rows are contenders, columns are images and threads; for the terminal and for the README. */
final class ResultsTable {
    private static final String BEGIN = "<!-- benchmarks: rewritten by benchmarks/run.sh -->";
    private static final String END = "<!-- /benchmarks -->";

    private record Column(Images images, int threads) {}

    private final List<Result> results;

    /** Of one run: loss with gradient, squared (but for L1, which is not) and signed. */
    ResultsTable(List<Result> results) {
        this.results = results.stream().filter(ResultsTable::belongs).toList();
    }

    /** The last whole table of each processor that the record has one of, the newest first. */
    static List<ResultsTable> newest(List<Result> recorded) {
        Map<String, ResultsTable> ofProcessor = new LinkedHashMap<>();
        Set<List<Object>> seen = new HashSet<>();
        List<Result> run = new ArrayList<>();
        for (int i = recorded.size() - 1; i >= 0; i--) {
            Result result = recorded.get(i);
            if (!result.harness().equals("interleaved")
                    || List.of("scaling", "vector").contains(result.run())) {
                continue;
            }
            boolean sameRun = run.isEmpty()
                    || run.get(0).provenance().equals(result.provenance())
                            && run.get(0).run().equals(result.run());
            if (!(sameRun && seen.add(List.of(result.contender(), result.computed())))) {
                keepIfWhole(run, ofProcessor);
                seen.clear();
                seen.add(List.of(result.contender(), result.computed()));
                run = new ArrayList<>();
            }
            run.add(0, result);
        }
        keepIfWhole(run, ofProcessor);
        return List.copyOf(ofProcessor.values());
    }

    private static void keepIfWhole(List<Result> run, Map<String, ResultsTable> ofProcessor) {
        if (!run.isEmpty()) {
            Result.Provenance from = run.get(0).provenance();
            ResultsTable table = new ResultsTable(run);
            if (table.missing(new Plan(from.cores()).quick()).isEmpty()) {
                ofProcessor.putIfAbsent(from.processor(), table);
            }
        }
    }

    private static boolean belongs(Result result) {
        Case computed = result.computed();
        String penalty = result.contender().endsWith("l1") ? "absolute" : "squared";
        return computed.equals(Case.of(Operation.BACKWARD, penalty, computed.images(), computed.threads()));
    }

    /** Contenders of a plan that have no results; empty if the table is whole. */
    List<String> missing(List<Plan.Group> groups) {
        List<String> names = groups.stream()
                .flatMap(group -> group.entries().stream())
                .map(Plan.Entry::contender)
                .distinct()
                .toList();
        return names.stream().filter(name -> !contenders().contains(name)).toList();
    }

    private Set<Column> columns() {
        Set<Column> columns = new LinkedHashSet<>();
        results.forEach(result -> columns.add(
                new Column(result.computed().images(), result.computed().threads())));
        return columns;
    }

    private Set<String> contenders() {
        Set<String> names = new LinkedHashSet<>();
        results.forEach(result -> names.add(result.contender()));
        return names;
    }

    private Optional<Result> find(String contender, Column column) {
        return results.stream()
                .filter(result -> result.contender().equals(contender)
                        && result.computed().images().equals(column.images)
                        && result.computed().threads() == column.threads)
                .findFirst();
    }

    /** Milliseconds, and in parentheses how often the time of the native backend. */
    private String cell(String contender, Column column) {
        Optional<Result> found = find(contender, column);
        if (found.isEmpty()) {
            return "";
        }
        double time = found.get().p50();
        String text = ResultsFile.number(time * 1e3);
        return find("native", column)
                .map(ours -> text + String.format(Locale.ROOT, " (%.3g)", time / ours.p50()))
                .orElse(text);
    }

    /** In Markdown. */
    String markdown() {
        StringBuilder text = new StringBuilder("| |");
        columns()
                .forEach(column -> text.append(' ')
                        .append(column.images)
                        .append(", ")
                        .append(threads(column))
                        .append(" |"));
        text.append("\n|---|").append("---|".repeat(columns().size())).append('\n');
        for (String contender : contenders()) {
            text.append("| ").append(contender).append(" |");
            columns()
                    .forEach(column ->
                            text.append(' ').append(cell(contender, column)).append(" |"));
            text.append('\n');
        }
        text.append("\nThe native backend is\n\n");
        Targets.verdicts(results).forEach(line -> text.append("- ").append(line).append('\n'));
        return text.toString();
    }

    private static String threads(Column column) {
        return column.threads == 1 ? "1 thread" : column.threads + " threads";
    }

    /** Aligned with spaces. */
    String text() {
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("ms (times native)"));
        columns().forEach(column -> head.add(column.images + " /" + column.threads));
        rows.add(head);
        for (String contender : contenders()) {
            List<String> row = new ArrayList<>(List.of(contender));
            columns().forEach(column -> row.add(cell(contender, column)));
            rows.add(row);
        }
        StringBuilder text = new StringBuilder();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.size(); i++) {
                int column = i;
                int width = rows.stream()
                        .mapToInt(other -> other.get(column).length())
                        .max()
                        .orElse(0);
                line.append(String.format("%" + (i == 0 ? "-" : "") + width + "s  ", row.get(i)));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        Targets.verdicts(results)
                .forEach(line -> text.append("native: ").append(line).append('\n'));
        return text.toString();
    }

    /** Provenance, table and verdicts, as they stand in the README. */
    String section() {
        Result ours = results.stream()
                .filter(result -> result.contender().equals("native"))
                .findFirst()
                .orElse(results.get(0));
        Result.Provenance from = ours.provenance();
        return String.format(
                        Locale.ROOT,
                        "**%s**, %d cores; native: %s; %s; commit %s, %s, `benchmarks/run.sh --%s`, %s\n\n",
                        from.processor(),
                        from.cores(),
                        ours.resolved(),
                        from.jvm(),
                        from.commit(),
                        from.date(),
                        ours.run(),
                        ours.harness())
                + markdown();
    }

    /** What stands between the README's markers for a record. */
    static String sections(List<Result> recorded) {
        return newest(recorded).stream().map(ResultsTable::section).collect(Collectors.joining("\n"));
    }

    /** Refuses a README without the markers between which the sections go. */
    static void checkMarkers(Path readme) throws IOException {
        String text = Files.readString(readme);
        int begin = text.indexOf(BEGIN);
        if (begin < 0 || text.indexOf(END) < begin) {
            throw new IOException(
                    "README: got " + readme + " without the markers, allowed one with " + BEGIN + " and " + END);
        }
    }

    /** Puts a record's sections between the README's markers. */
    static void writeInto(Path readme, List<Result> recorded) throws IOException {
        checkMarkers(readme);
        String old = Files.readString(readme);
        String text = old.substring(0, old.indexOf(BEGIN)) + BEGIN + "\n" + sections(recorded)
                + old.substring(old.indexOf(END));
        ResultsFile.replace(readme, text);
    }
}
