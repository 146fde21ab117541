#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Boots the guest that prepare.sh made, gives it a script, brings its answers.
#
#	boot.sh [OPTION...] GUEST SCRIPT ANSWERS
#
#	--cpus=N	1
#	--memory=MB	6144: below and above 4 GiB; touched only where used
#	--icount	a clock that counts instructions, the same each time
#	--append=ARGS	for the kernel's command line
#	--seconds=N	600: after that it is ended
#
# ANSWERS is written whole or not at all. Status 0; 1 if the guest did not come
# to the end or its kernel complained, with a line on stderr that says how; 77
# without QEMU or guest; 2 for bad options. No disk, no network.
set -u

fail() {
	printf 'boot.sh: %s\n' "$1" >&2
	exit "${2:-1}"
}

cpus=1 memory=6144 append= seconds=600 icount=
while [ $# -gt 0 ]; do
	case $1 in
	--cpus=*) cpus=${1#*=} ;;
	--memory=*) memory=${1#*=} ;;
	--append=*) append=${1#*=} ;;
	--seconds=*) seconds=${1#*=} ;;
	--icount) icount=yes ;;
	-*) fail "unknown option $1" 2 ;;
	*) break ;;
	esac
	shift
done
[ $# -eq 3 ] || fail 'usage: boot.sh [OPTION...] GUEST SCRIPT ANSWERS' 2
guest=$1 script=$2 answers=$3
command -v qemu-system-x86_64 >/dev/null || fail 'qemu-system-x86 is not installed' 77
command -v cpio >/dev/null || fail 'cpio is not installed' 77
[ -f "$guest/vmlinux" ] && [ -f "$guest/base.cpio" ] || fail "no guest in $guest" 77
[ -f "$script" ] || fail "no script $script" 2

dir=$(mktemp -d "$answers.XXXXXX") || fail "no folder beside $answers"
pid=
clean() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	rm -rf "$dir"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

# Numbers and times of files on the host are no business of the guest, which
# under --icount would take other instructions for others.
mkdir "$dir/root" && cp "$script" "$dir/root/script" &&
	touch -d @0 "$dir/root/script" || fail 'no room for the script'
(cat "$guest/base.cpio" && cd "$dir/root" &&
	echo script | cpio -o -H newc --reproducible -R 0:0 --quiet) \
	>"$dir/initrd" || fail 'no room for the script'
rm -r "$dir/root"

# Without the first three a kernel's own randomness moves what it allocates;
# without the others each byte of a rep counts as an instruction. Processors
# that take turns in one thread wake each other at once, on any host.
if [ -n "$icount" ]; then
	set -- -accel tcg -icount shift=0,sleep=off -seed 42 \
		-rtc base=2024-01-01T00:00:00,clock=vm -cpu max,-erms,-fsrm
elif grep -qx accel=kvm "$guest/info" 2>/dev/null; then
	set -- -accel kvm -cpu host
else
	set -- -accel tcg,thread=single -cpu max
fi
timeout -k 5 "$seconds" qemu-system-x86_64 "$@" -m "$memory" -smp "$cpus" \
	-kernel "$guest/vmlinux" -initrd "$dir/initrd" \
	-append "console=ttyS0 loglevel=5 nokaslr panic=-1 $append" \
	-nodefaults -no-user-config -display none -nic none -no-reboot \
	-serial "file:$dir/console" \
	-chardev "file,id=answers,path=$dir/answers" \
	-device isa-debugcon,iobase=0xe9,chardev=answers \
	</dev/null >"$dir/qemu" 2>&1 &
pid=$!
wait "$pid"
status=$?
pid=

complaint=$(grep -m1 -E 'WARNING:|BUG:|Oops|Kernel panic|Call Trace' "$dir/console" 2>/dev/null | tr -d '\r')
if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
	fail "the guest did not end within $seconds seconds"
elif [ "$status" -ne 0 ]; then
	fail "qemu: $(tail -n 1 "$dir/qemu" | tr -d '\r')"
elif [ -n "$complaint" ]; then
	fail "the guest's kernel says: $complaint"
elif [ "$(tail -n 1 "$dir/answers")" != 'say done' ]; then
	fail "the guest ended too early: $(tail -n 1 "$dir/console" | tr -d '\r')"
fi
mv "$dir/answers" "$answers"
