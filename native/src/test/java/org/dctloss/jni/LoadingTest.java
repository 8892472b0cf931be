package org.dctloss.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.dctloss.BackendChoice;
import org.dctloss.Backends;
import org.dctloss.contract.Availability;
import org.dctloss.spi.Backend;
import org.dctloss.spi.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever keeps the library from being used is a status with a cause. */
class LoadingTest {
    /** Prints what the JVM that it runs in says of the backend. */
    static final class Report {
        public static void main(String[] arguments) {
            Backends.report().stream()
                    .filter(report -> report.name().equals("native"))
                    .forEach(report -> System.out.println(report.available() + " " + report.text()));
        }
    }

    private static String reportOf(String... properties) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(properties));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Report.class.getName()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), printed);
        return printed.strip();
    }

    @Test
    void propertiesDecide() throws Exception {
        Availability.required(BackendChoice.NATIVE);
        InstructionSet lowest = InstructionSet.of(NativeKernels.instructionSets())
                .get(InstructionSet.of(NativeKernels.instructionSets()).size() - 1);
        String forced = reportOf("-Ddctloss.native.isa=" + lowest.id());
        assertTrue(
                forced.startsWith("true C++ kernels for " + lowest.label + ", forced by -Ddctloss.native.isa"), forced);
        String unknown = reportOf("-Ddctloss.native.isa=mmx");
        assertTrue(unknown.startsWith("false -Ddctloss.native.isa: got 'mmx', allowed on this processor "), unknown);
        assertEquals(
                "false -Ddctloss.native.cache: got 'big', allowed a number of bytes, 0 or more",
                reportOf("-Ddctloss.native.cache=big"));
        assertEquals("false it is disabled by -Ddctloss.disable", reportOf("-Ddctloss.disable=native"));
    }

    private static URL placeOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    /**
     * Finds the backend's classes in a place of its own, and those of JavaCPP either in its jar or nowhere or, like all
     * others, where they are shared.
     */
    private static final class OwnLoader extends URLClassLoader {
        private enum JavaCpp {
            OWN,
            SHARED,
            MISSING
        }

        private final JavaCpp javaCpp;

        OwnLoader(URL backend, JavaCpp javaCpp) {
            super(new URL[] {backend, placeOf(Loader.class)}, LoadingTest.class.getClassLoader());
            this.javaCpp = javaCpp;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            boolean cpp = name.startsWith("org.bytedeco.javacpp.");
            if (cpp && javaCpp == JavaCpp.MISSING) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("org.dctloss.jni.") && !(cpp && javaCpp == JavaCpp.OWN)) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : findClass(name);
        }

        @Override
        public URL getResource(String name) {
            return findResource(name);
        }

        @Override
        public Enumeration<URL> getResources(String name) throws IOException {
            return findResources(name);
        }

        Status status() throws ReflectiveOperationException {
            Class<?> backend = loadClass(NativeBackend.class.getName());
            assertNotSame(NativeBackend.class, backend);
            return ((Backend) backend.getConstructor().newInstance()).status();
        }
    }

    @Test
    void aSecondClassLoaderWithItsOwnJavaCppWorks() throws Exception {
        Availability.required(BackendChoice.NATIVE);
        try (OwnLoader loader = new OwnLoader(placeOf(NativeBackend.class), OwnLoader.JavaCpp.OWN)) {
            Status status = loader.status();
            assertTrue(status.available(), status.text());
        }
    }

    @Test
    void aSecondClassLoaderThatSharesJavaCppIsToldWhyItCannot() throws Exception {
        Availability.required(BackendChoice.NATIVE);
        try (OwnLoader loader = new OwnLoader(placeOf(NativeBackend.class), OwnLoader.JavaCpp.SHARED)) {
            Status status = loader.status();
            assertFalse(status.available());
            assertTrue(status.text().startsWith("its library belongs to the class loader of javacpp"), status.text());
        }
    }

    @Test
    void withoutJavaCppItSaysSo() throws Exception {
        try (OwnLoader loader = new OwnLoader(placeOf(NativeBackend.class), OwnLoader.JavaCpp.MISSING)) {
            Status status = loader.status();
            assertFalse(status.available());
            assertEquals("javacpp, which dctloss-native needs, is not on the class path", status.text());
        }
    }

    /** As after a build without a compiler. */
    @Test
    void aJarWithoutTheLibrarySaysSo(@TempDir Path folder) throws Exception {
        Path classes = Path.of(placeOf(NativeBackend.class).toURI()).resolve("org/dctloss/jni");
        Path copies = Files.createDirectories(folder.resolve("org/dctloss/jni"));
        try (Stream<Path> files = Files.list(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, copies.resolve(file.getFileName()));
            }
        }
        try (OwnLoader loader = new OwnLoader(folder.toUri().toURL(), OwnLoader.JavaCpp.OWN)) {
            Status status = loader.status();
            assertFalse(status.available());
            assertTrue(status.text().contains("was not built, which takes a C++ compiler (g++)"), status.text());
            assertTrue(status.cause() instanceof LinkageError, () -> "cause " + status.cause());
        }
    }
}
