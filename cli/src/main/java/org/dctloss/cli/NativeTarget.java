package org.dctloss.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Locale;
import org.dctloss.jni.NativeSubtraction;
import org.dctloss.yardsticks.InterleavedTiming;

/**
 * The target of the native backend, on one thread: a backward pass takes no longer than a plain subtraction in C++, for
 * every penalty. The subtraction that stores past the caches, the fastest that memory allows, is shown beside it.
 */
final class NativeTarget {
    private static final double MOST = 1;

    private final InterleavedTiming timing;
    private final int plain;
    private final int pastCaches;
    private final JsonArray results = new JsonArray();
    private final StringBuilder lines = new StringBuilder();

    /** Adds the two subtractions as contenders. */
    NativeTarget(InterleavedTiming timing, float[] p, float[] t, float[] g) {
        this.timing = timing;
        plain = timing.add(() -> subtract(p, t, g, false));
        pastCaches = timing.add(() -> subtract(p, t, g, true));
    }

    private static double subtract(float[] p, float[] t, float[] g, boolean pastCaches) {
        NativeSubtraction.run(p, t, g, pastCaches);
        return g[0];
    }

    /** Takes the time of a backward pass with signed errors. */
    void compare(String penalty, double seconds) {
        double ratio = seconds / timing.seconds(plain);
        double ratioPastCaches = seconds / timing.seconds(pastCaches);
        JsonObject result = new JsonObject();
        result.addProperty("penalty", penalty);
        result.addProperty("ratio_to_native_subtract", ratio);
        result.addProperty("ratio_to_native_subtract_past_caches", ratioPastCaches);
        result.addProperty("target", MOST);
        result.addProperty("reached", ratio <= MOST);
        results.add(result);
        String reached = ratio <= MOST ? "reached" : "not reached on this run";
        lines.append(String.format(
                Locale.ROOT,
                "%-18s %.2f (target %.0f, %s); past the caches %.2f%n",
                penalty,
                ratio,
                MOST,
                reached,
                ratioPastCaches));
    }

    void report(JsonObject json, StringBuilder text) {
        JsonObject target = new JsonObject();
        target.addProperty("native_subtract_seconds", timing.seconds(plain));
        target.addProperty("native_subtract_past_caches_seconds", timing.seconds(pastCaches));
        target.add("results", results);
        json.add("native_target", target);
        text.append(String.format(
                Locale.ROOT,
                "%nNative target: backward as a multiple of a plain subtraction in C++ (%.3f ms; %.3f ms past the"
                        + " caches), 1 thread%n",
                timing.seconds(plain) * 1e3,
                timing.seconds(pastCaches) * 1e3));
        text.append(lines);
    }
}
