#!/usr/bin/env bash
# Ends processes of `metaspore train --processes` by SIGKILL at random moments and compares what comes out with undisturbed runs.
#
#   tests/reliability/kill.sh OUT [LR_RUNS [DEEPFM_RUNS [SYNC_RUNS [SEED]]]]        default 18 18 16 1
#
# Needs a Release build of src/Driver and the adult data set in the folder that METASPORE_DATA names (default ../shared/data).
# Every run kills one process: a worker, a shard or the driver, at a moment between one second after the start and the time that an
# undisturbed run took; a killed driver is started again with --resume. OUT/runs.tsv has a line a run; the summary is the last thing printed, and the exit code says whether it held:
#   lr      2 workers, 2 shards, async, fixed epochs: each killed run's test AUC within 0.001 of the undisturbed one
#   deepfm  2 workers, 2 shards, async: mean of the killed runs within 0.001 of the mean of 5 undisturbed ones, none outside 4 sd
#   sync    DeepFm, one worker, 2 shards, sync: the same bits in every file
set -u
out=${1:?usage: kill.sh OUT [LR_RUNS [DEEPFM_RUNS [SYNC_RUNS [SEED]]]]}
lr=${2:-18} deepfm=${3:-18} sync=${4:-16}
RANDOM=${5:-1}
root=$(cd "$(dirname "$0")/../.." && pwd)
data=${METASPORE_DATA:-$root/../shared/data}
program=${METASPORE:-$root/artifacts/bin/Driver/release/metaspore}
[ -x "$program" ] || { echo "no $program: run dotnet build -c Release src/Driver" >&2; exit 2; }
[ -f "$data/adult-train.csv.gz" ] || { echo "no $data/adult-train.csv.gz: set METASPORE_DATA" >&2; exit 2; }
mkdir -p "$out"
out=$(cd "$out" && pwd)
cat > "$out/job.yaml" <<YAML
data:
  train: ["$data/adult-train.csv.gz"]
  test: ["$data/adult-test.csv.gz"]
  names: [age, workclass, fnlwgt, education, educationNum, marital, occupation, relationship, race, sex, gain, loss, hours, country, income]
  label: {column: income, positive: [">50K", ">50K."]}
features:
  categorical: [workclass, education, marital, occupation, relationship, race, sex, country]
  numeric: {columns: [age, fnlwgt, educationNum, gain, loss, hours], as: log2}
model: {type: DeepFm, hiddenUnits: [128, 64], dropout: 0.1}
training: {epochs: 3, batchSize: 256, torchThreads: 1, checkpoint: {everySteps: 20, wholeEvery: 4}, sparse: {updater: {type: adam, learningRate: 0.002}}}
output: {model: out/model, overwrite: true}
YAML
printf 'kind\tseed\tkilled\tafter_s\tresumed\texit\ttest_auc\tseconds\n' > "$out/runs.tsv"

# train NAME EXTRA...: leaves the program's number in $pid.
train() {
  local name=$1; shift
  "$program" train --config "$out/job.yaml" --processes --json --set output.model="$out/$name" "$@" > "$out/$name.out" 2>> "$out/$name.err" &
  pid=$!
}

auc() { tail -1 "$out/$1.out" | sed -n 's/.*"test":{"auc":\([0-9.]*\).*/\1/p'; }

# run KIND NAME SEED KILL OPTIONS...
run() {
  local kind=$1 name=$2 seed=$3 kill=$4; shift 4
  local began=$SECONDS killed=none after=- resumed=no
  rm -rf "${out:?}/$name"*
  train "$name" --set training.seed="$seed" "$@"
  if [ "$kill" = yes ]; then
    after=$((RANDOM % (10 * usual - 10) + 10)); after=$((after / 10)).$((after % 10))
    sleep "$after"
    case $((RANDOM % 3)) in
      0) killed=worker ;;
      1) killed=serve-shard ;;
      2) killed=driver ;;
    esac
    if [ $killed = driver ]; then
      children=$(pgrep -P $pid)
      kill -9 $pid 2> /dev/null && wait $pid 2> /dev/null
      for i in $(seq 100); do alive=0; for c in $children; do ps -o stat= -p "$c" | grep -qv '^Z' && alive=1; done; [ $alive = 0 ] && break; sleep 0.1; done
      [ $alive = 0 ] || { echo "$name: processes outlived their driver: $children" >&2; failed=1; }
      resumed=yes
      train "$name" --set training.seed="$seed" "$@" --resume
    else
      # A process that has not started yet is waited for; a run that has ended already had nothing to kill.
      victim= pick=$RANDOM
      while [ -z "$victim" ] && kill -0 $pid 2> /dev/null; do
        victims=($(pgrep -P $pid -f "$killed"))
        if [ ${#victims[@]} -gt 0 ]; then victim=${victims[$((pick % ${#victims[@]}))]}; else sleep 0.1; fi
      done
      if [ -z "$victim" ] || ! kill -9 "$victim" 2> /dev/null; then killed=ended; fi
    fi
  fi
  wait $pid
  local code=$?
  [ $code = 0 ] || cp "$out/$name.err" "$out/failed-$((failures += 1)).err"
  [ "$kill" = no ] && usual=$((SECONDS - began))
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$kind" "$seed" $killed $after $resumed $code "$(auc "$name")" $((SECONDS - began)) | tee -a "$out/runs.tsv"
}

failed=0 failures=0
async=(--set training.workers=2 --set training.servers=2 --set training.mode=async)
lone=(--set training.workers=1 --set training.servers=2 --set training.mode=sync)
run lr lr-0 17 no "${async[@]}" --set model.type=LogisticRegression
for i in $(seq "$lr"); do run lr lr-k 17 yes "${async[@]}" --set model.type=LogisticRegression; done
for i in $(seq 5); do run deepfm deepfm-0 "$i" no "${async[@]}"; done
for i in $(seq "$deepfm"); do run deepfm deepfm-k "$i" yes "${async[@]}"; done
run sync sync-0 17 no "${lone[@]}"
for i in $(seq "$sync"); do
  run sync sync-k 17 yes "${lone[@]}"
  for file in "$out"/sync-0/*.dat; do
    cmp -s "$file" "$out/sync-k/$(basename "$file")" || { echo "sync run $i: $(basename "$file") differs" >&2; failed=1; }
  done
done

awk -F'\t' -v failed=$failed '
  NR == 1 { next }
  $6 != 0 || $7 == "" { print "run " NR - 1 " (" $1 ", " $3 ") ended with exit code " $6; failed = 1; next }
  $3 == "ended" { ended++; next }
  $3 == "none" { n0[$1]++; s0[$1] += $7; q0[$1] += $7 * $7; next }
  { n[$1]++; s[$1] += $7; v[$1, n[$1]] = $7 }
  END {
    if (n0["lr"] && n["lr"]) for (i = 1; i <= n["lr"]; i++) { d = v["lr", i] - s0["lr"]; if (d < 0) d = -d; if (d > worst) worst = d }
    printf "lr      %d killed runs: largest difference of test AUC %.5f (limit 0.001)\n", n["lr"], worst
    if (worst > 0.001) failed = 1
    if (n0["deepfm"] > 1 && n["deepfm"]) {
      m0 = s0["deepfm"] / n0["deepfm"]; sd = sqrt((q0["deepfm"] - n0["deepfm"] * m0 * m0) / (n0["deepfm"] - 1)); m = s["deepfm"] / n["deepfm"]
      for (i = 1; i <= n["deepfm"]; i++) { d = v["deepfm", i] - m0; if (d < 0) d = -d; if (d > far) far = d }
      printf "deepfm  %d killed runs: mean %.5f, undisturbed %.5f (sd %.5f), furthest %.5f = %.1f sd\n", n["deepfm"], m, m0, sd, far, far / sd
      d = m - m0; if (d < 0) d = -d; if (d > 0.001 || far > 4 * sd) failed = 1
    }
    printf "sync    %d killed runs: bits %s\n", n["sync"], failed ? "see above" : "equal to the undisturbed run"
    if (ended) printf "%d runs had ended before their moment came and are not counted\n", ended
    print failed ? "FAILED" : "HELD"
    exit failed
  }' "$out/runs.tsv"
