#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The differential program as its users run it.

usage: test_diff.py DIFF V7SBENCH [unittest arguments]
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest

DIFF, V7SBENCH = map(os.path.abspath, sys.argv[1:3])
# Hands out tables that somebody else has left full: see page_frag.c.
DEFECTIVE = 'page_frag:mode=v3,order=0'


def run(*args, program=DIFF, **kw):
    return subprocess.run([program, *args], text=True, timeout=60,
                          capture_output=True, **kw)


class Diff(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.dir.cleanup()

    def test_usage(self):
        done = run('--help')
        self.assertEqual(done.returncode, 0)
        options = re.findall(r'--([\w-]+)=[A-Z]', done.stdout)
        self.assertEqual(len(options), 8)
        for option in options:
            for value in ('', 'x', '-1', '9' * 40, '1x', '3-2', '1-', '0'):
                if option == 'out':
                    continue
                bad = run(f'--{option}={value}')
                self.assertEqual(bad.returncode, 2, (option, value))
                self.assertIn('--' + option, bad.stderr)
                self.assertEqual(bad.stderr.count('\n'), 1)
                self.assertEqual(bad.stdout, '')
        self.assertEqual(run('argument').returncode, 2)
        self.assertEqual(run('--nothing').returncode, 2)

    def test_equal(self):
        done = run('--seeds=5-24', '--ops=100', cwd=self.dir.name)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn('\nseed 14: 1000 calls, 0 differences\n',
                      '\n' + done.stderr)
        total = dict(line.split() for line in done.stdout.splitlines())
        self.assertEqual(total['seeds'], '20')
        self.assertEqual(total['operations'], '2000')
        self.assertEqual(total['differences'], '0')
        self.assertGreater(int(total['map']), 100)
        self.assertEqual(os.listdir(self.dir.name), [])

    def test_options_choose(self):
        def total(*args):
            done = run('--seeds=1', '--ops=4000', *args, cwd=self.dir.name)
            self.assertEqual(done.returncode, 0, done.stdout)
            return {k: int(v) for k, v in
                    (line.split() for line in done.stdout.splitlines())}
        for kernel in '4.20', '6.1', '6.13':
            got = total('--kernel=' + kernel, '--split=kernel')
            self.assertEqual(got['split_1m'] > 0, kernel != '6.13')
            self.assertEqual(got['split_refused'] > 0, kernel == '6.13')
            self.assertEqual(got['map_nothing'] > 0, kernel == '4.20')
        self.assertEqual(total('--split=fixed')['second_try'], 0)
        self.assertEqual(total('--split=off')['split_64k'], 0)
        for path in 'kernel', 'batch':
            for coherent in 'yes', 'no':
                total('--path=' + path, '--coherent=' + coherent,
                      '--strategy=page')

    def conforms(self, name):
        """The file differs as it says, and not with another strategy."""
        path = os.path.join(self.dir.name, name)
        with open(path) as golden:
            options = re.search(r'(?m)^# v7sbench conform (.*) on ',
                                golden.read())[1].split()
        bad = run('conform', *options, path, program=V7SBENCH)
        self.assertEqual(bad.returncode, 3, bad.stderr)
        fine = run('conform', *options[1:], path, program=V7SBENCH)
        self.assertEqual(fine.returncode, 0, fine.stderr)

    def test_difference_of_other_drivers(self):
        for args in (['--kernel=4.20', '--split=fixed'],
                     ['--kernel=6.13', '--path=batch', '--coherent=no']):
            done = run('--seeds=1', '--strategy=' + DEFECTIVE, *args,
                       '--out=other.txt', cwd=self.dir.name)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.conforms('other.txt')

    def test_difference(self):
        args = ['--seeds=2', '--strategy=' + DEFECTIVE]
        done = run(*args, '--out=first.txt', cwd=self.dir.name)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn('\ndifferences 2\n', done.stdout)
        for name in 'first.txt', 'diff-1.txt':
            self.assertIn(f'{name}: v7sbench conform, with the options in it, '
                          'shows it', done.stdout)
            self.conforms(name)
        self.assertEqual(sorted(os.listdir(self.dir.name)),
                         ['diff-1.txt', 'first.txt'])
        bad = run(*args, '--out=/nowhere/x', cwd=self.dir.name)
        self.assertEqual(bad.returncode, 2)
        self.assertIn('/nowhere/x: cannot be written', bad.stderr)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
