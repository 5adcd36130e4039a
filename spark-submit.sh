#!/usr/bin/env bash
# Runs a job on Spark: as Spark's own spark-submit, with what stands behind "--" as the driver program.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: spark-submit.sh [options of Spark's spark-submit] [--allow-insecure-connect] -- train --config job.yaml [options of metaspore train]
       spark-submit.sh [options of Spark's spark-submit] [--allow-insecure-connect] -- exec PROGRAM [arguments]

  --master MASTER             local[n], spark://host:port, yarn or k8s://https://host:port
  --deploy-mode MODE          client: the driver program runs here; cluster: on a node
  --allow-insecure-connect    accept the Connect server of Spark 3.5, which asks for no token

PROGRAM is My.dll of a published folder, which is shipped as a whole, or an executable file. Variables of the environment:
  SPARK_HOME              Spark's folder, 3.5 to 4.3
  METASPORE_HOME          folder of the program metaspore; default: beside this script, or the one built from the sources
  METASPORE_ARCHIVE       an archive that "metaspore package" wrote, as a file or an address that the nodes can read
  METASPORE_INSTALLED     folder of metaspore on every node, for example in the image: nothing is shipped
  METASPORE_LAUNCHER_JAR  the launcher, built
More: docs/spark-launch.md
TEXT
}

fail() {
  printf 'spark-submit.sh: %s\n' "$1" >&2
  exit 2
}

root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

# --- what was asked for -------------------------------------------------------------------------------------------------
options=()
program_line=()
master='' deploy_mode='' properties_file='' archives='' files='' packages='' jars='' name=''
insecure=false
declare -A given=()

set_conf() {
  [[ $1 == *=* ]] || fail "--conf \"$1\": expected key=value"
  given[${1%%=*}]=${1#*=}
}

read_option() {
  case $1 in
    --master) master=$2 ;;
    --deploy-mode) deploy_mode=$2 ;;
    --properties-file) properties_file=$2 ;;
    --archives) archives=$2 && return ;;
    --files) files=$2 && return ;;
    --packages) packages=$2 ;;
    --jars) jars=$2 ;;
    --num-executors) given[spark.executor.instances]=$2 ;;
    --executor-cores) given[spark.executor.cores]=$2 ;;
    --executor-memory) given[spark.executor.memory]=$2 ;;
    --driver-memory) given[spark.driver.memory]=$2 ;;
    --total-executor-cores) given[spark.cores.max]=$2 ;;
    --name) name=$2 ;;
    --class) fail '--class is set by this script; the driver program stands behind "--"' ;;
    --conf | -c | --PROP) set_conf "$2" ;;
  esac
  options+=("$1" "$2")
}

while [[ $# -gt 0 ]]; do
  case $1 in
    --) shift && program_line=("$@") && break ;;
    -h | --help) usage && exit 0 ;;
    --allow-insecure-connect) insecure=true && shift ;;
    --verbose | -v | --supervise | --load-spark-defaults) options+=("$1") && shift ;;
    --*=*) read_option "${1%%=*}" "${1#*=}" && shift ;;
    -*) [[ $# -ge 2 && $2 != -- ]] || fail "$1 needs a value" && read_option "$1" "$2" && shift 2 ;;
    *) fail "unexpected \"$1\"; the driver program stands behind \"--\": spark-submit.sh --master 'local[4]' -- train --config job.yaml" ;;
  esac
done
[[ ${#program_line[@]} -gt 0 ]] || { usage >&2 && fail 'nothing to run; give "-- train --config job.yaml" or "-- exec PROGRAM"'; }
verb=${program_line[0]}
[[ $verb == train || $verb == exec ]] || fail "unknown verb \"$verb\" behind \"--\"; expected train or exec"

# --- Spark, metaspore and the launcher ------------------------------------------------------------------------------------
[[ -n ${SPARK_HOME:-} ]] || fail 'SPARK_HOME is not set; set it to a Spark distribution (3.5 to 4.3)'
[[ -x $SPARK_HOME/bin/spark-submit ]] || fail "SPARK_HOME \"$SPARK_HOME\" has no bin/spark-submit; set it to the folder that Spark's archive unpacks to"
core=$(find "$SPARK_HOME/jars" -maxdepth 1 -name 'spark-core_*.jar' 2>/dev/null | head -n 1)
version=$(sed -E 's/.*spark-core_[0-9.]+-([0-9.]+[0-9]).*/\1/' <<<"${core##*/}")
scala=$(sed -E 's/.*spark-core_([0-9.]+)-.*/\1/' <<<"${core##*/}")
connect=$(find "$SPARK_HOME/jars" -maxdepth 1 -name 'spark-connect_*.jar' | head -n 1)
[[ -n $connect || $packages$jars == *spark-connect_* ]] ||
  fail "Spark $version has no Connect server in $SPARK_HOME/jars; give --packages org.apache.spark:spark-connect_$scala:$version"

find_metaspore() {
  local folder
  for folder in "${METASPORE_HOME:-}" "$root" "$root/artifacts/publish/Driver/release" "$root/artifacts/bin/Driver/release"; do
    [[ -n $folder && -x $folder/metaspore ]] && printf '%s' "$folder" && return
  done
  fail "the program metaspore was not found; build it (dotnet build -c Release), or set METASPORE_HOME to its folder"
}
home=$(cd "$(find_metaspore)" && pwd)

installed_jar=$home/jars/metaspore-launcher.jar
jar=${METASPORE_LAUNCHER_JAR:-}
[[ -n $jar || ! -f $installed_jar ]] || jar=$installed_jar
if [[ -z $jar ]]; then
  jar=$root/jars/target/metaspore-launcher.jar
  if [[ ! -f $jar || -n $(find "$root/jars/src" -newer "$jar" -name '*.java' 2>/dev/null) ]]; then
    command -v javac >/dev/null || fail "the launcher $jar is not built and there is no javac; install a JDK, or set METASPORE_LAUNCHER_JAR to a built one"
    "$root/jars/build.sh" "$jar" >&2
  fi
fi
[[ $jar == *://* || -f $jar ]] || fail "METASPORE_LAUNCHER_JAR \"$jar\" does not exist"

# --- Spark's configuration ------------------------------------------------------------------------------------------------
property() { # FILE KEY
  [[ -f $1 ]] || return 0
  awk -v key="$2" '{ line = $0; sub(/^[ \t]+/, "", line); n = match(line, /[ \t=:]/); if (n && substr(line, 1, n - 1) == key) { value = substr(line, n); sub(/^[ \t=:]+/, "", value); sub(/[ \t]+$/, "", value) } } END { print value }' "$1"
}
spark_defaults=${SPARK_CONF_DIR:-$SPARK_HOME/conf}/spark-defaults.conf
setting() { # KEY: as Spark will see it
  local key=$1 value
  if [[ -n ${given[$key]+x} ]]; then printf '%s' "${given[$key]}" && return; fi
  value=$(property "$properties_file" "$key")
  [[ -n $value || -n $properties_file ]] || value=$(property "$spark_defaults" "$key")
  printf '%s' "$value"
}
add_conf() { # KEY VALUE, unless it is set already
  [[ -z $(setting "$1") ]] || return 0
  given[$1]=$2
  options+=(--conf "$1=$2")
}

if [[ -z $master ]]; then
  master=$(setting spark.master)
  [[ -n $master ]] || { master='local[*]' && options+=(--master "$master"); }
fi
[[ -n $deploy_mode ]] || deploy_mode=$(setting spark.submit.deployMode)
deploy_mode=${deploy_mode:-client}
[[ $deploy_mode == client || $deploy_mode == cluster ]] || fail "--deploy-mode is \"$deploy_mode\"; expected client or cluster"
case $master in
  local | local\[* | local-cluster\[*) manager=local ;;
  spark://*) manager=standalone ;;
  yarn) manager=yarn ;;
  k8s://*) manager=k8s ;;
  *) fail "--master is \"$master\"; expected local[n], spark://host:port, yarn or k8s://https://host:port" ;;
esac
[[ $manager != local || $deploy_mode == client ]] || fail "--deploy-mode cluster needs a cluster; master is $master"
dynamic=$(setting spark.dynamicAllocation.enabled)
[[ ${dynamic,,} != true ]] || fail 'dynamic allocation is on: Spark refuses barrier stages with it, and would end executors that hold shards; give --conf spark.dynamicAllocation.enabled=false'

# --- the driver program ---------------------------------------------------------------------------------------------------
launcher=()
child=()
app=''
shipped=''
absolute() { [[ $1 == /* ]] && printf '%s' "$1" || printf '%s' "$PWD/$1"; }

if [[ $verb == train ]]; then
  config='' sets=() rest=()
  for ((i = 1; i < ${#program_line[@]}; i++)); do
    argument=${program_line[i]} value=${program_line[i + 1]:-}
    case $argument in
      --config | -c) config=$value && i=$((i + 1)) ;;
      --config=*) config=${argument#*=} ;;
      --set) sets+=(--set "$value") rest+=(--set "$value") && i=$((i + 1)) ;;
      --set=*) sets+=("$argument") && rest+=("$argument") ;;
      *) rest+=("$argument") ;;
    esac
  done
  [[ -n $config ]] || fail 'train needs --config job.yaml'
  [[ -f $config ]] || fail "job file \"$config\" does not exist; correct the path"
  executors=$(setting spark.executor.instances)
  default_executors=$(property "$root/conf/$manager.conf" spark.executor.instances)
  settings=$("$home/metaspore" submit-settings --config "$config" --executors "${executors:-0}" --default-executors "${default_executors:-0}" ${sets[@]+"${sets[@]}"}) || exit $?
  while IFS='=' read -r key value; do
    [[ -z $key ]] || add_conf "$key" "$value"
  done <<<"$settings"
  config=$(absolute "$config")
  child=(train --config "$config")
  if [[ $deploy_mode == cluster ]]; then
    shipped=${config##*/}
    files=${files:+$files,}$config
    child=(train --config "shipped:$shipped" --paths-from "${config%/*}")
  fi
  child+=(${rest[@]+"${rest[@]}"})
else
  [[ ${#program_line[@]} -ge 2 ]] || fail 'exec needs a program: -- exec My.dll arguments'
  app_file=${program_line[1]}
  [[ -f $app_file ]] || fail "program \"$app_file\" does not exist; correct the path, or publish it first (dotnet publish -c Release)"
  app_file=$(absolute "$app_file")
  app=${app_file%/*}
  child=("${program_line[@]:2}")
fi

[[ -f $root/conf/$manager.conf ]] || fail "$root/conf/$manager.conf is missing; run this script in its own folder's tree"
# Defaults of the cluster manager, one by one: a whole file would hide spark-defaults.conf. Each key is explained in the file.
while read -r key value; do
  [[ -z $key || $key == \#* ]] || add_conf "$key" "$value"
done <"$root/conf/$manager.conf"

# --- what the nodes run ---------------------------------------------------------------------------------------------------
archive=${METASPORE_ARCHIVE:-}
installed=${METASPORE_INSTALLED:-}
[[ -n $installed || -n $archive || $manager != k8s ]] || installed=/opt/metaspore
local_worker=$home/metaspore
[[ -z $app || ! -x $app/metaspore ]] || local_worker=$app/metaspore

if [[ -n $installed ]]; then
  remote_program=$installed/metaspore-exec remote_train=$installed/metaspore-worker worker=$installed/metaspore-worker
  [[ $manager-$deploy_mode != k8s-cluster || -n ${METASPORE_LAUNCHER_JAR:-} ]] || jar=local://$installed/jars/metaspore-launcher.jar
elif [[ $manager == local ]]; then
  worker=$local_worker
else
  if [[ -z $archive ]]; then
    cache=${XDG_CACHE_HOME:-$HOME/.cache}/metaspore
    archive=$cache/metaspore.tar.gz
    [[ -z $app ]] || archive=$cache/app-$(basename "$app_file").tar.gz
    package=("$home/metaspore" package --output "$archive")
    [[ -z $app ]] || package+=(--app "$app")
    "${package[@]}" >/dev/null || exit $?
  fi
  [[ $archive == *://* || -f ${archive%%#*} ]] || fail "METASPORE_ARCHIVE \"$archive\" does not exist; make it with: metaspore package --output $archive"
  archives=${archives:+$archives,}${archive%%#*}#metaspore
  remote_program=archive:metaspore/metaspore-exec remote_train=archive:metaspore/metaspore-worker worker=archive:metaspore/metaspore-worker
fi

if [[ $verb == train ]]; then
  if [[ $deploy_mode == cluster ]]; then program=$remote_train; else program=$home/metaspore; fi
elif [[ $deploy_mode == cluster ]]; then
  program=$remote_program
  child=("${app_file##*/}" ${child[@]+"${child[@]}"})
elif [[ $app_file == *.dll ]]; then
  program=$(command -v dotnet) || fail "there is no dotnet on the PATH to run \"$app_file\""
  child=("$app_file" ${child[@]+"${child[@]}"})
else
  program=$app_file
fi

launcher+=(--program "$program" --worker "$worker")
[[ -z $shipped ]] || launcher+=(--shipped "$shipped")
[[ $insecure == false ]] || launcher+=(--allow-insecure-connect)
[[ $version != 3.* || $insecure == true ]] ||
  fail "the Connect server of Spark $version listens on every network interface and asks for no token: whoever reaches the driver's machine could run code as this application; use Spark 4.0 or later, or accept it with --allow-insecure-connect"
[[ -z $archives ]] || options+=(--archives "$archives")
[[ -z $files ]] || options+=(--files "$files")
[[ -n $name || -n $(setting spark.app.name) ]] || options+=(--name "metaspore $verb")

command=("$SPARK_HOME/bin/spark-submit" "${options[@]}" --class metaspore.spark.launcher.DriverLauncher "$jar" "${launcher[@]}" -- ${child[@]+"${child[@]}"})

# Values of keys that may hold a secret are not shown.
shown=''
for word in "${command[@]}"; do
  key=${word%%=*}
  [[ $word != *=* || ! ${key,,} =~ (secret|password|token|access[.]?key|credential) ]] || word="$key=(hidden)"
  shown+=" $(printf '%q' "$word")"
done
printf 'spark-submit.sh:%s\n' "$shown" >&2

# The launcher's session must be Spark's own, not a client of another server.
unset SPARK_REMOTE SPARK_CONNECT_AUTHENTICATE_TOKEN
[[ $manager-$deploy_mode == standalone-cluster ]] || exec "${command[@]}"

# Spark ends with 0 there however the driver ended, and says how in its log alone.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
exec 4> >(tee "$log" >&2)
copying=$!
"${command[@]}" 2>&4 4>&- &
submit=$!
exec 4>&-
# A signal ends the wait as well.
signalled=true
trap 'signalled=true; kill -TERM "$submit" 2>/dev/null' INT TERM
while [[ $signalled == true ]]; do
  signalled=false code=0
  wait "$submit" || code=$?
done
wait "$copying" 2>/dev/null || true
if [[ $code -eq 0 ]] && grep -qE 'State of driver .* is (FAILED|ERROR|KILLED)' "$log"; then
  printf 'spark-submit.sh: the driver failed; its output is on the node that ran it, and on the page of the master\n' >&2
  code=1
fi
exit "$code"
