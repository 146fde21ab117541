#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The gate and the counting of instructions, as CI uses them: every exit status,
what is written for other programs, and that counts repeat.

usage: test_cli_gate.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest
import xml.etree.ElementTree as xml

from cli import Base, ROOT, V7SBENCH, rows, run

WORKLOAD, STRATEGIES = 'adv_one_slot', 'slab_dma32,page'
VALGRIND = shutil.which('valgrind')
NOCLOCK = os.environ.get('NOCLOCK')
INSN = ('strategy,workload,events,table_ops,event_insn,event_branches,table_insn,'
        'table_branches,event_insn_mean,event_branches_mean,table_insn_mean,'
        'table_branches_mean,tool,counted_by,reason').split(',')


def edit(path, change):
    """Rewrites a CSV file, change being called for each row."""
    with open(path, newline='') as f:
        reader = csv.DictReader(f)
        names, table = reader.fieldnames, list(reader)
    for row in table:
        change(row)
    with open(path, 'w', newline='') as f:
        writer = csv.DictWriter(f, names, lineterminator='\n')
        writer.writeheader()
        writer.writerows(table)


class Gate(Base):
    """A result, and a baseline made of it, with made-up counts."""

    def setUp(self):
        super().setUp()
        self.out, self.base = self.dir / 'out', self.dir / 'base'
        done = run('run', '--reps=0', '-w', WORKLOAD, '-s', STRATEGIES, '--out', self.out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.write_insn(self.out)
        done = run('check', '--update', '--baseline', self.base, self.out)
        self.assertEqual(done.returncode, 0, done.stderr)

    @staticmethod
    def write_insn(folder, counted_by='a tool', reason='', insn=2000000):
        with open(folder / 'insn.csv', 'w', newline='') as f:
            writer = csv.DictWriter(f, INSN, restval='1', lineterminator='\n')
            writer.writeheader()
            for name in STRATEGIES.split(','):
                writer.writerow({'strategy': name, 'workload': WORKLOAD,
                                 'event_insn': insn, 'counted_by': counted_by,
                                 'reason': reason})

    def check(self, *args, **kw):
        return run('check', '--baseline', self.base, *args, self.out, **kw)

    def held(self, was):
        """Another held_bytes_peak of the page strategy in the baseline."""
        edit(self.base / 'summary.csv', lambda row: row['strategy'] == 'page'
             and row.update(held_bytes_peak=was))


class Status(Gate):
    def test_equal(self):
        for args in (), ('--strict',):
            done = self.check(*args)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(done.stderr, '')
            self.assertEqual(done.stdout.splitlines()[-1], 'verdict: equal: 2 cells as '
                             'in the baseline, instructions too')

    def test_worse_and_better(self):
        self.held(4000)
        done = self.check('--strict')
        self.assertEqual(done.returncode, 1)
        self.assertIn('worse:\n  adv_one_slot page: held_bytes_peak was 4000, is 4096 '
                      '(+2.40 %)\n', done.stdout)
        self.held(8192)
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn('better: renew the baseline:\n', done.stdout)
        self.assertEqual(done.stdout.splitlines()[-1],
                         'verdict: better: 1 figure, nothing worse: renew the baseline')

    def test_instructions(self):
        self.write_insn(self.out, insn=2002000)
        self.assertEqual(self.check('--strict').returncode, 0)
        self.write_insn(self.out, insn=2002001)
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn('page: event_insn was 2000000, is 2002001 (+0.10 %)', done.stdout)
        self.write_insn(self.out, insn=1900000)
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn('renew the baseline', done.stdout)

    def test_inconclusive(self):
        def count(**kw):
            self.write_insn(self.out, **kw)

        def lose():
            (self.out / 'insn.csv').unlink()

        for change, word in (
                (lambda: count(counted_by='b tool', insn=5),
                 'n/a because the baseline was counted by a tool, the result by b tool'),
                (lambda: count(reason='no tool'), 'n/a because no tool'),
                (lose, 'n/a because the result has no insn.csv')):
            change()
            done = self.check()
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(word, done.stdout)
            self.assertIn('verdict: equal as far as compared', done.stdout)
            self.assertEqual(self.check('--strict').returncode, 4)
        self.held(4000)
        self.assertEqual(self.check('--strict').returncode, 1)

    def test_strategy_that_is_not_built(self):
        text = (self.base / 'summary.csv').read_text()
        (self.base / 'summary.csv').write_text(
            text + text.splitlines(True)[-1].replace('page', 'elsewhere', 1))
        done = self.check()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn('1 skipped (strategy not built)', done.stdout)
        self.assertEqual(self.check('--strict').returncode, 4)

    def test_unlike(self):
        shutil.rmtree(self.out)
        run('run', '--reps=0', '-w', WORKLOAD, '-s', STRATEGIES, '--out', self.out,
            '--profile=mt8183', '--path=batch')
        done = self.check()
        self.fails(done, 2, 'not alike: profile was mt8173, is mt8183',
                   'not alike: path was kernel, is batch', '--force')
        self.assertIn(self.check('--force').returncode, (0, 1))

    def test_unlike_schema(self):
        path = self.base / 'environment.json'
        text = path.read_text()
        path.write_text(re.sub('"schema_version": [0-9]+', '"schema_version": 77', text))
        self.fails(self.check(), 2, 'schema_version was 77')
        self.assertEqual(self.check('--force').returncode, 0)
        # Who compiled it does not matter to exact figures.
        path.write_text(re.sub('"compiler": "[^"]*"', '"compiler": "tcc 1"', text))
        self.assertEqual(self.check('--strict').returncode, 0)

    def test_nobody_knows_what_it_is(self):
        (self.base / 'environment.json').unlink()
        done = self.check()
        self.assertEqual(done.returncode, 0)
        self.assertIn('does not tell what it was made with', done.stderr)
        self.assertEqual(self.check('--strict').returncode, 4)

    def test_unreadable(self):
        for name, text in (('summary.csv', 'strategy,workload\npage,w\n'),
                           ('summary.csv', 'strategy\n"'), ('insn.csv', 'x\n1\n'),
                           ('environment.json', '{'), ('environment.json', '{}'),
                           ('environment.json', '{"schema_version": 2}')):
            path = self.base / name
            good = path.read_text()
            path.write_text(text)
            self.fails(self.check(), 2)
            path.write_text(good)
        self.assertEqual(self.check().returncode, 0)
        self.fails(run('check', '--baseline', self.dir / 'none', self.out), 2, 'summary.csv')
        self.fails(run('check', '--baseline', self.base, self.dir / 'none'), 2, 'summary.csv')

    def test_usage(self):
        for args, word in ((['--dry-run'], '--update'), (['--update', '--junit=x'], '--junit'),
                           (['--update', '--github'], '--github'),
                           (['--update', '--strict'], '--strict'),
                           (['--update', '--format=csv'], '--format'),
                           (['--github', '--format=csv'], '--format'),
                           (['--format=xml'], 'xml')):
            self.fails(self.check(*args), 2, word)

    def test_unwritable(self):
        self.fails(self.check('--junit=/dev/null/x'), 3, '/dev/null/x')
        with open('/dev/full', 'w') as full:
            self.assertEqual(self.check(stdout=full).returncode, 3)
        done = self.check('--github', env={'GITHUB_STEP_SUMMARY': '/dev/null/x'})
        self.fails(done, 3, '/dev/null/x')
        done = self.check('--github', env={'GITHUB_STEP_SUMMARY': '/dev/full'})
        self.fails(done, 3, '/dev/full')

    def test_interrupt(self):
        (self.base / 'summary.csv').unlink()
        os.mkfifo(self.base / 'summary.csv')
        child = subprocess.Popen([V7SBENCH, 'check', '--baseline', self.base, self.out],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            # Opening the other end waits until the program waits for a text.
            with open(self.base / 'summary.csv', 'w'):
                child.send_signal(signal.SIGINT)
                self.assertEqual(child.wait(timeout=60), -signal.SIGINT)
        finally:
            child.kill()
            child.communicate()

    def test_help_tells_the_statuses(self):
        text = ' '.join(run('check', '--help').stdout.split())
        for word in '0 equal', '1 different', '2 usage', '3 something', '4 with --strict':
            self.assertIn(word, text)


class Formats(Gate):
    def setUp(self):
        super().setUp()
        self.held(4000)
        edit(self.base / 'summary.csv', lambda row: row['strategy'] == 'page'
             and row.update(digest='x<&">\'y'))
        self.write_insn(self.out, reason='a < b & "c"')

    def test_csv_json_markdown(self):
        done = self.check('--format=csv')
        self.assertEqual(done.returncode, 1)
        table = rows(done.stdout)
        self.assertEqual([(r['kind'], r['strategy'], r['column']) for r in table],
                         [('worse', 'page', 'held_bytes_peak'), ('different', 'page', 'digest'),
                          ('skipped', 'slab_dma32', 'event_insn'),
                          ('skipped', 'page', 'event_insn')])
        self.assertEqual((table[0]['was'], table[0]['is'], table[0]['change_ratio']),
                         ('4000', '4096', '0.024'))
        self.assertEqual(table[2]['reason'], 'a < b & "c"')

        done = self.check('--format=json')
        self.assertEqual(done.returncode, 1)
        root = json.loads(done.stdout)
        self.assertEqual([d['column'] for d in root['differences']],
                         ['held_bytes_peak', 'digest'])
        self.assertEqual(root['cells_compared'], 2)
        self.assertEqual(len(root['skipped']), 2)

        done = self.check('--format=md')
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stdout.startswith('**2 differences, the first: '))
        self.assertIn('| worse ', done.stdout)

    def test_junit(self):
        path = self.dir / 'sub' / 'junit.xml'
        self.assertEqual(self.check('--junit', path).returncode, 1)
        suite = xml.parse(path).getroot().find('testsuite')
        self.assertEqual((suite.get('tests'), suite.get('failures'), suite.get('skipped')),
                         ('2', '1', '0'))
        slab, page = suite.findall('testcase')
        self.assertEqual((slab.get('classname'), slab.get('name')), (WORKLOAD, 'slab_dma32'))
        self.assertIsNone(slab.find('failure'))
        self.assertIn('a < b & "c"', slab.find('system-out').text)
        self.assertEqual(page.find('failure').get('type'), 'worse')
        self.assertEqual(page.find('failure').get('message'),
                         'held_bytes_peak was 4000, is 4096 (+2.40 %)')
        lines = page.find('failure').text.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertTrue(lines[1].startswith('digest was x<&">\'y, is '))

    def test_junit_of_odd_cells(self):
        """Names that are markup, and cells that only one side has."""
        odd = '"<&\x01\u00e9>\n'
        for side in self.base, self.out:
            edit(side / 'summary.csv', lambda row: row.update(workload=odd))
        text = (self.base / 'summary.csv').read_text()
        edit(self.base / 'summary.csv', lambda row: row['strategy'] == 'page'
             and row.update(strategy='elsewhere'))
        path = self.dir / 'junit.xml'
        self.assertEqual(self.check('--junit', path).returncode, 1, text)
        cases = xml.parse(path).getroot().findall('testsuite/testcase')
        self.assertEqual([c.get('name') for c in cases], ['slab_dma32', 'elsewhere', 'page'])
        self.assertEqual(cases[0].get('classname'), '"<&???>\n')
        self.assertEqual(cases[1].find('skipped').get('message'), 'strategy not built')
        self.assertEqual(cases[2].find('failure').get('type'), 'new')

    def test_github(self):
        summary = self.write('summary.md', 'what another step wrote\n')
        done = self.check('--github', env={'GITHUB_STEP_SUMMARY': str(summary)})
        self.assertEqual(done.returncode, 1)
        commands = [l for l in done.stdout.splitlines() if l.startswith('::')]
        self.assertEqual(commands[0], '::error title=worse%3A page on adv_one_slot::'
                         'held_bytes_peak was 4000, is 4096 (+2.40 %25)')
        self.assertEqual(len(commands), 2)
        self.assertIn('verdict: ', done.stdout)
        text = summary.read_text()
        self.assertTrue(text.startswith('what another step wrote\n### v7sbench check\n'))
        self.assertIn('| worse ', text)
        # Without the file there is none to append to.
        self.assertEqual(self.check('--github', env={}).returncode, 1)

    def test_many_differences(self):
        def change(row):
            for name in row:
                if name not in ('strategy', 'workload'):
                    row[name] = '77'
        edit(self.base / 'summary.csv', change)
        done = self.check('--github', env={})
        errors = re.findall('^::error ', done.stdout, re.M)
        total = re.search(r'^::notice .*::(\d+) more differences, (\d+) in all$',
                          done.stdout, re.M)
        self.assertEqual(len(errors), 10)
        self.assertEqual(int(total[1]) + 10, int(total[2]))
        self.assertIn(f'2 cells compared, {total[2]} differences', done.stdout)


class Update(Gate):
    def update(self, *args):
        return run('check', '--update', '--baseline', self.base, *args, self.out)

    def files(self):
        return {p.name: p.read_bytes() for p in self.base.iterdir()}

    def test_nothing_changed(self):
        times = {p: p.stat().st_mtime_ns for p in self.base.iterdir()}
        done = self.update()
        self.assertEqual(done.returncode, 0)
        self.assertTrue(done.stdout.endswith('nothing changed, nothing written\n'))
        self.assertEqual(times, {p: p.stat().st_mtime_ns for p in self.base.iterdir()})
        self.assertEqual(sorted(p.name for p in self.base.iterdir()),
                         ['environment.json', 'insn.csv', 'summary.csv'])

    def test_tells_first(self):
        self.held(4000)
        before = self.files()
        done = self.update('--dry-run')
        self.assertEqual(done.returncode, 0)
        self.assertIn('worse:\n  adv_one_slot page: held_bytes_peak was 4000, is 4096 '
                      '(+2.40 %)\n2 cells compared, 1 differences', done.stdout)
        self.assertTrue(done.stdout.endswith('nothing written (--dry-run)\n'))
        self.assertEqual(self.files(), before)
        done = self.update()
        self.assertEqual(done.returncode, 0)
        self.assertIn('held_bytes_peak was 4000', done.stdout)
        after = self.files()
        self.assertEqual([n for n in sorted(after) if after[n] != before[n]], ['summary.csv'])
        self.assertEqual(self.check('--strict').returncode, 0)

    def test_instructions_without_tolerance(self):
        self.write_insn(self.out, insn=2000001)
        done = self.update()
        self.assertIn('event_insn was 2000000, is 2000001', done.stdout)
        self.assertIn('renewed: insn.csv\n', done.stderr)
        self.write_insn(self.out, counted_by='another tool', insn=5)
        done = self.update()
        self.assertIn('counted by a tool, the result by another tool', done.stdout)
        self.assertEqual(self.check('--strict').returncode, 0)

    def test_counts_stay_where_none_came(self):
        before = self.files()
        self.write_insn(self.out, reason='no tool')
        done = self.update()
        self.assertEqual(done.returncode, 0)
        self.assertIn('insn.csv stays', done.stderr)
        self.assertEqual(self.files(), before)

    def test_other_options(self):
        shutil.rmtree(self.out)
        run('run', '--reps=0', '-w', WORKLOAD, '-s', STRATEGIES, '--out', self.out,
            '--path=batch')
        done = self.update()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('path was kernel, is batch', done.stdout)
        self.assertIn('environment.json', done.stderr)
        self.assertEqual(self.check().returncode, 0)

    def test_refused(self):
        before = self.files()
        path = self.out / 'result.json'
        text = path.read_text()
        path.write_text(text.replace('"complete": true', '"complete": false'))
        self.fails(self.update(), 2, 'interrupted')
        path.unlink()
        self.fails(self.update(), 2, 'result.json')
        self.assertEqual(self.files(), before)
        path.write_text(text)
        done = run('check', '--update', '--baseline=/dev/null/x', self.out)
        self.assertEqual(done.returncode, 3)
        self.assertIn('/dev/null/x', done.stderr)


class Insn(Base):
    def insn(self, *args, **kw):
        return run('insn', '-w', WORKLOAD, '-s', STRATEGIES, *args, **kw)

    def counted(self, *args):
        done = self.insn('--format=csv', '--events=500', *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        table = rows(done.stdout)
        if table[0]['reason']:
            self.assertIn('sanitizer', table[0]['reason'])
            self.skipTest(table[0]['reason'])
        return done.stdout, table

    @unittest.skipUnless(VALGRIND, 'valgrind is not installed')
    def test_counts_repeat(self):
        first, table = self.counted('--tool=callgrind')
        self.assertEqual(list(table[0]), INSN)
        self.assertEqual([r['strategy'] for r in table], STRATEGIES.split(','))
        for row in table:
            self.assertEqual((row['events'], row['table_ops']), ('500', '500'))
            # An event of this workload takes a table or frees one, and more.
            self.assertGreater(int(row['event_insn']), int(row['table_insn']))
            self.assertGreater(int(row['table_insn']), 500)
            self.assertGreater(int(row['event_branches']), 500)
            self.assertLess(int(row['event_branches']), int(row['event_insn']))
            self.assertAlmostEqual(float(row['event_insn_mean']) * 500, int(row['event_insn']))
            self.assertEqual(row['tool'], 'callgrind')
            self.assertIn('callgrind of valgrind-', row['counted_by'])
        for _ in range(2):
            self.assertEqual(self.counted('--tool=callgrind')[0], first)
        # Nor do the caller's folder and environment matter.
        done = self.insn('--format=csv', '--events=500', '--tool=callgrind', cwd=self.dir,
                         env={**os.environ, 'X' * 5000: 'y', 'MALLOC_CONF': 'narenas:1'})
        self.assertEqual(done.stdout, first)
        # Alone a strategy counts what it counted in company.
        alone = run('insn', '-w', WORKLOAD, '-s', 'page', '--format=csv', '--events=500')
        self.assertEqual(rows(alone.stdout)[0], table[1])

    @unittest.skipUnless(VALGRIND, 'valgrind is not installed')
    def test_more_work_is_counted(self):
        one, two = self.counted()[1], self.counted('--path=batch')[1]
        self.assertNotEqual(one[0]['event_insn'], two[0]['event_insn'])
        self.assertEqual(one[0]['table_insn'], two[0]['table_insn'])
        # A machine too small for the strategy is told, and no failure.
        done = run('insn', '-w', WORKLOAD, '-s', 'slab_dma32,genalloc', '--format=csv',
                   '--events=500', '--dma32=1M')
        self.assertEqual(done.returncode, 0, done.stderr)
        table = rows(done.stdout)
        self.assertEqual([r['reason'] for r in table], ['', 'could not be built'])
        self.assertEqual(table[1]['event_insn'], '')

    def test_nothing_to_count_with(self):
        env = {'PATH': str(self.dir)}
        done = self.insn('--tool=callgrind', '--format=csv', env=env)
        self.assertEqual(done.returncode, 0)
        self.assertIn('n/a because', done.stderr)
        table = rows(done.stdout)
        self.assertEqual(len(table), 2)
        for row in table:
            self.assertRegex(row['reason'], 'valgrind is not installed|sanitizer')
            self.assertEqual(row['event_insn'], '')
        done = self.insn('--tool=perf', '--format=json', env=env)
        self.assertEqual(done.returncode, 0)
        for row in json.loads(done.stdout):
            self.assertTrue(row['reason'] or row['event_insn'])

    def test_valgrind_that_fails(self):
        path = self.write('valgrind', '#!/bin/sh\necho valgrind-9\n')
        path.chmod(0o755)
        env = {**os.environ, 'PATH': f'{self.dir}:{os.environ["PATH"]}',
               'TMPDIR': str(self.dir)}
        done = self.insn('--tool=callgrind', '--out', self.dir, env=env)
        if 'sanitizer' in done.stderr:
            self.skipTest('built with a sanitizer')
        self.fails(done, 3, 'adv_one_slot')
        self.assertEqual([p.name for p in self.dir.iterdir()], ['valgrind'])

    @unittest.skipUnless(VALGRIND, 'valgrind is not installed')
    def test_interrupt(self):
        env = {**os.environ, 'TMPDIR': str(self.dir)}
        child = subprocess.Popen([V7SBENCH, 'insn', '--out', self.dir / 'out'], env=env,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            for _ in range(600):
                if child.poll() is not None or any(self.dir.glob('v7sbench-insn-*/*')):
                    break
                time.sleep(0.05)
            child.send_signal(signal.SIGINT)
            status = child.wait(timeout=60)
        finally:
            child.kill()
            errors = child.communicate()[1].decode()
        if 'sanitizer' in errors:
            self.skipTest('built with a sanitizer')
        self.assertEqual(status, -signal.SIGINT)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_out(self):
        done = self.insn('--out', self.dir / 'new', '--tool=perf')
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stdout, '')
        self.assertEqual(list(rows((self.dir / 'new/insn.csv').read_text())[0]), INSN)
        self.fails(self.insn('--out=/dev/null/x', '--tool=perf'), 3, '/dev/null/x')

    def test_usage(self):
        for args, word in ((['--reps=3'], '--reps'), (['--threads=2'], '--threads'),
                           (['--out=x', '--format=csv'], '--format'),
                           (['--events=0'], '--events'), (['--tool=magic'], '--tool'),
                           (['-w', WORKLOAD], 'twice'), (['more'], 'more')):
            self.fails(self.insn(*args), 2, word)

    def test_columns(self):
        listed = re.findall(r'^insn.csv (\w+)$', run('list', 'columns').stdout, re.M)
        self.assertEqual(listed, INSN)


@unittest.skipUnless(NOCLOCK, 'built with a sanitizer: nothing can be preloaded')
class NoClock(Base):
    def go(self, *args):
        return run(*args, env={**os.environ, 'LD_PRELOAD': NOCLOCK})

    def test_exact_figures_and_counts_read_none(self):
        for args in (('run', '--reps=0', '--out', self.dir / 'out', '-w', WORKLOAD),
                     ('insn', '--tool=perf', '-w', WORKLOAD),
                     ('count', '--events=500', '--tool=callgrind', WORKLOAD)):
            done = self.go(*args)
            self.assertEqual(done.returncode, 0, (args, done.stderr))
        self.assertIsNone(json.loads((self.dir / 'out/result.json').read_text())['clock'])

    def test_the_trap_works(self):
        for args in (('run', '--reps=1', '--out', self.dir / 'out', '-w', WORKLOAD),
                     ('replay', '--bare', WORKLOAD)):
            done = self.go(*args)
            self.assertEqual(done.returncode, 99, args)
            self.assertIn('noclock: the program reads a clock', done.stderr)


class Scripts(Base):
    def test_gate_sh(self):
        """What `ninja regress` and `baseline-update` do, on a small program."""
        fake = self.write('v7sbench', f'''#!/bin/sh
command=$1
shift
case $command in
run | insn) set -- "$@" -w {WORKLOAD} -s page ;;
esac
exec "{V7SBENCH}" $command "$@"
''')
        fake.chmod(0o755)
        gate = ['sh', ROOT / 'results/gate.sh', fake, self.dir / 'results', self.dir / 'base']

        def go(*args, **env):
            return subprocess.run([*gate, *args], text=True, capture_output=True, timeout=120,
                                  env={**os.environ, 'GITHUB_ACTIONS': '', **env})

        self.assertEqual(go().returncode, 2)
        self.assertEqual(go('--update', '--dry-run').returncode, 0)
        self.assertFalse((self.dir / 'base').exists())
        done = go('--update')
        self.assertEqual(done.returncode, 0, done.stderr)
        done = go()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.splitlines()[-1].startswith('verdict: equal'))
        self.assertEqual(len(xml.parse(self.dir / 'results/regress.xml').getroot()), 1)
        edit(self.dir / 'base/summary.csv', lambda row: row.update(events='1'))
        self.assertEqual(go().returncode, 1)
        self.assertIn('::error ', go(GITHUB_ACTIONS='true').stdout)

    def test_workflow(self):
        path = ROOT / '.github/workflows/regress.yml'
        text = path.read_text()
        for command in re.findall(r'(?:ninja -C \w+|bootstrap) ([\w-]+)', text):
            built = ''.join((ROOT / f).read_text() for f in ('results/meson.build',
                                                             'bootstrap'))
            self.assertRegex(built, rf"'{command}'|\b{command}\b")
        for name in re.findall(r'build/(results/[\w./-]+)', text):
            self.assertIn(name.split('/', 1)[1], (ROOT / 'results/gate.sh').read_text())
        try:
            import yaml
        except ImportError:
            self.skipTest('python3-yaml is not installed')
        workflow = yaml.safe_load(text)
        steps = [step for job in workflow['jobs'].values() for step in job['steps']]
        self.assertGreater(len(steps), 2)
        for step in steps:
            self.assertTrue(('run' in step) != ('uses' in step), step)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
