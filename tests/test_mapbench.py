#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The page table benchmark as its users run it. No time is judged.

usage: test_mapbench.py MAPBENCH [unittest arguments]
"""
import csv
import io
import re
import subprocess
import sys
import unittest

MAPBENCH = sys.argv[1]
SHORT = ['--slices=2', '--rounds=2', '--events=3000']


def run(*args, **kw):
    kw.setdefault('stdout', subprocess.PIPE)
    return subprocess.run([MAPBENCH, *args], text=True, timeout=120,
                          stderr=subprocess.PIPE, **kw)


class Mapbench(unittest.TestCase):
    def test_usage(self):
        done = run('--help')
        self.assertEqual(done.returncode, 0)
        options = re.findall(r'--([\w-]+)=[A-Z]', done.stdout)
        self.assertEqual(len(options), 5)
        for option in options:
            for value in ('', 'x', '-1', '0', '9' * 40, '1x'):
                bad = run(f'--{option}={value}')
                self.assertEqual(bad.returncode, 2, (option, value))
                self.assertIn('--' + option, bad.stderr)
                self.assertEqual(bad.stderr.count('\n'), 1)
                self.assertEqual(bad.stdout, '')
        self.assertEqual(run('--events=1001').returncode, 2)
        self.assertEqual(run('4K').returncode, 2)

    def test_csv_has_every_row(self):
        done = run('--format=csv', *SHORT)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {(r['row'], r['path']): r for r in csv.DictReader(
            io.StringIO(done.stdout))}
        for half in 'map', 'unmap':
            self.assertIn((f'{half} 4K, 1 a call', 'kernel'), rows)
            for path in 'kernel', 'batch':
                for what in ('4K, 16', '4K, 256', '64K, 16', '1M, 16'):
                    self.assertEqual(
                        rows[f'{half} {what} a call', path]['unit'], 'page')
        for path in 'kernel', 'batch':
            for what in ('null', 'slab_dma32', 'null, scattered',
                         'null, random order'):
                self.assertEqual(rows[f'replay, {what}', path]['unit'],
                                 'event')
        self.assertIn(('stores alone', ''), rows)
        self.assertIn(('replay, no calls', ''), rows)
        for row in rows.values():
            self.assertGreater(float(row['ns']), 0, row)
            if row['prototype_ns']:
                self.assertGreater(float(row['prototype_ns']), 0)

    def test_table(self):
        done = run('--seed=7', *SHORT)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('; seed 7\n', done.stdout)
        verdict = r'(reached|not reached \(\d+\.\d\dx\))$'
        rows = re.findall(r'(?m)^((?:un)?map|replay|stores).*$', done.stdout)
        self.assertEqual(len(rows), 28)
        lines = [l for l in done.stdout.splitlines()
                 if l.startswith('figure to reach: ')]
        self.assertEqual(len(lines), 10)
        for line in lines:
            self.assertRegex(line, ', ' + verdict)

    def test_verdicts_follow_from_rows(self):
        text = run(*SHORT).stdout
        seen = 0
        for m in re.finditer(r'(?m)at most ([\d.]+) ns: ([\d.]+) ns, '
                             r'(not )?reached', text):
            limit, value = float(m[1]), float(m[2])
            if abs(value - limit) > 0.01:
                self.assertEqual(value > limit, bool(m[3]), m[0])
                seen += 1
        self.assertGreater(seen, 3)

    def test_full_disk(self):
        with open('/dev/full', 'w') as full:
            done = run(*SHORT, stdout=full)
        self.assertEqual(done.returncode, 3)
        self.assertIn('stdout', done.stderr)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0]] + sys.argv[2:])
