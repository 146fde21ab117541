#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How run measures: units in processes of their own, their order, what is refused,
and that nothing is published but what samples.csv says.

usage: test_cli_run.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import os
import pathlib
import re
import shlex
import signal
import statistics
import subprocess
import sys
import time
import unittest

from cli import Base, FORCE, V7SBENCH, built, map_line, rows, run
from cli_run import EXACT, PLAN, Run, STRATEGIES, WORKLOADS, done_units, exact, meta


class Plan(Run):
    def units(self, *args):
        done = run('run', '--dry-run', *PLAN, *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        end = next(i for i, line in enumerate(lines) if 'exact figures, then' in line)
        self.assertEqual(lines[0].split('\t'), ['unit', 'workload', 'process', 'seed'])
        return [tuple(line.split('\t')[1:]) for line in lines[1:end]], lines[end:]

    def test_dry_run(self):
        before = os.listdir(self.dir)
        units, tail = self.units('--processes=5', '--reps=2', '--out', self.out / 'x/y')
        self.assertEqual(os.listdir(self.dir), before)
        self.assertEqual(sorted(u[:2] for u in units),
                         sorted((w, str(p)) for w in WORKLOADS for p in range(1, 6)))
        self.assertEqual(len({u[2] for u in units}), 10)
        each = re.search(r'2 repetitions of (\d+) timed passes, 3 rounds', tail[1])[1]
        self.assertGreaterEqual(int(each), 6)
        self.assertIn('2 workloads, 3 strategies: exact figures, then 10 units; '
                      f'{2 * 3 * (1 + 5 * (1 + 2 * int(each)))} passes', tail[0])
        self.assertRegex(tail[2], r'\Aabout \d+ s, by one repetition just now\Z')
        self.assertEqual(self.units('--processes=5')[0], units)

    def test_no_units_without_times(self):
        units, tail = self.units('--reps=0')
        self.assertEqual(units, [])
        self.assertIn('then 0 units; 6 passes', tail[0])

    def test_order(self):
        """Random, but the same for the same seed; not by workload."""
        orders = [[u[:2] for u in self.units('--processes=8', f'--seed={s}')[0]]
                  for s in range(1, 6)]
        self.assertEqual(len({tuple(o) for o in orders}), 5)
        for order in orders:
            self.assertNotEqual(order, sorted(order))
            self.assertGreater(sum(a[0] != b[0] for a, b in zip(order, order[1:])), 2)

    def test_seed_of_a_unit(self):
        """The workload alone has the same, another seed or process others."""
        both = dict((u[:2], u[2]) for u in self.units('--processes=3')[0])
        done = run('run', '--dry-run', '--workload=adv_one_slot', '--processes=3',
                   '--strategy=page')
        alone = {tuple(l.split('\t')[1:3]): l.split('\t')[3]
                 for l in done.stdout.splitlines()[1:4]}
        self.assertEqual(alone, {k: v for k, v in both.items() if k[0] == 'adv_one_slot'})
        other = dict((u[:2], u[2]) for u in self.units('--processes=3', '--seed=2')[0])
        self.assertFalse(set(both.values()) & set(other.values()))

    def test_sizes(self):
        for args, processes, reps, rounds in (
                ([], 10, 1, 50), (['--quick'], 3, 1, 50), (['--full'], 30, 2, 400),
                (['--full', '--processes=4', '--reps=3', '--rounds=9'], 4, 3, 9),
                (['--quick', '--processes=2'], 2, 1, 50), (['--rounds=0'], 10, 1, 0)):
            done = run('run', '--dry-run', '--workload=adv_one_slot', '--strategy=page',
                       *args)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f'then {processes} units', done.stdout, args)
            self.assertRegex(done.stdout, rf'\b{reps} repetitions? of \d+ timed passes, '
                             rf'{rounds} rounds')

    def test_bad(self):
        for args in (['--processes=0'], ['--processes=1001'], ['--rounds=100001'],
                     ['--rounds=-1'], ['--reference=null'], ['--reference=']):
            self.fails(self.measure(*args), 2, args[0].split('=')[0][2:])
        self.assertFalse(self.out.exists())


class Measured(Run):
    def test_samples_of_all_processes(self):
        self.fine('--processes=3', '--reps=2')
        self.assertEqual(done_units(self.out),
                         {(w, p) for w in WORKLOADS for p in (1, 2, 3)})
        found = self.key_counts()
        self.assertEqual(set(found.values()), {1})
        for w in WORKLOADS:
            for p in '123':
                for s in STRATEGIES:
                    for rep in '12':
                        self.assertIn((s, w, p, rep, 'event_ns_mean', ''), found)
                    self.assertIn((s, w, p, '0', 'clock_quantum_ns', ''), found)
                    self.assertIn((s, w, p, '0', 'exact_check', ''), found)
        self.assertEqual({s['rep'] for s in self.samples() if s['process'] == '0'}, {'0'})

    def test_pairs(self):
        """Each pair once, in the order of the plan, and a twin of one."""
        pairs = {('page', 'slab_dma32'), ('page', 'pte_frag'),
                 ('slab_dma32', 'pte_frag')}
        for args, twin in (([], 'slab_dma32'), (['--reference=pte_frag'], 'pte_frag')):
            self.fine('--processes=2', *args)
            for kind in 'table', 'event':
                found = [(s['workload'], s['process'], s['strategy'], s['versus'])
                         for s in self.samples() if s['metric'] == kind + '_log_ratio']
                self.assertEqual(len(found), len(set(found)))
                self.assertEqual({f[:2] for f in found if f[0] == WORKLOADS[1]},
                                 {(WORKLOADS[1], p) for p in '12'})
                for f in {f[:2] for f in found}:
                    self.assertEqual({g[2:] for g in found if g[:2] == f},
                                     pairs | {(twin, twin)})
            self.assertEqual({r['reference'] for r in
                              rows((self.out / 'summary.csv').read_text())}, {twin})
            self.assertEqual(meta(self.out)['plan']['reference'], twin)

    def test_what_cannot_be_compared_has_no_pair(self):
        """Pools that are too small, and defects, do other things."""
        plan = ['--workload=adv_one_4k_per_mb', '--rounds=3', FORCE, '--strategy=page,'
                'genalloc:tables=16,page_frag:mode=v3,pte_frag']
        self.fine('--processes=1', plan=plan)
        found = {(s['strategy'], s['versus']) for s in self.samples()
                 if s['metric'] == 'table_log_ratio'}
        self.assertEqual(found, {('page', 'pte_frag'), ('page', 'page')})
        # A reference of that kind is stood in for.
        self.fine('--processes=1', '--reference=genalloc:tables=16', plan=plan)
        found = {(s['strategy'], s['versus']) for s in self.samples()
                 if s['metric'] == 'table_log_ratio'}
        self.assertEqual(found, {('page', 'pte_frag'), ('pte_frag', 'pte_frag')})

    def test_timed_columns_follow_from_samples(self):
        self.fine('--processes=4', '--reps=3')
        samples, looked_at = self.samples(), 0
        for row in rows((self.out / 'summary.csv').read_text()):
            mine = [s for s in samples if s['strategy'] == row['strategy'] and
                    s['workload'] == row['workload']]
            for name in row:
                found = {}
                for s in mine:
                    if s['metric'] == name and s['process'] != '0':
                        found.setdefault(s['process'], []).append(float(s['value']))
                if not found or not name.endswith('_mean'):
                    continue
                middle = statistics.median(map(statistics.median, found.values()))
                self.assertAlmostEqual(float(row[name]), middle, delta=0.006, msg=name)
                looked_at += 1
            bars = sorted((float(s['value']), int(s['count'])) for s in mine
                          if s['metric'] == 'map_ns')
            self.assertEqual(sum(count for _, count in bars), 12 * int(row['maps']))
            if not row['map_ns_p99']:
                continue
            rank, seen = -(-sum(c for _, c in bars) * 99 // 100), 0
            for value, count in bars:
                seen += count
                if seen >= rank:
                    break
            self.assertEqual(float(row['map_ns_p99']), value)
        self.assertGreater(looked_at, 50)

    def test_exact_figures(self):
        """The same without times, from another seed, and in another order."""
        self.fine('--reps=0')
        wanted = exact(self.out)
        for args in ['--processes=2'], ['--processes=1', '--seed=99']:
            self.fine(*args)
            self.assertEqual(exact(self.out), wanted)
            self.assertEqual([m for m in meta(self.out)['measurement']['units_done']],
                             WORKLOADS)

    def test_result_tells_how(self):
        self.fine('--processes=2')
        plan, how = meta(self.out)['plan'], meta(self.out)['measurement']
        self.assertEqual((plan['processes'], plan['repetitions'], plan['rounds'],
                          plan['seed'], plan['page_table_of'], plan['workloads']),
                         (2, 1, 3, 1, '6.1', WORKLOADS))
        self.assertTrue(all(s['models'] for s in plan['strategies']))
        self.assertEqual(how['units'], 4)
        self.assertEqual(how['processes_for_a_verdict'], 8)
        self.assertGreater(how['slice_ns_median']['table'], 0)
        self.assertIn(how['pinned'], (True, False))
        for name in 'load_1min_before', 'load_1min_after':
            self.assertTrue(how[name])
        self.assertIn('git', meta(self.out)['environment'])

    def test_few_processes_are_told(self):
        self.assertIn('2 processes for each workload: for a look; a verdict needs 8',
                      self.fine('--processes=2').stderr)
        self.assertEqual({r['table_verdict'] for r in
                          rows((self.out / 'summary.csv').read_text())} - {''}, {'~'})

    def test_a_file_in_the_way(self):
        """A workload is meant, whatever lies in the folder."""
        self.write('adv_one_slot', map_line(0x100000, 0x40000000))
        self.fine('--processes=1', cwd=self.dir)
        self.assertEqual({r['events'] for r in
                          rows((self.out / 'summary.csv').read_text())
                          if r['workload'] == 'adv_one_slot'}, {'2000'})


class Sample(Base):
    def test_rows(self):
        args = ('sample', 'adv_one_4k_per_mb', '--strategy=page,pte_frag', '--reps=2',
                '--rounds=2')
        done = run(*args, '--seed=5')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        table = rows(done.stdout)
        self.assertEqual({r['process'] for r in table}, {'1'})
        self.assertEqual({r['source'] for r in table}, {'v7sbench'})
        self.assertEqual(sum(r['metric'] == 'event_ns_mean' for r in table), 4)
        self.assertEqual(sum(int(r['count']) for r in table if r['metric'] == 'alloc_ns'),
                         2 * 2 * 4096)
        self.assertEqual({(r['strategy'], r['versus']) for r in table
                          if r['metric'] == 'table_log_ratio'},
                         {('page', 'pte_frag'), ('page', 'page')})

    def test_exact_only(self):
        """No clock, and so the same every time, pinned to whatever CPU."""
        found = set()
        for seed in 1, 1, 1:
            out = run('sample', 'adv_one_slot', '--reps=0', f'--seed={seed}').stdout
            found.add(out)
        self.assertEqual(len(found), 1)
        self.assertEqual({r['metric'] for r in rows(out)} - {'pinned_cpu'},
                         {'exact_check'})

    def test_file(self):
        path = self.write('t.txt', map_line(0x100000, 0x40000000) * 2)
        done = run('sample', path, '--strategy=page', '--reps=1')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({r['workload'] for r in rows(done.stdout)}, {'t.txt'})
        self.fails(run('sample', self.dir / 'none'), 2, 'none')
        self.fails(run('sample', self.write('bad', 'x\n')), 2, 'bad')
        with open('/dev/full', 'w') as full:
            self.assertEqual(run('sample', path, stdout=full).returncode, 3)

    def test_ends_with_its_parent(self):
        parent = subprocess.Popen(
            [sys.executable, '-c', 'import subprocess, sys, time\n'
             'p = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)\n'
             'print(p.pid, flush=True)\ntime.sleep(60)', V7SBENCH, 'sample',
             'adv_frag_pin', '--reps=1000'], stdout=subprocess.PIPE, text=True)
        pid = int(parent.stdout.readline())
        status = pathlib.Path(f'/proc/{pid}/status')
        time.sleep(0.5)
        self.assertIn('v7sbench', status.read_text())
        parent.kill()
        parent.communicate()
        end = time.monotonic() + 30
        while status.exists() and 'State:\tZ' not in status.read_text():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)


class Replayed(Base):
    ARGS = ('--strategy=page,pte_frag', '--format=csv', '--rounds=2')

    def test_file_and_workload(self):
        text = run('trace', 'gen', 'adv_one_4k_per_mb').stdout
        for name in 't.txt', '-t', 'adv_one_slot', 'n' * 200:
            self.write(name, text)
            here = rows(run('replay', '--reps=0', '--format=csv',
                            '--strategy=page,pte_frag', '--', name, cwd=self.dir).stdout)
            done = run('replay', *self.ARGS, '--processes=2', '--', name, cwd=self.dir)
            self.assertEqual((done.returncode, done.stderr), (0, ''), name)
            table = rows(done.stdout)
            self.assertEqual([[r[n] for n in EXACT] for r in table],
                             [[r[n] for n in EXACT] for r in here])
            for r in table:
                self.assertEqual((r['processes'], r['reps']), ('2', '2'))
                self.assertGreater(float(r['event_ns_mean']), 0)
                self.assertEqual((r['reference'], r['table_verdict']), ('page', '~'))
        done = run('replay', 'adv_one_4k_per_mb', *self.ARGS, '--processes=1', '--reps=3',
                   '--reference=pte_frag')
        self.assertEqual({(r['processes'], r['reps'], r['reference'])
                          for r in rows(done.stdout)}, {('1', '3', 'pte_frag')})

    def test_without_processes(self):
        done = run('replay', 'adv_one_slot', '--reps=2', '--strategy=page', '--format=csv')
        row = rows(done.stdout)[0]
        self.assertEqual((row['processes'], row['reps'], row['reference']), ('', '2', ''))

    def test_bad(self):
        for args, word in ((['-', '--processes=1'], 'not stdin'),
                           (['x86-drm', '--processes=1', '--reps=0'], 'no --processes'),
                           (['x86-drm', '--processes=1', '--bare'], '--bare'),
                           (['x86-drm', '--processes=1', '--slabinfo'], '--slabinfo'),
                           (['x86-drm', '--processes=1', '--pace=1'], '--pace'),
                           (['x86-drm', '--rounds=2'], 'are for --processes'),
                           (['x86-drm', '--reference=page'], 'are for --processes'),
                           (['x86-drm', '--processes=1', '--reference=x'], "'x'")):
            self.fails(run('replay', *args), 2, word)

    def test_interrupt(self):
        p = subprocess.Popen([V7SBENCH, 'replay', 'adv_frag_pin', '--processes=500'],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(1)
        p.send_signal(signal.SIGINT)
        self.assertEqual(p.communicate(timeout=30), (b'', b''))
        self.assertEqual(p.returncode, -signal.SIGINT)


class Worker(Run):
    """What becomes of a run if one of its processes does not do its part."""

    def setUp(self):
        super().setUp()
        self.fine('--reps=0')
        self.before = {p.name: p.read_bytes() for p in self.out.iterdir()}

    def unit_of(self, p):
        """The process id of a unit at work."""
        path = pathlib.Path(f'/proc/{p.pid}/task/{p.pid}/children')
        if not path.exists():
            p.kill()
            p.communicate()
            self.skipTest('this kernel does not list children')
        end = time.monotonic() + 60
        while not path.read_text().split():
            self.assertLess(time.monotonic(), end)
            self.assertIsNone(p.poll())
            time.sleep(0.001)
        return int(path.read_text().split()[0])

    def start(self, *args, **kw):
        p = subprocess.Popen([V7SBENCH, 'run', '--out', self.out, '--processes=3', FORCE,
                              '--strategy=page', *args], stderr=subprocess.PIPE,
                             text=True, **kw)
        self.addCleanup(p.kill)
        return p

    def failed(self, p, *words):
        stderr = p.communicate(timeout=60)[1]
        lines = [l for l in stderr.splitlines() if 'warning: ' not in l]
        self.assertEqual((p.returncode, len(lines)), (3, 1), stderr)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertEqual({p.name: p.read_bytes() for p in self.out.iterdir()},
                         self.before)
        self.assertFalse((self.dir / 'r.partial').exists())

    def test_killed(self):
        for sig in signal.SIGKILL, signal.SIGSEGV:
            p = self.start('--workload=adv_frag_pin', '--reps=1000')
            os.kill(self.unit_of(p), sig)
            self.failed(p, 'adv_frag_pin, process ', 'failed')

    def test_trace_that_changes(self):
        """Between the exact pass and a unit."""
        missing = run('replay', 'x86-drm', env={'V7SBENCH_TRACES': '/nowhere'}).stderr
        name = re.search(r'/nowhere/(\S+):', missing)[1]
        unmap = ('  wl-1 [000] .....     2.0: unmap: IOMMU: iova=0x100000 '
                 'size=4096 unmapped_size=4096\n')
        text = map_line(0x100000, 0x40000000) + unmap
        for change, words in (
                (text * 20001, ['page did something else than in the exact pass']),
                ('nonsense\n', ['x86-drm, process ', name])):
            path = self.write(name, text * 20000)
            p = self.start('--workload=x86-drm', '--reps=20',
                           env=dict(os.environ, V7SBENCH_TRACES=str(self.dir)))
            self.unit_of(p)
            other = self.write('other', change)
            os.rename(other, path)
            self.failed(p, *words)


class Unfit(Run):
    def test_builds(self):
        """Refused before anything is done, or measured; the build decides."""
        args = ['--processes=1', '--workload=adv_one_slot', '--strategy=page', '--rounds=1']
        done = run('run', '--out', self.out, *args)
        forced = run('run', '--out', self.dir / 'f', *args, FORCE)
        self.assertEqual(forced.returncode, 0, forced.stderr)
        how = meta(self.dir / 'f')['measurement']
        if done.returncode:
            self.fails(done, 2, 'its times are not published', 'built with')
            self.assertEqual(done.stderr.count('\n'), 1)
            self.assertFalse(self.out.exists())
            self.assertIn('times from this build mean little', forced.stderr)
        self.assertEqual(how['forced'], bool(done.returncode))
        done = run('run', '--out', self.out, *args, '--reps=0')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertFalse(meta(self.out)['measurement']['forced'])


class Repro(Run):
    def command(self, row):
        done = run('run', '--out', self.out, '--repro', row)
        self.assertEqual((done.returncode, done.stderr), (0, ''), row)
        self.assertEqual(done.stdout.count('\n'), 1)
        return done.stdout

    def test_gives_the_same(self):
        odd = "it's a $dir"
        (self.dir / odd).mkdir()
        self.out = self.dir / odd / 'r'
        self.fine('--processes=2', '--seed=7', '--profile=small', '--frag=p2',
                  '--dma32=8M', '--cpus=2',
                  '--quirk=mtk_ext,ns', '--share=none', '--age-seed=3',
                  plan=['--rounds=2', FORCE, '--workload=adv_one_slot,'
                        'iova34_mt8192:seconds=1,rate=5,profile=P1',
                        '--strategy=page_frag:order=1,caches=cpu,slab_dma32'])
        summary = rows((self.out / 'summary.csv').read_text())
        self.assertEqual(len(summary), 4)
        for i, row in enumerate(summary):
            command = self.command(str(i + 1))
            self.assertEqual(command, self.command(row['strategy'] + '@' +
                                                   row['workload']))
            done = subprocess.run(command, shell=True, text=True, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 0, done.stderr)
            again = pathlib.Path(str(self.out) + '.repro')
            self.assertEqual(exact(again), [[row[name] for name in EXACT]])
            names = ('profile', 'cpus', 'frag', 'zone_bytes', 'age_seed', 'share',
                     'ias', 'oas', 'quirks', 'kernel', 'processes', 'reps')
            self.assertEqual([rows((again / 'summary.csv').read_text())[0][n]
                              for n in names], [row[n] for n in names])
            words = shlex.split(command)
            self.assertIn('--seed=7', words)
            self.assertIn('--out=' + str(again), words)

    def test_exact_only(self):
        self.fine('--reps=0')
        done = subprocess.run(self.command('1'), shell=True, stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (0, b''))

    def test_bad(self):
        self.fine('--reps=0')
        for row in '0', '7', '-1', '+1', '1x', 'page', 'page@', 'page@adv', '@', '9' * 30:
            self.fails(run('run', '--out', self.out, '--repro', row), 2,
                       f"has no row '{row}'")
        self.fails(run('run', '--out', self.dir / 'none', '--repro=1'), 2, 'none')
        (self.out / 'result.json').write_text('{}')
        self.fails(run('run', '--out', self.out, '--repro=1'), 2, 'the plan is not in it')
        (self.out / 'result.json').write_text('{')
        self.fails(run('run', '--out', self.out, '--repro=1'), 2, 'result.json')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
