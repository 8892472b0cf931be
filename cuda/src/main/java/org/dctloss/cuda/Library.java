package org.dctloss.cuda;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import org.bytedeco.javacpp.Loader;
import org.dctloss.BackendException;
import org.dctloss.spi.Status;

/** The library of the kernels: loaded once, and if it cannot be, why. */
final class Library {
    private static final Status STATUS = load();

    private Library() {}

    /** Whether the library can be called. */
    static Status status() {
        return STATUS;
    }

    /** Throws if the library cannot be called. */
    static void require() {
        if (!STATUS.available()) {
            throw new BackendException("cuda is not available: " + STATUS.text(), STATUS.cause());
        }
    }

    private static Status load() {
        try {
            String damage = damage();
            if (damage != null) {
                return Status.unavailable("its library does not load: " + damage);
            }
            String mismatch = Job.mismatch(CudaKernels.abi());
            return mismatch == null ? Status.available("loaded") : Status.unavailable(mismatch);
        } catch (LinkageError failed) {
            return Status.unavailable(reason(failed), failed);
        }
    }

    private static URL resource() {
        return Library.class.getResource(Loader.getPlatform() + "/lib" + CudaKernels.LIBRARY + ".so");
    }

    /** What is wrong with a library that lies beside the classes, as a file; null if nothing is to be seen. */
    private static String damage() {
        URL library = resource();
        try {
            return library == null || !library.getProtocol().equals("file")
                    ? null
                    : ElfFile.cutShort(Path.of(library.toURI()));
        } catch (IOException | URISyntaxException unreadable) {
            return unreadable.toString();
        }
    }

    private static String reason(LinkageError failed) {
        String message = String.valueOf(failed.getMessage());
        if (message.startsWith("org/bytedeco/javacpp/")) {
            return "javacpp, which dctloss-cuda needs, is not on the class path";
        }
        if (resource() == null) {
            return "its library for " + Loader.getPlatform()
                    + " was not built, which takes NVIDIA's compiler (nvcc of CUDA 12.8 or" + " newer)";
        }
        // Loaded, but a function was not found: a library belongs to the class loader of the class that loads it.
        if (message.contains(CudaKernels.class.getName() + ".")) {
            return "its library belongs to the class loader of javacpp, which is another one: put dctloss-cuda and"
                    + " javacpp on the same class path";
        }
        Throwable root = failed;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return "its library does not load: " + root;
    }
}
