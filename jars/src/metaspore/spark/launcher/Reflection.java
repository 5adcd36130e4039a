package metaspore.spark.launcher;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** Calls into Spark without Spark's classes at compile time: one jar for all versions. */
final class Reflection {
    private Reflection() {
    }

    /** A class of Spark's. */
    static Class<?> type(String name) {
        try {
            return Class.forName(name, true, Thread.currentThread().getContextClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException("class " + name + " is not on the class path of this Spark", e);
        }
    }

    /** The single instance of a Scala object. */
    static Object module(String name) {
        try {
            return type(name + "$").getField("MODULE$").get(null);
        } catch (ReflectiveOperationException e) {
            throw unsupported(name + ".MODULE$", e);
        }
    }

    /** Calls a static method. */
    static Object callStatic(String type, String method, Class<?>[] parameters, Object... arguments) {
        return invoke(type(type), null, method, parameters, arguments);
    }

    /** Calls a method without parameters. */
    static Object call(Object target, String method) {
        return invoke(target.getClass(), target, method, new Class<?>[0]);
    }

    /** Calls a method. */
    static Object call(Object target, String method, Class<?>[] parameters, Object... arguments) {
        return invoke(target.getClass(), target, method, parameters, arguments);
    }

    private static Object invoke(Class<?> type, Object target, String method, Class<?>[] parameters, Object... arguments) {
        try {
            Method found = type.getMethod(method, parameters);
            return found.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException) throw (RuntimeException) e.getCause();
            if (e.getCause() instanceof Error) throw (Error) e.getCause();
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw unsupported(type.getName() + "." + method, e);
        }
    }

    private static IllegalStateException unsupported(String what, Exception cause) {
        return new IllegalStateException(what + " can't be called; expected Spark 3.5 to 4.3", cause);
    }
}
