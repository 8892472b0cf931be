package org.dctloss.pictures;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What a user is told when a command cannot do its work: one sentence, which becomes the line on standard error. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** A failure that is told as it stands. */
    public CommandFailure(String sentence) {
        super(sentence);
    }

    private CommandFailure(String sentence, Throwable cause) {
        super(sentence, cause);
    }

    /** The usual form: what it is about, what it was, what it may be. */
    public static CommandFailure of(Object what, String got, String allowed) {
        return new CommandFailure(what + ": got " + got + ", allowed " + allowed);
    }

    /**
     * A file that could not be read or written, with the operating system's reason.
     *
     * @param action what could not be done to it: "read", "written"
     */
    public static CommandFailure of(Path file, String action, IOException cause) {
        return new CommandFailure(file + ": could not be " + action + ": " + reason(file, cause), cause);
    }

    private static String reason(Path file, IOException cause) {
        if (cause instanceof NoSuchFileException) {
            return "it does not exist"
                    + (file.isAbsolute() ? "" : " in " + Path.of("").toAbsolutePath());
        }
        if (cause instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (cause instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
