package org.dctloss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.dctloss.purejava.JavaBackend;
import org.dctloss.spi.Backend;
import org.dctloss.spi.KnownAnswer;
import org.dctloss.spi.LossCall;
import org.dctloss.spi.Plan;
import org.dctloss.spi.Session;
import org.dctloss.spi.Status;
import org.dctloss.spi.TransformPlan;
import org.dctloss.spi.TransformSession;
import org.dctloss.spi.Workers;
import org.junit.jupiter.api.Test;

class BackendsTest {
    /** A backend with everything that can go wrong. */
    private static class Stub implements Backend {
        final String name;
        Status status = Status.available("a stub");
        int version = VERSION;
        List<String> unsupported = List.of();

        Stub(String name) {
            this.name = name;
        }

        @Override
        public int version() {
            return version;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Status status() {
            return status;
        }

        @Override
        public List<String> unsupported(Plan plan) {
            return unsupported;
        }

        @Override
        public List<String> unsupported(TransformPlan plan) {
            return unsupported;
        }

        @Override
        public Session open(Plan plan, Workers workers) {
            return new Session() {
                @Override
                public void setWeights(double[] weights) {}

                @Override
                public void run(LossCall call) {}

                @Override
                public double loss() {
                    return 42;
                }

                @Override
                public void perSample(double[] out) {}

                @Override
                public void close() {}
            };
        }

        @Override
        public TransformSession open(TransformPlan plan, Workers workers) {
            throw new LinkageError("no such symbol");
        }
    }

    private static Backends.Selection select(Backends backends, BackendChoice choice) {
        return backends.select(choice, TransformPlan.Place.HOST, b -> ((Stub) b).unsupported);
    }

    @Test
    void autoNeverCopiesSilently() {
        Stub copying = new Stub("cuda") {
            @Override
            public boolean copies(TransformPlan.Place place) {
                return place.device() < 0;
            }
        };
        Backends all = new Backends(List.of(new Stub("java"), copying), "java, native");
        assertSame(copying, select(all, BackendChoice.CUDA).backend());
        BackendException refusal = assertThrows(BackendException.class, () -> select(all, BackendChoice.AUTO));
        assertTrue(
                refusal.getMessage()
                        .endsWith("; cuda cannot run this: it would copy the host's images to the device, which it"
                                + " does only if asked for by name"),
                refusal.getMessage());
        TransformPlan.Place device = new TransformPlan.Place(false, 0, DataType.FLOAT32, DataType.FLOAT32);
        assertSame(
                copying, all.select(BackendChoice.AUTO, device, b -> List.of()).backend());
    }

    @Test
    void autoTakesTheFirstThatCanAndSaysWhatItSkipped() {
        Stub java = new Stub("java");
        Stub nativeStub = new Stub("native");
        Backends all = new Backends(List.of(java, nativeStub), null);
        assertSame(nativeStub, select(all, BackendChoice.AUTO).backend());
        nativeStub.unsupported = List.of("it is tired", "it is Monday");
        Backends.Selection selection = select(all, BackendChoice.AUTO);
        assertSame(java, selection.backend());
        assertEquals(List.of("native cannot run this: it is tired, it is Monday"), selection.skipped());
    }

    @Test
    void aNamedBackendNeverFallsBack() {
        Stub nativeStub = new Stub("native");
        nativeStub.status = Status.unavailable("the library does not load", new LinkageError("libc"));
        Backends all = new Backends(List.of(new Stub("java"), nativeStub), null);
        BackendException refusal = assertThrows(BackendException.class, () -> select(all, BackendChoice.NATIVE));
        assertEquals(
                "backend: got native, but native is not available: the library does not load", refusal.getMessage());
        assertTrue(refusal.getCause() instanceof LinkageError);
        refusal = assertThrows(BackendException.class, () -> select(all, BackendChoice.CUDA));
        assertEquals(
                "backend: got cuda, but cuda is not available: dctloss-cuda is not on the class path",
                refusal.getMessage());
    }

    @Test
    void everyCauseIsReported() {
        Stub old = new Stub("cuda");
        old.version = 0;
        Backends all = new Backends(List.of(new Stub("java"), new Stub("native"), old), "native, other");
        assertEquals(
                List.of(
                        new Backends.Report("native", false, "it is disabled by -Ddctloss.disable"),
                        new Backends.Report("java", true, "a stub"),
                        new Backends.Report(
                                "cuda", false, "its jar has interface version 0, allowed 1 (use jars of one release)")),
                all.reports());
        BackendException none = assertThrows(
                BackendException.class,
                () -> select(new Backends(List.of(new Stub("java")), "java"), BackendChoice.AUTO));
        assertEquals(
                "backend: got auto, but native is not available: dctloss-native is not on the class path; java is not"
                        + " available: it is disabled by -Ddctloss.disable; cuda is not available: dctloss-cuda is not"
                        + " on the class path",
                none.getMessage());
    }

    @Test
    void aProviderThatDoesNotLoadHidesNoOther() {
        Iterable<Backend> broken = () -> new Iterator<>() {
            private int i;

            @Override
            public boolean hasNext() {
                return i < 2;
            }

            @Override
            public Backend next() {
                i++;
                if (i == 1) {
                    throw new NoClassDefFoundError("org/example/Missing");
                }
                if (i == 2) {
                    return new Stub("java");
                }
                throw new NoSuchElementException();
            }
        };
        List<Backends.Report> reports = new Backends(broken, null).reports();
        assertTrue(reports.stream().anyMatch(r -> r.name().equals("java") && r.available()));
        assertTrue(reports.stream().anyMatch(r -> !r.available() && r.text().contains("org/example/Missing")));
    }

    @Test
    void aBackendThatFailsToAnswerHidesNoOther() {
        Stub failing = new Stub("native") {
            @Override
            public Status status() {
                throw new UnsatisfiedLinkError("libc is too old");
            }
        };
        List<Backends.Report> reports =
                new Backends(List.of(failing, new Stub("java"), new Stub("java")), null).reports();
        assertTrue(reports.get(0).text().contains("libc is too old"), reports.toString());
        assertTrue(reports.get(1).available());
        assertTrue(reports.stream().anyMatch(r -> r.text().equals("another backend has this name already")));
    }

    /** What kept it from running, such as memory that was short, may have passed. */
    @Test
    void aBackendIsAskedEachTime() {
        Stub java = new Stub("java");
        java.status = Status.unavailable("it is short of memory");
        Backends all = new Backends(List.of(java), null);
        assertThrows(BackendException.class, () -> select(all, BackendChoice.JAVA));
        java.status = Status.available("a stub");
        assertSame(java, select(all, BackendChoice.JAVA).backend());
        assertTrue(all.reports().get(1).available());
    }

    @Test
    void aWrongAnswerMakesABackendUnavailable() {
        Status wrong = KnownAnswer.check(new Stub("native"), Status.available("fine"));
        assertFalse(wrong.available());
        assertTrue(wrong.text().startsWith("its known-answer block gave loss 42.0"), wrong.text());
        Stub throwing = new Stub("native") {
            @Override
            public Session open(Plan plan, Workers workers) {
                throw new UnsatisfiedLinkError("no such symbol");
            }
        };
        Status failed = KnownAnswer.check(throwing, Status.available("fine"));
        assertFalse(failed.available());
        assertTrue(failed.text().contains("no such symbol"), failed.text());
        assertTrue(new JavaBackend().status().available());
    }

    @Test
    void thisMachineRunsJava() {
        assertTrue(Backends.report().stream().anyMatch(r -> r.name().equals("java") && r.available()));
        assertEquals(3, Backends.report().size());
    }
}
