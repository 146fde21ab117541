#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Generated workloads, as their users make and replay them.

usage: test_cli_gen.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import re
import sys
import unittest

from cli import Base, rows, run


class Gen(Base):
    def gen(self, *args):
        done = run('trace', 'gen', *args)
        self.assertEqual((done.returncode, done.stderr), (0, ''), args)
        return done.stdout

    def replay(self, workload, *options):
        path = self.dir / 'trace.txt'
        self.gen(workload, '-o', path)
        done = run('replay', path, '--quirk=mtk_ext', '--format=csv',
                   '--strategy=pte_frag', *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return rows(done.stdout)[0]

    def test_tables(self):
        """Those of the decoders and the encoder that came before these."""
        for workload, peak in (
                ('vdec_4k_20ref:profile=P0', '60'),
                ('vdec_4k_20ref:profile=P2', '296'),
                ('jpeg_small_churn:jobs=64,device=64', '6')):
            row = self.replay(workload, '--reps=0')
            self.assertEqual(row['l2_tables_peak'], peak, workload)

    def test_34_bits(self):
        row = self.replay('iova34_mt8192:seconds=1,rate=1,profile=P1', '--ias=34',
                          '--reps=0')
        self.assertEqual(row['anomalies'], '0')

    def test_threads(self):
        for workload in ('table_race:cpus=4,rounds=500',
                         'multi_cpu_8:seconds=4,rate=5,profile=P1'):
            row = self.replay(workload, '--threads=4', '--cpus=8', '--reps=1')
            self.assertTrue(row['threads'].startswith('4'), row)
            self.assertEqual(row['alloc_failures'], '0')

    def test_options_are_settings(self):
        for options, settings in (
                (['--seed=7', '--profile=Pmix'], 'seed=7,profile=Pmix'),
                (['--frag=400'], 'f8=400'),
                (['--frag=400,100', '--seed=3'], 'f8=400,f4=100,seed=3'),
                (['--profile=P0'], 'profile=P0'),
                (['--profile=P1'], 'profile=P1')):
            name = 'camera_burst:bursts=1'
            self.assertEqual(self.gen(name, *options),
                             self.gen(f'{name},{settings}'), options)
            self.assertEqual(self.gen('scanout_1080p60', *options),
                             self.gen(f'scanout_1080p60:{settings}'), options)

    def test_file(self):
        path = self.dir / 'trace.txt'
        self.gen('scanout_1080p60', '--out', path)
        self.assertEqual(path.read_text(), self.gen('scanout_1080p60'))
        self.assertEqual(len(list(self.dir.iterdir())), 1)
        before = path.read_text()
        self.fails(run('trace', 'gen', 'scanout_1080p60:x=1', '-o', path), 2)
        self.assertEqual(path.read_text(), before)
        self.fails(run('trace', 'gen', 'adv_one_slot', '-o',
                       path / 'trace.txt'), 3, 'trace.txt')
        small = self.dir / 'trace.txt.zst'
        self.gen('scanout_1080p60', '-o', small)
        self.assertEqual(small.read_bytes()[:4], b'\x28\xb5\x2f\xfd')
        self.assertEqual(run('trace', 'cat', small).stdout, before)
        with open('/dev/full', 'w') as full:
            done = run('trace', 'gen', 'adv_one_slot', stdout=full)
        self.assertEqual(done.returncode, 3)

    def test_errors(self):
        for args, words in (
                (['nothing'], "unknown workload 'nothing'; there are "),
                (['scanout_1080p60', 'adv_one_slot'], 'one workload'),
                (['scanout_1080p60:seed=1', '--seed=1'], 'given twice'),
                (['scanout_1080p60', '--seed=1', '--seed=1'], 'given twice'),
                (['scanout_1080p60', '--seed=x'], 'not a decimal number'),
                (['scanout_1080p60', '--profile=P9'], 'none of P0, P1, P2'),
                (['scanout_1080p60', '--frag=1001'], 'f8=1001: 0 to 1000'),
                (['scanout_1080p60', '--frag=1,1001'], 'f4=1001: 0 to 1000'),
                (['scanout_1080p60', '--frag=1,2,3'], "'3' is no KEY=VALUE"),
                (['scanout_1080p60', '--frag='], 'f8=: not a decimal'),
                (['scanout_1080p60', '--frag=1', '--profile=P0'],
                 'profile=Pmix only'),
                (['adv_one_slot', '--profile=P0'], "no setting 'profile'"),
                (['x86-drm', '--seed=1'], 'no settings'),
                (['scanout_1080p60:' + 200 * 'x'], 'more than 127'),
                (['adv_one_slot:seed=' + 110 * '0'], 'more than 127'),
                (['scanout_1080p60', '--seed=' + 200 * '1'], 'too long'),
                (['scanout_1080p60:seed=' + 90 * '0', '--seed=' + 90 * '0'],
                 'more than')):
            done = run('trace', 'gen', *args)
            self.fails(done, 2, words)
            self.assertEqual(done.stderr.count('\n'), 1, args)
        self.gen('adv_one_slot:seed=' + 109 * '0')

    def test_list_names_all_settings(self):
        """What the list says of a workload is what it takes."""
        text = run('list', 'workloads').stdout.split('\n(')[0]
        nr = 0
        for part in re.split(r'^(?=[\w-]+ )', text, flags=re.M)[1:]:
            name = part.split()[0]
            ranges = re.findall(r'^ +(\w+)=(\d+)\.\.(\d+) \((\d+)\)', part, re.M)
            if '  recorded' in part:
                self.assertEqual(ranges, [])
                continue
            self.assertIn('tables at peak: ', part)
            nr += len(ranges)
            for key, low, high, _ in ranges:
                for value in int(low) - 1, int(high) + 1:
                    self.fails(run('trace', 'gen', f'{name}:{key}={value}'), 2,
                               f'{key}={value}: ')
        self.assertEqual(nr, 29)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
