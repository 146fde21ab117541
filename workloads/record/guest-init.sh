#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# /init of the guest that record.sh boots: tracing on, drivers in, loads for
# so many seconds, trace out, power off. /settings, written by record.sh, has
# loads, seconds, events (so many end the loads early), buffer_kb (of each CPU)
# and display_mib; /modules the modules in order. Out go, over two virtio-serial
# ports that the IOMMU does not see: the trace as text, and what is to be known
# of it, a "key: value" a line, ended by "end: 1".
# With record_probe on the kernel's command line it powers off at once.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tracefs tracefs /sys/kernel/tracing
mount -t tmpfs tmpfs /run

say() {
	echo "record: $*"
}

if grep -q record_probe /proc/cmdline; then
	say 'the guest boots'
	poweroff -f
fi
# shellcheck source=/dev/null
. /settings
: "${loads:?}" "${seconds:?}" "${events:?}" "${buffer_kb:?}" "${display_mib:?}"
tracing=/sys/kernel/tracing

# The device node of a virtio-serial port, by the port's name.
port() {
	for entry in /sys/class/virtio-ports/*; do
		[ "$(cat "$entry/name" 2>/dev/null)" = "$1" ] &&
			echo "/dev/${entry##*/}"
	done
}

# The domain of each event, which the tracepoints do not say.
# shellcheck disable=SC2016
plain_probes() {
	echo 'p:dmap __iommu_map domain=$arg1:x64 iova=$arg2:x64 paddr=$arg3:x64 size=$arg4:u64 prot=$arg5:x32'
	echo 'p:dunmap __iommu_unmap domain=$arg1:x64 iova=$arg2:x64 size=$arg3:u64'
}

# The same behind the call to ftrace that x86 functions start with, OFFSET
# bytes long. At the call itself, or where a jump takes the breakpoint's place,
# a probe runs with interrupts on, and what an interrupt unmaps is missed.
x86_probes() {
	echo "p:dmap __iommu_map+$1 domain=%di:x64 iova=%si:x64 paddr=%dx:x64 size=%cx:u64 prot=%r8:x32"
	echo "p:dunmap __iommu_unmap+$1 domain=%di:x64 iova=%si:x64 size=%dx:u64"
}

# Each definition of stdin; none stays where one fails.
define_probes() {
	while read -r line; do
		echo "$line" >>$tracing/kprobe_events 2>/dev/null && continue
		echo >$tracing/kprobe_events
		return 1
	done
}

add_probes() {
	if [ "$(uname -m)" = x86_64 ]; then
		echo 0 >/proc/sys/debug/kprobes-optimization
		x86_probes 5 | define_probes && return
		x86_probes 9 | define_probes && return
	fi
	plain_probes | define_probes
}

start_tracing() {
	echo 0 >$tracing/tracing_on
	# One clock for all CPUs, or an iova can seem to be used again before
	# it was unmapped.
	echo global >$tracing/trace_clock
	echo "$buffer_kb" >$tracing/buffer_size_kb
	each=1
	add_probes && echo 1 >$tracing/events/kprobes/enable && each=2
	echo 1 >$tracing/events/iommu/map/enable
	echo 1 >$tracing/events/iommu/unmap/enable
	echo 1 >$tracing/tracing_on
}

# Up to 30 s for a device that a driver is to make.
wait_for() {
	n=0
	while [ ! -e "$1" ]; do
		n=$((n + 1))
		[ $n -le 150 ] || return 1
		sleep 0.2
	done
}

# The loads do one round at least, and end when there is a /run/stop.

# Through the page cache, at sizes that make short and long scatter lists. A
# driver that is new to it has the kernel look for partitions first.
load_disk() {
	disk=/dev/nvme0n1
	echo 4 >/proc/sys/vm/drop_caches # says nothing from now on
	wait_for $disk || { echo "failed: no $disk"; return; }
	rounds=0 failed=0
	while :; do
		for kib in 4 64 512; do
			at=$((rounds * 7 % 64))
			dd if=/dev/zero of=$disk bs=${kib}k count=$((1024 / kib)) \
				seek=$((at * 1024 / kib)) conv=notrunc 2>/dev/null &&
				sync && echo 3 >/proc/sys/vm/drop_caches &&
				dd if=$disk of=/dev/null bs=${kib}k skip=$((at * 1024 / kib)) \
					count=$((1024 / kib)) 2>/dev/null ||
				failed=$((failed + 1))
		done
		rounds=$((rounds + 1))
		[ ! -e /run/stop ] || break
		sleep 0.5
	done
	echo "$rounds rounds, $failed failed"
}

# Both directions: whoever answers at this address sends back what it gets.
load_net() {
	wait_for /sys/class/net/eth0 || { echo 'failed: no eth0'; return; }
	ip addr add 10.0.2.15/24 dev eth0
	ip link set eth0 up
	sleep 3
	rounds=0 failed=0 bytes=0
	while :; do
		kib=$((16 << rounds % 4))
		got=$(dd if=/dev/zero bs=1k count=$kib 2>/dev/null |
			timeout 20 nc 10.0.2.100 7 | wc -c)
		[ "$got" -eq $((kib * 1024)) ] || failed=$((failed + 1))
		bytes=$((bytes + got))
		rounds=$((rounds + 1))
		[ ! -e /run/stop ] || break
		sleep 0.5
	done
	[ $bytes -gt 0 ] || { echo 'failed: nothing came back'; return; }
	echo "$rounds rounds, $bytes bytes sent back, $failed failed"
}

load_display() {
	wait_for /dev/dri/card0 || { echo 'failed: no /dev/dri/card0'; return; }
	said=$(/bin/load_display /dev/dri/card0 "$seconds" "$display_mib" /run/stop 2>&1) ||
		said="failed: $said"
	echo "$said"
}

# Maps and unmaps so far; with probes each is there twice.
traced() {
	cat $tracing/per_cpu/cpu*/stats |
		awk -v each="$each" '/^entries:/ { sum += $2 } END { print int(sum / each) }'
}

run_loads() {
	for load in $loads; do
		{ "load_$load" >"/run/load.$load" 2>&1; touch "/run/done.$load"; } &
	done
	passed=0 early=no
	while [ $passed -lt "$seconds" ]; do
		sleep 1
		passed=$((passed + 1))
		if [ "$(traced)" -ge "$events" ]; then
			early=yes
			break
		fi
	done
	touch /run/stop
	n=0
	for load in $loads; do
		while [ $n -lt 60 ] && [ ! -e "/run/done.$load" ]; do
			sleep 1
			n=$((n + 1))
		done
		[ -e "/run/done.$load" ] || echo 'failed: does not end' >"/run/load.$load"
	done
}

report() {
	echo "kernel: $(uname -r) $(uname -v | sed 's/^#1 //')"
	echo "cmdline: $(cat /proc/cmdline)"
	echo "clock: $(sed 's/.*\[\(.*\)\].*/\1/' $tracing/trace_clock)"
	echo "buffer: $(cat $tracing/buffer_size_kb) KiB a CPU"
	echo "seconds: $passed"
	echo "early: $early"
	for cpu in "$tracing"/per_cpu/cpu*; do
		echo "stats: ${cpu##*/}$(sed 's/^/, /' "$cpu/stats" | tr -d '\n')"
	done
	# Hits and misses of a probe; a miss is an event that was not recorded.
	while read -r name hit missed; do
		echo "kprobe: $name $hit hit, $missed missed: $(grep "/$name " $tracing/kprobe_events)"
	done <$tracing/kprobe_profile
	for device in /sys/kernel/iommu_groups/*/devices/*; do
		group=${device%/devices/*}
		driver=$(readlink "$device/driver") || continue
		echo "device: ${device##*/} ${driver##*/}, $(cat "$group/type")"
	done
	for load in $loads; do
		echo "load: $load: $(tail -n 1 "/run/load.$load")"
	done
	echo "sha256: $(sha256sum <$tracing/trace | cut -d ' ' -f 1)"
}

while read -r module; do
	insmod "/modules.d/$module" || say "insmod $module failed"
	# What carries the results is no part of the trace.
	[ "$module" != virtio_console.ko ] || start_tracing
done </modules
say 'loads start'
run_loads
echo 0 >$tracing/tracing_on
say 'loads end'
n=0
while [ -z "$(port v7s.trace)" ] || [ -z "$(port v7s.info)" ]; do
	n=$((n + 1))
	[ $n -le 50 ] || { say 'no virtio-serial ports'; poweroff -f; }
	sleep 0.2
done
report >/run/report
cat $tracing/trace >"$(port v7s.trace)"
{ cat /run/report; echo 'end: 1'; } >"$(port v7s.info)"
say 'trace is out'
poweroff -f
