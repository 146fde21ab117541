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
from test_cli import ROOT, rows, run
from test_cli_compare import Compare, STRATEGIES, WORKLOADS

MIN_RUN = 80
MIN_MUTATIONS = 40


class Recompute(Compare):
    ARGS = ['--reps=7']

    def setUp(self):
        super().setUp()
        self.columns = recompute.timed_columns()

    def write(self, name, table):
        with open(self.out / name, 'w', newline='') as f:
            w = csv.DictWriter(f, table[0], lineterminator='\n')
            w.writeheader()
            w.writerows(table)

    def table(self, name):
        return rows((self.out / name).read_text())

    def agrees(self, least):
        compared, wrong = recompute.check(self.out)
        self.assertEqual(wrong, [])
        self.assertGreaterEqual(compared, least)
        return compared

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

    def test_processes(self):
        """A repetition a process: the same figures."""
        least = self.agrees(MIN_RUN)
        samples = self.table('samples.csv')
        for s in samples:
            s['process'], s['rep'] = s['rep'], '1' if s['rep'] != '0' else '0'
        self.write('samples.csv', samples)
        self.assertEqual(self.agrees(MIN_RUN), least)
        # All in one process: its median is there, an interval is not.
        for s in samples:
            s['process'] = '1' if s['rep'] != '0' else '0'
        self.write('samples.csv', samples)
        _, wrong = recompute.check(self.out)
        self.assertTrue(wrong)
        for line in wrong:
            self.assertRegex(line, r'_(low|high) is .* give nothing$')

    def test_slices(self):
        before = self.agrees(MIN_RUN)
        self.slices(self.out, dict(slab_dma32=1, page=1.004, pte_frag=.8,
                                   null=0))
        self.publish_ratios()
        nr = (len(STRATEGIES) - 1) * len(WORKLOADS) * 12
        self.assertEqual(self.agrees(MIN_RUN), before + nr)
        seen = {row['table_verdict'] for row in self.table('summary.csv')}
        self.assertEqual(seen, {'', '~', 'better'})
        self.noticed('table_verdict', '~', 'worse')
        self.noticed('event_verdict', 'better', '~')

    def noticed(self, name, old, new):
        """The first cell with old has new instead: told, and nothing else."""
        summary = self.table('summary.csv')
        text = (self.out / 'summary.csv').read_text()
        row = next(r for r in summary if r[name] == old)
        row[name] = new
        self.write('summary.csv', summary)
        _, wrong = recompute.check(self.out)
        (self.out / 'summary.csv').write_text(text)
        self.assertEqual(len(wrong), 1, wrong)
        self.assertIn(f"{row['workload']} {row['strategy']}: {name} is "
                      f"{new or 'empty'}, but", wrong[0])

    def test_mutations(self):
        self.slices(self.out, dict(slab_dma32=1, page=1.5, pte_frag=.8,
                                   null=0))
        self.publish_ratios()
        self.agrees(MIN_RUN)
        done, text = 0, self.table('summary.csv')
        for name in self.columns:
            found = next((r[name] for r in text if r[name]), None)
            if found is not None:
                self.noticed(name, found, '')
                done += 1
            if any(r[name] == '' for r in text):
                self.noticed(name, '', '123')
                done += 1
            if found and not name.endswith('verdict'):
                step = 10 ** -len((found + '.').split('.')[1])
                self.noticed(name, found, repr(float(found) + 2 * step))
                done += 1
        self.assertGreaterEqual(done, MIN_MUTATIONS)

    def test_samples_changed(self):
        samples = self.table('samples.csv')
        for metric in 'alloc_ns_mean', 'alloc_ns', 'map_new_probed_ns_mean':
            changed = [s for s in samples if s['metric'] != metric or
                       s['strategy'] != 'page']
            self.assertLess(len(changed), len(samples))
            self.write('samples.csv', changed)
            _, wrong = recompute.check(self.out)
            self.assertTrue(wrong, metric)
            for line in wrong:
                self.assertIn(' page: ', line)

    def test_column_missing(self):
        summary = self.table('summary.csv')
        for row in summary:
            del row['alloc_ns_p99']
        self.write('summary.csv', summary)
        _, wrong = recompute.check(self.out)
        self.assertEqual(len(wrong), len(summary))
        self.assertIn('alloc_ns_p99 is missing', wrong[0])


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
