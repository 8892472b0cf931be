package org.dctloss.purejava;

import java.lang.module.ModuleFinder;
import java.util.function.Function;
import org.dctloss.spi.KnownAnswer;
import org.dctloss.spi.Status;
import org.dctloss.spi.Workers;

/**
 * Whether the pure-Java backend does 8x8 blocks by the Vector API, and why not. Thread-safe.
 *
 * <p>The Vector API is an incubating module: a JVM has it if it was started with {@value #FLAG}. The classes that use it are
 * compiled by an execution of their own and named nowhere but in a string here, so that without the module nothing ever
 * touches them. Where C2 does not compile them to vector instructions they would be a hundred times slower than loops,
 * therefore all the questions below.
 */
public final class VectorKernel {
    /** What starts a JVM with the module. */
    public static final String FLAG = "--add-modules jdk.incubator.vector";

    /** The property that switches the kernel off: {@code false}. Read whenever a session is opened. */
    public static final String PROPERTY = "dctloss.java.vector";

    /** The property that allows newer versions of Java than those it was tested with: the newest, a number. */
    public static final String NEWEST = "dctloss.java.vector.newest";

    private static final String MODULE = "jdk.incubator.vector";
    private static final int OLDEST_TESTED = 17;
    private static final int NEWEST_TESTED = 25;
    private static final int FEWEST_BITS = 256;

    /** What the classes that are loaded by name show. */
    interface Door {
        /** Width of this machine's vectors of floats. */
        int bits();

        FusedStrips open(JavaSession session);
    }

    /** The kernel, or null; and what there is to say about it. */
    private record Found(Door door, Status status) {
        static Found none(String why) {
            return new Found(null, Status.unavailable(why));
        }
    }

    /** Found out once, when somebody asks. */
    private static final class Machine {
        static final Found FOUND = find();
    }

    private VectorKernel() {}

    /** Available with the width of its vectors in bits, or why it is not used. Never throws. */
    public static Status status() {
        return found().status;
    }

    /** What opens the 8x8 kernel for a session now: this one, or that of small loops. */
    static Function<JavaSession, FusedStrips> opener() {
        Door door = found().door;
        return door == null ? FusedStrips::new : door::open;
    }

    private static Found found() {
        String wanted = property(PROPERTY);
        if (wanted == null || wanted.equals("true")) {
            return Machine.FOUND;
        }
        return Found.none(
                wanted.equals("false")
                        ? "switched off by -D" + PROPERTY + "=false"
                        : "-D" + PROPERTY + ": got '" + wanted + "', allowed true or false");
    }

    private static String property(String name) {
        try {
            return System.getProperty(name);
        } catch (SecurityException forbidden) {
            return null;
        }
    }

    private static Found find() {
        try {
            String refusal = refusal(Runtime.version().feature(), property(NEWEST));
            refusal = refusal != null ? refusal : refusal(property("java.vm.name"), property("java.vm.info"));
            refusal = refusal != null ? refusal : missingModule();
            // The last to be asked, for it takes some milliseconds.
            refusal = refusal != null ? refusal : refusedByOptions();
            return refusal != null ? Found.none(refusal) : load();
        } catch (RuntimeException | ReflectiveOperationException | LinkageError | OutOfMemoryError thrown) {
            return new Found(null, Status.unavailable("it does not load: " + thrown, thrown));
        }
    }

    /** Of a version of Java, and the property that may allow it; null if there is none. */
    static String refusal(int version, String newest) {
        int allowed = NEWEST_TESTED;
        if (newest != null) {
            if (!newest.matches("[1-9]\\d{1,3}")) {
                return "-D" + NEWEST + ": got '" + newest + "', allowed a version of Java such as 26";
            }
            allowed = Integer.parseInt(newest);
        }
        return version >= OLDEST_TESTED && version <= allowed
                ? null
                : "tested on Java " + OLDEST_TESTED + " to " + NEWEST_TESTED + ", this is " + version + " (-D" + NEWEST
                        + "=" + version + " allows it)";
    }

    /** Of a virtual machine, by the properties in which it names itself and its mode; null if there is none. */
    static String refusal(String name, String mode) {
        if (name == null || !name.matches("(OpenJDK|Java HotSpot\\(TM\\)) 64-Bit Server VM")) {
            return "it needs the C2 compiler of HotSpot, this is " + name;
        }
        if (mode != null && mode.contains("interpreted")) {
            return "it needs the C2 compiler, this JVM only interprets (-Xint)";
        }
        return mode != null && mode.contains("emulated-client") ? withoutC2("-XX:TieredStopAtLevel") : null;
    }

    private static String withoutC2(String option) {
        return "it needs the C2 compiler, which " + option + " keeps out";
    }

    private static String missingModule() {
        if (ModuleLayer.boot().findModule(MODULE).isPresent()) {
            return null;
        }
        return ModuleFinder.ofSystem().find(MODULE).isPresent()
                ? "start java with " + FLAG + " for a kernel that is about twice as fast"
                : "this Java was built without the module " + MODULE;
    }

    private static String refusedByOptions() {
        // GraalVM names its compiler in the version, too.
        String other = option("UseJVMCICompiler");
        if (other == null ? String.valueOf(property("java.vm.version")).contains("jvmci") : other.equals("true")) {
            return "it needs the C2 compiler, this JVM uses another (-XX:+UseJVMCICompiler)";
        }
        if ("false".equals(option("EnableVectorSupport"))) {
            return "-XX:-EnableVectorSupport keeps its vectors from being compiled";
        }
        String level = option("TieredStopAtLevel");
        return level == null || level.equals("4") ? null : withoutC2("-XX:TieredStopAtLevel=" + level);
    }

    /** The value of an option of HotSpot; null if this JVM does not know it, or has no module that tells. */
    private static String option(String name) {
        try {
            Class<?> type = Class.forName("com.sun.management.HotSpotDiagnosticMXBean");
            Object bean = Class.forName("java.lang.management.ManagementFactory")
                    .getMethod("getPlatformMXBean", Class.class)
                    .invoke(null, type);
            Object option = type.getMethod("getVMOption", String.class).invoke(bean, name);
            return (String) option.getClass().getMethod("getValue").invoke(option);
        } catch (ReflectiveOperationException | RuntimeException | LinkageError unknown) {
            return null;
        }
    }

    private static Found load() throws ReflectiveOperationException {
        Door door = (Door) Class.forName("org.dctloss.purejava.VectorStrips$Door")
                .getDeclaredConstructor()
                .newInstance();
        int bits = door.bits();
        if (bits < FEWEST_BITS) {
            return Found.none("it needs vectors of " + FEWEST_BITS + " bits, this machine has " + bits);
        }
        Status status = KnownAnswer.check(
                plan -> new JavaSession(plan, Workers.shared(1), door::open),
                Status.available(Math.min(bits, 512) + "-bit vectors"));
        return new Found(status.available() ? door : null, status);
    }
}
