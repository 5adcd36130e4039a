package org.apache.spark;

/** Stands for Spark's folder of shipped files. */
public final class SparkFiles {
    public static String get(String name) {
        return System.getProperty("fake.files", "/nowhere") + "/" + name;
    }
}
