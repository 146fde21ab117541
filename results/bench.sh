#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `ninja bench`: measure, draw, compare.
# usage: bench.sh V7SBENCH DRAW LATEST PLOTS GNUPLOT FIGURES [--insn] [RUN-OPTION...]
#	DRAW	plots/draw.sh	FIGURES	names for it, one argument
#	--insn	also count instructions, where that can be done
#	LATEST	result folder	PLOTS	folder of images
# With BENCH_SELFTEST set also measures the measuring: `ninja bench-full`.
set -u
v7sbench=$1 draw=$2 latest=$3 plots=$4 gnuplot=$5 figures=$6
shift 6
insn=
if [ "${1-}" = --insn ]; then
	insn=yes
	shift
fi

"$v7sbench" run --out "$latest" --hyperfine "$@" || exit
# Exact figures that need no trace join the result as files of their own.
"$v7sbench" phase --format=csv --out="$latest/phase.csv" || exit
"$v7sbench" survive --format=csv --out="$latest/survive.csv" || exit
"$v7sbench" claims --out="$latest" || exit
[ -z "$insn" ] || "$v7sbench" insn --out="$latest" || exit
# shellcheck disable=SC2086 # a list
sh "$draw" "$latest" "$plots" "$gnuplot" $figures
drawn=$?
"$v7sbench" compare "$latest" || exit
if [ "${BENCH_SELFTEST:-}" ]; then
	"$v7sbench" selftest --csv="$latest/selftest.csv" || exit
fi
printf '\nresult: %s\n' "$latest"
case $drawn in
0) printf 'plots:  %s\n' "$plots" ;;
77) ;; # gnuplot is not installed; draw.sh has said so
*) exit "$drawn" ;;
esac
