package org.apache.spark.sql.connect.service;

import org.apache.spark.SparkContext;
import scala.Option;

/** Stands for the Connect service; says which token it saw. */
public final class SparkConnectService$ {
    public static final SparkConnectService$ MODULE$ = new SparkConnectService$();

    public void start(SparkContext context) {
        System.out.println("service started with token " + context.conf().values.get("spark.connect.authenticate.token")
            + " on " + System.getProperty("spark.connect.grpc.binding.address") + ":" + System.getProperty("spark.connect.grpc.binding.port"));
    }

    public int localPort() {
        return 4711;
    }

    public void stop(Option timeout, Option unit) {
        System.out.println("service stopped");
    }
}
