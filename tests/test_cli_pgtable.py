#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The options of the page table, as their users give them.

usage: test_cli_pgtable.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import sys
import unittest

from cli import Base, map_line, rows, run, unmap_line


class PageTable(Base):
    def replay(self, text, *options):
        trace = self.write('t.txt', text)
        done = run('replay', trace, '--reps=0', '--format=csv',
                   '--strategy=slab_dma32', *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return rows(done.stdout)[0], done.stderr

    def test_columns_say_which(self):
        row, _ = self.replay(map_line(0, 0x1000))
        self.assertEqual([row[c] for c in ('kernel', 'split', 'path', 'coherent')],
                         ['6.1', 'kernel', 'kernel', 'yes'])
        self.assertEqual([row[c] for c in ('dma_maps', 'dma_lines')], ['', ''])
        row, _ = self.replay(map_line(0, 0x1000), '--kernel=6.13', '--split=fixed',
                             '--path=batch', '--coherent=no')
        self.assertEqual([row[c] for c in ('kernel', 'split', 'path', 'coherent')],
                         ['6.13', 'fixed', 'batch', 'no'])

    def test_walker_that_does_not_snoop(self):
        text = map_line(0, 0x1000, 8192) + unmap_line(0, 8192)
        for how in 'no', 'flush':
            row, _ = self.replay(text, f'--coherent={how}')
            # Level 1 is 16 KiB; the link, level 1 again, two pages, their end.
            self.assertEqual([row[c] for c in ('dma_maps', 'dma_unmaps', 'dma_syncs',
                                               'dma_lines')],
                             ['2', '0', '6', str(256 + 16 + 6)])

    def test_4_20(self):
        row, _ = self.replay(map_line(0, 0x1000), '--kernel=4.20',
                             '--quirk=mtk_4gb,tlbi_on_map')
        self.assertEqual(row['quirks'], str(2 | 256 | 512))
        trace = self.write('t.txt', map_line(0, 0x140000000))
        done = run('replay', trace, '--kernel=4.20', '--reps=0')
        self.fails(done, 2, 'paddr up to 0x140001000', 'use --rebase-paddr')
        self.assertNotIn('mtk_ext', done.stderr)

    def test_part_of_a_section(self):
        text = map_line(0, 0x62000000, 1 << 20) + unmap_line(0x7000)
        digest = {}
        for split in 'kernel', 'fixed', 'off':
            row, _ = self.replay(text, f'--split={split}')
            self.assertEqual(row['anomalies'], '1' if split == 'off' else '0')
            self.assertEqual(row['l2_tables_end'], '0' if split == 'off' else '1')
            digest[split] = row['digest']
        self.assertEqual(len(set(digest.values())), 3)
        row, _ = self.replay(text, '--kernel=6.13')
        self.assertEqual(row['digest'], digest['off'])

    def test_refusals(self):
        text = ''.join(map_line(n << 20, 0x1000) for n in range(6))
        for cause, column, words in (
                ('unfit', 'fail_unfit', 'Page table does not fit in PTE, 1 times'),
                ('dma-error', 'fail_dma_error', 'cannot be mapped for DMA, 1 times'),
                ('dma-translated', 'fail_dma_translated',
                 'Cannot accommodate DMA translation for IOMMU page tables, 1 times')):
            row, err = self.replay(text, '--coherent=no', f'--inject={cause}:3')
            self.assertEqual(row[column], '1')
            self.assertEqual(row['alloc_failures'], '1')
            self.assertEqual(row['l2_tables_end'], '5')
            self.assertIn(words, err)
            row, _ = self.replay(text, '--coherent=no', f'--inject={cause}:3+')
            self.assertEqual(row[column], '4')
        row, _ = self.replay(text, '--coherent=no', '--inject=unfit:1,dma-error:2')
        self.assertEqual([row['fail_unfit'], row['fail_dma_error']], ['1', '1'])

    def test_refusals_are_timed_as_well(self):
        trace = self.write('t.txt', ''.join(map_line(n << 20, 0x1000)
                                            for n in range(6)))
        done = run('replay', trace, '--reps=2', '--inject=unfit:3', '--format=csv')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({r['fail_unfit'] for r in rows(done.stdout)}, {'1'})

    def test_bad_values(self):
        for options, words in (
                (['--kernel=5'], "'5' is none of 6.1, 4.20, 6.13"),
                (['--split=no'], "'no' is none of kernel, fixed, off"),
                (['--path='], "'' is none of kernel, batch"),
                (['--coherent=maybe'], "'maybe' is none of yes, no, flush"),
                (['--kernel=4.20', '--quirk=mtk_ext'], 'has no quirk mtk_ext'),
                (['--kernel=4.20', '--path=batch'], 'no --path=batch'),
                (['--inject=dma-error:1'], 'need --coherent=no'),
                (['--inject=dma-translated:1', '--coherent=yes'], 'need --coherent=no'),
                (['--quirk=tlbi_on_map'], 'need --kernel=4.20'),
                (['--kernel=4.20', '--ias=33'], '--ias=33: 4.20 has 32 bits'),
                (['--inject=unfit:1,unfit:2'], '--inject: unfit is there twice'),
                (['--inject='], "'' is none of unfit:N"),
                (['--inject=unfit'], "'unfit' is none of unfit:N"),
                (['--inject=cold:1'], "'cold:1' is none of unfit:N"),
                (['--inject=unfit:0'], 'no number from 1'),
                (['--inject=unfit:+'], 'no number from 1'),
                (['--inject=unfit:1,'], "'' is none of unfit:N"),
                (['--inject=unfit:99999999999999999999999999'], 'no number from 1')):
            self.fails(run('replay', 'x86-drm', *options), 2, words)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
