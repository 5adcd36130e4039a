package metaspore.spark.launcher;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the launcher as a process against stand-ins for Spark; ends with code 1 at the first test that fails. */
public final class LauncherTests {
    private static final long DEADLINE_SECONDS = 60;
    private static Path folder;

    private LauncherTests() {
    }

    public static void main(String[] args) throws Exception {
        Thread deadline = new Thread(LauncherTests::endLateTests);
        deadline.setDaemon(true);
        deadline.start();
        folder = Files.createTempDirectory("launcher-tests");
        exitCodeIsForwarded();
        secretIsOnlyInTheEnvironment();
        failureInClusterModeIsAnException();
        successInClusterModeReturns();
        openServerIsRefused();
        openServerIsStartedWhenAccepted();
        shippedPathsAreFound();
        missingProgramIsExplained();
        wrongOptionsAreExplained();
        signalEndsTheChildInGoodOrder();
        stubbornChildIsKilled();
        deathOfTheLauncherEndsTheChildsInput();
        System.out.println("all launcher tests passed");
    }

    private static void endLateTests() {
        try {
            TimeUnit.SECONDS.sleep(2 * DEADLINE_SECONDS);
        } catch (InterruptedException e) {
            return;
        }
        System.err.println("the launcher tests have not ended within " + 2 * DEADLINE_SECONDS + " s");
        Runtime.getRuntime().halt(1);
    }

    private static void exitCodeIsForwarded() throws Exception {
        Run run = run("echo \"ran $*\"; exit 3", "--", "a b", "c");
        expect(run, run.code == 3, "exit code 3");
        expect(run, run.output.contains("ran a b c\n"), "the arguments");
        expect(run, run.output.indexOf("service stopped") < run.output.indexOf("session stopped"), "the service to stop before the session");
    }

    private static void secretIsOnlyInTheEnvironment() throws Exception {
        Run run = run("echo \"remote $SPARK_REMOTE token $SPARK_CONNECT_AUTHENTICATE_TOKEN worker $METASPORE_WORKER\"", "--worker", "archive:app/worker", "--");
        String token = after(run.output, "remote sc://localhost:4711 token ").split(" ")[0];
        expect(run, token.matches("[0-9a-f]{64}"), "a token of 32 random bytes");
        expect(run, run.output.contains("service started with token " + token + " on 127.0.0.1:0"), "the same token at the server, on loopback, on a free port");
        expect(run, run.output.contains("session stopped with {}"), "no token in the configuration afterwards");
        expect(run, run.output.contains("worker ../app/worker"), "the worker's path from a session's folder");
        Run other = run("echo \"token $SPARK_CONNECT_AUTHENTICATE_TOKEN end\"", "--");
        expect(other, !other.output.contains(token), "another token in another run");
    }

    private static void failureInClusterModeIsAnException() throws Exception {
        Run run = run(Arrays.asList("-Dspark.submit.deployMode=cluster"), "exit 5", "--");
        expect(run, run.code == 1 && run.output.contains("IllegalStateException: the driver program ended with exit code 5"), "an exception that says the code");
    }

    private static void successInClusterModeReturns() throws Exception {
        Run run = run(Arrays.asList("-Dspark.submit.deployMode=cluster"), "exit 0", "--");
        expect(run, run.code == 0 && run.output.contains("session stopped"), "exit code 0");
    }

    private static void openServerIsRefused() throws Exception {
        Run run = run(Arrays.asList("-Dfake.version=3.5.7"), "echo ran", "--");
        expect(run, run.code == 1 && !run.output.contains("ran\n") && !run.output.contains("service started"), "a refusal before anything starts");
        expect(run, run.output.contains("Connect server of Spark 3.5.7 listens on every network interface") && run.output.contains("--allow-insecure-connect"), "reason and cure");
    }

    private static void openServerIsStartedWhenAccepted() throws Exception {
        Run run = run(Arrays.asList("-Dfake.version=3.5.7"), "echo \"token [$SPARK_CONNECT_AUTHENTICATE_TOKEN]\"", "--allow-insecure-connect", "--");
        expect(run, run.code == 0 && run.output.contains("service started with token null on null:0") && run.output.contains("token []"), "a server without token");
    }

    private static void shippedPathsAreFound() throws Exception {
        Path files = Files.createDirectories(folder.resolve("files/app"));
        Path program = script(files.resolve("program"), "cat \"$1\"; echo \"$2\"");
        Files.write(folder.resolve("files/job.yaml"), "the job\n".getBytes(StandardCharsets.UTF_8));
        Run run = start(Arrays.asList("-Dfake.files=" + program.getParent().getParent()), "--program", "archive:app/program", "--shipped", "job.yaml", "--", "shipped:job.yaml", "shipped:other").end();
        expect(run, run.code == 0 && run.output.contains("the job\n") && run.output.contains("shipped:other\n"), "program and file from Spark's folder, other texts as they are");
    }

    private static void missingProgramIsExplained() throws Exception {
        Run run = start(new ArrayList<String>(), "--program", "archive:app/none", "--").end();
        expect(run, run.code == 1 && run.output.contains("\"app/none\" was not shipped to the driver") && run.output.contains("--archives"), "what is missing and the option for it");
        expect(run, run.output.contains("session stopped"), "the application to be stopped");
        Path plain = Files.write(folder.resolve("plain"), new byte[0]);
        Run notExecutable = start(new ArrayList<String>(), "--program", plain.toString(), "--").end();
        expect(notExecutable, notExecutable.output.contains("is not executable"), "a word about the executable bit");
    }

    private static void wrongOptionsAreExplained() throws Exception {
        Run run = start(new ArrayList<String>(), "--porgram", "x", "--").end();
        expect(run, run.code == 2 && run.output.contains("unknown option \"--porgram\""), "exit code 2 and the option");
        Run missing = start(new ArrayList<String>(), "--program", "--").end();
        expect(missing, missing.code == 2 && missing.output.contains("--program needs a value"), "exit code 2 and the option");
    }

    private static void signalEndsTheChildInGoodOrder() throws Exception {
        Running running = start(new ArrayList<String>(), "--program", child("trap 'echo ended in good order; exit 0' TERM; echo ready; i=0; while [ $i -lt 300 ]; do sleep 0.1; i=$((i + 1)); done").toString(), "--");
        running.await("ready");
        running.signal("TERM");
        Run run = running.end();
        expect(run, run.code == 143 && run.output.contains("ended in good order"), "the child to see the signal");
    }

    private static void stubbornChildIsKilled() throws Exception {
        Running running = start(new ArrayList<String>(), "--program", child("trap '' TERM; echo \"ready $$\"; exec sleep 30").toString(), "--grace-seconds", "1", "--");
        String pid = after(running.await("ready"), "ready ").trim();
        running.signal("TERM");
        Run run = running.end();
        expect(run, run.code == 143 && run.output.contains("did not end within 1 s; it is killed"), "a word about the kill");
        expect(run, !new File("/proc/" + pid + "/exe").exists(), "the child to be gone");
    }

    private static void deathOfTheLauncherEndsTheChildsInput() throws Exception {
        Path said = folder.resolve("said");
        Running running = start(new ArrayList<String>(), "--program", child("echo ready; cat; echo 'input ended' > " + said + ".part; mv " + said + ".part " + said).toString(), "--");
        running.await("ready");
        running.signal("KILL");
        Run run = running.end();
        expect(run, Files.exists(said), "the end of the child's input");
    }

    private static Run run(String script, String... options) throws Exception {
        return run(new ArrayList<String>(), script, options);
    }

    private static Run run(List<String> properties, String script, String... options) throws Exception {
        List<String> all = new ArrayList<>(Arrays.asList("--program", child(script).toString()));
        all.addAll(Arrays.asList(options));
        return start(properties, all.toArray(new String[0])).end();
    }

    private static Path child(String script) throws IOException {
        return script(Files.createTempDirectory(folder, "child").resolve("child.sh"), script);
    }

    private static Path script(Path path, String text) throws IOException {
        Files.write(path, ("#!/bin/sh\n" + text + "\n").getBytes(StandardCharsets.UTF_8));
        path.toFile().setExecutable(true);
        return path;
    }

    private static Running start(List<String> properties, String... options) throws IOException {
        List<String> command = new ArrayList<>(Arrays.asList(System.getProperty("java.home") + "/bin/java", "-XX:TieredStopAtLevel=1", "-Xshare:auto"));
        command.addAll(properties);
        command.addAll(Arrays.asList("-cp", System.getProperty("java.class.path"), "metaspore.spark.launcher.DriverLauncher"));
        command.addAll(Arrays.asList(options));
        return new Running(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    private static String after(String text, String what) {
        int at = text.indexOf(what);
        if (at < 0) throw new AssertionError("expected \"" + what + "\" in:\n" + text);
        return text.substring(at + what.length());
    }

    private static void expect(Run run, boolean holds, String what) {
        if (!holds) throw new AssertionError("expected " + what + "; found exit code " + run.code + " and:\n" + run.output);
    }

    private static final class Run {
        final int code;
        final String output;

        Run(int code, String output) {
            this.code = code;
            this.output = output;
        }
    }

    private static final class Running {
        final Process process;
        private final BufferedReader reader;
        private final StringBuilder output = new StringBuilder();

        Running(Process process) {
            this.process = process;
            reader = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        }

        String await(String word) throws IOException {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                output.append(line).append('\n');
                if (line.contains(word)) return line;
            }
            throw new AssertionError("ended before \"" + word + "\":\n" + output);
        }

        // Process.destroy would close the pipes as well.
        void signal(String name) throws Exception {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
        }

        Run end() throws Exception {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) output.append(line).append('\n');
            if (!process.waitFor(DEADLINE_SECONDS, TimeUnit.SECONDS)) throw new AssertionError("does not end:\n" + output);
            return new Run(process.exitValue(), output.toString());
        }
    }
}
