#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The allocator benchmark as its users run it. No time is judged.

usage: test_allocbench.py ALLOCBENCH V7SBENCH [unittest arguments]
"""
import csv
import io
import re
import subprocess
import sys
import unittest

ALLOCBENCH, V7SBENCH = sys.argv[1:3]
SHORT = ['--slices=2', '--tables=64']
PEERS = ['tcmalloc', 'jemalloc (library)', 'mimalloc', 'mimalloc (_at)',
         'glibc']


def run(*args, program=ALLOCBENCH, **kw):
    kw.setdefault('stdout', subprocess.PIPE)
    return subprocess.run([program, *args], text=True, stderr=subprocess.PIPE,
                          timeout=120, **kw)


def built():
    out = run('list', 'strategies', program=V7SBENCH).stdout
    return [m[1] for m in re.finditer(r'^(\w+) ', out, re.M)]


class Allocbench(unittest.TestCase):
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
        for bad in ('nothing', 'pte_frag:keep=x', ''):
            self.assertEqual(run(bad).returncode, 2, bad)
        self.assertEqual(run(*['null'] * 25).returncode, 2)

    def test_csv_has_every_strategy(self):
        done = run('--peers=none', '--format=csv', *SHORT)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = list(csv.DictReader(io.StringIO(done.stdout)))
        for kind, name in (('strategy', '{}'), ('guarded', 'guard({})')):
            self.assertEqual([r['subject'] for r in rows if r['kind'] == kind
                              and r['zeroed'] == '0'],
                             [name.format(s) for s in built()])
        for row in rows:
            for pattern in 'pair', 'batch', 'random', 'churn':
                self.assertGreater(float(row[pattern + '_ns']), 0)

    def test_options_of_strategies(self):
        done = run('--peers=none', *SHORT, 'pte_frag', 'pte_frag:keep=3')
        self.assertEqual(done.returncode, 0, done.stderr)
        names = re.findall(r'^(\S+\)?) ', done.stdout, re.M)
        for name in ('pte_frag', 'pte_frag:keep=3', 'guard(pte_frag:keep=3)'):
            self.assertIn(name, names)
        self.assertNotIn('slab_dma32', names)

    def test_same_memory_with_any_seed(self):
        held = [[(r['subject'], r['held_bytes']) for r in csv.DictReader(
                    io.StringIO(run('--peers=none', '--format=csv',
                                    f'--seed={seed}', *SHORT).stdout))]
                for seed in (1, 2)]
        self.assertEqual(held[0], held[1])
        self.assertGreater(len(held[0]), 12)

    def test_figures_to_reach(self):
        done = run('--peers=none', *SHORT)
        lines = [l for l in done.stdout.splitlines()
                 if l.startswith('figure to reach: ')]
        self.assertGreater(len(lines), 10)
        for line in lines:
            self.assertRegex(line, r': (not measured|reached in \d+ of \d+ '
                                   r'cases)$|, (reached|not reached '
                                   r'\(\d+\.\d\dx\))$')

    def test_peers_are_measured_or_named(self):
        done = run(*SHORT, 'null')
        self.assertEqual(done.returncode, 0, done.stderr)
        for peer in PEERS:
            self.assertRegex(done.stdout,
                             rf'(?m)^{re.escape(peer)}  |'
                             rf'^left out: {re.escape(peer)} is not installed')
        self.assertRegex(done.stdout, r'(?m)^glibc  ')

    def test_full_disk(self):
        with open('/dev/full', 'w') as full:
            done = run('--peers=none', *SHORT, 'null', stdout=full)
        self.assertEqual(done.returncode, 3)
        self.assertIn('stdout', done.stderr)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0]] + sys.argv[3:])
