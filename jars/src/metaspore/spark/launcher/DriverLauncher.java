package metaspore.spark.launcher;

import java.util.HashMap;
import java.util.Map;

/**
 * Main class of the submitted application: starts Spark Connect inside it and runs the driver program, which is not a Java program,
 * as its child with the address in SPARK_REMOTE and the token in SPARK_CONNECT_AUTHENTICATE_TOKEN.
 */
public final class DriverLauncher {
    private static final int BAD_INPUT = 2;
    private static final int FAILURE = 1;

    private DriverLauncher() {
    }

    /** Runs the program; in client mode the JVM ends with its exit code, in cluster mode a code other than 0 is an exception. */
    public static void main(String[] line) throws Exception {
        int code;
        String failure = null;
        try {
            code = run(LauncherOptions.parse(line));
            if (code != 0) failure = "the driver program ended with exit code " + code + "; its output is in the driver's log";
        } catch (IllegalArgumentException | IllegalStateException e) {
            code = e instanceof IllegalArgumentException ? BAD_INPUT : FAILURE;
            failure = e.getMessage();
            System.err.println("metaspore: " + failure);
            if (e.getCause() != null) e.printStackTrace();
        }
        boolean isClusterMode = "cluster".equals(System.getProperty("spark.submit.deployMode"));
        if (!isClusterMode) System.exit(code);
        if (failure != null) throw new IllegalStateException(failure);
    }

    private static int run(LauncherOptions options) throws Exception {
        ConnectServer server = ConnectServer.start(options.allowsInsecureConnect());
        try {
            Map<String, String> environment = new HashMap<>();
            environment.put("SPARK_REMOTE", "sc://localhost:" + server.port());
            if (server.token() != null) environment.put("SPARK_CONNECT_AUTHENTICATE_TOKEN", server.token());
            if (options.worker() != null) environment.put("METASPORE_WORKER", ShippedPaths.worker(options.worker()));
            environment.put("METASPORE_LAUNCHER", "stdin");
            String program = ShippedPaths.program(options.program());
            return ChildProgram.start(program, ShippedPaths.arguments(options), environment, options.graceSeconds()).waitFor();
        } finally {
            server.stop();
        }
    }
}
