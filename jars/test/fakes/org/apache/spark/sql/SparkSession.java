package org.apache.spark.sql;

import org.apache.spark.SparkContext;

/** Stands for Spark's session; says when it is stopped. */
public final class SparkSession {
    private static final SparkContext CONTEXT = new SparkContext();

    public static Builder builder() {
        return new Builder();
    }

    public SparkContext sparkContext() {
        return CONTEXT;
    }

    public void stop() {
        System.out.println("session stopped with " + CONTEXT.conf().values);
    }

    /** Stands for its builder. */
    public static final class Builder {
        public SparkSession getOrCreate() {
            return new SparkSession();
        }
    }
}
