package org.dctloss.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The script {@code dctloss} in a tree of its own, with stand-ins for java, Maven and nvcc that tell how they were
 * called, and with the places where it looks for devices and compilers moved into that tree.
 */
class LauncherTest {
    private static final Path SCRIPT = Path.of("..", "dctloss");
    private static final String SKIP = "-Ddctloss.cuda.skip=true";

    /** Where {@code script} is, which makes terminals; null if it is missing. */
    private static final Path PTY = Path.of("/usr/bin/script");

    @TempDir
    private Path folder;

    private Path bin;
    private final Map<String, String> environment = new HashMap<>();

    private record Run(int code, String out, String err) {}

    @BeforeEach
    void makeTree() throws IOException {
        String script = Files.readString(SCRIPT);
        for (String place :
                new String[] {"/dev/nvidia", "/proc/driver/nvidia", "/dev/dxg", "/dev/nvhost-gpu", "/usr/local/cuda"}) {
            assertTrue(script.contains(" " + place), place);
            script = script.replace(" " + place, " " + folder + place);
        }
        bin = Files.createDirectories(folder.resolve("jdk/bin"));
        for (String at : new String[] {"dev", "proc/driver", "cli/target", "cli/src/main", "java/src/main"}) {
            Files.createDirectories(folder.resolve(at));
        }
        executable(folder.resolve("dctloss"), script);
        executable(bin.resolve("java"), "#!/bin/sh\necho run\nfor word; do echo \"$word\"; done\n");
        executable(bin.resolve("javac"), "#!/bin/sh\n");
        executable(bin.resolve("g++"), "#!/bin/sh\n");
        executable(
                bin.resolve("mvn"),
                "#!/bin/sh\necho \"$MAVEN_OPTS $@\" >> " + folder + "/calls\ntouch " + folder
                        + "/cli/target/dctloss-cli-1.jar\n");
        Files.writeString(folder.resolve("pom.xml"), "");
        environment.put("PATH", bin + ":/usr/bin:/bin");
        environment.put("TERM", "xterm");
        environment.put("LANG", "C.UTF-8");
    }

    private static void executable(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        assertTrue(file.toFile().setExecutable(true));
    }

    private Run run(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of(words));
        command.add(0, folder.resolve("dctloss").toString());
        return execute(command);
    }

    private Run execute(List<String> command) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        int code = process.waitFor();
        return new Run(code, Files.readString(folder.resolve("out")), Files.readString(folder.resolve("err")));
    }

    /** How Maven was called since the last time this was asked, one line for each call. */
    private List<String> builds() throws IOException {
        Path calls = folder.resolve("calls");
        if (!Files.exists(calls)) {
            return List.of();
        }
        List<String> lines = Files.readAllLines(calls);
        Files.delete(calls);
        return lines;
    }

    private void refused(String sentence, String... words) throws Exception {
        Run run = run(words);
        assertEquals(2, run.code, run.err);
        assertEquals("", run.out);
        assertEquals(1, run.err.lines().count(), run.err);
        assertTrue(run.err.startsWith("dctloss: " + sentence), run.err);
    }

    @Test
    void theFirstUseBuildsAndTheNextDoesNot() throws Exception {
        environment.put("MAVEN_OPTS", "-Xmx1g");
        Run first = run("compare", "a b.png", "");
        assertEquals(0, first.code, first.err);
        assertEquals(1, first.err.lines().count(), first.err);
        assertTrue(first.err.startsWith("dctloss: building (first use or new sources, about a minute)"), first.err);
        assertTrue(first.err.contains("CUDA is left out (DCTLOSS_BUILD=cuda "), first.err);
        List<String> builds = builds();
        assertEquals(1, builds.size());
        assertTrue(builds.get(0).endsWith(SKIP + " -pl cli -am package"), builds.get(0));
        assertTrue(builds.get(0).startsWith("-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx1g -B "), builds.get(0));
        assertTrue(first.out.startsWith("run\n"), first.out);
        String jar = folder.resolve("cli/target/dctloss-cli-1.jar").toString();
        assertTrue(first.out.endsWith("-jar\n" + jar + "\ncompare\na b.png\n\n"), first.out);

        Run second = run("backends");
        assertEquals(new Run(0, second.out, ""), second);
        assertEquals(List.of(), builds());
    }

    @Test
    void newSourcesAreBuilt() throws Exception {
        run();
        builds();
        Path source = Files.writeString(folder.resolve("java/src/main/A.java"), "");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(2)));
        run();
        assertEquals(1, builds().size());
    }

    @Test
    void cudaIsBuiltOnRequestOnceAndStays() throws Exception {
        executable(folder.resolve("usr/local/cuda-13/bin/nvcc"), "#!/bin/sh\n");
        run();
        assertTrue(builds().get(0).contains(SKIP));
        environment.put("DCTLOSS_BUILD", "cuda");
        Run built = run();
        assertEquals("dctloss: building with CUDA (first use or new sources, several minutes)...\n", built.err);
        assertFalse(builds().get(0).contains(SKIP));
        run();
        environment.remove("DCTLOSS_BUILD");
        run();
        assertEquals(List.of(), builds());
    }

    @ParameterizedTest
    @ValueSource(strings = {"dev/nvidia0", "dev/nvidia3", "proc/driver/nvidia", "dev/dxg", "dev/nvhost-gpu"})
    void aDeviceThatAppearsGetsCuda(String device) throws Exception {
        executable(folder.resolve("usr/local/cuda/bin/nvcc"), "#!/bin/sh\n");
        run();
        assertTrue(builds().get(0).contains(SKIP));
        Files.writeString(folder.resolve(device), "");
        run();
        assertFalse(builds().get(0).contains(SKIP));
        run();
        assertEquals(List.of(), builds());
    }

    @Test
    void aCompilerThatAppearsIsUsed() throws Exception {
        environment.put("CXX", "c-plus-plus -pipe");
        run();
        builds();
        executable(bin.resolve("c-plus-plus"), "#!/bin/sh\n");
        run();
        assertEquals(1, builds().size());
        run();
        assertEquals(List.of(), builds());
        Files.delete(bin.resolve("c-plus-plus"));
        run();
        assertEquals(List.of(), builds());
    }

    @Test
    void whatWasNotBuiltIsTold() throws Exception {
        executable(
                bin.resolve("mvn"),
                "#!/bin/sh\ntouch cli/target/dctloss-cli-1.jar\n"
                        + "echo '[INFO] Building'\necho 'native: no g++ on the PATH, so the C++ backend was not built'\n");
        Run run = run();
        assertTrue(
                run.err.endsWith("\ndctloss: native: no g++ on the PATH, so the C++ backend was not built\n"), run.err);
    }

    @Test
    void aFailedBuildIsOneMoreLineAndIsTriedAgain() throws Exception {
        executable(
                bin.resolve("mvn"),
                "#!/bin/sh\necho x >> calls\necho '[INFO] a'\necho '[ERROR] '\necho '[ERROR] no such symbol'\n"
                        + "echo '[ERROR] more'\nexit 1\n");
        for (int i = 0; i < 2; i++) {
            Run run = run();
            assertEquals(2, run.code);
            assertEquals("", run.out);
            assertEquals(2, run.err.lines().count(), run.err);
            assertTrue(
                    run.err.lines().toList().get(1).startsWith("dctloss: build: got 'no such symbol', allowed"),
                    run.err);
            assertTrue(run.err.contains("target/build.log"), run.err);
            assertEquals(1, builds().size());
        }
    }

    @Test
    void whatIsMissingIsRefusedWithWhatToDo() throws Exception {
        environment.put("DCTLOSS_BUILD", "opencl");
        refused("DCTLOSS_BUILD: got 'opencl', allowed cuda (or unset it)");
        environment.put("DCTLOSS_BUILD", "cuda");
        refused("DCTLOSS_BUILD: got cuda, and no nvcc in CUDA_HOME, on the PATH or in ");
        environment.remove("DCTLOSS_BUILD");
        environment.put("JAVA_HOME", folder + "/nowhere");
        refused("JAVA_HOME: got '" + folder + "/nowhere' without bin/java, allowed the folder of a JDK 17 or newer");
        environment.put("JAVA_HOME", folder + "/jdk");
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"11.0.2\"\n");
        refused("java: got version 11, allowed 17 or newer (set JAVA_HOME to one)");
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25\"\n");
        Files.delete(bin.resolve("javac"));
        refused("javac: got none with " + folder + "/jdk/bin/java, allowed a JDK 17 or newer");
        assertEquals(List.of(), builds());
    }

    @Test
    void withoutJavaOrMavenItSaysWhatToInstall() throws Exception {
        Path tools = Files.createDirectories(folder.resolve("tools"));
        for (String tool : new String[] {"bash", "dirname", "readlink", "sed", "grep", "find", "mkdir", "flock"}) {
            Path at = List.of(Path.of("/usr/bin", tool), Path.of("/bin", tool)).stream()
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow();
            executable(tools.resolve(tool), "#!/bin/sh\nexec " + at + " \"$@\"\n");
        }
        environment.put("PATH", tools.toString());
        refused("java: got none on the PATH, allowed a JDK 17 or newer (install one, or set JAVA_HOME to it)");
        environment.put("JAVA_HOME", folder + "/jdk");
        refused("mvn: got none on the PATH, allowed Maven 3.8 or newer to build the first time (install it)");
    }

    @Test
    void aLinkFindsTheTree() throws Exception {
        run();
        Path link = Files.createSymbolicLink(folder.resolve("dev/loss"), Path.of("../dctloss"));
        Run run = execute(List.of(link.toString(), "--version"));
        assertTrue(run.out.endsWith("\n--version\n"), run.err);
    }

    /** What a terminal shows of a shell command. */
    private String onTerminal(String shell) throws Exception {
        assumeTrue(Files.isExecutable(PTY), "no " + PTY + " to make a terminal with");
        return execute(List.of(PTY.toString(), "-qec", "stty cols 91; " + shell, "/dev/null")).out;
    }

    @Test
    void eachStreamIsAskedWhetherItIsATerminal() throws Exception {
        run();
        assertFlags(run().out, false, false, "");
        assertFlags(onTerminal("./dctloss"), true, true, "91");
        assertFlags(onTerminal("./dctloss 2>/dev/null"), true, false, "91");
        assertFlags(onTerminal("./dctloss | cat"), false, true, "");
    }

    private static void assertFlags(String printed, boolean out, boolean err, String columns) {
        List<String> words = printed.lines().toList();
        assertTrue(words.contains("-D" + Terminal.OUT + "=" + out), printed);
        assertTrue(words.contains("-D" + Terminal.ERR + "=" + err), printed);
        assertTrue(words.contains("-D" + Terminal.COLUMNS + "=" + columns), printed);
    }

    @Test
    void itsOwnErrorsAreColouredOnATerminalAlone() throws Exception {
        String red = "\u001b[1m\u001b[31mdctloss:\u001b[0m DCTLOSS_BUILD";
        environment.put("DCTLOSS_BUILD", "opencl");
        assertTrue(onTerminal("./dctloss").contains(red));
        assertTrue(onTerminal("NO_COLOR= ./dctloss").contains(red));
        for (String plain : new String[] {"NO_COLOR=1 ./dctloss", "TERM=dumb ./dctloss", "./dctloss 2>&1 | cat"}) {
            String printed = onTerminal(plain);
            assertTrue(printed.contains("dctloss: DCTLOSS_BUILD"), printed);
            assertFalse(printed.contains("\u001b"), printed);
        }
    }

    @Test
    void aBuildOnATerminalShowsWhereItIsAndLeavesNothing() throws Exception {
        executable(
                bin.resolve("mvn"),
                "#!/bin/sh\necho '[INFO] Building DctLoss: C++ backend 0.1.0-SNAPSHOT      [3/5]'\nsleep 1.5\n"
                        + "touch cli/target/dctloss-cli-1.jar\n");
        String printed = onTerminal("./dctloss");
        assertTrue(printed.contains("\r\u001b[KC++ backend, 3/5, "), printed);
        assertTrue(printed.contains("\r\u001b[Krun\r\n"), printed);
    }

    /** What the property that the launcher gives to Maven does. */
    @Test
    void aCudaLibraryThatIsLeftOutStaysAsItIs() throws Exception {
        List<String> build = List.of(
                "bash",
                Path.of("../cuda/src/main/cpp/build.sh").toAbsolutePath().toString(),
                folder + "/classes",
                folder + "/work",
                "");
        Path library = folder.resolve("classes/org/dctloss/cuda/linux-x86_64/libjnidctlosscuda.so");
        executable(library, "made before");
        environment.put("SKIP_CUDA", "true");
        assertEquals(new Run(0, "cuda: left out by -Ddctloss.cuda.skip\n", ""), execute(build));
        assertEquals("made before", Files.readString(library));
        environment.put("REQUIRED_LIBRARIES", "cuda");
        assertEquals(new Run(1, "cuda: it is required, and left out by -Ddctloss.cuda.skip\n", ""), execute(build));
    }

    @Test
    void everyWordOfTheScriptIsPlainAscii() throws IOException {
        assertTrue(StandardCharsets.US_ASCII.newEncoder().canEncode(Files.readString(SCRIPT)));
    }
}
