#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the tests of the program share: where it is, how it is run, what it prints.
First two arguments of each: V7SBENCH SOURCE_ROOT.
"""
import csv
import io
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

V7SBENCH = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
RECORDED = ROOT / 'workloads/recorded'
GOLDEN = ROOT / 'tests/golden'

COLUMNS = ('strategy,workload,events,maps,unmaps,domains,l2_allocs,l2_frees,'
           'l2_tables_peak,l2_tables_end,live_bytes_peak,held_bytes_start,'
           'held_bytes_peak,held_bytes_end,overhead_ratio_peak,alloc_failures,'
           'alloc_ns_mean,alloc_ns_p50,alloc_ns_p99,map_ns_mean,map_ns_p99,'
           'unmap_ns_mean,anomalies,digest').split(',')

COMMANDS = ('ab check claims compare conform insn kernel list phase replay run sample '
            'selftest survive trace').split()

# Times are refused from builds that are not fit for them, and tests are also
# run in such; what is looked at is never how long something took.
FORCE = '--force'

LINE = ('  wl-1 [000] .....     1.0: map: IOMMU: iova=0x{iova:x} - 0x{end:x} '
        'paddr=0x{paddr:x} size={size}\n')


def run(*args, **kw):
    kw.setdefault('stdin', subprocess.DEVNULL)
    return subprocess.run([V7SBENCH, *map(str, args)], text=True,
                          stdout=kw.pop('stdout', subprocess.PIPE),
                          stderr=subprocess.PIPE, timeout=120, **kw)


def map_line(iova, paddr, size=4096):
    return LINE.format(iova=iova, end=iova + size, paddr=paddr, size=size)


def unmap_line(iova, size=4096):
    return (f'  wl-1 [000] .....     2.0: unmap: IOMMU: iova=0x{iova:x} - '
            f'0x{iova + size:x} size={size} unmapped_size={size}\n')


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def built():
    out = run('list', 'strategies').stdout
    return [m[1] for m in re.finditer(r'^(\w+) ', out, re.M)]


class Base(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='v7sbench-test-'))
        self.addCleanup(shutil.rmtree, self.dir)

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    def fails(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, '')
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(done.stderr.count('\n'),
                         done.stderr.rstrip('\n').count('\n') + 1)
