#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `ninja regress` and `ninja baseline-update`: the exact figures of a fresh run
# against the committed baseline, or made into it.
# usage: gate.sh V7SBENCH RESULTS BASELINE [--update]
set -u
v7sbench=$1 results=$2 baseline=$3
shift 3

"$v7sbench" run --reps=0 --out "$results/regress" || exit
exec "$v7sbench" check --baseline="$baseline" "$@" "$results/regress"
