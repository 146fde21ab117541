#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""replay --pace as its users run it, and what replay says of its own timing.
No time is compared with a figure, but that nothing comes before its time.

usage: test_cli_pace.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import json
import re
import signal
import subprocess
import sys
import time
import unittest

from cli import Base, ROOT, V7SBENCH, map_line, rows, run

PERCENTILES = 'p50', 'p90', 'p99', 'p999', 'max'
KINDS = 'service', 'lateness', 'response', 'closed_service'


def timed_line(seconds, iova):
    return map_line(iova, 0x40000000).replace('     1.0:', f' {seconds}:')


class Pace(Base):
    def pace(self, *args):
        done = run('replay', *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def test_csv(self):
        done = self.pace('adv_one_4k_per_mb', '--quirk=mtk_ext',
                         '--pace=1000', '--format=csv',
                         '--strategy=page,slab_dma32,pte_frag')
        self.assertRegex(done.stderr, r'\Aadv_one_4k_per_mb: \d+\.\d s, '
                                      r'for each of 3 strategies\n\Z')
        table = rows(done.stdout)
        self.assertEqual([r['strategy'] for r in table],
                         ['page', 'slab_dma32', 'pte_frag'])
        self.assertEqual(sorted(r['turn'] for r in table), ['1', '2', '3'])
        stat = rows(run('trace', 'stat', 'adv_one_4k_per_mb',
                        '--format=csv').stdout)[0]
        for r in table:
            self.assertEqual(r['events'], stat['events'])
            self.assertEqual(r['speed'], '1000')
            self.assertAlmostEqual(float(r['trace_s']),
                                   int(stat['duration_ns']) / 1e9)
            self.assertGreaterEqual(float(r['replay_s']) * 1000.001,
                                    float(r['trace_s']))
            self.assertEqual((r['refused'], r['alloc_failures']), ('0', '0'))
            self.assertAlmostEqual(float(r['late_ratio']),
                                   int(r['late_events']) / int(r['events']))
            self.ascends(r)

    def ascends(self, row):
        nr = 0
        for kind in KINDS:
            known = [int(row[f'{kind}_ns_{p}'] or 0) for p in PERCENTILES]
            self.assertEqual(known, sorted(known), kind)
            nr += sum(map(bool, known))
        self.assertGreater(nr, 4)
        # They are of the same events, and one is part of the other.
        self.assertGreaterEqual(int(row['response_ns_max']),
                                int(row['lateness_ns_max'] or 0))

    def test_nothing_before_its_time(self):
        text = ''.join(timed_line(f'{5 + n / 100:.6f}', n << 20)
                       for n in range(30))
        trace = self.write('t.txt', text)
        for speed, least in (('', 0.29), ('=2.5', 0.116)):
            done = self.pace(trace, f'--pace{speed}', '--format=csv', '-s', 'page')
            row = rows(done.stdout)[0]
            self.assertGreaterEqual(float(row['replay_s']), least)
            self.assertEqual(float(row['trace_s']), 0.29)

    def test_seconds(self):
        text = ''.join(timed_line(f'{5 + n / 100:.6f}', n << 20)
                       for n in range(30))
        trace = self.write('t.txt', text)
        for keep in 10**6, 0:
            done = self.pace(trace, '--pace=100', '--seconds=0.1', '-s', 'page',
                             '--format=csv', f'--keep-events={keep}')
            row = rows(done.stdout)[0]
            self.assertEqual((row['events'], float(row['trace_s'])), ('11', 0.1))
            # Too few for these.
            self.assertEqual((row['response_ns_p99'], row['service_ns_p999']),
                             ('', ''))

    def test_long_trace(self):
        args = 'adv_frag_pin', '--quirk=mtk_ext', '--pace=10000', '-s', 'page', '--format=csv'
        kept, read = (rows(self.pace(*args, f'--keep-events={keep}').stdout)[0]
                      for keep in (10**6, 1000))
        for name in 'events', 'refused', 'alloc_failures', 'trace_s':
            self.assertEqual(kept[name], read[name])
        self.assertEqual(kept['events'], '256095')

    def test_formats(self):
        args = 'adv_one_slot', '--pace=100', '-s', 'page,genalloc'
        listed = [line.split()[1] for line in run('list', 'columns').stdout.splitlines()
                  if line.startswith('pace.csv')]
        cells = json.loads(self.pace(*args, '--format=json').stdout)
        self.assertEqual([list(c) for c in cells], [listed] * 2)
        self.assertEqual(cells[1]['strategy'], 'genalloc')
        self.assertIsInstance(cells[0]['response_ns_max'], int)
        csv = self.pace(*args, '--format=csv').stdout
        self.assertEqual(csv.split('\n', 1)[0].split(','), listed)
        for how in [], ['--format=md']:
            text = self.pace(*args, *how).stdout
            self.assertIn('closed loop: coordinated omission', text)
            for kind in 'closed loop: service', ' service', 'lateness', 'response':
                self.assertEqual(len(re.findall(rf'^\W*(?:page|genalloc)\W+{kind.strip()} ',
                                                text, re.M)), 2, kind)
            self.assertEqual(text.startswith('|'), bool(how))

    def test_order_is_the_seed(self):
        args = 'adv_one_slot', '--pace=1000000', '--format=csv'
        turns = [tuple(r['turn'] for r in rows(self.pace(*args, f'--seed={seed}').stdout))
                 for seed in (1, 1, 2, 3, 4)]
        self.assertEqual(turns[0], turns[1])
        self.assertGreater(len(set(turns)), 2)

    def test_failures(self):
        done = self.pace('adv_one_4k_per_mb', '--quirk=mtk_ext', '--pace=10000',
                         '-s', 'genalloc:tables=16', '--format=csv')
        row = rows(done.stdout)[0]
        self.assertGreater(int(row['alloc_failures']), 0)
        self.assertGreaterEqual(int(row['refused']), int(row['alloc_failures']))
        self.assertIn('allocations', done.stderr)
        done = self.pace('adv_one_slot', '--pace=10000', '--dma32=1M', '-s',
                         'genalloc,page', '--format=csv')
        self.assertIn('genalloc could not be built', done.stderr)
        none, page = rows(done.stdout)
        self.assertEqual((none['events'], none['response_ns_max']), ('', ''))
        self.assertEqual(page['events'], '2000')

    def test_unusable(self):
        for name in 'clock-counter', 'clock-x86-tsc', 'nocontext-info':
            self.fails(run('replay', ROOT / f'tests/formats/{name}.txt',
                           '--pace', '--rebase-paddr', '--quirk=mtk_ext'),
                       2, f'{name}.txt: events have no time', 'without a unit')
        mixed = self.write('m.txt', timed_line('5.000000', 0) +
                           timed_line('6', 1 << 20))
        self.fails(run('replay', mixed, '--pace'), 2, 'm.txt: some events have')

    def test_usage(self):
        for args in (['--pace=0'], ['--pace=-1'], ['--pace=x'], ['--pace='],
                     ['--pace=1e3'], ['--pace=inf'], ['--pace=0x10'], ['--pace=1.2.3'],
                     ['--pace=1000001'], ['--pace=.'], ['--pace', '--seconds=0'],
                     ['--pace', '--seconds=nan'], ['--seconds=5'],
                     ['--pace', '--bare'], ['--pace', '--slabinfo'],
                     ['--pace', '--strict'], ['--pace', '--reps=3'],
                     ['--pace', '--threads=2']):
            done = run('replay', 'adv_one_slot', *args)
            self.fails(done, 2)
            self.assertRegex(done.stderr, r'\Av7sbench( replay)?: .*\n\Z', args)

    def test_interrupt(self):
        trace = self.write('t.txt', timed_line('5.000000', 0) +
                           timed_line('5000.000000', 1 << 20))
        child = subprocess.Popen([V7SBENCH, 'replay', trace, '--pace', '-s', 'page'],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(child.kill)
        line = child.stderr.readline()
        self.assertIn(b't.txt: 4995.0 s, for each of 1 strategy', line)
        time.sleep(0.2)
        self.assertIsNone(child.poll())
        child.send_signal(signal.SIGINT)
        self.assertEqual(child.wait(60), -signal.SIGINT)
        self.assertEqual(child.communicate(), (b'', b''))

    def test_full_stdout(self):
        for how in 'csv', 'json', 'table':
            with open('/dev/full', 'w') as full:
                done = run('replay', 'adv_one_slot', '--pace=1000', '-s', 'page',
                           f'--format={how}', stdout=full)
            self.assertEqual(done.returncode, 3, how)


class Timers(Base):
    """The same events untimed, sampled and each timed."""
    LINE = (r'^x86-drm, page: an event takes ([\d.]+) ns untimed, ([\d.]+) if one in 64 '
            r'is timed, ([\d.]+) if each is; that changes the replay by '
            r'([+-][\d.]+) and ([+-][\d.]+) %; reading the clock takes (\d+) ns, '
            r'its quantum is (\d+) ns\.$')

    def test_line(self):
        for how in 'table', 'md':
            text = run('replay', 'x86-drm', '--quirk=mtk_ext', '-s', 'page,null', '--reps=2',
                       f'--format={how}').stdout
            self.assertEqual(len(re.findall(self.LINE, text, re.M)), 1, text)
        text = run('replay', 'x86-drm', '--quirk=mtk_ext', '-s', 'page', '--reps=0').stdout
        self.assertNotIn('untimed', text)

    def test_columns(self):
        row = rows(run('replay', 'x86-drm', '--quirk=mtk_ext', '-s', 'page', '--reps=2',
                       '--format=csv').stdout)[0]
        for name in 'sampled_event', 'each_event', 'sampled_replay', 'each_replay':
            self.assertGreater(float(row[name + '_ns_mean']), 0)
        for kind, nr in ('alloc', 'l2_allocs'), ('map', 'maps'), ('unmap', 'unmaps'):
            self.assertEqual(int(row[kind + '_values']), 2 * int(row[nr]))
            known = [int(row[f'{kind}_ns_{p}'] or 0) for p in PERCENTILES]
            self.assertEqual(known, sorted(known))
            self.assertGreater(known[-1], 0)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
