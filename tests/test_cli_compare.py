#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""v7sbench compare: one result, two results, and what is no result.

usage: test_cli_compare.py V7SBENCH SOURCE_ROOT [unittest arguments]

Exact figures are of a run; comparisons among samples are written here, so that
no figure of time is judged.
"""
import csv
import io
import json
import math
import pathlib
import shutil
import sys
import tempfile
import unittest

from cli import Base, rows, run

STRATEGIES = 'slab_dma32', 'page', 'pte_frag', 'null'
WORKLOADS = 'adv_one_4k_per_mb', 'scanout_1080p60:profile=P0'
PROCESSES = 12
JITTER = 1e-4
CLOCK = {'quantum_ns': 10.5, 'cost_ns': 25.25}


class Compare(Base):
    """Each test has a copy of the result of one run."""
    ARGS = ['--reps=0']

    @classmethod
    def setUpClass(cls):
        cls.made = pathlib.Path(tempfile.mkdtemp(prefix='v7sbench-test-'))
        cls.addClassCleanup(shutil.rmtree, cls.made)
        done = run('run', '--out', cls.made / 'r', *cls.ARGS,
                   '--strategy=' + ','.join(STRATEGIES),
                   '--workload=' + ','.join(WORKLOADS))
        if done.returncode:
            raise AssertionError(done.stderr)

    def setUp(self):
        super().setUp()
        self.out = self.dir / 'r'
        shutil.copytree(self.made / 'r', self.out)

    def edit(self, out, name, *changes):
        path = out / name
        text = path.read_text()
        for old, new in changes:
            self.assertIn(old, text)
            text = text.replace(old, new)
        path.write_text(text)

    def copy(self, name):
        shutil.copytree(self.out, self.dir / name)
        return self.dir / name

    def slices(self, out, log, floor=0.001, reference='slab_dma32',
               processes=PROCESSES, metrics=('table', 'event'), twin='page',
               jitter=JITTER):
        """Comparisons of all pairs; log: strategy -> ln of its time."""
        summary = rows((out / 'summary.csv').read_text())
        text = io.StringIO()
        w = csv.DictWriter(text, summary[0], lineterminator='\n')
        w.writeheader()
        for row in summary:
            w.writerow(dict(row, reference=reference, processes=processes))
        (out / 'summary.csv').write_text(text.getvalue())
        meta = json.loads((out / 'result.json').read_text())
        meta['clock'] = CLOCK
        (out / 'result.json').write_text(json.dumps(meta))
        pairs = [(a, b, log[a] - log[b]) for i, a in enumerate(STRATEGIES)
                 for b in STRATEGIES[:i] if a in log and b in log]
        pairs.append((twin, twin, floor))
        with open(out / 'samples.csv', 'a') as f:
            for workload in WORKLOADS:
                for metric in metrics:
                    for a, b, value in pairs:
                        step = JITTER if a == b else jitter
                        for p in range(1, processes + 1):
                            f.write(f'v7sbench,{a},{workload},{p},0,'
                                    f'{metric}_log_ratio,ln,'
                                    f'{value + step * (p - (processes + 1) / 2)!r},'
                                    f'1,{b}\n')

    def cells(self, *args):
        done = run('compare', *args, '--format=csv')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return rows(done.stdout)

    def json(self, *args):
        done = run('compare', *args, '--format=json')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return json.loads(done.stdout)


class One(Compare):
    def fastest(self):
        return {r['strategy']: r['fastest'] for r in self.cells(self.out)
                if r['workload'] == WORKLOADS[0]}

    def test_winner(self):
        self.slices(self.out, dict(slab_dma32=1, page=1.5, pte_frag=.8,
                                   null=0))
        self.assertEqual(self.fastest(), dict(slab_dma32='no', page='no',
                                              pte_frag='yes', null=''))
        done = run('compare', self.out)
        self.assertIn(f'{WORKLOADS[1]}: pte_frag holds least, 4 KiB at peak',
                      done.stdout)
        # The ratio is of the slices: e^0.2, and a jitter.
        self.assertEqual(done.stdout.count(
            'pte_frag allocates and frees fastest (next, slab_dma32, takes 22.'), 2)
        self.assertRegex(done.stdout, r' table time +event time *\n')
        self.assertRegex(done.stdout, r' page .* 1\.649 worse +1\.649 worse')
        self.assertRegex(done.stdout, r' pte_frag .* 0\.819 better\* ')
        self.assertRegex(done.stdout, r' slab_dma32 .* 1 +1 *\n')
        self.assertIn('beside slab_dma32; ~: one cannot tell.', done.stdout)
        self.assertRegex(done.stdout, r'Measured with a clock .* up to 12 '
                         r'processes, 0 repetitions; better or worse: beyond '
                         r'1 %, and noise floors of 0\.1\d* % to 0\.1\d* %\.')

    def test_two_contend(self):
        self.slices(self.out, dict(slab_dma32=.804, page=1.5, pte_frag=.8,
                                   null=0))
        self.assertEqual(self.fastest(), dict(slab_dma32='maybe', page='no',
                                              pte_frag='maybe', null=''))
        done = run('compare', self.out)
        self.assertIn('which allocates and frees fastest one cannot tell: slab_dma32 or '
                      'pte_frag.', done.stdout)
        self.assertRegex(done.stdout, r' pte_frag .* 0\.996 ~')

    def test_floor_hides(self):
        self.slices(self.out, dict(slab_dma32=1, page=1.3, pte_frag=.8,
                                   null=0), floor=.6)
        self.assertEqual(set(self.fastest().values()), {'maybe', ''})
        cell = self.cells(self.out)[1]
        self.assertEqual((cell['strategy'], cell['table_verdict']),
                         ('page', '~'))
        self.assertAlmostEqual(float(cell['table_floor']), math.expm1(.6), 2)

    def test_too_few_processes(self):
        self.slices(self.out, dict(slab_dma32=1, page=1.5, pte_frag=.8,
                                   null=0), processes=7)
        self.assertEqual(set(self.fastest().values()), {'maybe', ''})

    def test_threshold_of_the_plan(self):
        self.slices(self.out, dict(slab_dma32=.85, page=1.5, pte_frag=.8,
                                   null=0))
        self.assertEqual(self.fastest()['pte_frag'], 'yes')
        self.edit(self.out, 'result.json',
                  ('"plan": {', '"plan": {"threshold": 0.1,'))
        self.assertEqual(self.fastest()['pte_frag'], 'maybe')
        self.assertEqual(self.json(self.out)['threshold'], 0.1)

    def test_one_pair_missing(self):
        self.slices(self.out, dict(slab_dma32=1, pte_frag=.8, null=0))
        self.assertEqual(self.fastest(), dict(slab_dma32='no', page='maybe',
                                              pte_frag='maybe', null=''))
        self.assertEqual(self.cells(self.out)[1]['table_ratio'], '')

    def test_events_alone(self):
        self.slices(self.out, dict(slab_dma32=1, page=1.5, pte_frag=.8,
                                   null=0), metrics=['event'])
        done = run('compare', self.out)
        self.assertIn('speed was not measured', done.stdout)
        self.assertNotIn('table time ', done.stdout.splitlines()[0])
        self.assertRegex(done.stdout, r' page .* 1\.649 worse')

    def test_figures(self):
        self.slices(self.out, dict(slab_dma32=1, page=1.5, pte_frag=.8,
                                   null=0))
        cells = self.cells(self.out)
        whole = self.json(self.out)
        self.assertEqual(len(cells), len(STRATEGIES) * len(WORKLOADS))
        self.assertEqual([list(c) for c in whole['cells']],
                         [list(c) for c in cells])
        for a, b in zip(cells, whole['cells']):
            for name, text in a.items():
                value = b[name]
                self.assertEqual(text, '' if value is None else
                                 value if isinstance(value, str) else
                                 f'{value:.10g}', name)
        self.assertEqual(whole['clock'], CLOCK)
        page = cells[1]
        middle = .5
        self.assertEqual(page['table_ratio'], f'{math.exp(middle):.4f}')
        self.assertEqual(page['table_p'], '0.000488')
        self.assertEqual(page['reference'], 'slab_dma32')
        low, high = (float(page['table_ratio_' + e]) for e in ('low', 'high'))
        self.assertLess(low, math.exp(middle))
        self.assertGreater(high, math.exp(middle))
        # The reference has itself only if it is the one that ran twice.
        self.assertEqual(cells[0]['table_ratio'], '')

    def test_without_slices(self):
        done = run('compare', self.out)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertNotIn('table time', done.stdout)
        self.assertIn('speed was not measured', done.stdout)
        self.assertIn('one process, 0 repetitions.', done.stdout)
        for name in 'samples.csv', 'result.json', 'timeline.csv':
            (self.out / name).unlink()
        old = run('compare', self.out)
        self.assertEqual((old.returncode, old.stderr), (0, ''))
        self.assertEqual(old.stdout, ''.join(
            line for line in done.stdout.splitlines(True)
            if not line.startswith('Measured with')))
        self.assertIsNone(self.json(self.out)['clock'])

    def intervals(self, *figures):
        """alloc_ns_mean and its interval, of the ranked strategies."""
        summary = rows((self.out / 'summary.csv').read_text())
        text = io.StringIO()
        w = csv.DictWriter(text, summary[0], lineterminator='\n')
        w.writeheader()
        for row, ns in zip(summary, figures):
            names = ['alloc_ns_mean' + e for e in ('', '_low', '_high')]
            w.writerow(dict(row, **dict(zip(names, ns))))
        (self.out / 'summary.csv').write_text(text.getvalue())
        return run('compare', self.out).stdout

    def test_intervals(self):
        null = 1, 1, 1
        self.assertIn(
            'slab_dma32 allocates fastest, 20.0 ns a table (next, pte_frag, '
            'takes 50.0 % longer)',
            self.intervals((20, 19, 21), (40, 39, 41), (30, 21.1, 31), null))
        self.assertIn(
            'one cannot tell: slab_dma32 (20.0 ns) or pte_frag (30.0 ns).',
            self.intervals((20, 19, 21), (40, 39, 41), (30, 21, 31), null))
        self.assertIn(
            'one cannot tell from so few repetitions',
            self.intervals((20, '', ''), (40, '', ''), (30, '', ''), null))

    def test_color(self):
        for args, bold in (([], False), (['--color=always'], True),
                           (['--color=never'], False)):
            done = run('compare', self.out, *args)
            self.assertEqual('\033[1m' in done.stdout, bold)

    def test_formats(self):
        self.assertIn('| workload | strategy |',
                      run('compare', self.out, '--format=md').stdout)
        self.fails(run('compare', self.out, '--format=xml'), 2,
                   "'xml' is none of table, csv, json, md")
        self.fails(run('compare', self.out, self.out, self.out), 2,
                   'two results at a time')
        self.fails(run('compare'), 2, 'which result folder?')
        with open('/dev/full', 'w') as full:
            for format in 'table', 'csv', 'json', 'md':
                done = run('compare', self.out, '--format=' + format,
                           stdout=full)
                self.assertEqual(done.returncode, 3, format)

    def broken(self, name, text, *words):
        path = self.out / name
        before = path.read_text()
        path.write_text(text if text is not None else before[:-1])
        self.fails(run('compare', self.out), 2, str(path), *words)
        self.fails(run('compare', self.out, self.out), 2, str(path), *words)
        path.write_text(before)

    def test_broken_files(self):
        head = (self.out / 'samples.csv').read_text().splitlines()[0] + '\n'
        row = 'v7sbench,a,w,1,0,table_log_ratio,ln,0,1,b\n'
        self.broken('samples.csv', head + row + row, 'line 3: ',
                    'process 1 twice')
        self.broken('samples.csv', head + row.replace('ln,0', 'ln,x'),
                    'line 2: value is no number')
        self.broken('samples.csv', head + 'a,b\n', ':2: 2 fields')
        self.broken('samples.csv', 'a,b\n', "no column 'source'")
        self.broken('samples.csv', None, 'cut off?')
        self.broken('result.json', '{\n"a": 1,\n}\n', 'result.json:3: ')
        self.broken('result.json', '', 'result.json:1: ')
        self.broken('summary.csv', '', 'no header')
        self.broken('summary.csv', None, 'cut off?')
        self.broken('summary.csv', 'a,b\n', 'no column ')
        (self.out / 'summary.csv').unlink()
        self.fails(run('compare', self.out), 2, 'summary.csv')
        self.fails(run('compare', self.dir / 'none'), 2, 'none/summary.csv')

    def test_no_number(self):
        self.edit(self.out, 'summary.csv', (',16777216,', ',many,'))
        self.fails(run('compare', self.out), 2, 'summary.csv',
                   'line 3: held_bytes_peak is no number')


class Two(Compare):
    LOG = dict(slab_dma32=1, page=1.5, pte_frag=.8, null=0)

    def setUp(self):
        super().setUp()
        self.after = self.copy('after')

    def times(self, before, after, figure='table_ratio'):
        return {r['strategy']: r for r in self.cells(before, after)
                if r['kind'] == 'timed' and r['figure'] == figure and
                r['workload'] == WORKLOADS[0]}

    def verdicts(self, before, after):
        return {s: r['verdict'] for s, r in self.times(before, after).items()}

    def test_equal(self):
        self.slices(self.out, self.LOG)
        self.slices(self.after, self.LOG)
        self.assertEqual(self.verdicts(self.out, self.after),
                         dict(slab_dma32='~', page='~', pte_frag='~'))
        done = run('compare', self.out, self.after)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertRegex(done.stdout, r'\n8 cells in both, 0 only before, 0 '
                         r'only after; of their exact figures \d+ are equal, '
                         r'0 differ\.\n')
        self.assertIn('0 are better, 0 worse, of 12 one cannot tell.',
                      done.stdout)
        self.assertEqual(done.stdout.count('harness/ab'), 1)
        self.assertEqual(done.stdout.count('Measured with a clock'), 2)
        whole = self.json(self.out, self.after)
        self.assertEqual((whole['cells'], whole['different']), (8, 0))
        self.assertGreater(whole['equal'], 8 * 40)
        self.assertEqual(len(whole['changes']), 12)

    def test_exact(self):
        self.edit(self.after, 'summary.csv', (',16777216,', ',16777217,'))
        found = self.cells(self.out, self.after)
        self.assertEqual({(r['workload'], r['strategy'], r['was'], r['is'])
                          for r in found},
                         {(WORKLOADS[0], 'page', '16777216', '16777217')})
        names = [r['figure'] for r in found]
        self.assertIn('held_bytes_peak', names)
        self.assertEqual(len(names), len(set(names)))
        done = run('compare', self.out, self.after)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r'page +held_bytes_peak +16777216 +'
                         r'16777217')
        self.assertIn(f', {len(names)} differ.', done.stdout)
        self.assertIn('No times that can be compared', done.stdout)
        self.assertIn('| page | held\\_bytes\\_peak | 16777216 |',
                      run('compare', self.out, self.after, '-f', 'md').stdout)
        whole = self.json(self.out, self.after)
        self.assertEqual(whole['different'], len(names))

    def test_times(self):
        self.slices(self.out, self.LOG)
        # All but page take twice as long: the machine, not the program.
        slow = {s: v + math.log(2) for s, v in self.LOG.items()}
        self.slices(self.after, dict(slow, page=slow['page'] + .05,
                                     pte_frag=slow['pte_frag'] - .05))
        self.assertEqual(self.verdicts(self.out, self.after),
                         dict(slab_dma32='~', page='worse', pte_frag='better'))
        page = self.times(self.out, self.after)['page']
        self.assertEqual(page['against'], 'null')
        self.assertAlmostEqual(float(page['change']), math.exp(.05), 3)
        self.assertGreater(float(page['low']), 1)
        self.assertGreater(float(page['is']), float(page['was']))
        done = run('compare', self.out, self.after)
        self.assertIn('4 are better, 4 worse, of 4 one cannot tell.',
                      done.stdout)

    def test_floor_of_either(self):
        worse = dict(self.LOG, page=1.55)
        for name, floors in dict(a=(.06, .001), b=(.001, .06)).items():
            before, after = self.copy(name + '0'), self.copy(name + '1')
            self.slices(before, self.LOG, floor=floors[0])
            self.slices(after, worse, floor=floors[1])
            page = self.times(before, after)['page']
            self.assertEqual(page['verdict'], '~')
            self.assertAlmostEqual(float(page['floor']), math.expm1(.06), 2)

    def test_overlap_and_threshold(self):
        wide = self.copy('wide')
        self.slices(self.out, self.LOG, floor=0)
        self.slices(self.after, dict(self.LOG, page=1.52), floor=0)
        self.assertEqual(self.verdicts(self.out, self.after)['page'], 'worse')
        self.slices(wide, dict(self.LOG, page=1.52), floor=0, jitter=.015)
        row = self.times(self.out, wide)['page']
        self.assertEqual(row['verdict'], '~')
        self.assertLess(float(row['low']), 1)
        self.assertGreater(float(row['change']) - 1, float(row['floor']))
        self.edit(self.after, 'result.json',
                  ('"plan": {', '"plan": {"threshold": 0.03,'))
        self.assertEqual(self.verdicts(self.out, self.after)['page'], '~')
        self.assertEqual(self.json(self.out, self.after)['threshold'], .03)

    def test_against_the_reference(self):
        log = {s: v for s, v in self.LOG.items() if s != 'null'}
        self.slices(self.out, log)
        self.slices(self.after, dict(log, page=1.6))
        page = self.times(self.out, self.after)['page']
        self.assertEqual((page['against'], page['verdict']),
                         ('slab_dma32', 'worse'))
        self.assertEqual(set(self.verdicts(self.out, self.after)),
                         {'page', 'pte_frag'})
        # Of two references neither will do.
        self.edit(self.after, 'summary.csv', (',slab_dma32,12,', ',page,12,'))
        self.assertEqual(self.times(self.out, self.after), {})

    def test_no_floor(self):
        self.slices(self.out, self.LOG, twin='page')
        self.slices(self.after, dict(self.LOG, page=2), processes=5)
        page = self.times(self.out, self.after)['page']
        self.assertEqual([page[n] for n in ('low', 'high', 'floor', 'verdict')],
                         ['', '', '', '~'])

    def test_cells_of_one(self):
        text = (self.after / 'summary.csv').read_text().splitlines(True)
        (self.after / 'summary.csv').write_text(''.join(text[:5] + text[6:]))
        found = self.cells(self.out, self.after)
        self.assertEqual([(r['strategy'], r['figure'], r['was'], r['is'])
                          for r in found],
                         [('slab_dma32', 'cell', 'there', '')])
        found = self.cells(self.after, self.out)
        self.assertEqual([(r['figure'], r['was'], r['is']) for r in found],
                         [('cell', '', 'there')])
        self.assertIn('7 cells in both, 0 only before, 1 only after',
                      run('compare', self.after, self.out).stdout)
        (self.after / 'summary.csv').write_text(text[0])
        self.fails(run('compare', self.out, self.after), 2,
                   'no cell in common')

    def test_columns_of_one(self):
        self.edit(self.after, 'summary.csv', ('held_bytes_peak', 'held'))
        done = run('compare', self.out, self.after)
        self.assertEqual(done.returncode, 0)
        self.assertIn('; 1 columns are in one result only.', done.stdout)
        self.edit(self.after, 'summary.csv', ('strategy,', 'who,'))
        self.fails(run('compare', self.out, self.after), 2,
                   "after/summary.csv: no column 'strategy'")

    def test_unlike(self):
        """Each is named, and refused without --force."""
        path = self.after / 'result.json'
        base = path.read_text()
        whole = json.loads(base)
        env = whole['environment']
        edits = {
            'schema_version': lambda r: r.update(schema_version=1),
            'what page models': lambda r: [
                s.update(models='another') for s in r['plan']['strategies']
                if s['label'] == 'page'],
            'kernel': lambda r: [c.update(kernel='4.20') for c in r['cells']],
            'ias': lambda r: r['cells'][0].update(ias=30),
            'frag': lambda r: [c.update(frag='p1') for c in r['cells']],
        }
        for name in ('cpu_model', 'machine', 'cpus_online', 'compiler',
                     'cflags', 'sanitize', 'assert_level'):
            self.assertIn(name, env)
            edits[name] = lambda r, n=name: r['environment'].update({n: 'new'})
        for name, edit in edits.items():
            result = json.loads(base)
            edit(result)
            path.write_text(json.dumps(result))
            done = run('compare', self.out, self.after)
            self.fails(done, 2, f'{name} was ', 'in 1 ways', '--force')
            self.assertEqual(done.stderr.count('\n'), 2, done.stderr)
            done = run('compare', self.out, self.after, '--force')
            self.assertEqual(done.returncode, 0)
            self.assertIn(f'{name} was ', done.stderr)
            self.assertIn('8 cells in both', done.stdout)
        self.assertEqual(len(edits), 12)
        result = json.loads(base)
        for edit in edits.values():
            edit(result)
        path.write_text(json.dumps(result))
        done = run('compare', self.out, self.after)
        self.fails(done, 2, 'in 12 ways')
        self.assertEqual(done.stderr.count('\n'), 13)

    def test_alike(self):
        """What one run reads at the moment is no reason to refuse."""
        path = self.after / 'result.json'
        result = json.loads(path.read_text())
        result['environment'].update(load_1min='99', git='other',
                                     kernel='Linux 9')
        result['plan']['seed'] = 77
        path.write_text(json.dumps(result))
        done = run('compare', self.out, self.after)
        self.assertEqual((done.returncode, done.stderr), (0, ''))

    def test_nothing_told(self):
        (self.after / 'result.json').unlink()
        self.fails(run('compare', self.out, self.after), 2, 'no result.json',
                   '--force')
        done = run('compare', self.out, self.after, '--force')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        (self.after / 'result.json').write_text('{}')
        self.fails(run('compare', self.out, self.after), 2,
                   "no number 'schema_version'")

    def test_interrupted(self):
        self.edit(self.after, 'result.json',
                  ('"complete": true', '"complete": false'))
        done = run('compare', self.out, self.after)
        self.assertEqual(done.returncode, 0)
        self.assertIn('after: interrupted', done.stderr)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
