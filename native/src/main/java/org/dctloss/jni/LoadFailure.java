package org.dctloss.jni;

import org.bytedeco.javacpp.Loader;
import org.dctloss.spi.Status;

/** Why the library did not load, in a sentence. */
final class LoadFailure {
    private LoadFailure() {}

    static Status status(LinkageError failed) {
        return Status.unavailable(reason(failed), failed);
    }

    private static String reason(LinkageError failed) {
        String message = String.valueOf(failed.getMessage());
        if (message.startsWith("org/bytedeco/javacpp/")) {
            return "javacpp, which dctloss-native needs, is not on the class path";
        }
        String platform = Loader.getPlatform();
        if (LoadFailure.class.getResource(platform + "/lib" + NativeKernels.LIBRARY + ".so") == null) {
            return "its library for " + platform + " was not built, which takes a C++ compiler (g++); pure Java runs"
                    + " instead, 4 to 5 times slower";
        }
        // Loaded, but a function was not found: a library belongs to the class loader of the class that loads it.
        if (message.contains(NativeKernels.class.getName() + ".")) {
            return "its library belongs to the class loader of javacpp, which is another one: put dctloss-native and"
                    + " javacpp on the same class path";
        }
        Throwable root = failed;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return "its library does not load: " + root;
    }
}
