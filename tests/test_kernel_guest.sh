#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The real kernel agrees: one guest of a CPU, one of two, and one for vectors.
# usage: test_kernel_guest.sh V7SBENCH SOURCE_ROOT GUEST
# GUEST is made if the packages are there; else all is skipped. TAP.
set -u
v7sbench=$1 root=$2 guest=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
TMPDIR=$work
export TMPDIR

sh "$root/harness/kernel/prepare.sh" 6.1 "$guest" 2>"$work/why"
case $? in
0) ;;
77)
	echo "1..0 # SKIP $(tail -n 1 "$work/why")"
	exit 0
	;;
*)
	sed 's/^/# /' "$work/why"
	echo 'Bail out! the guest cannot be made'
	exit 1
	;;
esac

nr=0
failed=0
# check NAME COMMAND...: what it prints goes to $work/out.
check()
{
	name=$1
	shift
	nr=$((nr + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $nr - $name"
	else
		failed=$((failed + 1))
		echo "not ok $nr - $name"
		sed 's/^/# /' "$work/out"
	fi
}

check 'traces agree' "$v7sbench" kernel adv_one_slot slots_churn arm-drm --guest="$guest" \
	--cpus=1,2 --events=3000 --seconds=200 --out="$work/result"
rows=$(grep -c ',agree,' "$work/result/kernel_agreement.csv")
check 'thirty cases were compared' test "$rows" -eq 30
points=$(wc -l <"$work/result/kernel_points.csv")
check 'at thousands of points' test "$points" -gt 4000
check 'golden vectors agree' "$v7sbench" kernel --guest="$guest" --seconds=200 \
	--vectors="$root/tests/golden/02_basic_multi.txt" \
	--vectors="$root/tests/golden/08_cfg.txt" --strategy=slab_dma32
# Not only two boots of one run, whose files have the same times and numbers.
count()
{
	"$v7sbench" kernel slots_churn --guest="$guest" --seconds=200 --cpus=1 --events=10 \
		--strategy=slab_dma32 --cost --cost-events=2000 --out="$work/$1" &&
		grep '^kernel-' "$work/$1/kernel_insn.csv" >"$work/$1.csv"
}
check 'instructions are counted' count first
sleep 1.1
for i in $(seq 40); do : >"$work/file.$i"; done
check 'and again' count second
check 'and are the same' diff "$work/first.csv" "$work/second.csv"
echo "1..$nr"
[ $failed -eq 0 ]
