#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Two builds beside each other: `v7sbench ab` on modules that spin and on this
build's own, and harness/ab on a small repository of this source tree.

The module that is to be found slower takes twice as long: no clock and no
machine is too bad for that.

usage: test_ab.py V7SBENCH SOURCE_ROOT LANE_MODULE STUB_DIR [unittest arguments]
"""
import csv
import json
import math
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree as xml

MODULE, STUBS = (pathlib.Path(arg).resolve() for arg in sys.argv[3:5])
del sys.argv[3:5]

from cli import ROOT, V7SBENCH, Base, built, rows, run

COLUMNS = ('strategy,workload,metric,processes,ratio,ratio_low,ratio_high,p,'
           'floor_ratio,again_ratio,again_p,verdict').split(',')
FEW = '--processes=8', '--rounds=10'


def stub(name):
    return STUBS / f'lane_{name}.so'


def ab(base, head, *args, **kw):
    return run('ab', f'--base={stub(base)}', f'--head={stub(head)}', '-s', 'page',
               '-w', 'adv_one_slot', *args, **kw)


class Stubs(Base):
    def test_same(self):
        done = ab('same', 'same', '--processes=12', '--rounds=50')
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertTrue(done.stdout.splitlines()[-1].startswith(
            'no regression found: same-1 against same-1 in 2 figures'))

    def test_slower(self):
        out = self.dir / 'ab.csv'
        done = ab('same', 'twice', '--processes=12', '--rounds=50', f'--out={out}',
                  '--format=csv', '--base-name=old')
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        table = rows(done.stdout)
        self.assertEqual(list(table[0]), COLUMNS)
        self.assertEqual([(r['metric'], r['verdict']) for r in table],
                         [('table', 'worse'), ('event', 'worse')])
        self.assertRegex(done.stderr.splitlines()[-1],
                         r'^regression confirmed: twice-1 is slower than old in 2 of 2 '
                         r'figures, most in page, adv_one_slot, (table|event): ')
        self.recompute(table, rows(out.read_text()))

    def recompute(self, table, samples):
        """Hodges-Lehmann of each row, from the values of processes."""
        count = 0
        for row in table:
            for rep, column in ('1', 'ratio'), ('2', 'again_ratio'):
                x = {s['process']: float(s['value']) for s in samples
                     if s['metric'] == row['metric'] + '_log_ratio' and
                     s['rep'] == rep and s['versus'] == 'base'}
                self.assertEqual(sorted(map(int, x)), list(range(1, 13)))
                x = list(x.values())
                walsh = [(a + b) / 2 for i, a in enumerate(x) for b in x[i:]]
                self.assertAlmostEqual(
                    math.exp(statistics.median(walsh)), float(row[column]), 4)
                count += 1
        self.assertEqual(count, 4)
        self.assertEqual(len(samples), 2 * 2 * 2 * 12)
        self.assertEqual({s['versus'] for s in samples}, {'base', 'page'})

    def test_faster_is_fine(self):
        done = ab('twice', 'same', '--processes=12', '--rounds=50', '--strict')
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn('faster in 2', done.stdout.splitlines()[-1])

    def test_one_metric(self):
        done = ab('same', 'twice', '--processes=12', '--rounds=50', '--metric=event',
                  '--format=json')
        self.assertEqual(done.returncode, 1)
        answer = json.loads(done.stdout)
        self.assertEqual((answer['base'], answer['head'], answer['regression']),
                         ('same-1', 'twice-1', True))
        self.assertEqual([(r['metric'], r['processes'], r['verdict'])
                          for r in answer['figures']], [('event', 12, 'worse')])

    def test_for_ci(self):
        junit, summary = self.dir / 'ab.xml', self.dir / 'summary.md'
        summary.write_text('an earlier step\n')
        env = {**os.environ, 'GITHUB_STEP_SUMMARY': str(summary)}
        done = ab('same', 'twice', '--processes=12', '--rounds=50', '--metric=event',
                  f'--junit={junit}', '--github', env=env)
        self.assertEqual(done.returncode, 1, done.stderr)
        annotations = [l for l in done.stdout.splitlines() if l.startswith('::')]
        self.assertEqual(len(annotations), 1)
        self.assertRegex(annotations[0], r'^::error title=slower%3A page on adv_one_slot'
                         r'%2C event::head takes [12]\.\d{3} times as long as base ')
        self.assertRegex(summary.read_text(), r'\Aan earlier step\n### v7sbench ab\n'
                         r'[^$]*\| worse +\|\n\nregression confirmed: ')
        suite = xml.parse(junit).getroot().find('testsuite')
        self.assertEqual((suite.get('tests'), suite.get('failures'), suite.get('skipped')),
                         ('1', '1', '0'))
        case = suite.find('testcase')
        self.assertEqual((case.get('classname'), case.get('name')),
                         ('adv_one_slot', 'page event'))
        self.assertIn('head takes', case.find('failure').get('message'))

    def test_for_ci_refused(self):
        self.fails(ab('same', 'same', '--github', '--format=csv'), 2, '--github')
        done = ab('same', 'same', *FEW, f'--junit={self.dir}')
        self.fails(done, 3, 'Is a directory')
        done = ab('same', 'same', *FEW, '--github',
                  env={**os.environ, 'GITHUB_STEP_SUMMARY': '/dev/full'})
        self.fails(done, 3, '/dev/full')

    def test_inconclusive(self):
        """Nothing rules out a slowdown beyond 0 between two that are the same."""
        args = 'same', 'same', *FEW, '--threshold=0', '-w', 'adv_frag_pin,x86-drm'
        self.assertEqual(ab(*args).returncode, 0)
        done = ab(*args, '--strict')
        self.assertEqual(done.returncode, 4, done.stdout)
        self.assertIn('a slowdown beyond 0 % is not ruled out', done.stdout)

    def test_partly(self):
        done = ab('no_table', 'no_table', *FEW, '--format=md')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('warning: adv_one_slot, page, table: not measured', done.stderr)
        self.assertRegex(done.stdout, r'\| table +\| +- \|.*\| - ')
        self.assertIn('in 1 figure', done.stdout)
        self.assertIn('; 1 could not be measured', done.stdout)
        done = ab('nothing', 'nothing', *FEW)
        self.assertEqual(done.returncode, 3)
        self.assertIn('nothing could be measured', done.stderr)

    def test_failures(self):
        """Status 3, one line that says whose and why, no file."""
        out = self.dir / 'ab.csv'
        cell = 'adv_one_slot, page: '
        other = 'head does other work than base: exact figures first (ninja regress)'
        for base, head, *words in (
                ('same', 'abi', 'base same-1', 'head abi-1', 'form 1', 'form 2'),
                ('abi', 'same', 'base abi-1', 'head same-1'),
                ('abi', 'abi', 'base abi-1', 'this program knows form 1'),
                ('same', 'work', cell, other), ('work', 'same', cell, other),
                ('same', 'no_table', cell, other), ('nothing', 'same', cell, other),
                ('same', 'no_memory', cell, 'no such lane'),
                ('same', 'broken', cell, 'a strategy broke'),
                ('old', 'same', cell, 'unrecognized option'),
                ('same', 'crash', cell, 'failed'),
                ('unnamed', 'same', 'lane_unnamed.so is no lane module'),
                ('same', 'none', 'lane_none.so: No such file')):
            done = ab(base, head, *FEW, f'--out={out}')
            self.fails(done, 3, *words)
            self.assertEqual(os.listdir(self.dir), [], (base, head))

    def test_no_module(self):
        for path, word in ((self.write('text', 'no module\n'), 'text cannot be loaded'),
                           (self.dir, 'directory')):
            self.fails(run('ab', f'--base={stub("same")}', f'--head={path}', '-s', 'page',
                           '-w', 'adv_one_slot', *FEW), 3, str(path), word)

    def test_built_otherwise(self):
        self.assertIn('warning: built differently: base same-1: here; head built-1: '
                      'elsewhere', ab('same', 'built', *FEW).stderr)
        self.assertNotIn('built differently', ab('same', 'same', *FEW).stderr)

    def test_usage(self):
        two = [f'--base={stub("same")}', f'--head={stub("same")}']
        bad = self.write('bad.txt', 'nonsense\n')
        for args, word in (
                ([], '--base=FILE and --head=FILE'), (two[:1], '--base=FILE and --head=FILE'),
                ([*two, 'x86-drm'], "unexpected argument 'x86-drm'"),
                ([*two, '--processes=7'], '--processes'),
                ([*two, '--rounds=0'], '--rounds'), ([*two, '--metric=cell'], '--metric'),
                ([*two, '--threshold=-1'], '--threshold'),
                ([*two, '--threshold=1e1'], '--threshold'),
                ([*two, '--threshold=1.2.3'], '--threshold'),
                ([*two, '--threshold=1001'], '--threshold'),
                ([*two, '--format=xml'], "unknown format 'xml'"),
                ([*two, '--full', '-w', 'x86-drm'], '--full'),
                ([*two, '-w', 'x86-drm,x86-drm'], 'given twice'),
                ([*two, '-w', 'nowhere'], 'nowhere'), ([*two, '-w', bad], 'bad.txt'),
                ([*two, '-s', 'nobody'], 'nobody'), ([*two, '--reps=3'], 'reps'),
                ([*two, '--threads=2'], 'threads'), ([*two, '--inject=unfit:1'], 'inject')):
            self.fails(run('ab', *args), 2, word)

    def test_unwritable(self):
        """Refused before anything is measured: a crash would be met."""
        self.fails(ab('same', 'crash', *FEW, '--out=/dev/null/x'), 3, '/dev/null/x')
        with open('/dev/full', 'w') as full:
            self.assertEqual(ab('same', 'same', *FEW, stdout=full).returncode, 3)

    def test_interrupt(self):
        out = self.dir / 'ab.csv'
        for sig in signal.SIGINT, signal.SIGTERM:
            child = subprocess.Popen(
                [V7SBENCH, 'ab', f'--base={stub("same")}', f'--head={stub("same")}',
                 '--processes=1000', f'--out={out}'],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            # Until it is measuring.
            while not out.with_name('ab.csv.partial').exists():
                self.assertIsNone(child.poll())
                time.sleep(0.01)
            child.send_signal(sig)
            stdout, _ = child.communicate(timeout=60)
            self.assertEqual((child.returncode, stdout), (-sig, ''))
            self.assertEqual(os.listdir(self.dir), [])


class Own(Base):
    def test_one_symbol(self):
        """Else a revision would find the other's functions."""
        if not shutil.which('nm'):
            self.skipTest('nm is not installed')
        names = subprocess.run(['nm', '-D', '--defined-only', MODULE], text=True,
                               stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(re.findall(r'(\w+)$', names, re.M), ['v7sbench_lane_module'])

    def test_every_strategy(self):
        """Both metrics of all; what options say reaches the lanes."""
        done = run('ab', f'--base={MODULE}', f'--head={MODULE}', *FEW, '--format=csv',
                   '-w', 'adv_one_slot', '--profile=small', '--path=batch',
                   '--strategy=' + ','.join(built()))
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual([(r['strategy'], r['metric'], r['processes'])
                          for r in rows(done.stdout)],
                         [(s, m, '8') for s in built() for m in ('table', 'event')])

    def test_what_is_ranked(self):
        done = run('ab', f'--base={MODULE}', f'--head={MODULE}', *FEW, '--format=csv',
                   '-w', 'adv_one_slot', '--metric=event')
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual([r['strategy'] for r in rows(done.stdout)],
                         [s for s in built() if s != 'null'])

    def test_what_cannot_go_round(self):
        done = run('ab', f'--base={MODULE}', f'--head={MODULE}', *FEW,
                   '-w', 'adv_one_slot', '-s', 'page_frag:mode=v3')
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stderr.count('not measured'), 2, done.stderr)

    def test_a_file(self):
        trace = self.dir / 'mine.txt'
        trace.write_text(run('trace', 'gen', 'adv_one_4k_per_mb').stdout)
        done = run('ab', f'--base={MODULE}', f'--head={MODULE}', *FEW, '--format=csv',
                   '-w', trace, '-s', 'page')
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertEqual([r['workload'] for r in rows(done.stdout)], [str(trace)] * 2)


class Script(Base):
    """harness/ab, in a repository of its own."""

    def git(self, *args):
        return subprocess.run(
            ['git', '-C', self.tree, '-c', 'user.name=x', '-c', 'user.email=x@localhost',
             '-c', 'commit.gpgsign=false', *args],
            text=True, stdout=subprocess.PIPE, check=True).stdout.strip()

    def setUp(self):
        super().setUp()
        if not shutil.which('git') or not shutil.which('meson'):
            self.skipTest('git or meson is not installed')
        self.tree = (self.dir / 'tree').resolve()
        self.build = self.dir / 'build'

    def make_tree(self):
        shutil.copytree(ROOT, self.tree, ignore=shutil.ignore_patterns(
            '.git', 'build*', '__pycache__'))
        self.git('init', '-q')
        self.git('add', '-A')
        self.git('commit', '-qm', 'all of it')

    def make_script(self):
        (self.tree / 'harness').mkdir(parents=True)
        shutil.copy(ROOT / 'harness/ab', self.tree / 'harness/ab')

    def environment(self):
        return {**os.environ, 'BUILD': str(self.build)}

    def script(self, *args):
        return subprocess.run([self.tree / 'harness/ab', *args], text=True,
                              env=self.environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=500)

    def test_bad_revisions(self):
        self.make_script()
        self.fails(self.script('HEAD'), 2, 'is not a git checkout')
        self.git('init', '-q')
        self.git('add', '-A')
        self.git('commit', '-qm', 'one')
        self.fails(self.script('HEAD'), 2,
                   'HEAD is too old: it has no harness/cli/lane_module.c')
        self.fails(self.script('nothing'), 2, 'nothing is no revision')
        for args in [], [''], ['--strict']:
            self.fails(self.script(*args), 2, 'usage: harness/ab REV')
        done = self.script('--help')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertIn('usage: harness/ab REV', done.stdout)
        self.assertFalse(self.build.exists())

    def left(self):
        return sorted(p.name for p in (self.build / 'ab').iterdir())

    def stopped(self):
        """A build of the base that is interrupted leaves nothing."""
        child = subprocess.Popen([self.tree / 'harness/ab', 'HEAD'], text=True,
                                 env=self.environment(), stderr=subprocess.PIPE,
                                 stdout=subprocess.DEVNULL)
        self.assertIn('building', child.stderr.readline())
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=100)
        self.assertEqual(child.returncode, -signal.SIGTERM)
        self.assertEqual(self.left(), [])

    def test_head(self):
        self.make_tree()
        subprocess.run(['meson', 'setup', '-Dassert_level=1', '-Dc_args=-DA="b c"',
                        self.build, self.tree], check=True, stdout=subprocess.DEVNULL)
        args = 'HEAD', '-s', 'page', '-w', 'adv_one_slot', *FEW
        sha = self.git('rev-parse', 'HEAD')
        self.stopped()
        done = self.script(*args)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertIn(f'{sha[:12]} against {sha[:12]} in 2 figures', done.stdout)
        self.assertIn('building', done.stderr)
        self.assertIn('built with assertions', done.stderr)
        self.assertNotIn('built differently', done.stderr)
        first = self.left()
        self.assertRegex(' '.join(first), rf'\A{sha}-[\d-]+\.so\Z')
        # The working tree is head, and the base is not built again.
        with open(self.tree / 'harness/cli/lane_module.c', 'a') as f:
            f.write('/* changed */\n')
        (self.build / 'ab/work-999999999').mkdir()
        done = self.script(*args)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.assertIn(f'{sha[:12]}-dirty against {sha[:12]} in', done.stdout)
        self.assertNotIn('building', done.stderr)
        self.assertEqual(self.left(), first)
        self.broken(args)

    def broken(self, args):
        """What cannot be built is status 3, and says why."""
        with open(self.tree / 'harness/cli/lane_module.c', 'a') as f:
            f.write('nonsense\n')
        done = self.script(*args)
        self.assertEqual((done.returncode, done.stdout), (3, ''))
        self.assertIn('nonsense', done.stderr)
        self.assertIn('harness/ab: this failed: ninja', done.stderr)
        self.assertEqual(len(self.left()), 1)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
