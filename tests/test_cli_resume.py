#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs that are interrupted, and go on: nothing measured is lost, nothing counted
twice.

usage: test_cli_resume.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import csv
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

from cli import FORCE, V7SBENCH, rows, run
from cli_run import PLAN, Run, done_units, exact, meta


class Interrupted(Run):
    """Some units of a plan of which each takes a moment."""

    ARGS = ['--processes=4', '--reps=2']

    def start(self, *args):
        return subprocess.Popen([V7SBENCH, 'run', '--out', self.out, *PLAN, *self.ARGS,
                                 *args], stderr=subprocess.PIPE, text=True)

    def interrupt(self, seconds, sig=signal.SIGINT):
        p = self.start()
        time.sleep(seconds)
        p.send_signal(sig)
        stderr = p.communicate(timeout=60)[1]
        self.assertFalse((self.dir / 'r.partial').exists())
        return p.returncode, stderr

    def test_keeps_finished_units_and_goes_on(self):
        start = time.monotonic()
        self.fine(*self.ARGS)
        span = time.monotonic() - start
        wanted, keys = exact(self.out), set(self.key_counts())
        seen = set()
        for k in range(2, 8):
            shutil.rmtree(self.out, ignore_errors=True)
            sig = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[k % 3]
            status, stderr = self.interrupt(span * k / 8, sig)
            if not status:
                continue
            self.assertEqual(status, -sig, stderr)
            if not self.out.exists() or self.came_too_late(stderr):
                continue
            nr = self.check_partial(stderr)
            seen.add(nr)
            self.go_on()
            self.assertEqual(exact(self.out), wanted)
            found = self.key_counts()
            self.assertEqual(set(found.values()), {1})
            self.assertEqual({k for k in found if k[4] == 'event_ns_mean'},
                             {k for k in keys if k[4] == 'event_ns_mean'})
            self.assertEqual(sum(int(s['count']) for s in self.samples()
                                 if s['metric'] == 'map_ns'),
                             8 * sum(int(r['maps']) for r in
                                      rows((self.out / 'summary.csv').read_text())))
        self.assertGreater(len(seen), 1)

    def came_too_late(self, stderr):
        """All was measured when the signal came: complete, and says so."""
        complete = meta(self.out)['complete']
        self.assertEqual(complete, 'interrupted when all was measured' in stderr, stderr)
        return complete

    def test_signal_while_a_complete_result_is_written(self):
        result = self.dir / 'r.partial/result.json'

        def is_written():
            try:
                return result.stat().st_size > 0
            except FileNotFoundError:
                return False

        for _ in range(20):
            p = subprocess.Popen([V7SBENCH, 'run', '--out', self.out, '--reps=0', *PLAN],
                                 stderr=subprocess.PIPE, text=True)
            while p.poll() is None and not is_written():
                pass
            p.send_signal(signal.SIGTERM)
            stderr = p.communicate(timeout=60)[1]
            self.assertTrue(meta(self.out)['complete'])
            if p.returncode:
                break
        self.assertEqual(p.returncode, -signal.SIGTERM, stderr)
        self.assertTrue(self.came_too_late(stderr))
        self.assertIn(f'{self.out} is complete', stderr)
        self.assertFalse(result.exists())

    def check_partial(self, stderr):
        result = meta(self.out)
        self.assertFalse(result['complete'])
        done = done_units(self.out)
        self.assertIn(f'interrupted; {len(done)} of 8 units kept', stderr)
        self.assertLess(len(done), 8)
        self.assertEqual({(k[1], int(k[2])) for k in self.key_counts()}, done)
        for row in rows((self.out / 'summary.csv').read_text()):
            mine = [u for u in done if u[0] == row['workload']]
            self.assertEqual(row['reps'], str(2 * len(mine)))
            self.assertEqual(row['event_ns_mean'] != '', bool(mine))
        return len(done)

    def go_on(self):
        """Kept observations stay as they are."""
        kept = {tuple(s.values()) for s in self.samples() if s['process'] != '0'}
        self.fine(*self.ARGS, '--resume')
        self.assertTrue(meta(self.out)['complete'])
        self.assertEqual(len(done_units(self.out)), 8)
        self.assertLessEqual(kept, {tuple(s.values()) for s in self.samples()})

    def test_nothing_finished_keeps_the_earlier_result(self):
        self.measure('--reps=0')
        before = (self.out / 'summary.csv').read_bytes()
        p = subprocess.Popen(
            [V7SBENCH, 'run', '--out', self.out, '--reps=1000', FORCE,
             '--strategy=pte_frag', '--workload=adv_frag_pin'],
            stderr=subprocess.PIPE, text=True)
        time.sleep(0.5)
        p.send_signal(signal.SIGINT)
        stderr = p.communicate(timeout=20)[1]
        self.assertEqual(p.returncode, -signal.SIGINT, stderr)
        self.assertFalse((self.dir / 'r.partial').exists())
        self.assertTrue(meta(self.out)['complete'])
        self.assertEqual((self.out / 'summary.csv').read_bytes(), before)

    def test_second_signal_and_kill(self):
        self.measure('--reps=0')
        before = (self.out / 'summary.csv').read_bytes()
        for signals in [signal.SIGINT] * 2, [signal.SIGKILL]:
            p = subprocess.Popen(
                [V7SBENCH, 'run', '--out', self.out, '--reps=1000', FORCE,
                 '--strategy=pte_frag', '--workload=adv_frag_pin'],
                stderr=subprocess.PIPE, text=True)
            time.sleep(0.5)
            children = pathlib.Path(f'/proc/{p.pid}/task/{p.pid}/children')
            children = children.read_text().split() if children.exists() else []
            for sig in signals:
                p.send_signal(sig)
            p.communicate(timeout=20)
            self.assertEqual(p.returncode, -signals[0])
            self.assertEqual((self.out / 'summary.csv').read_bytes(), before)
            for pid in children:
                end = time.monotonic() + 20
                while os.path.exists(f'/proc/{pid}/stat') and time.monotonic() < end:
                    time.sleep(0.01)
                self.assertFalse(os.path.exists(f'/proc/{pid}/stat'))
        self.measure('--reps=0')
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()),
                         ['r', 'r.previous'])

    def test_exact_figures_of_finished_workloads(self):
        """Without units a finished workload counts."""
        for seconds in 1, 2, 4, 8, 16, 32:
            shutil.rmtree(self.out, ignore_errors=True)
            p = subprocess.Popen([V7SBENCH, 'run', '--out', self.out, '--reps=0'],
                                 stderr=subprocess.PIPE, text=True)
            time.sleep(seconds)
            p.send_signal(signal.SIGINT)
            stderr = p.communicate(timeout=60)[1]
            if self.out.exists() or not p.returncode:
                break
        if not p.returncode:
            self.skipTest('done before it was interrupted')
        self.assertEqual(p.returncode, -signal.SIGINT, stderr)
        if 'interrupted when all was measured' in stderr:
            self.skipTest('done before it was interrupted')
        self.assertFalse(meta(self.out)['complete'])
        nr = len({r['workload'] for r in rows((self.out / 'summary.csv').read_text())})
        self.assertIn(f'{nr} finished workloads kept', stderr)


class Resumed(Run):
    """An interrupted result, made from a complete one."""

    ARGS = ['--processes=2']

    def setUp(self):
        super().setUp()
        self.fine(*self.ARGS)
        self.complete = meta(self.out)
        self.leave({'adv_one_slot': [2], 'adv_one_4k_per_mb': [1, 2]})

    def leave(self, units):
        """As if only these had been finished. Bars stay as they are: of them
        it is not known whose they were."""
        result = dict(self.complete, complete=False)
        result['measurement'] = dict(result['measurement'], units_done=units)
        (self.out / 'result.json').write_text(json.dumps(result))
        table = self.samples()
        text = io.StringIO()
        w = csv.DictWriter(text, table[0].keys(), lineterminator='\n')
        w.writeheader()
        w.writerows(r for r in table if r['process'] == '0' or
                    int(r['process']) in units[r['workload']])
        (self.out / 'samples.csv').write_text(text.getvalue())

    def refused(self, *words, args=(), status=2):
        before = {p.name: p.read_bytes() for p in self.out.iterdir()}
        done = self.measure(*self.ARGS, '--resume', *args)
        lines = [l for l in done.stderr.splitlines() if 'warning: ' not in l]
        self.assertEqual((done.returncode, len(lines)), (status, 1), done.stderr)
        for word in words:
            self.assertIn(word, lines[0])
        self.assertEqual({p.name: p.read_bytes() for p in self.out.iterdir()}, before)
        self.assertFalse((self.dir / 'r.partial').exists())

    def test_goes_on(self):
        self.fine(*self.ARGS, '--resume')
        self.assertEqual(len(done_units(self.out)), 4)
        self.assertEqual(set(self.key_counts().values()), {1})
        self.refused('complete, nothing is left')

    def test_another_measurement(self):
        for args, words in (
                (['--seed=2'], ['seed was 1, is 2']),
                (['--processes=3'], ['processes was 2, is 3']),
                (['--reps=2'], ['repetitions was 1, is 2']),
                (['--rounds=4'], ['rounds was 3, is 4']),
                (['--reference=page'], ['reference', 'slab_dma32', 'page']),
                (['--strategy=null'], ['strategies was nothing, is "null"']),
                (['--workload=adv_frag_pin'], ['workloads was nothing, is "adv_frag_pin"']),
                (['--frag=p2'], ['option', 'fresh', 'p2']),
                (['--dma32=8M'], ['option', '--dma32=8388608']),
                (['--kernel=6.13'], ['page_table_of was "6.1", is "6.13"']),
                (['--profile=mt8183'], ['profile', 'mt8173', 'mt8183'])):
            self.refused('--resume', 'of another measurement', *words, args=args)

    def test_another_program_or_machine(self):
        for name in 'git', 'cpu_model', 'compiler', 'kernel', 'cflags':
            result = meta(self.out)
            was = result['environment'][name]
            result['environment'][name] = 'other'
            (self.out / 'result.json').write_text(json.dumps(result))
            self.refused(name + ' was "other"')
            result['environment'][name] = was
            (self.out / 'result.json').write_text(json.dumps(result))
        result['environment']['load_1min'] = '99.00'
        (self.out / 'result.json').write_text(json.dumps(result))
        self.fine(*self.ARGS, '--resume')

    def test_nothing_there(self):
        shutil.rmtree(self.out)
        done = self.measure(*self.ARGS, '--resume')
        self.assertEqual(done.returncode, 2)
        self.assertIn('--resume: no result in', done.stderr)
        self.assertFalse(self.out.exists())

    def damage(self, change):
        path = self.out / 'samples.csv'
        good = path.read_text()
        lines = good.splitlines(True)
        at = change(lines)
        path.write_text(''.join(lines))
        self.refused(*([f'{path}:{at}: '] if at else [f'{path}: ']))
        path.write_text(good)

    def edit(self, pick, old, new):
        def change(lines):
            at = next(i for i, line in enumerate(lines) if pick in line)
            self.assertIn(old, lines[at])
            lines[at] = lines[at].replace(old, new, 1)
            return at + 1
        return change

    def test_damaged_samples(self):
        edit = self.edit
        pick = ',event_ns_mean,'
        for change in (
                edit(pick, ',ns,', ',ns,x'), edit(pick, ',ns,', ',us,'),
                edit(pick, 'event_ns_mean', 'nothing_ns'),
                edit(pick, 'page', 'nothing'), edit(pick, 'adv_one', 'adv_two'),
                edit(',2,1,event_ns_mean,', ',2,1,event', ',3,1,event'),
                edit(',2,1,event_ns_mean,', ',2,1,event', ',0,1,event'),
                edit(',2,1,event_ns_mean,', ',2,1,event', ',2,0,event'),
                edit(',2,1,event_ns_mean,', ',2,1,event', ',2,-1,event'),
                edit(pick, ',1,\n', ',2,\n'), edit(pick, ',1,\n', ',1,page\n'),
                edit(pick, ',1,\n', ',1\n'),
                edit(',table_log_ratio,', ',ln,', ',ln,nan'),
                edit(',0,0,map_ns,', ',ns,', ',ns,-'),
                edit(',0,0,map_ns,', ',ns,', ',ns,0.5'),
                lambda lines: lines.append('"') or len(lines)):
            self.damage(change)

    def test_rows_too_many_or_too_few(self):
        def twice(lines):
            lines.append(next(l for l in lines if ',event_ns_mean,' in l))

        def less(lines):
            lines.remove(next(l for l in lines if ',event_ns_mean,' in l))

        def check(lines):
            at = next(i for i, l in enumerate(lines) if ',exact_check,' in l)
            lines[at] = re.sub(r'exact_check,1,\d+', 'exact_check,1,5', lines[at])

        for change in twice, less, check:
            self.damage(change)
        self.damage(lambda lines: lines.clear() or None)
        os.unlink(self.out / 'samples.csv')
        self.refused('samples.csv')

    def test_units_that_are_not(self):
        result = meta(self.out)
        for units in ({'adv_one_slot': [3]}, {'adv_one_slot': [0]},
                      {'adv_one_slot': [2, 2]}, {'adv_one_slot': ['x']}):
            result['measurement']['units_done'] = units
            (self.out / 'result.json').write_text(json.dumps(result))
            self.refused('units_done of adv_one_slot is wrong')
        result['measurement']['units_done'] = {'adv_one_slot': [2]}
        (self.out / 'result.json').write_text(json.dumps(result))
        self.refused('not finished, but there')
        (self.out / 'result.json').write_text('{')
        self.refused('result.json:1: ')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
