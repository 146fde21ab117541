#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""recompute.py agrees with what is published, and notices each change of it.

usage: test_recompute.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import csv
import math
import subprocess
import sys
import unittest

import recompute
from cli import FORCE, ROOT, rows, run
from test_cli_compare import Compare, STRATEGIES, WORKLOADS

MIN_RUN = 80
MIN_MUTATIONS = 40


class Recompute(Compare):
    def write(self, name, table):
        with open(self.out / name, 'w', newline='') as f:
            w = csv.DictWriter(f, table[0], lineterminator='\n')
            w.writeheader()
            w.writerows(table)

    def table(self, name):
        return rows((self.out / name).read_text())

    def agrees(self, least):
        compared, wrong = recompute.check(recompute.Result(self.out))
        self.assertEqual(wrong, [])
        self.assertGreaterEqual(compared, least)
        return compared

    def noticed(self, result, name, old, new):
        """The first cell with old has new instead: told, and nothing else."""
        row = next(r for r in result.summary if r[name] == old)
        row[name] = new
        _, wrong = recompute.check(result)
        row[name] = old
        self.assertEqual(len(wrong), 1, wrong)
        self.assertIn(f"{row['workload']} {row['strategy']}: {name} is "
                      f"{new or 'empty'}, but", wrong[0])


class Run(Recompute):
    ARGS = ['--processes=6', '--reps=2', '--rounds=10', FORCE]

    def test_a_run(self):
        least = self.agrees(MIN_RUN)
        script = ROOT / 'tests/recompute.py'
        done = subprocess.run([sys.executable, script, self.out, str(least)],
                              stdout=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stdout),
                         (0, f'{least} figures compared, 0 differ\n'))
        done = subprocess.run([sys.executable, script, self.out,
                               str(least + 1)], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f'fewer than {least + 1} figures', done.stderr)

    def test_processes_swapped(self):
        """Which repetition is of which process counts."""
        samples = self.table('samples.csv')
        for s in samples:
            if s['metric'] == 'alloc_ns_mean' and s['rep'] == '1':
                s['process'] = str(7 - int(s['process']))
        self.write('samples.csv', samples)
        _, wrong = recompute.check(recompute.Result(self.out))
        self.assertTrue(wrong)
        for line in wrong:
            self.assertIn(': alloc_ns_mean', line)

    def test_mutations(self):
        result = recompute.Result(self.out)
        done = 0
        for name in recompute.timed_columns():
            found = next((r[name] for r in result.summary if r[name]), None)
            if found is not None:
                self.noticed(result, name, found, '')
                done += 1
            if any(r[name] == '' for r in result.summary):
                self.noticed(result, name, '', '123')
                done += 1
            if found and not name.endswith('verdict'):
                step = 10 ** -len((found + '.').split('.')[1])
                # Of a largest value a 64th of an octave is known.
                more = 1.02 * float(found) + 2 * step
                self.noticed(result, name, found, repr(more))
                done += 1
        self.assertGreaterEqual(done, MIN_MUTATIONS)

    def test_samples_changed(self):
        samples = self.table('samples.csv')
        for metric in 'alloc_ns_mean', 'alloc_ns', 'map_new_probed_ns_mean':
            changed = [s for s in samples if s['metric'] != metric or
                       s['strategy'] != 'page']
            self.assertLess(len(changed), len(samples))
            self.write('samples.csv', changed)
            _, wrong = recompute.check(recompute.Result(self.out))
            self.assertTrue(wrong, metric)
            for line in wrong:
                self.assertIn(' page: ', line)

    def test_column_missing(self):
        summary = self.table('summary.csv')
        for row in summary:
            del row['alloc_ns_p99']
        self.write('summary.csv', summary)
        _, wrong = recompute.check(recompute.Result(self.out))
        self.assertEqual(len(wrong), len(summary))
        self.assertIn('alloc_ns_p99 is missing', wrong[0])


class Threads(Recompute):
    ARGS = ['--processes=1', '--reps=7', '--rounds=0', '--threads=2', FORCE]

    def test_threads(self):
        self.agrees(40)
        summary = self.table('summary.csv')
        self.assertTrue(all(r['threads_event_ns_mean'] for r in summary))
        # One process: no interval.
        self.assertFalse(any(r['event_ns_mean_low'] for r in summary))
        result = recompute.Result(self.out)
        self.noticed(result, 'threads_failures', '0', '1')


class Slices(Recompute):
    """Comparisons written here, published by compare."""
    ARGS = ['--processes=2', '--reps=1', '--rounds=0', FORCE]

    def publish_ratios(self):
        """What compare says of the samples, as columns of the summary."""
        ratios = {(c['workload'], c['strategy']): c
                  for c in self.cells(self.out)}
        summary = self.table('summary.csv')
        for row in summary:
            cell = ratios[row['workload'], row['strategy']]
            row.update((n, cell[n]) for n in cell
                       if recompute.RATIO.fullmatch(n))
        self.write('summary.csv', summary)

    def test_slices(self):
        before = self.agrees(40)
        self.slices(self.out, dict(slab_dma32=1, page=1.004, pte_frag=.8,
                                   null=0))
        self.publish_ratios()
        nr = (len(STRATEGIES) - 1) * len(WORKLOADS) * 12
        self.assertEqual(self.agrees(40), before + nr)
        seen = {row['table_verdict'] for row in self.table('summary.csv')}
        self.assertEqual(seen, {'', '~', 'better'})
        result = recompute.Result(self.out)
        self.noticed(result, 'table_verdict', '~', 'worse')
        self.noticed(result, 'event_verdict', 'better', '~')


class Definitions(unittest.TestCase):
    """By hand."""

    @staticmethod
    def sample(process, value, count=1, metric='m', versus=''):
        return dict(source='v7sbench', strategy='s', workload='w',
                    process=str(process), metric=metric, value=str(value),
                    count=str(count), versus=versus)

    def test_median_of_medians(self):
        values = {1: (1, 9, 2), 2: (5, 5, 5), 3: (0, 100, 7)}
        samples = recompute.Samples(
            self.sample(p, v) for p, reps in values.items() for v in reps)
        self.assertEqual(samples.series(('s', 'w'), 'm'), [2, 5, 7])
        samples = recompute.Samples(self.sample(0, v) for v in (3, 1, 2, 1))
        self.assertEqual(samples.series(('s', 'w'), 'm'), [1, 1, 2, 3])

    def test_other_sources(self):
        row = dict(self.sample(1, 1), source='hyperfine')
        self.assertEqual(recompute.Samples([row]).rows, {})

    def test_intervals(self):
        self.assertIsNone(recompute.order_interval([1, 2, 3, 4, 5]))
        self.assertEqual(recompute.order_interval([1, 2, 3, 4, 5, 6]), (1, 6))
        self.assertEqual(recompute.order_interval(list(range(1, 10))), (2, 8))

    def test_signed_rank(self):
        self.assertEqual(recompute.signed_rank([1, 2, 3, 4, 5, 6, 7, 8]),
                         2 / 256)
        self.assertEqual(recompute.signed_rank([-1, 1, 2]), 6 / 8)
        self.assertEqual(recompute.signed_rank([0, 0]), 1)
        judged = recompute.Judgement([0.0, 3.0, 0.0, 4.0, 0.0, 5.0])
        self.assertEqual((judged.estimate, judged.p, judged.interval),
                         (2, 2 / 8, (0, 5)))

    def test_histogram(self):
        samples = recompute.Samples([self.sample(1, 10, 3),
                                     self.sample(2, 10, 2),
                                     self.sample(2, 4100, 1),
                                     self.sample(3, 4128, 1)])
        self.assertEqual(samples.histogram(('s', 'w'), 'm'),
                         ([(10, 5), (4128, 2)], 4128))

    def test_both_ways(self):
        samples = recompute.Samples([self.sample(1, .5, versus='t'),
                                     self.sample(2, .25, versus='t')])
        self.assertEqual(samples.pair('w', 'm', 's', 't'), [.25, .5])
        self.assertEqual(samples.pair('w', 'm', 't', 's'), [-.5, -.25])
        self.assertEqual(samples.pair('w', 'm', 's', 's'), [])
        self.assertTrue(math.isclose(
            recompute.Result.factor(math.log(2), 1).value, 1))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
