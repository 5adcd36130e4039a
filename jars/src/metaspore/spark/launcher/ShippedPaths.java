package metaspore.spark.launcher;

import java.io.File;
import java.util.ArrayList;
import java.util.List;

/** Finds on the driver's machine what {@code --archives} and {@code --files} brought there. */
final class ShippedPaths {
    private static final String ARCHIVE = "archive:";
    private static final String SHIPPED = "shipped:";

    private ShippedPaths() {
    }

    /** Path of a program: itself, or what {@code archive:DIR/FILE} stands for. */
    static String program(String text) {
        File file = text.startsWith(ARCHIVE) ? find(text.substring(ARCHIVE.length()), "--archives") : new File(text);
        if (!file.isFile()) throw new IllegalStateException("the program \"" + file + "\" does not exist on the driver's machine; correct the path, or ship it in the archive");
        if (!file.canExecute()) throw new IllegalStateException("the program \"" + file + "\" is not executable; use chmod +x, and an archive that keeps the bit (tar.gz)");
        return file.getAbsolutePath();
    }

    /**
     * What executors must call: Spark's workers start in a folder of their session, one below the folder with the unpacked
     * archives.
     */
    static String worker(String text) {
        return text.startsWith(ARCHIVE) ? "../" + text.substring(ARCHIVE.length()) : text;
    }

    /** The arguments with each {@code shipped:NAME} of a known name replaced by the file's path. */
    static List<String> arguments(LauncherOptions options) {
        List<String> result = new ArrayList<>();
        for (String argument : options.arguments()) {
            boolean isShipped = argument.startsWith(SHIPPED) && options.shipped().contains(argument.substring(SHIPPED.length()));
            result.add(isShipped ? find(argument.substring(SHIPPED.length()), "--files").getAbsolutePath() : argument);
        }
        return result;
    }

    // YARN links them into the container's working directory; the other cluster managers unpack them where SparkFiles says.
    private static File find(String relative, String option) {
        File inWorkingDirectory = new File(relative).getAbsoluteFile();
        if (inWorkingDirectory.exists()) return inWorkingDirectory;
        File inSparkFiles = new File((String) Reflection.callStatic("org.apache.spark.SparkFiles", "get", new Class<?>[] {String.class}, relative));
        if (inSparkFiles.exists()) return inSparkFiles;
        throw new IllegalStateException("\"" + relative + "\" was not shipped to the driver: neither " + inWorkingDirectory + " nor " + inSparkFiles + " exists; name it with " + option);
    }
}
