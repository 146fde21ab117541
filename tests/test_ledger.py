#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The ledger of claims: that the committed one is what the models say, that its
formats agree, and that the commands in it show its figures.

usage: test_ledger.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import csv
import io
import json
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

V7SBENCH = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
RENEW = 'if that is meant, renew the ledger: ninja claims-update'


def run(*args):
    return subprocess.run([V7SBENCH, *map(str, args)], text=True, timeout=280,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


class Ledger(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory(prefix='v7sbench-test-')
        cls.done = run('claims', '--out', cls.dir.name)
        cls.csv = pathlib.Path(cls.dir.name, 'claims.csv')
        cls.md = pathlib.Path(cls.dir.name, 'claims.md')
        cls.json = run('claims', '--format=json').stdout

    @classmethod
    def tearDownClass(cls):
        cls.dir.cleanup()

    def setUp(self):
        self.assertEqual((self.done.returncode, self.done.stdout,
                          self.done.stderr), (0, '', ''))

    def test_committed_ledger_is_what_the_models_say(self):
        for name, fresh in (('results/baseline/claims.csv', self.csv),
                            ('results/CLAIMS.md', self.md)):
            before = (ROOT / name).read_text().splitlines()
            after = fresh.read_text().splitlines()
            for old, new in zip(before, after):
                self.assertEqual(old, new, f'{name} has changed; {RENEW}')
            self.assertEqual(len(before), len(after), f'{name}: {RENEW}')

    def test_formats_agree(self):
        table = list(csv.DictReader(io.StringIO(self.csv.read_text())))
        claims = json.loads(self.json)
        flat = [(c['claim'], c['verdict'], c['condition'], f['figure'],
                 str(f['value']), f['unit'])
                for c in claims for f in c['figures']]
        self.assertEqual(flat, [tuple(r.values()) for r in table])
        for c in claims:
            self.assertIn(f"## {c['claim']}: {c['verdict']}",
                          self.md.read_text())
            self.assertEqual(c['condition'] != '',
                             c['verdict'] == 'holds only if', c['claim'])
        self.assertGreaterEqual(len({c['verdict'] for c in claims}), 3)

    def test_commands_show_the_figures(self):
        """Every number of bytes is in what a command of the claim prints."""
        claims = json.loads(self.json)
        looked_at = 0
        for claim in claims:
            shown = set()
            self.assertTrue(claim['commands'], claim['claim'])
            for command in claim['commands']:
                program, *args = shlex.split(command)
                self.assertEqual(program, 'v7sbench')
                done = run(*args)
                self.assertEqual(done.returncode, 0, (command, done.stderr))
                shown |= set(re.findall(r'\d+', done.stdout))
            for figure in claim['figures']:
                if figure['unit'] == 'bytes':
                    self.assertIn(str(figure['value']), shown,
                                  (claim['claim'], figure))
                    looked_at += 1
        self.assertGreater(looked_at, 40)

    def test_one_claim_and_bad_ones(self):
        text = run('claims', 'C14', 'C3').stdout
        self.assertRegex(text, r'\AModelled: [^:]*Linux 6\.1.*\n.*\n\nC14: ')
        self.assertIn('\nC3: refuted\n', text)
        one = run('claims', 'C3', '--format=csv').stdout.splitlines()[1:]
        self.assertLess(set(one), set(self.csv.read_text().splitlines()))
        for args in (['C0'], ['c3'], ['C3', 'C3'], ['--format=x'], ['']):
            done = run('claims', *args)
            self.assertEqual((done.returncode, done.stdout), (2, ''), args)
        plain = pathlib.Path(self.dir.name, 'plain')
        plain.write_text('')
        done = run('claims', 'C3', '--out', plain / 'x')
        self.assertEqual((done.returncode, done.stdout), (3, ''))
        self.assertIn('plain', done.stderr)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
