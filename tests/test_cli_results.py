#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Result folders: files, tables, signals, statuses; the gate over them.

usage: test_cli_results.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import json
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
import unittest

from cli import Base, FORCE, ROOT, V7SBENCH, built, rows, run


class Results(Base):
    def measure(self, out, *args):
        return run('run', '--out', out, '--workload=adv_one_4k_per_mb',
                   '--strategy=page,pte_frag', FORCE, *args)

    def test_files(self):
        out = self.dir / 'r/latest'
        done = self.measure(out, '--processes=7', '--reps=2', '--rounds=5')
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)
        self.assertEqual(sorted(p.name for p in out.iterdir()),
                         ['result.json', 'samples.csv', 'summary.csv',
                          'timeline.csv'])
        meta = json.loads((out / 'result.json').read_text())
        self.assertTrue(meta['complete'])
        self.assertEqual(meta['schema_version'], 2)
        summary = rows((out / 'summary.csv').read_text())
        self.assertEqual(len(meta['cells']), len(summary))
        for cell, row in zip(meta['cells'], summary):
            for name, value in row.items():
                self.assertEqual('' if cell[name] is None else
                                 float(cell[name])
                                 if isinstance(cell[name], (int, float))
                                 else cell[name],
                                 float(value) if isinstance(
                                     cell[name], (int, float)) else value)
        samples = rows((out / 'samples.csv').read_text())
        for row in summary:
            mine = [s for s in samples if s['strategy'] == row['strategy']]
            self.assertEqual((row['processes'], row['reps']), ('7', '14'))
            self.assertAlmostEqual(self.of_processes(mine, 'alloc_ns_mean', 7, 2),
                                   float(row['alloc_ns_mean']), delta=0.01)
            singles = sum(int(s['count']) for s in mine
                          if s['metric'] == 'alloc_ns')
            self.assertEqual(singles, 14 * int(row['l2_allocs']))
        timeline = rows((out / 'timeline.csv').read_text())
        self.assertEqual(max(int(t['held_bytes']) for t in timeline
                             if t['strategy'] == 'page'), 4096 * 4096)

    def of_processes(self, samples, metric, nr, reps):
        """Median over processes of each one's median."""
        found = {}
        for s in samples:
            if s['metric'] == metric:
                found.setdefault(int(s['process']), {})[int(s['rep'])] = float(s['value'])
        self.assertEqual(sorted(found), list(range(1, nr + 1)))
        for values in found.values():
            self.assertEqual(sorted(values), list(range(1, reps + 1)))
        return statistics.median(statistics.median(v.values())
                                 for v in found.values())

    def test_threads(self):
        out = self.dir / 'latest'
        done = self.measure(out, '--processes=6', '--threads=2:slice')
        self.assertEqual(done.returncode, 0, done.stderr)
        samples = rows((out / 'samples.csv').read_text())
        for row in rows((out / 'summary.csv').read_text()):
            self.assertEqual(row['threads'], '2:slice')
            mine = [s for s in samples if s['strategy'] == row['strategy']]
            for name in ('threads_event_ns_mean', 'lost_races', 'waited_events'):
                middle = self.of_processes(mine, name, 6, 1)
                self.assertAlmostEqual(float(row[name]), middle, delta=0.02)
            middle = self.of_processes(mine, 'threads_event_ns_mean', 6, 1)
            low, high = (float(row['threads_event_ns_mean_' + end])
                         for end in ('low', 'high'))
            self.assertLessEqual(low, middle + 0.02)
            self.assertGreaterEqual(high, middle - 0.02)
        done = run('compare', out)
        self.assertIn('threads ns', done.stdout)
        # Threads add figures; they change none that is exact.
        base = self.dir / 'base'
        done = self.measure(base, '--reps=0')
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run('check', '--baseline', base, out)
        self.assertEqual(done.returncode, 0, done.stdout)
        summary = (out / 'summary.csv').read_text()
        for name in 'threads_event_ns_mean', 'lost_races', 'waited_events':
            summary = summary.replace(name + ',', 'x_' + name + ',')
        (out / 'summary.csv').write_text(summary)
        old = run('compare', out)
        self.assertEqual((old.returncode, old.stderr), (0, ''))
        self.assertNotIn('threads ns', old.stdout)
        self.assertIn('map ns', old.stdout)

    def test_interrupt_with_threads(self):
        """Threads that wait for each other end too."""
        proc = subprocess.Popen(
            [V7SBENCH, 'replay', 'x86-drm', '--quirk=mtk_ext', '--threads=4',
             '--reps=1000', '--strategy=page'], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        time.sleep(1)
        proc.send_signal(signal.SIGINT)
        out, _ = proc.communicate(timeout=10)
        self.assertEqual((proc.returncode, out), (-signal.SIGINT, b''))

    def test_defects_are_told(self):
        done = run('run', '--out', self.dir / 'r', '--reps=0',
                   '--workload=adv_one_4k_per_mb',
                   '--strategy=page,page_frag:mode=v3')
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)
        self.assertIn('adv_one_4k_per_mb: page_frag:mode=v3 leaked 32 KiB',
                      done.stderr)
        self.assertIn('page_frag:mode=v3 leaked 32 KiB at teardown, not ranked',
                      run('compare', self.dir / 'r').stdout)

    def test_exact_figures_repeat(self):
        texts = []
        for name in 'a', 'b':
            self.measure(self.dir / name, '--reps=0')
            texts.append([(self.dir / name / f).read_bytes() for f in
                          ('summary.csv', 'samples.csv', 'timeline.csv')])
        self.assertEqual(*texts)

    def test_earlier_result_survives(self):
        out = self.dir / 'latest'
        self.measure(out, '--reps=0')
        before = (out / 'summary.csv').read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))
            done = self.measure(out, '--reps=0')
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual((out / 'summary.csv').read_bytes(), before)
        self.assertFalse((self.dir / 'latest.partial').exists())

    def test_unwritable_target_is_refused_first(self):
        plain = self.write('file', '')
        for target in plain / 'x', plain, '/dev/null/x', self.dir / ('n' * 300):
            start = time.monotonic()
            done = run('run', '--out', target, '--reps=1000', FORCE)
            self.assertEqual(done.returncode, 3, target)
            self.assertLess(time.monotonic() - start, 20)
        self.assertEqual(plain.read_text(), '')

    @unittest.skipUnless(shutil.which('hyperfine'), 'hyperfine is missing')
    def test_hyperfine(self):
        out = self.dir / 'latest'
        done = self.measure(out, '--reps=0', '--hyperfine')
        self.assertEqual(done.returncode, 0, done.stderr)
        times = [s for s in rows((out / 'samples.csv').read_text())
                 if s['metric'] == 'process_s']
        self.assertEqual(len(times), 20)
        self.assertTrue(all(0 < float(s['value']) < 60 for s in times))

    def test_hyperfine_failure_costs_its_samples_only(self):
        for program in '/nonexistent', '/bin/false', '/bin/true':
            out = self.dir / 'latest'
            done = self.measure(out, '--reps=0', '--hyperfine=' + program)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('whole processes not timed', done.stderr)
            self.assertNotIn('process_s', (out / 'samples.csv').read_text())
            self.assertEqual(len(rows((out / 'summary.csv').read_text())), 2)

    def test_hyperfine_all_samples_or_none(self):
        short = {'results': [{'times': [0.5] * 10}, {'times': [0.5] * 9}]}
        fake = self.write('fake', '#!/bin/sh\nwhile [ "$1" != --export-json ]; '
                          'do shift; done\ncat >"$2" <<X\n'
                          f'{json.dumps(short)}\nX\n')
        fake.chmod(0o755)
        out = self.dir / 'latest'
        done = self.measure(out, '--reps=0', f'--hyperfine={fake}')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('not as expected', done.stderr)
        self.assertNotIn('process_s', (out / 'samples.csv').read_text())

    def test_hyperfine_gets_the_same_configuration(self):
        fake = self.write('fake', '#!/bin/sh\nprintf "%s\\n" "$@" >'
                          f'"{self.dir}/args"\nexit 1\n')
        fake.chmod(0o755)
        self.measure(self.dir / 'latest', '--reps=0', f'--hyperfine={fake}',
                     '--cpus=8', '--share=all', '--quirk=mtk_ttbr_ext,ns',
                     '--ias=34', '--profile=mt8183', '--rebase-paddr')
        commands = [a for a in (self.dir / 'args').read_text().splitlines()
                    if ' replay ' in a]
        self.assertEqual(len(commands), 2)
        self.assertNotIn('--dma32', ' '.join(commands))
        for command in commands:
            for option in ('--cpus=8', '--share=all', '--ias=34', '--bare',
                           '--profile=mt8183', '--rebase-paddr',
                           '--quirk=none,ns,no_perms,mtk_ext,mtk_ttbr_ext'):
                self.assertIn(option, command)

    def test_hyperfine_from_an_odd_path(self):
        odd = self.dir / "it's a dir"
        odd.mkdir()
        shutil.copy(V7SBENCH, odd / 'v7sbench')
        if not shutil.which('hyperfine'):
            self.skipTest('hyperfine is missing')
        done = subprocess.run([odd / 'v7sbench', 'run', '--out', odd / 'r',
                               '--reps=0', '--strategy=page', '--hyperfine',
                               '--workload=adv_one_4k_per_mb'],
                              stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertIn('process_s', (odd / 'r/samples.csv').read_text())

    def test_compare(self):
        out = self.dir / 'latest'
        self.measure(out, '--reps=0')
        done = run('compare', out)
        self.assertEqual(done.returncode, 0)
        self.assertIn('pte_frag holds least, 4096 KiB at peak (next, page, '
                      'holds 4.0 times as much)', done.stdout)
        self.assertRegex(done.stdout, r'pte_frag .* 4096\*')
        summary = (out / 'summary.csv').read_text()
        (out / 'summary.csv').write_text(summary.replace('held_bytes_peak',
                                                         'held'))
        self.fails(run('compare', out), 2, 'held_bytes_peak')


class Gate(Base):
    def setUp(self):
        super().setUp()
        self.out, self.base = self.dir / 'latest', self.dir / 'baseline'
        run('run', '--out', self.out, '--workload=adv_one_4k_per_mb',
            '--reps=0')
        done = run('check', '--baseline', self.base, '--update', self.out)
        self.assertEqual(done.returncode, 0, done.stderr)

    def check(self):
        return run('check', '--baseline', self.base, self.out)

    def test_equal(self):
        done = self.check()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(f'{len(built())} cells compared, 0 differences',
                      done.stdout)

    def test_planted_difference(self):
        path = self.base / 'summary.csv'
        text = path.read_text()
        path.write_text(text.replace(',16777216,', ',16777217,', 1))
        self.assertNotEqual(path.read_text(), text)
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn('adv_one_4k_per_mb page: held_bytes_peak was 16777217, '
                      'is 16777216', done.stdout)

    def test_missing_and_new_cells(self):
        path = self.base / 'summary.csv'
        lines = path.read_text().splitlines(True)
        path.write_text(''.join(lines[:-1]))
        self.assertEqual(self.check().returncode, 1)
        path.write_text(''.join(lines) + lines[-1].replace('adv_one', 'x'))
        self.assertEqual(self.check().returncode, 1)
        path.write_text(lines[0])
        self.fails(self.check(), 2, 'no cell')

    def test_committed_baseline_has_every_cell(self):
        table = rows((ROOT / 'results/baseline/summary.csv').read_text())
        listed = run('list', 'workloads').stdout.split('\n(')[0]
        labels = set()
        for part in re.split(r'^(?=[\w-]+ )', listed, flags=re.M)[1:]:
            taken = re.search(r'^ +in run: (.*)$', part, re.M)
            if not taken:
                labels.add(part.split()[0])
            elif taken[1] != 'only if named':
                labels.update(taken[1].split())
        self.assertEqual({r['workload'] for r in table}, labels)
        self.assertLessEqual(set(built()), {r['strategy'] for r in table})


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
