package org.apache.spark;

import java.util.TreeMap;

/** Stands for Spark's configuration. */
public final class SparkConf {
    public final TreeMap<String, String> values = new TreeMap<>();

    public SparkConf set(String key, String value) {
        values.put(key, value);
        return this;
    }

    public SparkConf remove(String key) {
        values.remove(key);
        return this;
    }
}
