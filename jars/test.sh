#!/bin/sh
# Tests the launcher against stand-ins for Spark, with the JDK alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find "$here/src" "$here/test" -name '*.java' -exec javac -Xlint:all,-rawtypes,-serial -Werror -d "$work" {} +
java -Djava.io.tmpdir="$work" -cp "$work" metaspore.spark.launcher.LauncherTests
