package org.apache.spark;

/** Stands for Spark's package object. */
public final class package$ {
    public static final package$ MODULE$ = new package$();

    public String SPARK_VERSION() {
        return System.getProperty("fake.version", "4.3.0");
    }
}
