#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `ninja regress` and `ninja baseline-update`: the exact figures of a fresh run,
# and instructions where they can be counted, against the committed baseline, or
# made into it.
# usage: gate.sh V7SBENCH RESULTS BASELINE [--update]
#
# What was compared is left in RESULTS/regress, and of a comparison JUnit in
# RESULTS/regress.xml. On GitHub differences become annotations.
set -u
v7sbench=$1 results=$2 baseline=$3
shift 3

"$v7sbench" run --reps=0 --out "$results/regress" || exit
"$v7sbench" insn --out "$results/regress" || exit
[ $# -gt 0 ] || set -- --junit="$results/regress.xml" ${GITHUB_ACTIONS:+--github}
exec "$v7sbench" check --baseline="$baseline" "$@" "$results/regress"
