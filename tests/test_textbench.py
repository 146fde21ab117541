#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The benchmark of trace text as its users run it. No time is judged.

usage: test_textbench.py TEXTBENCH [unittest arguments]
"""
import csv
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TEXTBENCH = sys.argv[1]
SHORT = ['--mib=1', '--rounds=1']
READERS = ['reader, SIMD', 'reader, portable', 'reader, general', 'reader, of zstd']


def run(*args, **kw):
    kw.setdefault('stdout', subprocess.PIPE)
    return subprocess.run([TEXTBENCH, *args], text=True, timeout=120,
                          stderr=subprocess.PIPE, **kw)


class Textbench(unittest.TestCase):
    def test_usage(self):
        done = run('--help')
        self.assertEqual(done.returncode, 0)
        options = re.findall(r'--([\w-]+)=[A-Z]', done.stdout)
        self.assertEqual(len(options), 5)
        for option in options:
            values = ('',) if option == 'dat' else ('', 'x', '-1', '0', '9' * 40, '1x')
            for value in values:
                bad = run(f'--{option}={value}')
                self.assertEqual(bad.returncode, 2, (option, value))
                self.assertIn('--' + option, bad.stderr)
                self.assertEqual(bad.stderr.count('\n'), 1)
                self.assertEqual(bad.stdout, '')
        self.assertEqual(run('text').returncode, 2)

    def test_csv_has_every_row(self):
        done = run('--format=csv', *SHORT)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {r['row']: r for r in csv.DictReader(io.StringIO(done.stdout))}
        want = READERS + ['writer', 'wc -l'] + ['mawk'] * bool(shutil.which('mawk'))
        self.assertEqual(sorted(rows), sorted(want))
        for row in rows.values():
            for column in 'gb_per_s', 'ns_per_line', 'million_events_per_s':
                self.assertGreater(float(row[column]), 0, row)

    def test_table(self):
        done = run('--seed=7', *SHORT)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('1 MiB of text; seed 7\n', done.stdout)
        lines = [l for l in done.stdout.splitlines()
                 if l.startswith('figure to reach: ')]
        self.assertEqual(len(lines), 4)
        for line in lines:
            m = re.search(r' ([\d.]+) (GB/s|M events/s): ([\d.]+) \2, '
                          r'(reached|not reached \(\d+\.\d\dx\))$', line)
            self.assertTrue(m, line)
            if abs(float(m[1]) - float(m[3])) > 0.01:
                self.assertEqual(float(m[3]) > float(m[1]), m[4] == 'reached', line)

    def test_peers_left_out(self):
        done = run(*SHORT, env={'PATH': '/nonexistent'})
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('left out: wc -l: not installed\n', done.stdout)
        self.assertIn('left out: mawk: not installed\n', done.stdout)
        self.assertIn('half of wc -l: not measured\n', done.stdout)

    def test_bad_files(self):
        done = run(*SHORT, '--dat=/nonexistent')
        self.assertEqual(done.returncode, 3)
        self.assertTrue(done.stderr.endswith('textbench: reader, trace.dat: /nonexistent: '
                                             'No such file or directory\n'), done.stderr)
        done = run(*SHORT, env=dict(os.environ, TMPDIR='/dev/null/x'))
        self.assertEqual(done.returncode, 3)
        self.assertIn('Not a directory', done.stderr)

    def test_nothing_stays(self):
        with tempfile.TemporaryDirectory() as folder:
            env = dict(os.environ, TMPDIR=folder)
            self.assertEqual(run(*SHORT, env=env).returncode, 0)
            self.assertEqual(os.listdir(folder), [])
            for number in signal.SIGINT, signal.SIGTERM, signal.SIGKILL:
                child = subprocess.Popen([TEXTBENCH, '--mib=64', '--rounds=1000'],
                                         env=env, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
                time.sleep(0.3)
                child.send_signal(number)
                self.assertEqual(child.wait(timeout=60), -number)
                self.assertEqual(os.listdir(folder), [])

    def test_full_disk(self):
        with open('/dev/full', 'w') as full:
            done = run(*SHORT, stdout=full)
        self.assertEqual(done.returncode, 3)
        self.assertIn('stdout', done.stderr)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0]] + sys.argv[2:])
