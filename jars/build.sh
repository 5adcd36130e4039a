#!/bin/sh
# Builds the launcher that spark-submit.sh submits, with the JDK alone: jars/build.sh [OUTPUT.jar]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
output=${1:-$here/target/metaspore-launcher.jar}
command -v javac >/dev/null 2>&1 || { echo "jars/build.sh: no javac; install a JDK (8 or later), or set METASPORE_LAUNCHER_JAR to a built jar" >&2; exit 2; }
mkdir -p "$(dirname "$output")"
work=$(mktemp -d "$(dirname "$output")/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
# JDK 8 itself does not know --release.
release="--release 8"
javac -version 2>&1 | grep -q ' 1\.8' && release=
# shellcheck disable=SC2086
find "$here/src" -name '*.java' -exec javac $release -Xlint:all,-options -Werror -d "$work/classes" {} +
jar cfe "$work/launcher.jar" metaspore.spark.launcher.DriverLauncher -C "$work/classes" .
mv "$work/launcher.jar" "$output"
