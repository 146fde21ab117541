#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""How replay tells what a trace does: columns, threads, aged memory, formats.

usage: test_cli_replay.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import json
import re
import subprocess
import sys
import unittest

from cli import Base, COLUMNS, FORCE, RECORDED, V7SBENCH, built, map_line, rows, run


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


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
