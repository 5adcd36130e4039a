package org.apache.spark;

/** Stands for Spark's context. */
public final class SparkContext {
    private final SparkConf conf = new SparkConf();

    public SparkConf conf() {
        return conf;
    }
}
