#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Makes a guest: Debian's kernel, its driver built as a module, busybox.
#
#	prepare.sh KERNEL OUT	KERNEL: 6.1, or 6.12 of backports
#
# Writes into OUT only: vmlinux, base.cpio, info (key=value), and what they are
# made of. All is kept until a package or a source file changes. Kernel, headers
# and source are of one version; the image is downloaded and unpacked, never
# installed. Status 0; 77 if a package is missing, which the line on stderr
# names; 1 if something broke.
set -u

fail() {
	printf 'kernel-check: %s\n' "$1" >&2
	exit "${2:-1}"
}

[ $# -eq 2 ] || fail 'usage: prepare.sh KERNEL OUT' 2
kernel=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2" || fail "no folder $2"
out=$(cd "$2" && pwd)

version_of() {
	dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null |
		sed -n 's/^installed //p'
}

command -v dpkg-query >/dev/null || fail 'knows Debian packages only; see harness/kernel/README.md for another kernel' 77
missing=
for package in qemu-system-x86 busybox-static cpio xz-utils zstd make gcc python3 \
	"linux-source-$kernel"; do
	[ -n "$(version_of "$package")" ] || missing="$missing $package"
done
# The newest of this kernel whose headers are installed.
release=$(ls -d /usr/src/linux-headers-"$kernel".*-amd64 2>/dev/null | sort -V |
	grep -v -e -cloud- -e -rt- | tail -n 1)
release=${release#/usr/src/linux-headers-}
[ -n "$release" ] || missing="$missing linux-headers of $kernel for amd64"
[ -z "$missing" ] || fail "not installed:$missing; ./bootstrap kernel-check does that" 77
version=$(version_of "linux-headers-$release")
source_version=$(version_of "linux-source-$kernel")
[ "$version" = "$source_version" ] ||
	fail "linux-headers-$release is $version, linux-source-$kernel $source_version: they must be one version" 77

# Of all that the guest is made of.
sum=$(cat "$here"/prepare.sh "$here"/vmlinux.py "$here"/Makefile \
	"$here"/guest/init "$here"/module/* | cksum | cut -d ' ' -f 1)
key="release=$release
version=$version
made_of=$sum"
[ "$(sed '/^accel=/d' "$out/info" 2>/dev/null)" = "$key" ] && exit 0

rm -f "$out/info"
work=$out/work
mkdir -p "$work" || fail "no folder $work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

kernel_image() {
	[ "$(cat "$out/vmlinux.version" 2>/dev/null)" = "$release $version" ] && return
	rm -f "$out/vmlinux.version"
	printf 'kernel-check: the kernel of linux-image-%s\n' "$release" >&2
	(cd "$work" && apt-get download -q "linux-image-$release=$version") \
		>"$work/log" 2>&1 ||
		fail "linux-image-$release $version is not to be had: $(tail -n 1 "$work/log")" 77
	dpkg-deb --fsys-tarfile "$work"/linux-image-*.deb |
		tar -C "$work" -x "./boot/vmlinuz-$release" 2>"$work/log" ||
		fail "linux-image-$release: $(tail -n 1 "$work/log")"
	python3 "$here/vmlinux.py" "$work/boot/vmlinuz-$release" "$out/vmlinux" ||
		fail 'the kernel cannot be unpacked'
	echo "$release $version" >"$out/vmlinux.version"
}

driver_source() {
	[ "$(cat "$out/source.version" 2>/dev/null)" = "$version" ] && return
	rm -rf "$out/source" "$out/source.version"
	printf 'kernel-check: the driver of linux-source-%s\n' "$kernel" >&2
	mkdir "$out/source" &&
		xz -dc -T0 "/usr/src/linux-source-$kernel.tar.xz" |
		tar -C "$out/source" --strip-components=1 -x \
			"linux-source-$kernel/drivers/iommu" 2>"$work/log" ||
		fail "linux-source-$kernel: $(tail -n 1 "$work/log")"
	echo "$version" >"$out/source.version"
}

module() {
	printf 'kernel-check: the module\n' >&2
	make -C "$here" KDIR="/usr/src/linux-headers-$release" \
		DRIVER="$out/source/drivers/iommu/io-pgtable-arm-v7s.c" \
		OUT="$work/module" >"$work/log" 2>&1 || {
		cat "$work/log" >&2
		fail 'the module does not build'
	}
}

memory_root() {
	mkdir -p "$work/root/bin" "$work/root/dev" "$work/root/proc" "$work/root/sys" &&
		cp /bin/busybox "$work/root/bin/busybox" &&
		ln -s busybox "$work/root/bin/sh" &&
		cp "$here/guest/init" "$work/root/init" &&
		cp "$work/module/v7sbench.ko" "$work/module/selftest.ko" "$work/root/" &&
		strip --strip-debug "$work/root/v7sbench.ko" "$work/root/selftest.ko" &&
		chmod +x "$work/root/init" &&
		find "$work/root" -exec touch -h -d @0 {} + &&
		(cd "$work/root" && find . | LC_ALL=C sort |
			cpio -o -H newc --reproducible -R 0:0 --quiet) >"$out/base.cpio" ||
		fail 'the guest cannot be put together'
}

# /dev/kvm may be there, and even make a machine, and still not boot one.
probe() {
	: >"$work/script"
	printf '%s\naccel=kvm\n' "$key" >"$out/info"
	if [ ! -w /dev/kvm ] || ! sh "$here/boot.sh" --seconds=20 "$out" "$work/script" \
		"$work/answers" 2>/dev/null; then
		printf '%s\naccel=tcg\n' "$key" >"$out/info"
		sh "$here/boot.sh" --seconds=120 "$out" "$work/script" "$work/answers" || {
			rm -f "$out/info"
			fail 'the guest does not boot'
		}
	fi
}

kernel_image
driver_source
module
memory_root
probe
