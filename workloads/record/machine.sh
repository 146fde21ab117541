# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# The emulated machines, one of each architecture: read by record.sh. An IOMMU,
# an NVMe disk that keeps nothing, a network card of whose network only an echo
# at 10.0.2.100 answers, a display, and behind no IOMMU the virtio-serial ports
# that carry the results.

# Those of them that a load needs, in this order; dependencies come of themselves.
modules_of() {
	case $1 in
	disk) echo nvme ;;
	net) echo e1000e ;;
	display) echo virtio_gpu ;;
	esac
}

kernel_args() {
	case $1 in
	amd64) echo 'console=ttyS0 intel_iommu=on iommu.passthrough=0 iommu.strict=1 panic=-1' ;;
	arm64) echo 'console=ttyAMA0 iommu.passthrough=0 iommu.strict=1 panic=-1' ;;
	esac
}

# machine SECONDS ARCH ACCEL MEMORY_MIB RUN_DIR KERNEL ARGUMENTS: becomes it, until
# it powers off or SECONDS are over; RUN_DIR/command has the command.
machine() {
	limit_=$1 arch_=$2 accel_=$3 memory_=$4 dir_=$5 kernel_=$6 args_=$7
	case $arch_/$accel_ in
	amd64/kvm) set -- qemu-system-x86_64 -machine q35,kernel-irqchip=split -cpu host ;;
	amd64/*) set -- qemu-system-x86_64 -machine q35 -cpu qemu64 ;;
	arm64/kvm) set -- qemu-system-aarch64 -machine virt,iommu=smmuv3,gic-version=host -cpu host ;;
	arm64/*) set -- qemu-system-aarch64 -machine virt,iommu=smmuv3,gic-version=3 -cpu cortex-a57 ;;
	esac
	set -- "$@" -accel "$accel_" -smp 2 -m "$memory_" -nodefaults -no-user-config \
		-display none -no-reboot -serial "file:$dir_/console"
	[ "$arch_" != amd64 ] || set -- "$@" -device intel-iommu
	set -- "$@" \
		-blockdev driver=null-co,node-name=disk,size=1073741824,read-zeroes=on \
		-device nvme,drive=disk,serial=record \
		-netdev user,id=net,restrict=on,guestfwd=tcp:10.0.2.100:7-cmd:cat \
		-device e1000e,netdev=net,romfile= \
		-device "virtio-gpu-pci,iommu_platform=on,max_hostmem=${memory_}M" \
		-device virtio-serial-pci,iommu_platform=off \
		-chardev "file,id=trace,path=$dir_/trace" \
		-device virtserialport,chardev=trace,name=v7s.trace \
		-chardev "file,id=info,path=$dir_/info" \
		-device virtserialport,chardev=info,name=v7s.info \
		-kernel "$kernel_" -initrd "$dir_/initrd" -append "$args_"
	# shellcheck disable=SC3045 # of Debian's shells
	ulimit -c 0
	printf '%s\n' "$*" >"$dir_/command"
	exec timeout --foreground -k 10 "$limit_" "$@"
}
