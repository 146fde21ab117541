#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The program as its users run it: commands, statuses, files, interrupts.

usage: test_cli.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import csv
import io
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

V7SBENCH = pathlib.Path(sys.argv[1]).resolve()
ROOT = pathlib.Path(sys.argv[2]).resolve()
RECORDED = ROOT / 'workloads/recorded'
GOLDEN = ROOT / 'tests/golden'

COLUMNS = ('strategy,workload,events,maps,unmaps,domains,l2_allocs,l2_frees,'
           'l2_tables_peak,l2_tables_end,live_bytes_peak,held_bytes_start,'
           'held_bytes_peak,held_bytes_end,overhead_ratio_peak,alloc_failures,'
           'alloc_ns_mean,alloc_ns_p50,alloc_ns_p99,map_ns_mean,map_ns_p99,'
           'unmap_ns_mean,anomalies,digest').split(',')

COMMANDS = ('ab check claims compare conform insn kernel list phase replay run sample '
            'selftest survive trace').split()

# Times are refused from builds that are not fit for them, and tests are also
# run in such; what is looked at is never how long something took.
FORCE = '--force'

LINE = ('  wl-1 [000] .....     1.0: map: IOMMU: iova=0x{iova:x} - 0x{end:x} '
        'paddr=0x{paddr:x} size={size}\n')


def run(*args, **kw):
    kw.setdefault('stdin', subprocess.DEVNULL)
    return subprocess.run([V7SBENCH, *map(str, args)], text=True,
                          stdout=kw.pop('stdout', subprocess.PIPE),
                          stderr=subprocess.PIPE, timeout=120, **kw)


def map_line(iova, paddr, size=4096):
    return LINE.format(iova=iova, end=iova + size, paddr=paddr, size=size)


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def built():
    out = run('list', 'strategies').stdout
    return [m[1] for m in re.finditer(r'^(\w+) ', out, re.M)]


class Base(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='v7sbench-test-'))
        self.addCleanup(shutil.rmtree, self.dir)

    def write(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path

    def fails(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, '')
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual(done.stderr.count('\n'),
                         done.stderr.rstrip('\n').count('\n') + 1)


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


class Replay(Base):
    def test_columns_and_counts(self):
        done = run('replay', RECORDED / 'x86-drm.ftrace.txt.zst',
                   '--quirk=mtk_ext', '--reps=1', '--format=csv')
        self.assertEqual(done.returncode, 0, done.stderr)
        header = done.stdout.split('\n', 1)[0].split(',')
        self.assertEqual(header[:len(COLUMNS)], COLUMNS)
        table = rows(done.stdout)
        self.assertEqual([r['strategy'] for r in table], built())
        self.assertEqual(len({r['digest'] for r in table}), 1)
        for r in table:
            self.assertEqual((r['maps'], r['unmaps'], r['l2_tables_peak'],
                              r['l2_allocs'], r['l2_frees']),
                             ('27776', '6736', '182', '2262', '2202'))
            self.assertEqual(r['alloc_failures'], '0')
            self.assertAlmostEqual(
                float(r['overhead_ratio_peak']),
                int(r['held_bytes_peak']) / int(r['live_bytes_peak']), 5)

    def test_tables_of_every_recorded_trace(self):
        """Peaks from an independent model of the same rules."""
        expected = {'x86-drm': 182, 'arm-drm': 121, 'arm-mixed': 154,
                    'x86-mixed': 79, 'arm-nvme-aged': 3,
                    'adv_one_4k_per_mb': 4096, 'adv_frag_pin': 4096,
                    'adv_one_slot': 1}
        for name, peak in expected.items():
            done = run('replay', name, '--quirk=mtk_ext', '--reps=0',
                       '--format=csv', '--strategy=pte_frag')
            self.assertEqual(rows(done.stdout)[0]['l2_tables_peak'],
                             str(peak), name)

    def test_frag_pin_holds_a_chunk_per_round(self):
        """With pages for chunks also the current one, which is empty."""
        done = run('replay', 'adv_frag_pin', '--reps=0', '--format=csv',
                   '--strategy=page_frag,page_frag:order=0')
        held = [int(r['held_bytes_end']) for r in rows(done.stdout)]
        self.assertEqual(held, [4065 * 32768, 4066 * 4096])

    def test_json_and_markdown(self):
        t = self.write('t.txt', map_line(0x100000, 0x40000000))
        cells = json.loads(run('replay', t, '--format=json',
                               '--reps=0').stdout)
        self.assertEqual([c['strategy'] for c in cells], built())
        self.assertIsNone(cells[0]['alloc_ns_mean'])
        self.assertIn('| workload', run('replay', t, '--format=md',
                                        '--reps=0').stdout)

    def test_colour_only_where_asked(self):
        t = self.write('t.txt', map_line(0x100000, 0x40000000))
        args = 'replay', t, '--reps=0'
        self.assertNotIn('\033', run(*args).stdout)
        self.assertIn('\033', run(*args, '--color=always').stdout)
        self.assertNotIn('\033', run(*args, '--color=never').stdout)

    def test_malformed_line(self):
        good = map_line(0x100000, 0x40000000)
        t = self.write('t.txt', good + good.replace('paddr=0x4', 'paddr=0xz'))
        self.fails(run('replay', t, '--format=csv'), 2, f'{t}:2: ')
        self.fails(run('replay', self.write('e.txt', '')), 2, 'e.txt')
        self.fails(run('replay', self.dir / 'none'), 2, 'none')
        self.fails(run('replay', self.dir), 2, str(self.dir))

    def test_stdin_and_zstd(self):
        text = run('trace', 'gen', 'adv_one_4k_per_mb').stdout
        done = subprocess.run([V7SBENCH, 'replay', '-', '--reps=0',
                               '--format=csv', '--strategy=page'], input=text,
                              text=True, stdout=subprocess.PIPE)
        again = run('replay', 'adv_one_4k_per_mb', '--reps=0', '--format=csv',
                    '--strategy=page').stdout
        self.assertEqual(rows(done.stdout)[0]['digest'],
                         rows(again)[0]['digest'])

    def test_paddr_does_not_fit(self):
        t = self.write('t.txt', map_line(0x100000, 0x123456000))
        self.fails(run('replay', t), 2, '--quirk=mtk_ext', '--rebase-paddr')
        for option in '--quirk=mtk_ext', '--rebase-paddr':
            done = run('replay', t, option, '--reps=0', '--format=csv')
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(rows(done.stdout)[0]['l2_allocs'], '1')
        self.assertEqual(rows(done.stdout)[0]['rebased'], 'yes')

    def test_iova_does_not_fit(self):
        t = self.write('t.txt', map_line(0x100000000, 0x40000000))
        self.fails(run('replay', t), 2, '--ias=34')
        self.fails(run('replay', t, '--ias=34'), 2, 'mtk_ext')
        done = run('replay', t, '--ias=34', '--quirk=mtk_ext', '--reps=0')
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_anomalies(self):
        line = map_line(0x100000, 0x40000000)
        t = self.write('t.txt', line + line)
        done = run('replay', t, '--reps=0', '--format=csv')
        self.assertEqual(done.returncode, 0)
        self.assertEqual({r['anomalies'] for r in rows(done.stdout)}, {'1'})
        self.assertIn(f'{t}:2: map over a live iova', done.stderr)
        self.fails(run('replay', t, '--reps=0', '--strict'), 2, f'{t}:2: ')

    def test_share_and_cpus(self):
        def instances(*args):
            done = run('replay', 'x86-mixed', '--quirk=mtk_ext', '--reps=0',
                       '--format=csv', '--strategy=slab_dma32,genalloc', *args)
            return [r['instances'] for r in rows(done.stdout)], \
                rows(done.stdout)
        self.assertEqual(instances()[0], ['1', '8'])
        self.assertEqual(instances('--share=all')[0], ['1', '1'])
        self.assertEqual(instances('--share=none')[0], ['8', '8'])
        self.assertEqual(instances('--cpus=1')[1][0]['cpus'], '1')

    def test_failed_allocations_are_a_result(self):
        text = ''.join(map_line(slot << 20, 0x40000000) for slot in range(300))
        t = self.write('t.txt', text)
        done = run('replay', t, '--reps=0', '--format=csv', '--strategy',
                   'page,genalloc:tables=256')
        self.assertEqual((done.returncode, done.stderr), (
            0, 'v7sbench: warning: t.txt: genalloc:tables=256 failed 44 times, '
            'not ranked\n'))
        page, genalloc = rows(done.stdout)
        self.assertEqual([page['alloc_failures'], genalloc['alloc_failures']],
                         ['0', '44'])
        self.assertNotEqual(page['digest'], genalloc['digest'])
        done = run('replay', t, '--reps=0', '--strategy',
                   'page,pte_frag,genalloc:tables=4')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertIn('pte_frag holds least', done.stdout)
        self.assertIn('genalloc:tables=4 failed 296 times, not ranked',
                      done.stdout)

        done = run('replay', t, '--slabinfo', '--strategy=genalloc:tables=4')
        self.assertIn('genalloc:tables=4 failed 296 times', done.stderr)

    def test_failures_are_timed_as_well(self):
        args = ('x86-drm', '--quirk=mtk_ext', '--frag=p2', '--dma32=8M',
                '--strategy=slab_dma32,genalloc,genalloc:when=late')
        told = 'x86-drm: genalloc:when=late failed 27776 times, not ranked'
        done = run('replay', *args, '--reps=1', '--format=json')
        self.assertEqual((done.returncode, done.stderr),
                         (0, f'v7sbench: warning: {told}\n'))
        self.assertEqual([c['alloc_failures'] for c in json.loads(done.stdout)],
                         [0, 0, 27776])
        out = self.dir / 'r'
        done = run('run', '--out', out, '--workload', *args, '--processes=1', FORCE)
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)
        self.assertIn(told, done.stderr)
        self.assertIn('genalloc:when=late failed 27776 times, not ranked',
                      run('compare', out).stdout)

    def churn(self, nr):
        """One slot mapped and unmapped nr times."""
        unmap = ('  wl-1 [000] .....     2.0: unmap: IOMMU: iova=0x100000 '
                 'size=1048576 unmapped_size=1048576\n')
        return self.write('churn.txt',
                          (map_line(0x100000, 0x40000000) + unmap) * nr)

    def test_defects_are_shown(self):
        t = self.churn(1000)
        strategy = '--strategy=page_frag:mode=v3,page,page_frag'
        told = ('page_frag:mode=v3 handed out 968 dirty tables, '
                'the first at allocation 33')
        done = run('replay', t, '--reps=1', '--format=csv', strategy)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('warning: churn.txt: ' + told, done.stderr)
        self.assertIn('leaked 32 KiB at teardown', done.stderr)
        self.assertEqual(
            [(r['dirty_tables'], r['first_dirty_alloc'], r['leaked_bytes'],
              r['ranked'], r['l2_allocs'], r['reps'])
             for r in rows(done.stdout)],
            [('968', '33', '32768', 'no', '1000', '1'),
             ('0', '', '0', 'yes', '1000', '1'),
             ('0', '', '0', 'yes', '1000', '1')])
        done = run('replay', t, '--reps=0', '--strict', strategy)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertIn(f'; {told}, and leaked 32 KiB at teardown, not ranked.',
                      done.stdout)
        self.assertEqual(run('replay', t, '--bare', strategy).returncode, 0)
        done = run('replay', self.churn(33), '--reps=0', strategy)
        self.assertIn('handed out 1 dirty table, the first at allocation 33',
                      done.stdout)
        done = run('replay', self.churn(32), '--reps=0', strategy)
        self.assertIn('; page_frag:mode=v3 leaked 32 KiB at teardown, '
                      'not ranked.', done.stdout)

    def test_options_that_exclude_each_other(self):
        t = self.write('t.txt', map_line(0x100000, 0x40000000))
        for strategy, why in (
                ('genalloc:ondemand=1,tables=64', 'leave tables=N out'),
                ('genalloc:ondemand=1,when=late', 'leave when=late out'),
                ('page_frag:mode=v3,caches=cpu', 'leave caches=cpu out')):
            done = run('replay', t, '--strategy', strategy)
            self.assertEqual(done.returncode, 2, strategy)
            self.assertEqual(done.stdout, '')
            self.assertIn(strategy.split(':')[0] + ': ', done.stderr)
            self.assertIn(why, done.stderr)

    def threads(self, *args, reps=3):
        return run('replay', 'adv_one_4k_per_mb', '--format=csv',
                   '--quirk=mtk_ext', f'--reps={reps}', *args)

    def test_threads(self):
        """As many as asked for, and nothing of theirs where none are."""
        names = ('threads', 'threads_host_cpus', 'dependent_events',
                 'threads_event_ns_mean', 'lost_races', 'waited_events',
                 'threads_failures')
        done = self.threads('--strategy=pte_frag,page')
        without = rows(done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr)
        for row in without:
            self.assertEqual([row[name] for name in names], [''] * 7)
        for how, shown in (('1', '1:slice'), ('2', '2:slice'),
                           ('4:slice', '4:slice'), ('2:domain', '2:domain'),
                           ('3:cpu', '3:cpu')):
            done = self.threads('--strategy=pte_frag,page', '--threads', how)
            self.assertEqual(done.returncode, 0, done.stderr)
            for row, other in zip(rows(done.stdout), without):
                self.assertEqual(row['threads'], shown)
                self.assertGreater(float(row['threads_event_ns_mean']), 0)
                self.assertEqual(row['threads_failures'], '0')
                self.assertEqual(row['digest'], other['digest'])
                self.assertLessEqual(float(row['waited_events']),
                                     float(row['dependent_events']))
                self.assertEqual(row['reps'], '3')
                if how in ('1', '2:domain'):
                    self.assertEqual(row['dependent_events'], '0')
                    self.assertEqual(row['lost_races'], '0')
                if not row['threads_host_cpus'] == '0':
                    self.assertLessEqual(int(row['threads_host_cpus']),
                                         int(shown[0]))

    def test_threads_in_the_table(self):
        done = run('replay', 'adv_one_4k_per_mb', '--quirk=mtk_ext',
                   '--threads=2', '--strategy=page,null', '--reps=1')
        self.assertEqual(done.returncode, 0, done.stderr)
        header = done.stdout.splitlines()[0].split()
        self.assertEqual(header[-4:], ['threads', 'ns', 'races', 'waited'])
        done = run('replay', 'adv_one_4k_per_mb', '--quirk=mtk_ext',
                   '--strategy=page', '--reps=1')
        self.assertNotIn('waited', done.stdout)

    def test_threads_that_cannot_be(self):
        for args, why in (
                (['--threads=5'],
                 '--threads=5: there are 4 simulated CPUs (--cpus, --profile)'),
                (['--threads=3', '--cpus=2'], '(--cpus, --profile)'),
                (['--threads=2', '--cpus=1'], 'there is 1 simulated CPU ('),
                (['--threads=0'], 'no number from 1 to 64'),
                (['--threads=65', '--cpus=64'], 'no number from 1 to 64'),
                (['--threads=2:'], "'' is none of slice, domain, cpu"),
                (['--threads=2:slices'], 'none of slice, domain, cpu'),
                (['--threads=:cpu'], 'no number from 1 to 64'),
                (['--threads=' + '1' * 40 + ':cpu'], 'no number from'),
                (['--threads=2', '--inject=unfit:1'], '--inject'),
                (['--threads=2'], '--reps=0 times nothing')):
            reps = 0 if 'times' in why else 1
            self.fails(self.threads(*args, reps=reps), 2, why)
            self.assertEqual(
                self.threads(*args, reps=reps).stderr.count('\n'), 1)
        for option in '--bare', '--slabinfo':
            self.fails(run('replay', 'adv_one_4k_per_mb', '--threads=2',
                           option), 2, 'no --threads')
        self.fails(run('survive', '--threads=2'), 2, 'threads')
        done = self.threads('--threads=5', '--cpus=5', '--strategy=page')
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_strategies_that_refuse_threads(self):
        """The reason is named, but one thread will do."""
        done = self.threads('--threads=2', '--strategy=page_frag:mode=v3')
        self.fails(done, 2, '--threads=2: page_frag:mode=v3: ')
        done = self.threads('--threads=1', '--strategy=page_frag:mode=v3')
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_pool_follows_ias(self):
        t = self.write('t.txt', map_line(0x100000, 0x40000000))
        for ias, size in ('32', 4 << 20), ('34', 16 << 20):
            done = run('replay', t, '--quirk=mtk_ext', '--ias', ias,
                       '--reps=0', '--format=csv', '--strategy=genalloc,'
                       'genalloc:when=late,genalloc:ondemand=1')
            table = rows(done.stdout)
            self.assertEqual([int(r['held_bytes_start']) for r in table],
                             [size, 0, 0])
            self.assertEqual([int(r['held_bytes_end']) for r in table],
                             [size, size, 65536])

    def replay_old(self, *args, strategy='slab_dma32,page_frag'):
        t = self.write('t.txt', ''.join(
            map_line(slot << 20, 0x40000000) for slot in range(64)))
        done = run('replay', t, '--reps=0', '--format=csv', '--strategy',
                   strategy, *args)
        return done, rows(done.stdout)

    def test_old_memory(self):
        done, cells = self.replay_old('--frag=p2')
        self.assertEqual(done.returncode, 0, done.stderr)
        for cell in cells:
            self.assertEqual(cell['frag'], 'p2')
            self.assertEqual(cell['unusable_index_start'],
                             '0' + ' 1000' * 10)
            self.assertEqual(cell['order_fallbacks'], cell['refills'])
            self.assertEqual(cell['page_fail_order'], cell['refills'])
        done, again = self.replay_old('--frag=p2')
        self.assertEqual(cells, again)
        done, other = self.replay_old('--frag=mix:0.9,0.3', '--age-seed=5')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(other[0]['frag'], 'mix:0.9,0.3')

    def test_small_zone(self):
        done, cells = self.replay_old('--dma32=64K', strategy='page,pte_frag')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(int(cells[0]['fail_nomem']), 0)
        self.assertGreater(int(cells[0]['page_fail_mark']), 0)
        done, cells = self.replay_old('--dma32=8K', strategy='page')
        self.assertEqual(cells[0]['built'], 'no')
        self.assertEqual(cells[0]['held_bytes_peak'], '')
        done, cells = self.replay_old('--dma32=2M', strategy='page,genalloc')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([c['built'] for c in cells], ['yes', 'no'])
        self.assertEqual(done.stderr, 'v7sbench: warning: t.txt: genalloc '
                         'could not be built, not ranked\n')

    def test_size_of_the_zone(self):
        for size in '0', '0K', '1', '4095', '6K':
            done, _ = self.replay_old('--dma32=' + size)
            self.fails(done, 2, f'--dma32: {size} is no multiple of 4K\n')
        done, _ = self.replay_old('--dma32=9G', '--profile=small')
        self.fails(done, 2)
        told = re.fullmatch(r'v7sbench replay: --dma32: ZONE_DMA32 of small '
                            r'has no more than (\d+)K\n', done.stderr)
        most = int(told[1])
        done, cells = self.replay_old('--profile=small', f'--dma32={most}K')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(cells[0]['zone_bytes'], str(most * 1024))
        self.fails(self.replay_old('--profile=small',
                                   f'--dma32={most + 4}K')[0], 2, 'ZONE_DMA32')

    def test_bad_states_of_memory(self):
        for bad in ('--frag=', '--frag=p3', '--frag=mix:2,0', '--dma32=x',
                    '--dma32=1T', '--dma32=-1', '--dma32=1KB', '--dma32=9G',
                    '--age-seed=x'):
            done, _ = self.replay_old(bad)
            self.assertEqual(done.returncode, 2, bad)
            self.assertEqual(done.stdout, '')
            self.assertRegex(done.stderr, '^v7sbench')

    def test_failures_are_no_anomalies(self):
        text = ''.join(map_line(slot << 20, 0x40000000) for slot in range(8))
        text += ''.join(
            '  wl-1 [000] .....     2.0: unmap: IOMMU: '
            f'iova=0x{slot << 20:x} size=4096 unmapped_size=4096\n'
            for slot in range(8))
        done = run('replay', self.write('t.txt', text), '--reps=0',
                   '--format=csv', '--strict', '--strategy=genalloc:tables=4')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(rows(done.stdout)[0]['anomalies'], '0')

    def test_a_workload_without_tables(self):
        t = self.write('t.txt', map_line(0x100000, 0x40000000, 0x100000))
        out = run('replay', t, '--reps=0').stdout
        self.assertNotIn('inf', out)
        self.assertNotIn('nan', out)

    def test_full_stdout(self):
        t = self.write('t.txt', map_line(0x100000, 0x40000000))
        with open('/dev/full', 'w') as full:
            for form in 'table', 'csv', 'json':
                done = run('replay', t, '--reps=0', '--format=' + form,
                           stdout=full)
                self.assertEqual(done.returncode, 3, form)
                self.assertTrue(done.stderr)


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


class Slab(Base):
    def three_domains(self):
        return self.write('t.txt', ''.join(
            map_line(0x100000 * i, 0x40000000 + 0x1000 * i).replace(
                'IOMMU:', f'IOMMU:d{i}') for i in (1, 2, 3)))

    def slabinfo(self, *args):
        done = run('replay', self.three_domains(), '--profile=mt8173',
                   '--slabinfo', '--format=csv', *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = {}
        for r in rows(done.stdout):
            self.assertEqual(r['workload'], 't.txt')
            key = r['strategy'], r['domain'], r['id']
            self.assertNotIn(r['name'], found.setdefault(key, {}))
            found[key][r['name']] = int(r['value'])
        return found

    def test_one_cache_for_all(self):
        found = self.slabinfo('--strategy=slab_dma32')
        self.assertEqual(list(found), [('slab_dma32', '*', ':D-0001024')])
        cache = found[('slab_dma32', '*', ':D-0001024')]
        # Read from Linux 6.1.192 with 4 CPUs, but for aliases: 3 domains.
        for name, value in {
                'object_size': 1024, 'slab_size': 1024, 'objs_per_slab': 16,
                'order': 2, 'align': 1024, 'min_partial': 5,
                'cpu_partial': 24, 'sanity_checks': 0, 'red_zone': 0,
                'poison': 0, 'store_user': 0, 'aliases': 2}.items():
            self.assertEqual(cache[name], value, name)
        self.assertEqual(cache['slabs'], 1)
        self.assertEqual(cache['total_objects'], 16)
        self.assertEqual(cache['objects'], 16)
        self.assertEqual(cache['cpu_slabs'], 1)
        self.assertEqual(cache['alloc_slab'], 1)
        self.assertEqual(cache['cache_dma32'], 1)
        self.assertEqual(cache['tables'], 3)
        self.assertEqual(cache['pages_held'], 4)

    def test_one_cache_a_domain(self):
        for options in ('merge=no', 'debug=FZPU'):
            label = 'slab_dma32:' + options
            found = self.slabinfo('--strategy=' + label)
            self.assertEqual(list(found), [
                (label, d, 'io-pgtable_armv7s_l2') for d in ('d1', 'd2', 'd3')])
            for cache in found.values():
                self.assertEqual(cache['aliases'], 0)
                self.assertEqual(cache['tables'], 1)

    def test_debug_cache(self):
        found = self.slabinfo('--strategy=slab_dma32:debug=FZPU')
        for cache in found.values():
            # Read from Linux 6.1.192 with slub_debug=FZPU.
            for name, value in {
                    'object_size': 1024, 'slab_size': 3072,
                    'objs_per_slab': 10, 'order': 3, 'align': 1024,
                    'min_partial': 5, 'cpu_partial': 0, 'sanity_checks': 1,
                    'red_zone': 1, 'poison': 1, 'store_user': 1}.items():
                self.assertEqual(cache[name], value, name)
            self.assertEqual(cache['cpu_slabs'], 0)
            self.assertEqual(cache['objects'], 1)

    def test_array_cache(self):
        label = 'slab_dma32:impl=slab'
        found = self.slabinfo('--strategy=' + label)
        name = 'io-pgtable_armv7s_l2'
        self.assertEqual(list(found), [(label, '*', name)])
        # mt8173 has 4 CPUs. A refill takes one new slab of 4 objects only.
        self.assertEqual(found[label, '*', name], {
            'active_objs': 4, 'num_objs': 4, 'objsize': 1024, 'objperslab': 4,
            'pagesperslab': 1, 'limit': 54, 'batchcount': 27,
            'sharedfactor': 8, 'active_slabs': 1, 'num_slabs': 1,
            'sharedavail': 0, 'cache_dma32': 1, 'aliases': 2, 'tables': 3,
            'pages_held': 1,
            'metadata_bytes': 4 * (16 + 54 * 8) + 2048 + 128})
        found = self.slabinfo(f'--strategy={label},merge=no')
        self.assertEqual([k[1:] for k in found],
                         [(d, name) for d in ('d1', 'd2', 'd3')])
        for cache in found.values():
            self.assertEqual(cache['aliases'], 0)
            self.assertEqual(cache['tables'], 1)

    def test_array_cache_replays(self):
        labels = ['slab_dma32', 'slab_dma32:impl=slab']
        done = run('replay', self.three_domains(), '--profile=mt8173',
                   '--reps=1', '--format=csv', '--strategy=' + ','.join(labels))
        self.assertEqual(done.returncode, 0, done.stderr)
        slub, slab = rows(done.stdout)
        self.assertEqual([slub['strategy'], slab['strategy']], labels)
        self.assertEqual([slub['held_bytes_peak'], slab['held_bytes_peak']],
                         ['16384', '4096'])
        self.assertEqual(slub['metadata_bytes_peak'], str(4 * 32 + 64))
        self.assertEqual(slub['digest'], slab['digest'])

    def test_array_cache_refuses(self):
        for option, why in (('order=0', 'leave order=N out'),
                            ('kernel=4.20', 'leave kernel=4.20 out'),
                            ('random=7', 'leave random=N out'),
                            ('debug=FZPU', 'leave debug=... out')):
            for options in (f'impl=slab,{option}', f'{option},impl=slab'):
                done = run('replay', 'adv_frag_pin',
                           '--strategy=slab_dma32:' + options)
                self.assertEqual(done.returncode, 2, options)
                self.assertEqual(done.stdout, '')
                self.assertIn(why, done.stderr)

    def test_share_decides(self):
        found = self.slabinfo('--strategy=slab_dma32:merge=no', '--share=all')
        self.assertEqual([k[1] for k in found], ['*'])
        found = self.slabinfo('--strategy=slab_dma32', '--share=none')
        self.assertEqual(len(found), 3)

    def test_slabinfo_formats(self):
        t = self.three_domains()
        args = ('replay', t, '--slabinfo', '--strategy=slab_dma32,genalloc')
        done = run(*args, '--format=json')
        data = json.loads(done.stdout)
        self.assertEqual([d['domain'] for d in data], ['*', 'd1', 'd2', 'd3'])
        self.assertEqual(data[0]['id'], ':D-0001024')
        self.assertEqual(data[1]['attributes']['pages_held'], 1024)
        text = run(*args).stdout
        self.assertIn('slab_dma32, :D-0001024, all 3 domains\n', text)
        self.assertIn('genalloc, domain d2\n', text)
        self.assertRegex(text, r'\nobject_size +1024\n')
        self.assertRegex(run(*args, '--format=md').stdout,
                         r'\| tables \| 1 \|')

    def test_slabinfo_to_full_stdout(self):
        for fmt in 'csv', 'json', 'table', 'md':
            with open('/dev/full', 'w') as full:
                done = run('replay', 'adv_frag_pin', '--slabinfo',
                           '--format=' + fmt, stdout=full)
            self.assertEqual(done.returncode, 3, fmt)
            self.assertIn('stdout', done.stderr)

    def test_flags(self):
        lines = run('list', 'flags').stdout.splitlines()
        self.assertEqual(lines[0].split(), ['rule', 'cache', 'gfp', 'slab',
                                            'warnings', 'stripped', 'zone'])
        cells = [re.split(r' {2,}', line.strip()) for line in lines[2:]]
        self.assertEqual(len(cells), 50)
        for cell in cells:
            rule, cache, gfp, slab, warnings = cell[:5]
            stripped, zone = cell[5] if len(cell) == 7 else '', cell[-1]
            expected = [f for f in gfp.split('|')
                        if slab == 'new' and f in ('GFP_DMA32', '__GFP_HIGHMEM')
                        and not (rule == 'series v4' and f == 'GFP_DMA32' and
                                 cache == 'SLAB_CACHE_DMA32')]
            self.assertEqual(stripped, '|'.join(expected), cell)
            self.assertEqual(warnings, str(int(bool(expected))), cell)
            self.assertEqual(zone, 'Normal' if cache == 'plain' else 'DMA32')
        for rule, dma32 in (('Linux 4.20', 0), ('series v4', 10),
                            ('merged, 6.1', 10)):
            mine = [c for c in cells if c[0] == rule]
            self.assertEqual(len([c for c in mine if c[1] == 'plain']), 10)
            self.assertEqual(len(mine), 10 + dma32)


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


class Results(Base):
    def measure(self, out, *args):
        return run('run', '--out', out, '--workload=adv_one_4k_per_mb',
                   '--strategy=page,pte_frag', FORCE, *args)

    def test_files(self):
        out = self.dir / 'r/latest'
        done = self.measure(out, '--processes=7', '--reps=2', '--rounds=5')
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)
        self.assertEqual(sorted(p.name for p in out.iterdir()),
                         ['result.json', 'samples.csv', 'summary.csv',
                          'timeline.csv'])
        meta = json.loads((out / 'result.json').read_text())
        self.assertTrue(meta['complete'])
        self.assertEqual(meta['schema_version'], 2)
        summary = rows((out / 'summary.csv').read_text())
        self.assertEqual(len(meta['cells']), len(summary))
        for cell, row in zip(meta['cells'], summary):
            for name, value in row.items():
                self.assertEqual('' if cell[name] is None else
                                 float(cell[name])
                                 if isinstance(cell[name], (int, float))
                                 else cell[name],
                                 float(value) if isinstance(
                                     cell[name], (int, float)) else value)
        samples = rows((out / 'samples.csv').read_text())
        for row in summary:
            mine = [s for s in samples if s['strategy'] == row['strategy']]
            self.assertEqual((row['processes'], row['reps']), ('7', '14'))
            self.assertAlmostEqual(self.of_processes(mine, 'alloc_ns_mean', 7, 2),
                                   float(row['alloc_ns_mean']), delta=0.01)
            singles = sum(int(s['count']) for s in mine
                          if s['metric'] == 'alloc_ns')
            self.assertEqual(singles, 14 * int(row['l2_allocs']))
        timeline = rows((out / 'timeline.csv').read_text())
        self.assertEqual(max(int(t['held_bytes']) for t in timeline
                             if t['strategy'] == 'page'), 4096 * 4096)

    def of_processes(self, samples, metric, nr, reps):
        """Median over processes of each one's median."""
        found = {}
        for s in samples:
            if s['metric'] == metric:
                found.setdefault(int(s['process']), {})[int(s['rep'])] = float(s['value'])
        self.assertEqual(sorted(found), list(range(1, nr + 1)))
        for values in found.values():
            self.assertEqual(sorted(values), list(range(1, reps + 1)))
        return statistics.median(statistics.median(v.values())
                                 for v in found.values())

    def test_threads(self):
        out = self.dir / 'latest'
        done = self.measure(out, '--processes=6', '--threads=2:slice')
        self.assertEqual(done.returncode, 0, done.stderr)
        samples = rows((out / 'samples.csv').read_text())
        for row in rows((out / 'summary.csv').read_text()):
            self.assertEqual(row['threads'], '2:slice')
            mine = [s for s in samples if s['strategy'] == row['strategy']]
            for name in ('threads_event_ns_mean', 'lost_races', 'waited_events'):
                middle = self.of_processes(mine, name, 6, 1)
                self.assertAlmostEqual(float(row[name]), middle, delta=0.02)
            middle = self.of_processes(mine, 'threads_event_ns_mean', 6, 1)
            low, high = (float(row['threads_event_ns_mean_' + end])
                         for end in ('low', 'high'))
            self.assertLessEqual(low, middle + 0.02)
            self.assertGreaterEqual(high, middle - 0.02)
        done = run('compare', out)
        self.assertIn('threads ns', done.stdout)
        # Threads add figures; they change none that is exact.
        base = self.dir / 'base'
        done = self.measure(base, '--reps=0')
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run('check', '--baseline', base, out)
        self.assertEqual(done.returncode, 0, done.stdout)
        summary = (out / 'summary.csv').read_text()
        for name in 'threads_event_ns_mean', 'lost_races', 'waited_events':
            summary = summary.replace(name + ',', 'x_' + name + ',')
        (out / 'summary.csv').write_text(summary)
        old = run('compare', out)
        self.assertEqual((old.returncode, old.stderr), (0, ''))
        self.assertNotIn('threads ns', old.stdout)
        self.assertIn('map ns', old.stdout)

    def test_interrupt_with_threads(self):
        """Threads that wait for each other end too."""
        proc = subprocess.Popen(
            [V7SBENCH, 'replay', 'x86-drm', '--quirk=mtk_ext', '--threads=4',
             '--reps=1000', '--strategy=page'], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        time.sleep(1)
        proc.send_signal(signal.SIGINT)
        out, _ = proc.communicate(timeout=10)
        self.assertEqual((proc.returncode, out), (-signal.SIGINT, b''))

    def test_defects_are_told(self):
        done = run('run', '--out', self.dir / 'r', '--reps=0',
                   '--workload=adv_one_4k_per_mb',
                   '--strategy=page,page_frag:mode=v3')
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)
        self.assertIn('adv_one_4k_per_mb: page_frag:mode=v3 leaked 32 KiB',
                      done.stderr)
        self.assertIn('page_frag:mode=v3 leaked 32 KiB at teardown, not ranked',
                      run('compare', self.dir / 'r').stdout)

    def test_exact_figures_repeat(self):
        texts = []
        for name in 'a', 'b':
            self.measure(self.dir / name, '--reps=0')
            texts.append([(self.dir / name / f).read_bytes() for f in
                          ('summary.csv', 'samples.csv', 'timeline.csv')])
        self.assertEqual(*texts)

    def test_earlier_result_survives(self):
        out = self.dir / 'latest'
        self.measure(out, '--reps=0')
        before = (out / 'summary.csv').read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (512, hard))
            done = self.measure(out, '--reps=0')
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual((out / 'summary.csv').read_bytes(), before)
        self.assertFalse((self.dir / 'latest.partial').exists())

    def test_unwritable_target_is_refused_first(self):
        plain = self.write('file', '')
        for target in plain / 'x', plain, '/dev/null/x', self.dir / ('n' * 300):
            start = time.monotonic()
            done = run('run', '--out', target, '--reps=1000', FORCE)
            self.assertEqual(done.returncode, 3, target)
            self.assertLess(time.monotonic() - start, 20)
        self.assertEqual(plain.read_text(), '')

    @unittest.skipUnless(shutil.which('hyperfine'), 'hyperfine is missing')
    def test_hyperfine(self):
        out = self.dir / 'latest'
        done = self.measure(out, '--reps=0', '--hyperfine')
        self.assertEqual(done.returncode, 0, done.stderr)
        times = [s for s in rows((out / 'samples.csv').read_text())
                 if s['metric'] == 'process_s']
        self.assertEqual(len(times), 20)
        self.assertTrue(all(0 < float(s['value']) < 60 for s in times))

    def test_hyperfine_failure_costs_its_samples_only(self):
        for program in '/nonexistent', '/bin/false', '/bin/true':
            out = self.dir / 'latest'
            done = self.measure(out, '--reps=0', '--hyperfine=' + program)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('whole processes not timed', done.stderr)
            self.assertNotIn('process_s', (out / 'samples.csv').read_text())
            self.assertEqual(len(rows((out / 'summary.csv').read_text())), 2)

    def test_hyperfine_all_samples_or_none(self):
        short = {'results': [{'times': [0.5] * 10}, {'times': [0.5] * 9}]}
        fake = self.write('fake', '#!/bin/sh\nwhile [ "$1" != --export-json ]; '
                          'do shift; done\ncat >"$2" <<X\n'
                          f'{json.dumps(short)}\nX\n')
        fake.chmod(0o755)
        out = self.dir / 'latest'
        done = self.measure(out, '--reps=0', f'--hyperfine={fake}')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('not as expected', done.stderr)
        self.assertNotIn('process_s', (out / 'samples.csv').read_text())

    def test_hyperfine_gets_the_same_configuration(self):
        fake = self.write('fake', '#!/bin/sh\nprintf "%s\\n" "$@" >'
                          f'"{self.dir}/args"\nexit 1\n')
        fake.chmod(0o755)
        self.measure(self.dir / 'latest', '--reps=0', f'--hyperfine={fake}',
                     '--cpus=8', '--share=all', '--quirk=mtk_ttbr_ext,ns',
                     '--ias=34', '--profile=mt8183', '--rebase-paddr')
        commands = [a for a in (self.dir / 'args').read_text().splitlines()
                    if ' replay ' in a]
        self.assertEqual(len(commands), 2)
        self.assertNotIn('--dma32', ' '.join(commands))
        for command in commands:
            for option in ('--cpus=8', '--share=all', '--ias=34', '--bare',
                           '--profile=mt8183', '--rebase-paddr',
                           '--quirk=none,ns,no_perms,mtk_ext,mtk_ttbr_ext'):
                self.assertIn(option, command)

    def test_hyperfine_from_an_odd_path(self):
        odd = self.dir / "it's a dir"
        odd.mkdir()
        shutil.copy(V7SBENCH, odd / 'v7sbench')
        if not shutil.which('hyperfine'):
            self.skipTest('hyperfine is missing')
        done = subprocess.run([odd / 'v7sbench', 'run', '--out', odd / 'r',
                               '--reps=0', '--strategy=page', '--hyperfine',
                               '--workload=adv_one_4k_per_mb'],
                              stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertIn('process_s', (odd / 'r/samples.csv').read_text())

    def test_compare(self):
        out = self.dir / 'latest'
        self.measure(out, '--reps=0')
        done = run('compare', out)
        self.assertEqual(done.returncode, 0)
        self.assertIn('pte_frag holds least, 4096 KiB at peak (next, page, '
                      'holds 4.0 times as much)', done.stdout)
        self.assertRegex(done.stdout, r'pte_frag .* 4096\*')
        summary = (out / 'summary.csv').read_text()
        (out / 'summary.csv').write_text(summary.replace('held_bytes_peak',
                                                         'held'))
        self.fails(run('compare', out), 2, 'held_bytes_peak')


class Gate(Base):
    def setUp(self):
        super().setUp()
        self.out, self.base = self.dir / 'latest', self.dir / 'baseline'
        run('run', '--out', self.out, '--workload=adv_one_4k_per_mb',
            '--reps=0')
        done = run('check', '--baseline', self.base, '--update', self.out)
        self.assertEqual(done.returncode, 0, done.stderr)

    def check(self):
        return run('check', '--baseline', self.base, self.out)

    def test_equal(self):
        done = self.check()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(f'{len(built())} cells compared, 0 differences',
                      done.stdout)

    def test_planted_difference(self):
        path = self.base / 'summary.csv'
        text = path.read_text()
        path.write_text(text.replace(',16777216,', ',16777217,', 1))
        self.assertNotEqual(path.read_text(), text)
        done = self.check()
        self.assertEqual(done.returncode, 1)
        self.assertIn('adv_one_4k_per_mb page: held_bytes_peak was 16777217, '
                      'is 16777216', done.stdout)

    def test_missing_and_new_cells(self):
        path = self.base / 'summary.csv'
        lines = path.read_text().splitlines(True)
        path.write_text(''.join(lines[:-1]))
        self.assertEqual(self.check().returncode, 1)
        path.write_text(''.join(lines) + lines[-1].replace('adv_one', 'x'))
        self.assertEqual(self.check().returncode, 1)
        path.write_text(lines[0])
        self.fails(self.check(), 2, 'no cell')

    def test_committed_baseline_has_every_cell(self):
        table = rows((ROOT / 'results/baseline/summary.csv').read_text())
        listed = run('list', 'workloads').stdout.split('\n(')[0]
        labels = set()
        for part in re.split(r'^(?=[\w-]+ )', listed, flags=re.M)[1:]:
            taken = re.search(r'^ +in run: (.*)$', part, re.M)
            if not taken:
                labels.add(part.split()[0])
            elif taken[1] != 'only if named':
                labels.update(taken[1].split())
        self.assertEqual({r['workload'] for r in table}, labels)
        self.assertLessEqual(set(built()), {r['strategy'] for r in table})


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
