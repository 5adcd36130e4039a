package metaspore.spark.launcher;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The driver program as a child of this JVM. Its output is this process's. Its standard input is a pipe that nobody writes to: its
 * end says that the launcher is gone, also when that was killed.
 */
final class ChildProgram {
    // Spark stops its context in a hook of priority 40 at most; the child must have ended before that.
    private static final int HOOK_PRIORITY = 100;

    private final long graceSeconds;
    private Process process;
    private boolean isEnding;

    private ChildProgram(long graceSeconds) {
        this.graceSeconds = graceSeconds;
    }

    /** Starts the program and sees to it that it ends before this JVM does. */
    static ChildProgram start(String program, List<String> arguments, Map<String, String> environment, long graceSeconds) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(program);
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.redirectOutput(ProcessBuilder.Redirect.INHERIT).redirectError(ProcessBuilder.Redirect.INHERIT).redirectInput(ProcessBuilder.Redirect.PIPE);
        builder.environment().putAll(environment);
        ChildProgram child = new ChildProgram(graceSeconds);
        child.endWithThisProcess();
        child.start(builder);
        return child;
    }

    /** Waits until the program has ended; its exit code. */
    int waitFor() throws InterruptedException {
        return process.waitFor();
    }

    private synchronized void start(ProcessBuilder builder) throws IOException {
        if (isEnding) throw new IllegalStateException("the application was ended before the driver program began");
        process = builder.start();
    }

    private synchronized Process processToEnd() {
        isEnding = true;
        return process;
    }

    private void end() {
        Process ending = processToEnd();
        if (ending == null || !ending.isAlive()) return;
        ending.destroy();
        try {
            if (ending.waitFor(graceSeconds, TimeUnit.SECONDS)) return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        System.err.println("metaspore: the driver program did not end within " + graceSeconds + " s; it is killed");
        ending.destroyForcibly();
    }

    // Hooks of Hadoop's list run in the order of their priorities, those of the JVM's all at once.
    private void endWithThisProcess() {
        Runnable end = this::end;
        try {
            Class<?> hooks = Class.forName("org.apache.hadoop.util.ShutdownHookManager");
            Object instance = hooks.getMethod("get").invoke(null);
            hooks.getMethod("addShutdownHook", Runnable.class, int.class, long.class, TimeUnit.class)
                .invoke(instance, end, HOOK_PRIORITY, graceSeconds + 10, TimeUnit.SECONDS);
        } catch (ClassNotFoundException | NoSuchMethodException | IllegalAccessException e) {
            Runtime.getRuntime().addShutdownHook(new Thread(end, "metaspore-end-child"));
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("the application was ended before the driver program began", e);
        }
    }
}
