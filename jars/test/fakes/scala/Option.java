package scala;

/** Stands for Scala's option. */
public class Option {
    public static Option empty() {
        return new Option();
    }
}
