#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Records an IOMMU trace on a machine that has no IOMMU: boots a Debian kernel
# in QEMU with an emulated one, runs loads, brings out what the kernel traced.
# See usage() below. Files: debian.sh fetches packages, machine.sh is the
# machine, guest-init.sh runs in it, load_display.c is a load, provenance.sh
# writes down where the trace comes from.
set -eu

usage() {
	cat <<'END'
usage: record.sh --arch=amd64|arm64 --out=FILE.txt.zst [OPTION...]

Records iommu:map and iommu:unmap of a Debian 12 kernel with real drivers on
emulated devices behind an emulated IOMMU (VT-d, SMMUv3), and with them kprobes
that say the domain of each. Writes the trace to FILE.txt.zst and where it comes
from to FILE.provenance.md. Packages of the guest are downloaded, not installed.

  --arch=ARCH       amd64 or arm64
  --out=FILE        the trace, must end in .txt.zst and not exist
  --load=LIST       of disk (NVMe), net (e1000e), display (virtio-gpu); default:
                    disk,net,display
  --seconds=N       how long loads run, 1 to 3600; default 20
  --events=N        or until about so many maps and unmaps, 1000 to 250000; default
                    60000, of which a trace has less than 1000000 bytes
  --memory=MIB      of the guest, 512 to 65536; default 2048
  --work=DIR        keeps downloads and the last run there; default: a temporary
                    folder, removed at the end. One run at a time in a folder
  --mirror=URL      of Debian; default http://deb.debian.org/debian
  --help

KVM is used where a guest of the host's own architecture boots with it, emulation
otherwise. Bounds: 900 s a download, N + 600 s for the guest.

Status: 0 recorded; 1 recorded and written, but events were lost or a load failed;
2 bad option; 3 something else failed, nothing written; 77 packages are missing,
and their names are printed.
END
}

fail() {
	printf 'record: %s\n' "$1" >&2
	exit "${2:-2}"
}

say() {
	printf 'record: %s\n' "$1" >&2
}

# number OPTION VALUE LEAST MOST
number() {
	case $2 in
	'' | *[!0-9]* | 0* | ???????*) fail "$1=$2: not a number from $3 to $4" ;;
	esac
	if [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
		fail "$1=$2: not a number from $3 to $4"
	fi
}

# Fails unless each of a comma list is a load, and none stands twice.
check_loads() {
	seen=' '
	rest=$1,
	while [ -n "$rest" ]; do
		load=${rest%%,*}
		rest=${rest#*,}
		case $load in
		disk | net | display) ;;
		*) fail "--load=$1: '$load' is not one of disk, net, display" ;;
		esac
		case $seen in
		*" $load "*) fail "--load=$1: $load stands twice" ;;
		esac
		seen="$seen$load "
	done
	loads=${seen# }
}

options() {
	arch='' out='' load_list=disk,net,display seconds=20 events=60000 memory=2048 work=''
	mirror=http://deb.debian.org/debian
	for option; do
		case $option in
		--help) usage; exit 0 ;;
		--arch=*) arch=${option#*=} ;;
		--out=*) out=${option#*=} ;;
		--load=*) load_list=${option#*=} ;;
		--seconds=*) seconds=${option#*=} ;;
		--events=*) events=${option#*=} ;;
		--memory=*) memory=${option#*=} ;;
		--work=*) work=${option#*=} ;;
		--mirror=*) mirror=${option#*=} ;;
		*) fail "unknown option $option; see --help" ;;
		esac
	done
	case $arch in
	amd64) triplet=x86_64-linux-gnu qemu=qemu-system-x86_64 qemu_package=qemu-system-x86 ;;
	arm64) triplet=aarch64-linux-gnu qemu=qemu-system-aarch64 qemu_package=qemu-system-arm ;;
	*) fail "--arch=$arch: not amd64 or arm64" ;;
	esac
	check_loads "$load_list"
	number --seconds "$seconds" 1 3600
	number --events "$events" 1000 250000
	number --memory "$memory" 512 65536
	case $out in
	?*.txt.zst) ;;
	*) fail "--out=$out: does not end in .txt.zst" ;;
	esac
	case $out in
	*/*) out_dir=${out%/*}/ ;;
	*) out_dir=./ ;;
	esac
	if [ ! -d "$out_dir" ] || [ ! -w "$out_dir" ]; then
		fail "--out=$out: cannot write to $out_dir"
	fi
	provenance_file=${out%.txt.zst}.provenance.md
	for file in "$out" "$provenance_file"; do
		[ ! -e "$file" ] || fail "$file exists"
	done
	# Neither options of QEMU nor apt's configuration could have them.
	case $work$PWD${TMPDIR:-} in
	*[,\"]*) fail "--work=$work: a comma or a quote in the name of a folder" ;;
	esac
	case $mirror in
	http://?* | https://?*) ;;
	*) fail "--mirror=$mirror: not http:// or https://" ;;
	esac
}

# need COMMAND-OR-FILE PACKAGE...: adds packages to $missing
need() {
	case $1 in
	/*) [ -e "$1" ] && return ;;
	*) command -v "$1" >/dev/null && return ;;
	esac
	shift
	for package; do
		case " $missing " in
		*" $package "*) ;;
		*) missing="$missing $package" ;;
		esac
	done
}

check_packages() {
	missing=
	need "$qemu" "$qemu_package"
	need apt-get apt
	need dpkg-deb dpkg
	need "$keyring" debian-archive-keyring
	need cpio cpio
	need zstd zstd
	need timeout coreutils
	need awk mawk
	case $arch in
	amd64) cross='gcc-x86-64-linux-gnu libc6-dev-amd64-cross' ;;
	arm64) cross='gcc-aarch64-linux-gnu libc6-dev-arm64-cross' ;;
	esac
	[ "$arch" != "$host" ] || cross='gcc libc6-dev'
	# shellcheck disable=SC2086
	need "$triplet-gcc" $cross
	[ -z "$missing" ] ||
		fail "missing packages: sudo apt-get install -y --no-install-recommends$missing" 77
}

# clean_up STATUS: where set -e ends the script, that is no trace with losses.
clean_up() {
	[ -z "$machine_pid" ] || kill "$machine_pid" 2>/dev/null || :
	rm -f "$out.new" "$provenance_file.new"
	[ "$keep" = yes ] || [ -z "$work" ] || rm -rf "$work"
	[ "$1" -ne 1 ] || [ "$recorded" = yes ] || exit 3
}

# Downloads once for each work folder and architecture.
fetch() {
	[ ! -e "$packages/root" ] || return 0
	say "packages of Debian 12 for $arch"
	rm -rf "$packages"
	debian_setup "$packages" "$arch" "$mirror"
	debian_apt apt-get -q update >"$packages/log" 2>&1 ||
		fail "apt-get update failed: $(tail -n 1 "$packages/log")" 3
	kernel_package=$(debian_kernel "$arch")
	[ -n "$kernel_package" ] || fail "no kernel for $arch at $mirror" 3
	debian_unpack "$packages/new" "$kernel_package" busybox-static libdrm-dev \
		>"$packages/log" 2>&1 ||
		fail "packages failed: $(tail -n 1 "$packages/log")" 3
	mv "$packages/new" "$packages/root"
}

# Copies a module and before it all that it needs; its name goes to the list.
add_module() {
	pattern=$(echo "$1" | sed 's/[-_]/[-_]/g')
	file=$(find "$packages/root/lib/modules" -name "$pattern.ko" | head -n 1)
	[ -n "$file" ] || fail "the kernel has no module $1" 3
	! grep -qx "${file##*/}" "$run/initramfs/modules" || return 0
	for needed in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr ',' ' '); do
		(add_module "$needed") || exit
	done
	cp "$file" "$run/initramfs/modules.d/"
	echo "${file##*/}" >>"$run/initramfs/modules"
}

initramfs() {
	dir=$run/initramfs
	mkdir -p "$dir/bin" "$dir/dev" "$dir/proc" "$dir/run" "$dir/sys" "$dir/modules.d"
	cp "$packages/root/bin/busybox" "$dir/bin/"
	cp "$here/guest-init.sh" "$dir/init"
	chmod +x "$dir/init"
	timeout 120 "$triplet-gcc" -O2 -static -I "$packages/root/usr/include/libdrm" \
		"$here/load_display.c" -o "$dir/bin/load_display" ||
		fail 'load_display.c does not compile' 3
	: >"$dir/modules"
	for module in virtio_pci virtio_console $(for load in $loads; do modules_of "$load"; done); do
		add_module "$module"
	done
	cat >"$dir/settings" <<END
loads='$loads'
seconds=$seconds
events=$events
buffer_kb=32768
display_mib=$((memory / 4))
END
	(cd "$dir" && find . | cpio -o -H newc --quiet) >"$run/initrd"
}

# run_machine SECONDS ACCEL ARGUMENTS
run_machine() {
	machine "$1" "$arch" "$2" "$memory" "$run" "$kernel" "$3" >"$run/qemu.log" 2>&1 &
	machine_pid=$!
	status=0
	wait "$machine_pid" 2>/dev/null || status=$?
	machine_pid=
	return "$status"
}

# /dev/kvm may be there, and even make a machine, and still boot no guest.
choose_accel() {
	accel=tcg
	[ "$arch" = "$host" ] && [ -w /dev/kvm ] || return 0
	if run_machine 20 kvm "$(kernel_args "$arch") record_probe" &&
		grep -q 'record: the guest boots' "$run/console"; then
		accel=kvm
	fi
}

boot() {
	say "$arch under $accel: $load_list for $seconds s"
	status=0
	run_machine $((seconds + 600)) "$accel" "$(kernel_args "$arch")" || status=$?
	if ! grep -qx 'end: 1' "$run/info" 2>/dev/null; then
		tail -n 15 "$run/console" "$run/qemu.log" >&2 2>/dev/null || :
		fail "the guest did not come to its end (QEMU: status $status)" 3
	fi
	text_sha256=$(sha256sum <"$run/trace" | cut -d ' ' -f 1)
	[ "$text_sha256" = "$(values "$run/info" sha256)" ] ||
		fail 'the trace was damaged on its way out of the guest' 3
	[ "$(count "$run/trace" map)" -gt 0 ] || fail 'no map was traced' 3
}

# Both files appear complete or not at all.
deliver() {
	timeout 900 zstd -q -f -19 "$run/trace" -o "$run/trace.zst" || fail 'zstd failed' 3
	name=${out##*/}
	mv "$run/trace.zst" "$run/$name"
	provenance "$run" "$run/$name" "${name%.txt.zst}" "$arch: $load_list" \
		"$packages/root/list" "$made_by" >"$run/provenance.md"
	cp "$run/provenance.md" "$provenance_file.new"
	cp "$run/$name" "$out.new"
	mv "$provenance_file.new" "$provenance_file"
	mv "$out.new" "$out"
	recorded=yes
	size=$(wc -c <"$out")
	[ "$size" -lt 1000000 ] ||
		say "$size bytes: for the library a trace must stay below 1000000"
	say "$out: $size bytes"
}

case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
. "$here/debian.sh"
. "$here/machine.sh"
. "$here/provenance.sh"
options "$@"
made_by="workloads/record/record.sh --arch=$arch --load=$load_list --seconds=$seconds --events=$events --memory=$memory"
host=$(dpkg --print-architecture 2>/dev/null) || host=amd64
check_packages

machine_pid='' keep=yes recorded=no
trap 'clean_up $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
[ -n "$work" ] || {
	keep=no
	work=$(mktemp -d "${TMPDIR:-/tmp}/v7s-record.XXXXXX")
}
mkdir -p "$work" || fail "$work cannot be made" 3
work=$(cd "$work" && pwd)
packages=$work/record-$arch run=$work/record-$arch.run
fetch
rm -rf "$run"
mkdir "$run"
for kernel in "$packages"/root/boot/vmlinuz-*; do :; done
initramfs
choose_accel
boot
deliver
lost=$(lost_events "$run/info")
[ "$lost" -eq 0 ] || fail "$lost events were lost" 1
! values "$run/info" load | grep failed: >&2 || fail 'a load failed' 1
