#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Traces that are read again for each pass, that lack events, or that come with
settings: what the program does with them.

usage: test_cli_stream.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

from cli import Base, FORCE, V7SBENCH, map_line, rows, run, unmap_line

LOST = 'CPU:1 [LOST 678 EVENTS]\n'
TEXT = map_line(0x100000, 0x1000) + unmap_line(0x100000)


class Traces(Base):
    def recorded(self, name, text):
        """Another trace of that name: the environment that gives it."""
        missing = run('replay', name, env={'V7SBENCH_TRACES': '/nowhere'}).stderr
        self.write(re.search(rf'/nowhere/(\S+):', missing)[1], text)
        return {'V7SBENCH_TRACES': str(self.dir)}


class Streamed(Traces):
    def exact(self, *args):
        done = run('replay', '--reps=0', '--format=json', '--quirk=mtk_ext', *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout, done.stderr

    def test_same_figures(self):
        for trace in 'x86-drm', 'arm-mixed':
            kept = self.exact(trace)
            self.assertIn('"digest"', kept[0])
            for nr in 0, 1000, 10**9:
                self.assertEqual(self.exact(trace, f'--keep-events={nr}'), kept)

    def test_file_and_stdin(self):
        path = self.write('t.txt', TEXT * 9)
        kept, _ = self.exact(path)
        self.assertEqual(self.exact(path, '--keep-events=17')[0], kept)
        with open(path) as file:
            done = run('replay', '-', '--reps=0', '--format=json',
                       '--quirk=mtk_ext', '--keep-events=0', stdin=file)
        self.assertEqual(done.stdout.replace('"stdin"', '"t.txt"'), kept)

    def test_timed_passes(self):
        done = run('replay', 'arm-drm', '--reps=2', '--keep-events=0',
                   '--format=csv', '--strategy=slab_dma32', '--quirk=mtk_ext')
        self.assertEqual(done.returncode, 0, done.stderr)
        for name in 'alloc_ns_mean', 'map_ns_mean', 'event_ns_mean', 'map_new_ns_mean':
            self.assertGreater(float(rows(done.stdout)[0][name]), 0, name)
        self.assertEqual(run('replay', 'arm-drm', '--bare', '--keep-events=0',
                             '--quirk=mtk_ext').returncode, 0)

    def test_run(self):
        for nr in '0', '1000000':
            done = run('run', '--reps=0', '--workload=x86-drm,adv_frag_pin',
                       '--keep-events=' + nr, '--out', self.dir / nr)
            self.assertEqual(done.returncode, 0, done.stderr)
        for name in 'summary.csv', 'timeline.csv':
            self.assertEqual((self.dir / '0' / name).read_text(),
                             (self.dir / '1000000' / name).read_text())

    def test_survive(self):
        path = self.write('t.txt', TEXT * 9)
        args = 'survive', path, '--frag=fresh', '--format=csv', '--strategy=page'
        kept = run(*args)
        self.assertEqual(kept.returncode, 0, kept.stderr)
        self.assertEqual(run(*args, '--keep-events=0').stdout, kept.stdout)

    def test_threads_need_it_in_memory(self):
        nr = re.search(r'(\d+) events, at most', run(
            'replay', 'x86-drm', '--quirk=mtk_ext', '--threads=2',
            '--keep-events=0').stderr)[1]
        text = (f': --threads needs the trace in memory: {nr} events, at most '
                f'{int(nr) - 1} (--keep-events)\n')
        for args in (['replay', 'x86-drm', '--quirk=mtk_ext'],
                     ['run', '--workload=x86-drm', '--processes=1', FORCE,
                      '--out', self.dir / 'out']):
            self.fails(run(*args, '--threads=2', '--strategy=slab_dma32',
                           f'--keep-events={int(nr) - 1}'),
                       2, 'x86-drm' + text)
            self.assertFalse((self.dir / 'out').exists())
            done = run(*args, '--threads=2', '--strategy=slab_dma32',
                       '--reps=1', f'--keep-events={nr}')
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_interrupted_before_the_end_of_stdin(self):
        child = subprocess.Popen([V7SBENCH, 'replay', '-'], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(child.kill)
        stat = pathlib.Path(f'/proc/{child.pid}/stat')
        end = time.monotonic() + 60
        # It sleeps: until there is more to read.
        while stat.read_text().rsplit(')', 1)[1].split()[0] != 'S':
            self.assertLess(time.monotonic(), end)
            time.sleep(0.001)
        child.send_signal(signal.SIGINT)
        # Not communicate(), which closes stdin.
        self.assertEqual(child.wait(60), -signal.SIGINT)
        self.assertEqual(child.communicate(), (b'', b''))

    def test_file_that_changes(self):
        """Between two passes: told, and nothing printed or written."""
        for change in (TEXT * 3, map_line(0, 0x1000, 4095) + TEXT * 29999):
            path = self.write('t.txt', TEXT * 30000)
            child = subprocess.Popen(
                [V7SBENCH, 'replay', path, '--keep-events=0', '--reps=3'],
                text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.addCleanup(child.kill)
            status = pathlib.Path(f'/proc/{child.pid}/status')
            # The thread that reads ahead: a pass has begun.
            while child.poll() is None and 'Threads:\t2' not in status.read_text():
                time.sleep(0.001)
            path.write_text(change)
            out, err = child.communicate(timeout=60)
            if not child.returncode:
                self.skipTest('the text was read before it was changed')
            self.assertEqual((child.returncode, out), (2, ''), err)
            self.assertRegex(err, r'\Av7sbench: .*t\.txt: changed while it was read\n\Z|'
                             r'\Av7sbench: .*t\.txt:\d+: .*\n\Z')


class Lost(Traces):
    def test_refused_unless_accepted(self):
        path = self.write('t.txt', LOST + TEXT)
        for args in (['replay', path, '--reps=0'], ['replay', path, '--bare'],
                     ['survive', path]):
            self.fails(run(*args), 2, f'{path}: the recorder lost 678 events: ',
                       '--accept-lost')
        done = run('replay', path, '--reps=0', '--accept-lost', '--format=csv')
        self.assertEqual(done.returncode, 0)
        self.assertEqual({row['events'] for row in rows(done.stdout)}, {'2'})
        self.assertEqual(done.stderr,
                         f'v7sbench: warning: {path}: the recorder lost 678 events\n')
        done = run('survive', path, '--accept-lost', '--frag=fresh')
        self.assertEqual(done.returncode, 0)
        self.assertIn('the recorder lost 678 events\n', done.stderr)

    def test_nothing_to_accept(self):
        path = self.write('t.txt', TEXT)
        done = run('replay', path, '--reps=0', '--accept-lost')
        self.assertEqual((done.returncode, done.stderr), (0, ''))

    def test_recorded_workload(self):
        env = self.recorded('x86-drm', LOST + TEXT)
        out = self.dir / 'out'
        args = ['run', '--reps=0', '--workload=x86-drm', '--out', out]
        self.fails(run(*args, env=env), 2, 'x86-drm: the recorder lost 678 events')
        self.assertFalse(out.exists())
        self.assertEqual(run(*args, '--accept-lost', env=env).returncode, 0)
        self.assertTrue(out.exists())


class Wide(Traces):
    """Addresses that 32 bits do not hold."""

    def replay(self, *args):
        path = self.write('t.txt', map_line(0x2ffe00000, 0x1000))
        return run('replay', path, '--reps=0', '--format=csv',
                   '--strategy=slab_dma32', *args)

    def test_raised(self):
        done = self.replay('--quirk=mtk_ext')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(rows(done.stdout)[0]['ias'], '34')
        self.assertRegex(done.stderr, r'\A.*t\.txt: iova up to 0x2ffe01000: '
                         r'replayed with --ias=34\n\Z')

    def test_not_raised(self):
        self.fails(self.replay('--quirk=mtk_ext', '--ias=32'), 2, '--ias=34')
        self.fails(self.replay('--quirk=mtk_ext', '--ias=33'), 2, '--ias=34')
        self.fails(self.replay(), 2, '--ias=34 with --quirk=mtk_ext')
        path = self.write('far.txt', map_line(0x400000000, 0x1000))
        self.fails(run('replay', path, '--quirk=mtk_ext'), 2, 'in 32 bits')
        for ias in '34', '33':
            path = self.write('t.txt', map_line(0x1ffe00000, 0x1000))
            done = run('replay', path, '--quirk=mtk_ext', '--reps=0',
                       '--ias=' + ias, '--format=csv', '--strategy=null')
            self.assertEqual((done.returncode, done.stderr), (0, ''))
            self.assertEqual(rows(done.stdout)[0]['ias'], ias)

    def test_run(self):
        env = self.recorded('x86-drm', map_line(0x2ffe00000, 0x1000))
        args = ['run', '--reps=0', '--workload=x86-drm,adv_one_slot', '--out',
                self.dir / 'out']
        done = run(*args, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('x86-drm: iova up to', done.stderr)
        self.assertEqual(
            {(row['workload'], row['ias'])
             for row in rows((self.dir / 'out/summary.csv').read_text())},
            {('x86-drm', '34'), ('adv_one_slot', '32')})
        self.fails(run(*args, '--ias=32', env=env), 2, 'x86-drm: iova up to')


class Chosen(Base):
    """Maps whose memory the machine chooses."""

    MAP = map_line(0x100000, 0, 3 * 4096).replace('paddr=0x0', 'paddr=any')

    def setUp(self):
        super().setUp()
        self.path = self.write('t.txt', self.MAP + map_line(0x900000, 0x1000))
        if run('replay', '--bare', '--strategy=null', self.path).returncode:
            self.skipTest('text cannot say so')

    def test_replay(self):
        cells = []
        for keep in '0', '9':
            done = run('replay', self.path, '--reps=2', '--format=csv',
                       '--keep-events=' + keep)
            self.assertEqual((done.returncode, done.stderr), (0, ''))
            cells += rows(done.stdout)
        self.assertEqual({(c['buffer_failures'], c['buffer_bytes_peak']) for c in cells},
                         {('0', '12288')})
        self.assertEqual(len({c['digest'] for c in cells}), 1)

    def test_no_threads(self):
        self.fails(run('replay', self.path, '--threads=1'), 2, 't.txt: the machine is',
                   'no --threads')

    def test_too_large(self):
        path = self.write('t.txt', map_line(0, 0, 0xc0000000).replace(
            'paddr=0x0', 'paddr=any') * 2)
        done = run('replay', path, '--reps=0', '--format=csv', '--profile=small',
                   '--strategy=page')
        self.assertEqual(done.returncode, 0)
        row = rows(done.stdout)[0]
        self.assertEqual((row['buffer_failures'], row['alloc_failures'],
                          row['anomalies'], row['buffer_bytes_peak']),
                         ('2', '0', '0', '0'))
        self.assertIn('2 maps got no memory', done.stderr)


class Settings(Base):
    LABELS = ['adv_frag_pin:seed=2', 'adv_one_slot', 'adv_one_slot:seed=3']

    def setUp(self):
        super().setUp()
        if run('replay', '--bare', '--strategy=null', 'adv_frag_pin:seed=2').returncode:
            self.skipTest('workloads have no settings')

    def test_replay(self):
        done = run('replay', 'adv_frag_pin:seed=2', '--reps=0', '--format=csv')
        self.assertEqual({row['workload'] for row in rows(done.stdout)},
                         {'adv_frag_pin:seed=2'})
        self.write('adv_frag_pin:seed=2', TEXT)
        done = run('replay', 'adv_frag_pin:seed=2', '--reps=0', '--format=csv',
                   cwd=self.dir)
        self.assertEqual({row['events'] for row in rows(done.stdout)}, {'2'})

    def test_labels_survive(self):
        out = self.dir / 'out'
        done = run('run', '--processes=2', '--workload', ','.join(self.LABELS),
                   '--strategy=slab_dma32,page', '--out', out, FORCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        cells = rows((out / 'summary.csv').read_text())
        self.assertEqual([c['workload'] for c in cells[::2]], self.LABELS)
        done = run('compare', out)
        self.assertEqual(done.returncode, 0, done.stderr)
        for label in self.LABELS:
            self.assertIn(label, done.stdout)
        done = run('check', '--baseline', out, out)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertIn('6 cells compared, 0 differences', done.stdout + done.stderr)

    def test_bad(self):
        for text, word in (('adv_frag_pin:seed=2,adv_frag_pin:seed=2', 'twice'),
                           ('adv_frag_pin:nothing=2', 'nothing'),
                           ('adv_frag_pin:seed', 'seed')):
            self.fails(run('run', '--out', self.dir / 'out', '-w', text), 2, word)


class Lists(Base):
    def test_items(self):
        for text, culprit in (('nothing:a=1,b=2,adv_frag_pin', 'nothing'),
                              ('adv_frag_pin,nothing:a=1', 'nothing'),
                              ('adv_frag_pin,,adv_one_slot', 'empty name'),
                              ('adv_frag_pin,', 'comma'), ('', 'empty')):
            self.fails(run('run', '--out', self.dir / 'out', '--workload', text), 2,
                       culprit)

    def test_unknown_with_settings_is_a_file(self):
        self.fails(run('replay', 'nothing:a=1'), 2, 'nothing:a=1: No such file')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
