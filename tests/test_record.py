#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""workloads/record/record.sh without a guest: its options, and with commands
that only pretend to be apt, gcc and QEMU, what becomes of a run.

usage: test_record.py SOURCE_ROOT [unittest arguments]
"""
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(sys.argv[1]).resolve()
RECORD = ROOT / 'workloads/record'
SCRIPT = RECORD / 'record.sh'
SHELL = shutil.which('sh')

OPTIONS = 'arch out load seconds events memory work mirror help'.split()
TRACE = '''# tracer: nop
    modprobe-1  [000] .....  1.0: dmap: (__iommu_map+0x0/0x2a0) domain=0x1 iova=0x1000 paddr=0x2000 size=4096 prot=0x3
    modprobe-1  [000] .....  1.0: map: IOMMU: iova=0x1000 - 0x2000 paddr=0x2000 size=4096
    modprobe-1  [000] .....  1.1: map: IOMMU: iova=0x3000 - 0x4000 paddr=0x2000 size=4096
    modprobe-1  [000] .....  1.2: unmap: IOMMU: iova=0x1000 - 0x2000 size=4096 unmapped_size=4096
'''
INFO = '''kernel: 6.1.0-test
cmdline: quiet
clock: global
buffer: 32768 KiB a CPU
seconds: 20
early: no
stats: cpu0, entries: 4, overrun: {overrun}, commit overrun: 0, bytes: 99, dropped events: {dropped}, read events: 0
stats: cpu1, entries: 0, overrun: 0, commit overrun: {commit}, bytes: 0, dropped events: 0, read events: 0
kprobe: dmap 1 hit, {missed} missed: p:kprobes/dmap __iommu_map
device: 0000:00:01.0 nvme, DMA
load: disk: {load}
sha256: {sha256}
{end}
'''

STUBS = {
    'apt-config': '',
    'apt-get': 'case "$*" in *download*) : >a.deb ;; esac',
    'apt-cache': 'echo "linux-image-amd64"; echo "  Depends: linux-image-6.1-test"',
    'dpkg': 'echo amd64',
    'dpkg-deb': '''case $1 in
-x) mkdir -p "$3/boot" "$3/bin" "$3/lib/modules/6.1"
    : >"$3/boot/vmlinuz-6.1"; : >"$3/bin/busybox"
    for m in virtio_ring virtio_console nvme e1000e virtio-gpu; do
        : >"$3/lib/modules/6.1/$m.ko"; done
    printf 'x\\0depends=virtio-ring\\0y' >"$3/lib/modules/6.1/virtio_pci.ko" ;;
-f) printf 'Package: stub\\nVersion: 1\\n' ;;
esac''',
    'x86_64-linux-gnu-gcc': 'while [ "$1" != -o ]; do shift; done; : >"$2"',
    'cpio': 'cat',
    'zstd': 'while [ "$1" != -o ]; do in=$1; shift; done; cp "$in" "$2"',
    # $FAKE_TRACE and $FAKE_INFO go where the ports of the command line lead.
    'qemu-system-x86_64': '''case "$*" in
--version) echo QEMU stub; exit ;;
*record_probe*) exit 1 ;;
esac
echo $$ >"$FAKE_PID"
[ -z "${FAKE_SLEEP:-}" ] || exec sleep "$FAKE_SLEEP"
for a; do case $a in
    file,id=trace,path=*) cp "$FAKE_TRACE" "${a##*path=}" ;;
    file,id=info,path=*) cp "$FAKE_INFO" "${a##*path=}" ;;
esac; done''',
}


class Base(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='v7sbench-test-'))
        self.addCleanup(shutil.rmtree, self.dir)
        self.out = self.dir / 'out/t.txt.zst'
        self.out.parent.mkdir()
        (self.dir / 'tmp').mkdir()
        self.bin = self.dir / 'bin'
        self.bin.mkdir()
        self.env = {'PATH': str(self.bin), 'TMPDIR': str(self.dir / 'tmp'),
                    'FAKE_TRACE': str(self.dir / 'trace'),
                    'FAKE_INFO': str(self.dir / 'info'),
                    'FAKE_PID': str(self.dir / 'pid')}

    def run_script(self, *args):
        return subprocess.run([SHELL, SCRIPT, *args], env=self.env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=60)

    def fails(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, '')
        for word in words:
            self.assertIn(word, done.stderr)

    def left(self):
        """Files of the run, wherever it might have put them."""
        return [str(p) for top in (self.out.parent, self.dir / 'tmp')
                for p in top.iterdir()]


class Options(Base):
    def test_help(self):
        self.env['PATH'] = os.environ['PATH']
        done = self.run_script('--help')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        for option in OPTIONS:
            self.assertIn(f'\n  --{option}', done.stdout)
        for status in '0 recorded', '1 recorded', '2 bad', '3 something', '77 pack':
            self.assertIn(status, done.stdout)

    def test_bad_ones_are_refused(self):
        good = {'arch': 'amd64', 'out': str(self.out)}
        exists = self.dir / 'exists.txt.zst'
        exists.touch()
        described = self.dir / 'described.txt.zst'
        (self.dir / 'described.provenance.md').touch()
        bad = [('arch', v) for v in ('', 'i386', 'amd64,arm64')]
        bad += [('out', v) for v in ('', 'trace', '.txt.zst', 't.xz', str(exists), str(described))]
        bad += [('load', v) for v in ('', 'disk,', ',disk', 'disc', 'disk,disk', 'disk net')]
        bad += [('seconds', v) for v in ('', '0', '3601', '-1', '1s', '08', '99999999999999999999')]
        bad += [('events', v) for v in ('', '999', '250001', '1e4')]
        bad += [('memory', v) for v in ('', '511', '65537', '2G')]
        bad += [('work', v) for v in ('a,b', 'a"b')]
        bad += [('mirror', v) for v in ('', 'deb.debian.org', 'http://', 'file:/x')]
        for option, value in bad:
            with self.subTest(option=option, value=value):
                args = dict(good, **{option: value})
                done = self.run_script(*(f'--{k}={v}' for k, v in args.items()))
                self.fails(done, 2, f'{value} exists' if option == 'out' and value == str(exists)
                           else 'exists' if value == str(described)
                           else f'--{option}={value}')
                self.assertEqual(done.stderr.count('\n'), 1)
        for args in (['--arch=amd64', 'x'], ['--arch', 'amd64'], ['--force'], ['-h'], ['']):
            with self.subTest(args=args):
                self.fails(self.run_script(*args), 2, 'unknown option')
        self.fails(self.run_script(), 2, '--arch=')
        for folder in self.dir / 'none', exists:
            self.fails(self.run_script('--arch=amd64', f'--out={folder}/t.txt.zst'), 2,
                       f'cannot write to {folder}')
        self.fails(self.run_script('--arch=arm64'), 2, '--out=')
        self.assertEqual(self.left(), [])

    def test_missing_packages_are_named(self):
        for arch, names in (
                ('amd64', 'qemu-system-x86 apt dpkg cpio zstd coreutils'),
                ('arm64', 'qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross')):
            done = self.run_script(f'--arch={arch}', f'--out={self.out}')
            self.fails(done, 77, 'sudo apt-get install', *names.split())
            self.assertEqual(done.stderr.count('\n'), 1)
        self.assertEqual(self.left(), [])


class Texts(unittest.TestCase):
    def scripts(self):
        found = sorted(RECORD.glob('*.sh'))
        self.assertGreaterEqual(len(found), 5)
        return found

    def test_shells_can_read_them(self):
        shells = [s for s in (['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'sh'])
                  if shutil.which(s[0])]
        for script in self.scripts():
            for shell in shells:
                done = subprocess.run([*shell, '-n', script], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ''), script)

    @unittest.skipUnless(shutil.which('shellcheck'), 'shellcheck is not installed')
    def test_shellcheck_finds_nothing(self):
        done = subprocess.run(['shellcheck', '-x', *[s.name for s in self.scripts()]],
                              cwd=RECORD, capture_output=True, text=True)
        self.assertEqual(done.stdout, '')


class Runs(Base):
    """The whole script, with stubs in place of what costs time."""

    def setUp(self):
        super().setUp()
        for name, body in STUBS.items():
            (self.bin / name).write_text(f'#!/bin/sh\n{body}\n')
            (self.bin / name).chmod(0o755)
        self.env['PATH'] += ':' + os.environ['PATH']
        self.work = self.dir / 'tmp/work'
        self.keyring()
        self.guest()

    def keyring(self):
        """On other systems the one thing no stub stands for is missing."""
        if not pathlib.Path('/usr/share/keyrings/debian-archive-keyring.gpg').exists():
            self.skipTest('debian-archive-keyring is not installed')

    def guest(self, trace=TRACE, overrun=0, commit=0, dropped=0, missed=0,
              load='3 rounds, 0 failed', sha256=None, end='end: 1'):
        (self.dir / 'trace').write_text(trace)
        sha256 = sha256 or hashlib.sha256(trace.encode()).hexdigest()
        (self.dir / 'info').write_text(INFO.format(
            overrun=overrun, commit=commit, dropped=dropped, missed=missed, load=load,
            sha256=sha256, end=end))

    def args(self):
        return '--arch=amd64', f'--out={self.out}', '--load=disk'

    def test_recorded(self):
        done = self.run_script(*self.args())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.out.read_text(), TRACE)
        text = (self.out.parent / 't.provenance.md').read_text()
        sha256 = hashlib.sha256(TRACE.encode()).hexdigest()
        for part in ('| t | t.txt.zst | amd64: disk, 20 s | 2 / 1 | none',
                     f'| {sha256} | t.txt.zst |', 'kernel: 6.1.0-test', 'stub 1', 'QEMU stub',
                     '-device intel-iommu', 'nvme, DMA', 'disk: 3 rounds', '32768 KiB',
                     'iommu:map 2, iommu:unmap 1, kprobe dmap 1, kprobe dunmap 0',
                     'overrun: 0', '--load=disk --seconds=20 --events=60000'):
            self.assertIn(part, text)
        self.assertNotIn(str(self.dir), text)
        self.assertEqual(len(self.left()), 2)

    def test_losses_are_told(self):
        self.guest(overrun=5, commit=100, dropped=6, missed=7)
        self.fails(self.run_script(*self.args()), 1, '118 events were lost')
        self.assertIn('| 2 / 1 | 118 |', (self.out.parent / 't.provenance.md').read_text())
        self.assertEqual(len(self.left()), 2)

    def test_failed_load_is_told(self):
        self.guest(load='failed: no /dev/nvme0n1')
        self.fails(self.run_script(*self.args()), 1, 'no /dev/nvme0n1', 'a load failed')
        self.assertEqual(len(self.left()), 2)

    def test_guest_that_fails_leaves_nothing(self):
        for guest, words in (({'end': ''}, 'did not come to its end'),
                             ({'sha256': '0' * 64}, 'damaged'),
                             ({'trace': '# tracer: nop\n'}, 'no map')):
            with self.subTest(words=words):
                self.guest(**guest)
                self.fails(self.run_script(*self.args()), 3, words)
                self.assertEqual(self.left(), [])

    def test_tools_that_fail_leave_nothing(self):
        for name, words in (('apt-get', 'apt-get update failed'), ('apt-cache', 'no kernel'),
                            ('dpkg-deb', 'packages failed'), ('cpio', ''),
                            ('x86_64-linux-gnu-gcc', 'does not compile'),
                            ('zstd', 'zstd failed')):
            with self.subTest(name=name):
                stub = self.bin / name
                kept = stub.read_text()
                stub.write_text('#!/bin/sh\nexit 1\n')
                self.fails(self.run_script(*self.args()), 3, words)
                self.assertEqual(self.left(), [])
                stub.write_text(kept)

    def test_work_folder_is_kept_and_used_again(self):
        args = *self.args(), f'--work={self.work}'
        self.assertEqual(self.run_script(*args).returncode, 0)
        self.out.unlink()
        (self.out.parent / 't.provenance.md').unlink()
        (self.bin / 'apt-get').write_text('#!/bin/sh\nexit 1\n')
        done = self.run_script(*args)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_modules_come_after_what_they_need(self):
        self.run_script(*self.args(), f'--work={self.work}')
        modules = (self.work / 'record-amd64.run/initramfs/modules').read_text().split()
        self.assertEqual(modules, ['virtio_ring.ko', 'virtio_pci.ko', 'virtio_console.ko',
                                   'nvme.ko'])

    def test_interrupted(self):
        self.env['FAKE_SLEEP'] = '100'
        for sent, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(sent=sent):
                pid = self.dir / 'pid'
                pid.unlink(missing_ok=True)
                script = subprocess.Popen([SHELL, SCRIPT, *self.args()], env=self.env,
                                          stderr=subprocess.DEVNULL)
                for _ in range(600):
                    if pid.exists() and pid.read_text():
                        break
                    time.sleep(0.05)
                script.send_signal(sent)
                self.assertEqual(script.wait(30), status)
                self.assertEqual(self.left(), [])
                machine = int(pid.read_text())
                for _ in range(100):
                    if not pathlib.Path(f'/proc/{machine}').exists():
                        break
                    time.sleep(0.05)
                self.assertFalse(pathlib.Path(f'/proc/{machine}').exists())


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
