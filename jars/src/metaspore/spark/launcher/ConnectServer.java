package metaspore.spark.launcher;

import java.security.SecureRandom;

/** The Spark Connect service of this application: on a free port, and on 4.x for loopback and holders of a token alone. */
final class ConnectServer {
    private static final String SERVICE = "org.apache.spark.sql.connect.service.SparkConnectService";
    private static final String TOKEN_KEY = "spark.connect.authenticate.token";
    private static final int TOKEN_BYTES = 32;

    private final Object session;
    private final Object context;
    private final String token;
    private final int port;

    private ConnectServer(Object session, Object context, String token, int port) {
        this.session = session;
        this.context = context;
        this.token = token;
        this.port = port;
    }

    /** Makes the Spark session of this application and starts the service. */
    static ConnectServer start(boolean allowsInsecure) {
        String version = (String) Reflection.call(Reflection.module("org.apache.spark.package"), "SPARK_VERSION");
        boolean hasToken = !version.startsWith("3.");
        if (!hasToken && !allowsInsecure) {
            throw new IllegalStateException("the Connect server of Spark " + version + " listens on every network interface and asks for no token: whoever reaches "
                + "the driver's machine could run code as this application. Use Spark 4.0 or later, or accept it with --allow-insecure-connect");
        }
        System.setProperty("spark.connect.grpc.binding.port", "0");
        if (hasToken) System.setProperty("spark.connect.grpc.binding.address", "127.0.0.1");
        requireService(version);
        Object session = Reflection.call(Reflection.callStatic("org.apache.spark.sql.SparkSession", "builder", new Class<?>[0]), "getOrCreate");
        Object context = Reflection.call(session, "sparkContext");
        String token = hasToken ? randomToken() : null;
        startService(context, token);
        int port = (Integer) Reflection.call(Reflection.module(SERVICE), "localPort");
        return new ConnectServer(session, context, token, port);
    }

    /** The port on loopback. */
    int port() {
        return port;
    }

    /** What a client must show; null where the server asks for nothing. */
    String token() {
        return token;
    }

    /** Stops the service, then the application: the other way round Spark's threads keep the JVM alive. */
    void stop() {
        Class<?> option = Reflection.type("scala.Option");
        Object none = Reflection.callStatic("scala.Option", "empty", new Class<?>[0]);
        Reflection.call(Reflection.module(SERVICE), "stop", new Class<?>[] {option, option}, none, none);
        Reflection.call(session, "stop");
    }

    private static void requireService(String version) {
        try {
            Reflection.type(SERVICE + "$");
        } catch (IllegalStateException e) {
            throw new IllegalStateException("the Connect server is not on the class path of Spark " + version + "; add --packages org.apache.spark:spark-connect_2.12:" + version
                + " (spark-connect_2.13 where Spark was built with Scala 2.13)");
        }
    }

    // The service reads the token once, when it starts. In the configuration for that moment only, it is seen by no session, no
    // task, no page of the UI and no event log.
    private static void startService(Object context, String token) {
        Class<?>[] text = {String.class};
        Object configuration = Reflection.call(context, "conf");
        if (token != null) Reflection.call(configuration, "set", new Class<?>[] {String.class, String.class}, TOKEN_KEY, token);
        try {
            Reflection.call(Reflection.module(SERVICE), "start", new Class<?>[] {Reflection.type("org.apache.spark.SparkContext")}, context);
        } finally {
            if (token != null) Reflection.call(configuration, "remove", text, TOKEN_KEY);
        }
    }

    private static String randomToken() {
        byte[] bytes = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(bytes);
        StringBuilder hex = new StringBuilder(2 * TOKEN_BYTES);
        for (byte value : bytes) hex.append(String.format("%02x", value));
        return hex.toString();
    }
}
