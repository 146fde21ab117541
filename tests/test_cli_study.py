#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""phase and survive: their tables, files and refusals.

usage: test_cli_study.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import os
import re
import sys
import unittest

from cli import Base, rows, run


class Phase(Base):
    GRID = '--tables=1-4,64', '--cpus=1,8', '--churn=0,1,shrink4'
    SPECS = '--strategy=slab_dma32,genalloc:tables=128,page'

    def test_csv(self):
        done = run('phase', *self.GRID, self.SPECS, '--format=csv')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        table = rows(done.stdout)
        self.assertEqual(len(table), 5 * 2 * 3 * 3)
        for point in zip(table[::3], table[1::3], table[2::3]):
            self.assertEqual(len({(r['tables'], r['cpus'], r['churn'])
                                  for r in point}), 1)
            held = [int(r['held_bytes']) for r in point if r['held_bytes']]
            for r in point:
                if point[0]['tables'] == '64' and r['churn'] == 'shrink4' \
                        and r['strategy'].startswith('genalloc'):
                    self.assertEqual((r['held_bytes'], r['best']), ('', ''))
                    continue
                least = int(r['held_bytes']) == min(held)
                self.assertEqual(int(r['best']),
                                 least and held.count(min(held)))

    def test_a_point_does_not_depend_on_the_grid(self):
        args = '--format=csv', self.SPECS, '--cpus=8'
        whole = run('phase', *args, '--tables=1-9,30', '--churn=0,1').stdout
        self.assertEqual(
            whole, run('phase', *args, '--tables=1-9,30', '--churn=0,1').stdout)
        part = run('phase', *args, '--tables=30', '--churn=1').stdout
        self.assertLess(set(part.splitlines()), set(whole.splitlines()))
        alone = run('phase', '--format=csv', '--cpus=8', '--tables=30',
                    '--churn=1', '--strategy=page').stdout
        self.assertIn(alone.splitlines()[1][:-1], part)

    def test_table(self):
        done = run('phase', '--tables=1-4', '--cpus=1', '--churn=0',
                   '--strategy=page,pte_frag')
        lines = [l.split() for l in done.stdout.splitlines()]
        self.assertEqual(lines[2:], [
            '0 1 1 page = pte_frag 4'.split(),
            '0 1 2-4 pte_frag 4 2.00-4.00'.split()])
        # A point where the rival fails has no margin, and does not lower one.
        done = run('phase', '--tables=30,99', '--cpus=1', '--churn=0',
                   '--strategy=page_frag,genalloc:tables=64')
        self.assertEqual(done.stdout.splitlines()[2].split(),
                         '0 1 30-99 page_frag 32-128 2.00'.split())
        self.assertIn('| churn', run('phase', '--tables=1', '--cpus=1',
                                     '--format=md').stdout)

    def test_file(self):
        out = self.dir / 'deep/phase.csv'
        args = 'phase', '--tables=1', '--cpus=1', '--format=csv'
        self.assertEqual(run(*args, '--out', out).stdout, '')
        self.assertEqual(out.read_text(), run(*args).stdout)
        before = out.read_text()
        self.fails(run(*args, '--out', out / 'x'), 3, 'phase.csv')
        self.assertEqual(out.read_text(), before)
        self.assertEqual(os.listdir(out.parent), ['phase.csv'])
        with open('/dev/full', 'w') as full:
            self.assertEqual(run(*args, stdout=full).returncode, 3)

    def test_bad_options(self):
        for args in (['--tables=0'], ['--tables=4097'], ['--tables=2,1'],
                     ['--tables=1-'], ['--tables=3-2'], ['--tables=1,,2'],
                     ['--tables=1,1'], ['--cpus=65'], ['--cpus=0'],
                     ['--churn=1,1'], ['--churn=101'], ['--churn=shrink'],
                     ['--churn=pin65'], ['--format=json'], ['extra'],
                     ['--ias=35'], ['--ias=21', '--tables=3'],
                     ['--strategy=nothing'], ['--strategy=']):
            done = run('phase', *args)
            self.assertEqual(done.returncode, 2, args)
            self.assertEqual(done.stdout, '', args)
            self.assertIn(args[0].split('=')[0].strip('-'), done.stderr, args)
        for specs in 'null', 'page_frag:mode=v3', 'null,page_frag:mode=v3':
            for command in 'phase', 'survive':
                self.fails(run(command, '--strategy=' + specs), 2, 'ranked')
        self.assertEqual(run('phase', '--ias=34', '--tables=16384', '--cpus=1',
                             '--churn=0', '--strategy=page').returncode, 0)


class Survive(Base):
    ARGS = ('survive', '--format=csv', '--frag=fresh', '--frag=p2',
            '--strategy=slab_dma32,genalloc:tables=256,null,page_frag:mode=v3')

    def test_csv(self):
        done = run(*self.ARGS, 'adv_one_4k_per_mb', 'arm-drm')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        table = rows(done.stdout)
        self.assertEqual(len(table), 2 * 2 * 2)
        for r in table:
            size = r['zone_bytes']
            if r['workload'] != 'arm-drm' and r['strategy'] != 'slab_dma32':
                self.assertEqual((size, r['failed_event']), ('', '257'))
                continue
            self.assertEqual(int(size) % 4096, 0)
            need = 121 if r['workload'] == 'arm-drm' else 4096
            self.assertGreater(int(size), 16384 + need * 1024)
            self.assertLess(int(size), 8 << 20)
        self.assertEqual(done.stdout, run(
            *self.ARGS, 'adv_one_4k_per_mb', 'arm-drm').stdout)

    def test_a_named_trace_is_the_file(self):
        text = run('trace', 'gen', 'adv_one_4k_per_mb').stdout
        t = self.write('adv_one_4k_per_mb', text)
        args = 'survive', '--format=csv', '--frag=fresh', '--strategy=page'
        self.assertEqual(run(*args, t).stdout,
                         run(*args, 'adv_one_4k_per_mb').stdout)

    def test_table_and_file(self):
        args = 'survive', 'arm-drm', '--frag=p2', '--strategy=page'
        self.assertIn('fails at event', run(*args).stdout)
        self.assertIn('| page |', run(*args, '--format=md').stdout)
        done = run('survive', 'adv_one_4k_per_mb', '--frag=p1',
                   '--strategy=genalloc:tables=16')
        self.assertRegex(done.stdout, 'none will do  fails at event 17 ')
        out = self.dir / 'survive.csv'
        self.assertEqual(run(*args, '--format=csv', '-o', out).stdout, '')
        self.assertEqual(out.read_text(), run(*args, '--format=csv').stdout)
        self.fails(run(*args, '--out', out / 'x'), 3, 'survive.csv')
        self.fails(run(*args, '--out', out, self.dir / 'none'), 2, 'none')
        self.assertIn('arm-drm', out.read_text())

    def test_bad_options(self):
        for args in (['--frag='], ['--frag=p3'], ['--frag=mix:1'],
                     ['--frag=mix:1,2'], ['--frag=unusable:'], ['--dma32=4M'],
                     ['--format=json'], ['--profile=nothing'],
                     ['--reps=1'], ['-r', '1'], ['--seed=1'],
                     [f'--frag=mix:1,0.{n}' for n in range(11, 28)],
                     [f'trace{n}' for n in range(17)]):
            done = run('survive', *args)
            self.assertEqual(done.returncode, 2, args)
            self.assertEqual(done.stdout, '', args)
        for args in (['--frag=p1', '--frag=mix:1,0'],
                     ['--frag=p2', '--frag=p2'], ['arm-drm', 'arm-drm']):
            self.fails(run('survive', *args), 2, args[1].split('=')[-1],
                       'given twice')
        text = run('survive', '--help').stdout
        self.assertEqual(len(re.findall(r'--frag=', text)), 1)
        self.assertNotRegex(text, '--(dma32|reps|seed)=')
        self.fails(run('survive', self.dir / 'none'), 2, 'none')
        self.fails(run('survive', 'x86-drm', '--quirk=none'), 2, 'x86-drm')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
