#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `ninja kernel-check`: makes the guest, judges, draws.
# usage: check.sh V7SBENCH BUILD VECTORS DRAW GNUPLOT
#	VECTORS	folder of golden vectors	DRAW	plots/draw.sh
# KERNEL=6.12 in the environment takes another kernel.
#
# All limits of time stand here. Whole traces take about four minutes on two
# CPUs under emulation, counting instructions two more; EVENTS=2000
# COST_EVENTS=500 is a look, COST_EVENTS=0 counts nothing.
# Status as `v7sbench kernel`; 77 if something is not installed.
set -u
events=${EVENTS:-}
cost_events=${COST_EVENTS:-20000}
seconds=300

v7sbench=$1 build=$2 vectors=$3 draw=$4 gnuplot=$5
kernel=${KERNEL:-6.1}
here=$(dirname "$0")
guest=$build/kernel/$kernel
out=$build/results/kernel-$kernel
TMPDIR=$build/kernel
export TMPDIR

sh "$here/prepare.sh" "$kernel" "$guest" || exit
set --
[ "$cost_events" -eq 0 ] || set -- --cost "--cost-events=$cost_events"
for file in "$vectors"/*.txt "$vectors"/*.txt.zst; do
	[ -f "$file" ] && set -- "$@" "--vectors=$file"
done
"$v7sbench" kernel --guest="$guest" --seconds=$seconds ${events:+--events="$events"} \
	--all --out="$out" "$@"
status=$?
# Of 3 there may be no new result.
[ $status -le 1 ] || exit $status
sh "$draw" "$out" "$out.plots" "$gnuplot" kernel
drawn=$?
printf '\nresult: %s\n' "$out"
[ $drawn -eq 77 ] || [ $drawn -eq 0 ] || exit $drawn
[ $drawn -eq 77 ] || printf 'plots:  %s\n' "$out.plots"
exit $status
