#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Slab caches as users ask for them: options, /proc/slabinfo.

usage: test_cli_slab.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import json
import re
import sys
import unittest

from cli import Base, map_line, rows, run


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


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
