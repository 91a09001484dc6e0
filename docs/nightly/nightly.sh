#!/bin/sh
# One night: build, run a suite on a fixed model, gate the run against the accepted baseline, store it, update the trend page.
# See docs/nightly.md. POSIX sh; opens no network unless --network is given.
#
#   nightly.sh --store DIR --model FILE [--suite NAME] [options] [-- flags of run]
#   nightly.sh --store DIR --accept RUN|latest [options]
#
#   --suite NAME     suite or tasks, comma-separated; default clue
#   --source DIR     checkout to build; default the one that this script is in
#   --binary FILE    this program, instead of building one; --accept takes the one of the last night, if it is there
#   --baseline DIR   the accepted run, when it is not in the store
#   --gate FLAGS     further flags of gate in one word, such as "--max-drop 2 --alpha 0.01"
#   --keep-logs N    files that log/ keeps, at least 1; default 60
#   --network        the build may download modules
#
# The store:  runs/          a folder for each night        baseline/   the accepted run
#             trend.html     quality, latency, memory       summary.md  what the last gate said
#             junit.xml      the same for a CI server       log/        what was printed, a file a night
#
# Exit code: that of the gate (0 = not worse, 3 = worse) or of the run where it failed (4 = too many sample errors,
# 130 = interrupted); 1 = no baseline yet or something failed, 2 = usage, 5 = another night is still running.
set -eu

usage() {
  sed -n '2,/^set -eu/{/^#/s/^# \{0,1\}//p;}' "$0"
}
die() { # code message...
  code=$1
  shift
  echo "nightly: $*" >&2
  exit "$code"
}

store='' model='' suite=clue binary='' source='' accept='' baseline='' network=no keep=60
gate_flags=''
while [ $# -gt 0 ]; do
  case $1 in
  --help | -h)
    usage
    exit 0
    ;;
  --network) network=yes ;;
  --store | --model | --suite | --binary | --source | --accept | --baseline | --gate | --keep-logs)
    [ $# -ge 2 ] || die 2 "$1 needs a value"
    case $1 in
    --store) store=$2 ;;
    --model) model=$2 ;;
    --suite) suite=$2 ;;
    --binary) binary=$2 ;;
    --source) source=$2 ;;
    --accept) accept=$2 ;;
    --baseline) baseline=$2 ;;
    --gate) gate_flags=$2 ;;
    --keep-logs) keep=$2 ;;
    esac
    shift
    ;;
  --)
    shift
    break
    ;;
  *) die 2 "unknown option $1; see --help" ;;
  esac
  shift
done
[ -n "$store" ] || die 2 "--store DIR is needed; see --help"
case $keep in '' | 0* | *[!0-9]* | ???????*) die 2 "--keep-logs $keep: want a number from 1 to 999999" ;; esac
[ -n "$accept$model" ] || die 2 "--model FILE is needed; see --help"

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
source=${source:-$here/../..}
mkdir -p "$store/runs" "$store/log"
store=$(CDPATH='' cd -- "$store" && pwd)
baseline=${baseline:-$store/baseline}
while :; do # its neighbors get names made of its own
  case $baseline in ?*/) baseline=${baseline%/} ;; *) break ;; esac
done

# One at a time. The lock holds the id of its process from the moment it exists, since it is a second name of a file that has it.
lock=$store/lock
mine=$lock.$$
trap 'rm -f "$mine"' EXIT
rm -f "$mine" # of a dead night whose id came again
echo $$ >"$mine"
take_lock() { ln "$mine" "$lock" 2>/dev/null; }
alive() { # process: of any user, who may forbid signals
  [ -n "$1" ] && [ "$1" != $$ ] && { kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ] || ps -p "$1" >/dev/null 2>&1; }
}
if ! take_lock; then
  owner=$(cat "$lock" 2>/dev/null) || owner=''
  if alive "$owner"; then
    die 5 "another night is still running in $store (process $owner; if that is something else, remove $lock)"
  fi
  # The lock of a dead night is removed by whoever has the second lock, and only if it still is that lock. No one else takes it away and
  # its owner cannot, so what is removed is never a lock that somebody has just taken. An empty one is what a power cut left.
  ln "$mine" "$lock.dead" 2>/dev/null || die 5 "another night has just begun in $store; if none has, remove $lock.dead"
  if [ -n "$owner" ]; then
    now=$(cat "$lock" 2>/dev/null) || now=''
    [ "$now" != "$owner" ] || stale=yes
  else
    [ -z "$(find "$lock" -size 0 2>/dev/null)" ] || stale=yes
  fi
  if [ "${stale:-no}" = yes ]; then
    rm -f "$lock"
    echo "nightly: removed the lock of a night that died" >&2
  fi
  rm -f "$lock.dead"
  take_lock || die 5 "another night has just begun in $store"
fi
trap 'rm -f "$lock"' EXIT
rm -f "$mine"
trap 'exit 130' INT TERM HUP

# A baseline is replaced by two renames. If the second one never came, the old one is still there.
if [ ! -e "$baseline" ] && [ -d "$baseline.old" ]; then
  mv "$baseline.old" "$baseline"
fi

log=$store/log/$(date -u +%Y%m%dT%H%M%SZ).txt
# shellcheck disable=SC2012 # the names are ours
: >>"$log" && ls "$store/log" | sort -r | tail -n "+$((keep + 1))" | while IFS= read -r old; do rm -f "$store/log/$old"; done
say() { echo "$(date -u +%H:%M:%S) $*" | tee -a "$log" >&2; }
logged() { # command...: runs it, everything it prints goes to the log; ends with its exit code
  "$@" >>"$log" 2>&1
}
failed() { # code what: the end of the log says why
  tail -n 20 "$log" >&2
  die "$1" "$2 (code $1); log: $log"
}

build() {
  binary=$store/llama4-eval
  say "building $source"
  (
    # What is a condition goes on after a command that fails.
    cd -- "$source" 2>>"$log" || exit 1
    if [ "$network" = no ]; then
      # What is not on this machine is an error, not a download.
      export GOPROXY=off GOTOOLCHAIN=local GOFLAGS="${GOFLAGS:-} -mod=readonly"
    fi
    logged go build -o "$binary.new" ./cmd/llama4-eval
  ) || failed 1 "the build failed"
  mv "$binary.new" "$binary"
}

if [ -n "$accept" ]; then
  case $accept in
  latest)
    run=''
    for d in "$store"/runs/*/; do
      [ ! -s "${d}results.json" ] || run=${d%/} # names begin with the time, so the last one is the newest
    done
    [ -n "$run" ] || die 1 "no finished run in $store/runs"
    ;;
  *) run=$accept ;;
  esac
  for f in results.json manifest.json samples; do
    [ -s "$run/$f" ] || die 1 "$run is not a finished run: it has no $f"
  done
  [ -n "$binary" ] || [ ! -x "$store/llama4-eval" ] || binary=$store/llama4-eval
  [ -n "$binary" ] || build
  # A copy takes the place of the old baseline when it is whole and the gate can read it, which a run that is gated against itself shows.
  rm -rf "$baseline.new"
  mkdir -p "$baseline.new"
  cp -R "$run/manifest.json" "$run/results.json" "$run/samples" "$baseline.new/"
  logged "$binary" gate --baseline "$baseline.new" "$baseline.new" || {
    rc=$?
    rm -rf "$baseline.new"
    failed "$rc" "$run cannot be a baseline"
  }
  rm -rf "$baseline.old"
  [ ! -d "$baseline" ] || mv "$baseline" "$baseline.old"
  mv "$baseline.new" "$baseline"
  rm -rf "$baseline.old"
  echo "nightly: $run is the baseline now"
  exit 0
fi

# What the last gate said is not about this night, however it ends.
rm -f "$store/summary.md" "$store/junit.xml"
[ -n "$binary" ] || build

say "running $suite on $model"
page=$store/.report.md
rc=0
"$binary" run --suite "$suite" --model "$model" --out "$store/runs" --format md --progress plain "$@" >"$page" 2>>"$log" || rc=$?
run=$(sed -n 's/^written to //p' "$log" | tail -n 1)
cat "$page" >>"$log"
rm -f "$page"
[ "$rc" -eq 0 ] || failed "$rc" "the run failed"
[ -s "$run/results.json" ] || failed 1 "the run left no results"
say "the run is $run"

# A red night is part of the history too: the page is updated before the verdict.
paged=yes
logged "$binary" report --history "$store/runs" --out "$store/trend.html" || paged=no

if [ ! -s "$baseline/results.json" ]; then
  die 1 "no baseline in $baseline: look at $run and accept it with --accept latest"
fi
say "gate against $baseline"
# shellcheck disable=SC2086 # several flags in one word are the point
"$binary" gate --baseline "$baseline" --junit "$store/junit.xml" --summary "$store/summary.md" $gate_flags "$run" >"$page" 2>>"$log" || rc=$?
cat "$page" >>"$log"
cat "$page"
rm -f "$page"
case $rc in
0) say "not worse than the baseline" ;;
3) say "WORSE than the baseline: $store/summary.md; trend: $store/trend.html" ;;
*) failed "$rc" "the gate failed" ;;
esac
[ "$paged" = yes ] || [ "$rc" -ne 0 ] || failed 1 "the gate is green, but the trend page failed"
exit "$rc"
