package metaspore.spark.launcher;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The command line of {@link DriverLauncher}. Immutable. */
final class LauncherOptions {
    static final String USAGE = "usage: DriverLauncher --program archive:DIR/FILE|PATH [--worker archive:DIR/FILE|PATH] [--shipped NAME]... "
        + "[--grace-seconds N] [--allow-insecure-connect] -- ARGUMENT...";

    private String program;
    private String worker;
    private long graceSeconds = 30;
    private boolean allowsInsecureConnect;
    private final List<String> shipped = new ArrayList<>();
    private List<String> arguments = Collections.emptyList();

    private LauncherOptions() {
    }

    /** Reads the command line; what stands behind {@code --} belongs to the program. */
    static LauncherOptions parse(String[] line) {
        LauncherOptions options = new LauncherOptions();
        int at = 0;
        while (at < line.length && !line[at].equals("--")) {
            String name = line[at++];
            switch (name) {
                case "--program": options.program = value(name, line, at++); break;
                case "--worker": options.worker = value(name, line, at++); break;
                case "--shipped": options.shipped.add(value(name, line, at++)); break;
                case "--grace-seconds": options.graceSeconds = seconds(value(name, line, at++)); break;
                case "--allow-insecure-connect": options.allowsInsecureConnect = true; break;
                default: throw new IllegalArgumentException("unknown option \"" + name + "\"; " + USAGE);
            }
        }
        if (options.program == null) throw new IllegalArgumentException("--program is missing; " + USAGE);
        if (at < line.length) {
            List<String> arguments = new ArrayList<>();
            for (int i = at + 1; i < line.length; i++) arguments.add(line[i]);
            options.arguments = Collections.unmodifiableList(arguments);
        }
        return options;
    }

    /** The child program: {@code archive:DIR/FILE}, or a path. */
    String program() {
        return program;
    }

    /** The program of executors in the same form; null when the child is not told. */
    String worker() {
        return worker;
    }

    /** How long the child may take to end after it was asked to. */
    long graceSeconds() {
        return graceSeconds;
    }

    /** Whether a Connect server that can't ask for a token may be started. */
    boolean allowsInsecureConnect() {
        return allowsInsecureConnect;
    }

    /** Names of files that Spark shipped; an argument {@code shipped:NAME} stands for the file. */
    List<String> shipped() {
        return shipped;
    }

    /** The child's arguments. */
    List<String> arguments() {
        return arguments;
    }

    private static String value(String name, String[] line, int at) {
        if (at >= line.length || line[at].equals("--")) throw new IllegalArgumentException(name + " needs a value; " + USAGE);
        return line[at];
    }

    private static long seconds(String text) {
        try {
            long seconds = Long.parseLong(text);
            if (seconds >= 0 && seconds <= 3600) return seconds;
        } catch (NumberFormatException ignored) {
            // Said below.
        }
        throw new IllegalArgumentException("--grace-seconds is \"" + text + "\"; expected a whole number from 0 to 3600");
    }
}
