#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""v7sbench selftest: forms and refusals; what it finds depends on the machine.

usage: test_cli_selftest.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import json
import math
import os
import re
import signal
import subprocess
import sys
import time
import unittest

from cli import FORCE, ROOT, V7SBENCH, Base, map_line, rows, run

TINY = ['--comparisons=1', '--processes=8', '--rounds=3', FORCE]

AA = ('seed comparisons processes called_by_p called_by_threshold called_by_floor '
      'called_different estimate_mean comparison_mean').split()
PLANTED = ('seed comparisons processes planted found_by_p found_by_threshold '
           'found_by_floor found_worse estimate_mean comparison_mean '
           'byte_comparisons byte_found no_byte_found').split()
ORDER = ['seed', 'processes'] + [
    name + end for name in ('second_after_same', 'second_after_other', 'slices')
    for end in ('', '_low', '_high')]


class Selftest(Base):
    def selftest(self, *args, status=0):
        done = run('selftest', '--format=csv', *TINY, *args)
        self.assertEqual(done.returncode, status, done.stderr)
        got = rows(done.stdout)
        for row in got:
            self.assertTrue(math.isfinite(float(row['value'])), row)
            self.assertEqual(bool(row['goal']), row['met'] in ('yes', 'no'), row)
        missed = [row for row in got if row['met'] == 'no']
        self.assertEqual(done.stderr.count(', to be at '), len(missed), done.stderr)
        for row in missed:
            self.assertIn(f'{row["test"]}: {row["figure"]} is ', done.stderr)
        return got

    def names(self, got, test):
        return [row['figure'] for row in got if row['test'] == test]

    def value(self, got, figure):
        return [float(row['value']) for row in got if row['figure'] == figure][0]

    def test_aa(self):
        for metric in 'table', 'event':
            got = self.selftest('aa', f'--metric={metric}', '--seed=7')
            self.assertEqual(self.names(got, 'aa'), AA)
            self.assertEqual(len(got), len(AA))
            self.assertEqual(self.value(got, 'seed'), 7)
            self.assertEqual(self.value(got, 'processes'), 8)
            # Each guard lets through no more than the one before.
            called = [self.value(got, name) for name in AA[3:7]]
            self.assertEqual(called, sorted(called, reverse=True))

    def test_planted(self):
        got = self.selftest('planted', '--percent=3.5')
        self.assertEqual(self.names(got, 'planted'), PLANTED)
        self.assertEqual(self.value(got, 'planted'), 3.5)
        # Exact: on any machine.
        self.assertEqual(self.value(got, 'byte_comparisons') % 4, 0)
        self.assertGreaterEqual(self.value(got, 'byte_comparisons'), 20)
        self.assertEqual(self.value(got, 'byte_found'),
                         self.value(got, 'byte_comparisons'))
        self.assertEqual(self.value(got, 'no_byte_found'), 0)

    def test_order_and_modes(self):
        path = self.dir / 'selftest.csv'
        got = self.selftest('modes', 'order', '--csv', path)
        self.assertEqual(self.names(got, 'order'), ORDER)
        self.assertEqual(self.names(got, 'modes')[:2], ['speeds', 'slice_fast'])
        self.assertIn(self.value(got, 'speeds'), (1, 2))
        self.assertEqual(rows(path.read_text()), got)

    def test_schema(self):
        text = (ROOT / 'results/SCHEMA.md').read_text()
        text = text.split('## selftest.csv', 1)[1].split('\n## ', 1)[0]
        known = {word for m in re.finditer(r'^(?:- ([a-z_, ]+): |\| (\w+) \|)', text, re.M)
                 for word in (m[1] or m[2]).split(', ')}
        got = self.selftest()
        self.assertEqual({row['test'] for row in got}, {'aa', 'planted', 'order', 'modes'})
        for name in [*got[0], *(re.sub('_(low|high)$', '', row['figure']) for row in got)]:
            self.assertIn(name, known)

    def test_formats(self):
        for form in 'table', 'md', 'json':
            done = run('selftest', 'aa', *TINY, f'--format={form}')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('called_different', done.stdout.replace('\\', ''))
            if form == 'json':
                got = json.loads(done.stdout)
                self.assertEqual([row['figure'] for row in got], AA)
                self.assertIsInstance(got[6]['met'], bool)

    def test_strict(self):
        """A goal that is always missed: what was not planted is not found."""
        got = self.selftest('planted', '--percent=0', '--strict', status=4)
        self.assertEqual(self.value(got, 'found_worse'), 0)

    def test_refused(self):
        for args, words in (
                (['bb'], ["'bb'"]),
                (['aa', 'aa'], ["'aa' given twice"]),
                (['--processes=7'], ['--processes', "'7'"]),
                (['--processes=1001'], ['--processes', "'1001'"]),
                (['--comparisons=0'], ['--comparisons', "'0'"]),
                (['--rounds=0'], ['--rounds', "'0'"]),
                (['--slice=0'], ['--slice', "'0'"]),
                (['--percent=-1'], ['--percent', "'-1'"]),
                (['--percent=nan'], ['--percent', "'nan'"]),
                (['--percent=2x'], ['--percent', "'2x'"]),
                (['--metric=map'], ['--metric', "'map'"]),
                (['--format=xml'], ["'xml'"]),
                (['--seed=-1'], ['--seed', "'-1'"]),
                (['--strategy=none'], ["'none'"]),
                (['--strategy=page,null'], ['--strategy', 'page,null']),
                (['--workload=none'], ['none']),
                (['--worker=aa'], ["'aa'"]),
                (['--delay=-1'], ['--delay', "'-1'"]),
                (['planted', '--metric=event'], ['planted', '--metric=event'])):
            self.fails(run('selftest', *args, FORCE), 2, *words)

    def test_cannot_be_measured(self):
        block = self.write('block.txt', map_line(0x100000, 0x100000, 0x100000))
        self.fails(run('selftest', 'aa', *TINY, '--workload', block), 3,
                   f'{block}: slab_dma32: the workload takes no table')
        self.fails(run('selftest', 'aa', *TINY, '--metric=event', '--workload', block), 3,
                   'the workload is too short for slices')
        self.fails(run('selftest', 'aa', *TINY, '--strategy=page_frag:mode=v3'), 3,
                   'page_frag:mode=v3: cannot do the workload over and over')

    def test_cannot_be_written(self):
        """Said before anything is measured, which would take hours."""
        done = run('selftest', 'aa', FORCE, '--comparisons=100000', '--csv',
                   self.write('file', '') / 'x.csv')
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn('file/x.csv', done.stderr)

    def test_worker(self):
        for work, nr in ('pair', 2), ('slow', 2), ('calibrate', 1), ('order', 3):
            done = run('selftest', '--worker', work, '--rounds=3', '--delay=9')
            self.assertEqual(done.returncode, 0, done.stderr)
            numbers = [float(word) for word in done.stdout.split()]
            self.assertEqual(len(numbers), nr)
            self.assertTrue(all(map(math.isfinite, numbers)))

    def children(self, pid):
        with open(f'/proc/{pid}/task/{pid}/children') as f:
            return [int(word) for word in f.read().split()]

    def gone(self, pid):
        try:
            with open(f'/proc/{pid}/stat') as f:
                return f.read().rsplit(')', 1)[1].split()[0] == 'Z'
        except FileNotFoundError:
            return True

    def start_with_child(self):
        parent = subprocess.Popen([V7SBENCH, 'selftest', 'aa', FORCE, '--comparisons=1',
                                   '--rounds=1000000'], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(parent.wait)
        self.addCleanup(parent.kill)
        for _ in range(1000):
            child = self.children(parent.pid)
            if child:
                return parent, child[0]
            time.sleep(0.01)
        self.fail('no child')

    def test_no_child_outlives_it(self):
        for sig in signal.SIGINT, signal.SIGKILL:
            parent, child = self.start_with_child()
            # Until the child has asked for it, it is nobody's.
            time.sleep(0.3)
            os.kill(parent.pid, sig)
            self.assertEqual(parent.wait(timeout=60), -sig)
            for _ in range(1000):
                if self.gone(child):
                    break
                time.sleep(0.01)
            self.assertTrue(self.gone(child))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
