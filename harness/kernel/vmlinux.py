#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The kernel that a bzImage has packed inside, which QEMU boots faster.

usage: vmlinux.py VMLINUZ VMLINUX

Where it lies and how long it is stands in the boot protocol's header
(Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length).
xz and zstd are known.
"""
import struct
import subprocess
import sys

UNPACK = {b'\xfd7zXZ\0': ['xz', '-dc'], b'\x28\xb5\x2f\xfd': ['zstd', '-dc']}


def main():
    image = open(sys.argv[1], 'rb').read()
    if image[0x202:0x206] != b'HdrS':
        sys.exit(f'{sys.argv[1]}: no bzImage')
    start = (image[0x1f1] + 1) * 512 + struct.unpack_from('<I', image, 0x248)[0]
    packed = image[start:start + struct.unpack_from('<I', image, 0x24c)[0]]
    for magic, command in UNPACK.items():
        if packed.startswith(magic):
            # The length of what is packed stands behind it.
            done = subprocess.run(command, input=packed[:-4], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
            break
    else:
        sys.exit(f'{sys.argv[1]}: packed in an unknown way')
    if not done.stdout.startswith(b'\x7fELF'):
        sys.exit(f'{sys.argv[1]}: {command[0]}: {done.stderr.decode().strip()}')
    with open(sys.argv[2], 'wb') as out:
        out.write(done.stdout)


main()
