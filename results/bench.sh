#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `ninja bench`: measure, draw, compare.
# usage: bench.sh V7SBENCH RESULTS DRAW FIGURES [RUN-OPTION...]
#	RESULTS	folder for latest/ and plots/
#	DRAW	plots/draw.sh	FIGURES	names for it, one argument
set -u
v7sbench=$1 results=$2 draw=$3 figures=$4
shift 4

"$v7sbench" run --out "$results/latest" --hyperfine "$@" || exit
PLOT_NAMES=$figures sh "$draw" "$results/latest" "$results/plots" || exit
"$v7sbench" compare "$results/latest" || exit
printf '\nresult: %s\nplots:  %s\n' "$results/latest" "$results/plots"
