package org.dctloss.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.dctloss.BackendException;
import org.dctloss.spi.Backend;
import org.dctloss.spi.Status;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The library that is shipped: it loads everywhere, and whatever keeps it from being used is a status with a cause. */
class WithoutDeviceTest {
    /** Where nvcc was missing there is nothing to load; the build has said so. */
    private static void built() {
        String platform = Loader.getPlatform();
        assumeTrue(
                Library.class.getResource(platform + "/lib" + CudaKernels.LIBRARY + ".so") != null,
                "the library was not built");
        // First of all in this class loader, whatever other ones do.
        assertTrue(Library.status().available(), Library.status().text());
    }

    @Test
    void itLoadsAndTellsWhatTheDriverSays() {
        built();
        Status status = new CudaBackend().status();
        int[] versions = Cuda.versions();
        assertTrue(versions[1] >= 12080, "runtime " + versions[1]);
        if (versions[0] == 0) {
            assertFalse(status.available());
            assertEquals("there is no NVIDIA driver", status.text());
            assertEquals(List.of(), CudaDevice.all());
            CudaException refusal = assertThrows(CudaException.class, () -> DeviceMemory.allocate(0, 64));
            assertEquals(
                    "allocate: got cudaErrorInsufficientDriver (35: CUDA driver version is insufficient for CUDA runtime"
                            + " version), allowed success",
                    refusal.getMessage());
            assertEquals(35, refusal.code());
            assertFalse(refusal.isContextLost() || refusal.isOutOfMemory());
            assertThrows(CudaException.class, () -> CudaStream.create(0));
            assertThrows(CudaException.class, () -> CudaEvent.create(0));
            assertThrows(CudaException.class, () -> PinnedMemory.allocate(0, 64));
            CudaStream foreign = CudaStream.of(0, 0x1234);
            assertThrows(CudaException.class, () -> CudaGraph.capture(foreign, () -> {}));
        }
    }

    @Test
    void whatADriverCanRun() {
        assertEquals("there is no NVIDIA driver", CudaBackend.driver(0, 13000));
        assertEquals(
                "the NVIDIA driver is too old: got one for CUDA 12.8, allowed CUDA 13.0 or newer",
                CudaBackend.driver(12080, 13010));
        assertEquals(null, CudaBackend.driver(13000, 13010), "drivers run all of their major version");
        assertEquals(null, CudaBackend.driver(14000, 13000));
    }

    @Test
    void aPropertyDisablesIt() throws Exception {
        assertEquals(
                "false it is disabled by -Ddctloss.disable",
                OtherJvm.run(Map.of(), List.of("-Ddctloss.disable=cuda"), OtherJvm.Report.class));
    }

    // ---------------------------------------------------------------- class loaders

    private static URL placeOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    /** Finds the backend's classes in a place of its own, and those of JavaCPP in its jar, shared, or nowhere. */
    private static final class OwnLoader extends URLClassLoader {
        private enum JavaCpp {
            OWN,
            SHARED,
            MISSING
        }

        private final JavaCpp javaCpp;

        OwnLoader(URL backend, JavaCpp javaCpp) {
            super(new URL[] {backend, placeOf(Loader.class)}, WithoutDeviceTest.class.getClassLoader());
            this.javaCpp = javaCpp;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            boolean cpp = name.startsWith("org.bytedeco.javacpp.");
            if (cpp && javaCpp == JavaCpp.MISSING) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("org.dctloss.cuda.") && !(cpp && javaCpp == JavaCpp.OWN)) {
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
            Class<?> backend = loadClass(CudaBackend.class.getName());
            assertNotSame(CudaBackend.class, backend);
            return ((Backend) backend.getConstructor().newInstance()).status();
        }
    }

    @Test
    void aSecondClassLoaderWithItsOwnJavaCppGetsAsFar() throws Exception {
        built();
        try (OwnLoader loader = new OwnLoader(placeOf(CudaBackend.class), OwnLoader.JavaCpp.OWN)) {
            assertEquals(new CudaBackend().status().text(), loader.status().text());
        }
    }

    @Test
    void aSecondClassLoaderThatSharesJavaCppIsToldWhyItCannot() throws Exception {
        built();
        try (OwnLoader loader = new OwnLoader(placeOf(CudaBackend.class), OwnLoader.JavaCpp.SHARED)) {
            Status status = loader.status();
            assertFalse(status.available());
            assertTrue(status.text().startsWith("its library belongs to the class loader of javacpp"), status.text());
        }
    }

    @Test
    void withoutJavaCppItSaysSo() throws Exception {
        try (OwnLoader loader = new OwnLoader(placeOf(CudaBackend.class), OwnLoader.JavaCpp.MISSING)) {
            Status status = loader.status();
            assertFalse(status.available());
            assertEquals("javacpp, which dctloss-cuda needs, is not on the class path", status.text());
        }
    }

    /** The backend's classes without its library. */
    private static Path copyClasses(Path folder) throws Exception {
        Path classes = Path.of(placeOf(CudaBackend.class).toURI()).resolve("org/dctloss/cuda");
        Path copies = Files.createDirectories(folder.resolve("org/dctloss/cuda"));
        try (Stream<Path> files = Files.list(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, copies.resolve(file.getFileName()));
            }
        }
        return copies;
    }

    /** As a full disk leaves it. To load it would be the end of the JVM. */
    @Test
    void aLibraryThatWasCutShortIsNotLoaded(@TempDir Path folder) throws Exception {
        Path any = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
        assumeTrue(Files.exists(any), "the JVM has no libjava.so");
        assertEquals(null, ElfFile.cutShort(any));
        byte[] bytes = Files.readAllBytes(any);
        Path library = copyClasses(folder).resolve(Loader.getPlatform() + "/lib" + CudaKernels.LIBRARY + ".so");
        Files.createDirectories(library.getParent());
        for (int size : new int[] {bytes.length - 1, bytes.length / 2, 63, 0}) {
            Files.write(library, Arrays.copyOf(bytes, size));
            try (OwnLoader loader = new OwnLoader(folder.toUri().toURL(), OwnLoader.JavaCpp.OWN)) {
                String text = loader.status().text();
                String start = "its library does not load: it was cut short: got " + size + " bytes, allowed ";
                assertTrue(text.startsWith(start), text);
            }
        }
    }

    /** As after a build without nvcc. No {@link LinkageError} gets out, whatever is called. */
    @Test
    void aJarWithoutTheLibrarySaysSo(@TempDir Path folder) throws Exception {
        copyClasses(folder);
        try (OwnLoader loader = new OwnLoader(folder.toUri().toURL(), OwnLoader.JavaCpp.OWN)) {
            Status status = loader.status();
            assertFalse(status.available());
            assertTrue(status.text().contains("was not built, which takes NVIDIA's compiler (nvcc"), status.text());
            assertTrue(status.cause() instanceof LinkageError, () -> "cause " + status.cause());
            Class<?> memory = loader.loadClass(DeviceMemory.class.getName());
            Throwable thrown = assertThrows(
                            java.lang.reflect.InvocationTargetException.class,
                            () -> memory.getMethod("allocate", int.class, long.class)
                                    .invoke(null, 0, 64L))
                    .getCause();
            assertTrue(thrown instanceof BackendException, () -> "thrown " + thrown);
            assertTrue(thrown.getMessage().startsWith("cuda is not available: its library for "), thrown.getMessage());
        }
    }
}
