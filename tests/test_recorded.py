#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The library of recorded traces against what its README says of it.

usage: test_recorded.py V7SBENCH SOURCE_ROOT
"""

import csv
import hashlib
import io
import pathlib
import re
import subprocess
import sys
import unittest

V7SBENCH, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
FOLDER = ROOT / 'workloads/recorded'
TEXT = (FOLDER / 'README.md').read_text()
MAX_SIZE = 1000000
COUNTED = re.compile(r'^\| ([\w-]+) \| (\S+\.zst) \|.*\| (\d+) / (\d+) \|', re.M)


class Recorded(unittest.TestCase):
    def test_files_are_those_of_the_list(self):
        listed = {match[1] for match in COUNTED.findall(TEXT)}
        self.assertGreaterEqual(len(listed), 9)
        self.assertEqual(listed, {path.name for path in FOLDER.glob('*.zst')})

    def test_sums_and_sizes(self):
        sums = dict(re.findall(r'^\| ([0-9a-f]{64}) \| (\S+) \|$', TEXT, re.M))
        self.assertEqual(set(sums.values()),
                         {path.name for path in FOLDER.glob('*.zst')})
        for want, name in sums.items():
            data = (FOLDER / name).read_bytes()
            self.assertEqual(hashlib.sha256(data).hexdigest(), want, name)
            self.assertLess(len(data), MAX_SIZE, name)

    def test_counts(self):
        for name, _, maps, unmaps in COUNTED.findall(TEXT):
            done = subprocess.run([V7SBENCH, 'trace', 'stat', name,
                                   '--format=csv'], check=True, text=True,
                                  capture_output=True)
            row, = csv.DictReader(io.StringIO(done.stdout))
            self.assertEqual((row['maps'], row['unmaps'], row['lost']),
                             (maps, unmaps, '0'), name)
            said = re.search(rf'^\| {name} .* (\d+) maps? meets? a live iova',
                             TEXT, re.M)
            self.assertEqual(row['maps_over_live'], said[1] if said else '0',
                             name)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
