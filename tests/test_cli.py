#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The program as its users run it: commands, options, statuses, documents.

usage: test_cli.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import re
import sys
import unittest

from cli import Base, COMMANDS, GOLDEN, ROOT, map_line, rows, run


class Options(Base):
    def one_line(self, done, command):
        self.assertRegex(done.stderr,
                         rf'\Av7sbench( {command}( [a-z]+)?)?: .*\n\Z')

    def test_help_of_every_command(self):
        listed = re.findall(r'^  (\w+) ', run('--help').stdout, re.M)
        self.assertEqual(listed, COMMANDS)
        for command in COMMANDS:
            done = run(command, '--help')
            self.assertEqual(done.returncode, 0, command)
            self.assertIn('Usage: v7sbench ' + command, done.stdout)

    def test_usage_errors(self):
        for args in ([], ['nonsense'], ['replay'], ['replay', '--nonsense'],
                     ['run'], ['compare'], ['check'], ['conform'],
                     ['trace'], ['trace', 'gen'], ['trace', 'gen', 'nothing'],
                     ['list', 'nothing'], ['replay', 'a', 'b'],
                     ['run', '--out', '/tmp/x', '--workload=nothing'],
                     ['sample'], ['sample', 'adv_one_slot', 'adv_frag_pin'],
                     ['sample', 'adv_one_slot', '--reference=nothing'],
                     ['run', '--dry-run', '--quick', '--full'],
                     ['run', '--dry-run', '--resume'],
                     ['run', '--out', '/tmp/x', '--dry-run', '--repro=1'],
                     ['run', '--out', '/tmp/x', '--resume', '--repro=1'],
                     ['run', '--out', '/tmp/x', '--strategy=page',
                      '--reference=null'],
                     ['run', '--out', '/tmp/x', '--workload=,'],
                     ['run', '--out', '/tmp/x',
                      '--workload=adv_frag_pin,adv_frag_pin'],
                     ['replay', 'x86-drm', '--bare', '--strict'],
                     ['replay', 'x86-drm', '--bare', '--slabinfo'],
                     ['replay', 'x86-drm', '--bare', '--reps=0'],
                     ['replay', 'x86-drm', '--reps=5', '--slabinfo'],
                     ['list', 'flags', 'flags']):
            done = run(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertEqual(done.stdout, '', args)
            if args:
                self.one_line(done, args[0])

    def test_usage_of_trace(self):
        listed = re.findall(r'^  (\w+) ', run('trace', '--help').stdout, re.M)
        self.assertIn('gen', listed)
        for command in listed:
            done = run('trace', command, '--help')
            self.assertEqual(done.returncode, 0, command)
            self.assertIn('Usage: v7sbench trace ' + command, done.stdout)
        self.assertEqual(run('trace').stderr,
                         "v7sbench: trace: which command? "
                         "(see 'v7sbench trace --help')\n")
        self.assertEqual(run('trace', 'x86-drm').stderr,
                         "v7sbench: trace: unknown command 'x86-drm' "
                         "(see 'v7sbench trace --help')\n")
        self.assertEqual(run('trace', 'gen').stderr,
                         'v7sbench trace gen: which workload?\n')

    def test_long_and_odd_values_in_errors(self):
        for value in 'x' * 20000, 'v7sbench', '%s%n', '\u00e9':
            done = run('replay', '--reps=' + value, 'x86-drm')
            self.assertEqual(done.returncode, 2)
            self.assertEqual(done.stderr, f"v7sbench replay: --reps: '{value}' "
                             'is no number from 0 to 1000\n')

    def test_every_option_of_every_command(self):
        """Missing, empty, wrong and huge values: status 2, option named."""
        walked = 0
        for command in COMMANDS:
            text = run(command, '--help').stdout
            for option in re.findall(r'--([\w-]+)=[A-Z]', text):
                if option in ('help', 'usage'):
                    continue
                done = run(command, '--' + option)
                self.assertEqual(done.returncode, 2, (command, option))
                self.assertIn(option, done.stderr)
                self.one_line(done, command)
                if option in ('out', 'baseline', 'junit'):
                    continue
                for value in ('', 'x y', '-1', '9' * 40, '0x'):
                    done = run(command, f'--{option}={value}', 'adv_frag_pin')
                    self.assertEqual(done.returncode, 2,
                                     (command, option, value, done.stderr))
                    self.one_line(done, command)
                    walked += 1
        self.assertGreater(walked, 60)

    def test_strategy_lists(self):
        t = self.write('t.txt', map_line(0x100000, 0x40000000))
        done = run('replay', t, '--reps=0', '--format=csv', '--strategy',
                   'slab_dma32:order=1,page_frag:order=0,page')
        self.assertEqual([r['strategy'] for r in rows(done.stdout)],
                         ['slab_dma32:order=1', 'page_frag:order=0', 'page'])
        for bad, word in (('nothing', 'nothing'), ('page,', 'comma'),
                          ('page_frag:order=4', 'order'),
                          ('page_frag:size=4', 'size'),
                          ('page_frag:order', 'order'),
                          ('page_frag:mode=v3:order=0', "separated by ','"),
                          ('page,page', 'twice'), (',page', 'empty'),
                          ('page,,null', 'empty'), (',', 'empty')):
            done = run('replay', t, '--strategy', bad)
            self.assertEqual(done.returncode, 2, bad)
            self.assertIn(word, done.stderr)


class Conform(Base):
    def test_difference_is_named(self):
        text = (GOLDEN / '11_enomem.txt').read_text().splitlines(True)
        n = next(i for i, l in enumerate(text) if 'alloc=1' in l)
        text[n] = text[n].replace('alloc=1', 'alloc=2')
        t = self.write('bad.txt', ''.join(text))
        done = run('conform', t)
        self.fails(done, 3, f'{t}:{n + 1}: expected', 'alloc=2', 'alloc=1')

    def test_path(self):
        file = GOLDEN / '11_enomem.txt'
        plain = run('conform', file)
        self.assertIn('results equal', plain.stdout)
        for path in 'kernel', 'batch':
            self.assertEqual(run('conform', f'--path={path}', file).stdout,
                             plain.stdout)
        for path in '', 'x', 'batches':
            self.fails(run('conform', f'--path={path}', file), 2, '--path')

    def test_nothing_to_check_is_an_error(self):
        self.fails(run('conform', self.write('e.txt', '# nothing\n')), 2)
        self.fails(run('conform', self.write('b.txt', 'mop iova=0x0\n')), 2,
                   'b.txt:1: ')
        self.fails(run('conform', self.dir / 'none'), 2, 'none')


class Documents(Base):
    def test_schema_names_every_column(self):
        text = (ROOT / 'results/SCHEMA.md').read_text()
        documented = []
        for part in re.split(r'^## ', text, flags=re.M)[1:]:
            name = part.split(':')[0]
            for row in re.findall(r'^\| (\w+) \|([^|]*)\|', part, re.M):
                if row[0] == 'column':
                    continue
                kind = ' ' + row[1].strip() if name == 'summary.csv' else ''
                documented.append(f'{name} {row[0]}{kind}')
        listed = run('list', 'columns').stdout.splitlines()
        self.assertEqual(documented, listed)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
