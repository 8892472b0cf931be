package org.dctloss.pictures;

import com.luciad.imageio.webp.internal.NativeLoader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Optional;

/** The native library that decodes WebP, which is unpacked from its jar into a temporary folder. */
final class WebpLibrary {
    /** Names the folder; the JVM's temporary one without it. */
    private static final String FOLDER = "com.luciad.imageio.webp.tmpdir";

    private static Boolean loaded;

    private WebpLibrary() {}

    /** Loads it, once in a process; false if that failed. */
    static synchronized boolean isLoaded() {
        if (loaded == null) {
            // It tells of a failure on standard error, in stack traces.
            PrintStream err = System.err;
            System.setErr(new PrintStream(allButThisThread(err), true));
            try {
                loaded = NativeLoader.initialize();
            } catch (RuntimeException | LinkageError failed) {
                loaded = false;
            } finally {
                System.setErr(err);
            }
        }
        return loaded;
    }

    /** Where it is unpacked. */
    static String folder() {
        return Optional.ofNullable(System.getProperty(FOLDER)).orElseGet(() -> System.getProperty("java.io.tmpdir"));
    }

    /** What lets it be unpacked elsewhere. */
    static String folderOption() {
        return "JAVA_TOOL_OPTIONS=-D" + FOLDER + "=DIR";
    }

    private static OutputStream allButThisThread(PrintStream out) {
        Thread muted = Thread.currentThread();
        return new OutputStream() {
            @Override
            public void write(int octet) {
                if (Thread.currentThread() != muted) {
                    out.write(octet);
                }
            }

            @Override
            public void flush() {
                out.flush();
            }
        };
    }
}
