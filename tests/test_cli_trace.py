#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""v7sbench trace, as its users run it.

usage: test_cli_trace.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

from cli import RECORDED, ROOT, V7SBENCH, Base, map_line, rows, run, unmap_line

FORMATS = ROOT / 'tests/formats'
RECIPE = ('p:dmap   __iommu_map   domain=$arg1:x64 iova=$arg2:x64 paddr=$arg3:x64 '
          'size=$arg4:u64 prot=$arg5:x32\n'
          'p:dunmap __iommu_unmap domain=$arg1:x64 iova=$arg2:x64 size=$arg3:u64\n'
          'see TRACE-YOUR-DEVICE')
# Those with events that no recorder lost.
SAMPLES = [p for p in sorted(FORMATS.glob('*.txt'))
           if p.stem not in ('hex', 'hist', 'kprobe_profile', 'raw', 'overrun')]
WITH_DAT = 'this build lacks libtracecmd' not in run(
    'trace', 'cat', ROOT / 'tests/dat/joined-v7.dat').stderr


def line(seconds, kind, iova, size=4096, domain='', paddr=None):
    at = f'  wl-1 [000] ..... {seconds:.6f}: {kind}: IOMMU:{domain} iova=0x{iova:x} '
    if kind == 'map':
        return at + f'paddr=0x{iova if paddr is None else paddr:x} size={size}\n'
    return at + f'size={size} unmapped_size={size}\n'


def events(text):
    """(seconds, kind, domain, iova, paddr, size) of canonical text."""
    form = re.compile(r' +<\.\.\.>-0 +\[\d+\] \.{5} +([\d.]+): (map|unmap): IOMMU:(\S*) '
                      r'iova=(0x\w+) - 0x\w+(?: paddr=(\S+))? size=(\d+)')
    found = [form.match(l) for l in text.splitlines() if not l.startswith('CPU:')]
    return [(float(m[1]), m[2], m[3], int(m[4], 0), m[5] and int(m[5], 0), int(m[6]))
            for m in found]


def stat(trace, *options):
    done = run('trace', 'stat', trace, '--format=csv', *options)
    assert done.returncode == 0, done.stderr
    table = rows(done.stdout)
    assert len(table) == 1
    return {k: v if k == 'trace' else int(v) for k, v in table[0].items()}


RAW = ':13: raw or hex output cannot be used: record with options/raw and options/hex off'
# What the reader makes of each sample: events, maps, unmaps, domains, CPUs, lost; or why not.
EXPECTED = {
    'attach': (8, 5, 3, 1, 2, 0),
    'clock-boot': (2, 1, 1, 1, 1, 0),
    'clock-counter': (2, 1, 1, 1, 1, 0),
    'clock-mono': (2, 1, 1, 1, 1, 0),
    'clock-x86-tsc': (2, 1, 1, 1, 1, 0),
    'default': (28, 20, 8, 1, 2, 0),
    'hex': RAW,
    'hist': ':1: histogram output cannot be used: give the file trace, not hist',
    'kprobe_profile': ':1: kprobe profile cannot be used: give the file trace, not kprobe_profile',
    'latency-format': (4, 2, 2, 1, 1, 0),
    'latency-tgid': (4, 2, 2, 1, 1, 0),
    'nocontext-info': (20, 15, 5, 1, 1, 0),
    'noirq-info': (16, 13, 3, 1, 2, 0),
    'overrun': (18, 16, 2, 1, 2, 565),
    'perf': (20, 11, 9, 1, 2, 0),
    'pipe-lost': (50, 35, 15, 1, 2, 0),
    'raw': RAW,
    'record-tgid': (10, 7, 3, 1, 2, 0),
    'tc-report': (29, 27, 2, 1, 2, 0),
    'tgid2': (32, 18, 14, 1, 2, 0),
    'verbose': (20, 15, 5, 1, 2, 0),
}


class Formats(Base):
    def test_every_sample(self):
        self.assertEqual({p.stem for p in FORMATS.glob('*.txt')}, set(EXPECTED))
        for name, expected in EXPECTED.items():
            path = FORMATS / f'{name}.txt'
            if isinstance(expected, str):
                self.fails(run('trace', 'stat', path), 2)
                self.assertEqual(run('trace', 'stat', path).stderr,
                                 f'v7sbench: {path}{expected}\n')
                continue
            figures = stat(path)
            self.assertEqual(tuple(figures[n] for n in (
                'events', 'maps', 'unmaps', 'domains', 'cpus', 'lost')), expected, name)
            done = run('trace', 'import', path, '--accept-ambiguous')
            self.assertEqual(done.returncode, 2 if figures['lost'] else 0, name)

    def test_kprobes_of_a_real_kernel(self):
        """Without the numbers that grep -n put before the lines."""
        text = re.sub(r'^\d+:', '', (FORMATS / 'attach.txt').read_text(), flags=re.M)
        t = self.write('t', text)
        names = 'events', 'domains', 'points', 'probes', 'unjoined_points', 'unjoined_probes'
        for option in '--join', '--take=kprobes':
            figures = stat(t, option)
            self.assertEqual([figures[n] for n in names], [8, 1, 8, 8, 0, 0])
            done = run('trace', 'import', t, option)
            self.assertEqual({e[2] for e in events(done.stdout)}, {'0xffff88810cb251d0'})


class Options(Base):
    def test_every_option(self):
        walked = 0
        t = self.write('t.txt', map_line(0, 0x1000))
        for command in 'cat', 'cut', 'import', 'stat':
            text = run('trace', command, '--help').stdout
            for option in re.findall(r'--([\w-]+)=[A-Z]', text):
                for args in [[f'--{option}']] + [
                        [f'--{option}={v}', str(t)]
                        for v in ('', 'x y', '-1', '9' * 40, '0x') if option != 'out']:
                    done = run('trace', command, *args)
                    self.assertEqual(done.returncode, 2, (command, args, done.stderr))
                    self.assertEqual(done.stdout, '')
                    self.assertRegex(done.stderr, r'\Av7sbench.*\n\Z')
                    walked += 1
        self.assertGreater(walked, 25)

    def test_usage_errors(self):
        t = self.write('t.txt', map_line(0, 0x1000))
        for args in (['cat'], ['cut'], ['import'], ['stat'], ['stat', t, t], ['cut', t, t],
                     ['import', t, t], ['stat', t, '--join', '--take=kprobes'],
                     ['stat', t, '--join', '--join'], ['cut', t, '--from=2', '--to=2'],
                     ['cut', t, '--from=@3', '--to=@2'], ['cut', t, '--bare'],
                     ['cut', t, '--from=1.'], ['cut', t, '--from=1.0000000001'],
                     ['cut', t, '--from=18446744074'], ['cut', t, '--to=1s'],
                     ['cat', '--join', t]):
            done = run('trace', *args)
            self.assertEqual(done.returncode, 2, args)
            self.assertEqual(done.stdout, '', args)
            self.assertRegex(done.stderr, r'\Av7sbench trace \w+: .*\n\Z')

    def test_unusable(self):
        bad = self.write('bad.txt', map_line(0, 0x1000) + 'map: IOMMU: iova=1\n')
        for command in 'cat', 'cut', 'import', 'stat':
            self.fails(run('trace', command, bad), 2, f'{bad}:2: ')
            self.fails(run('trace', command, self.dir / 'none'), 2, 'none: No such file')
            self.fails(run('trace', command, self.dir), 2, str(self.dir))
            self.fails(run('trace', command, self.write('e.txt', '')), 2, 'no map or unmap')

    def test_full_stdout_and_closed_pipe(self):
        with open('/dev/full', 'w') as full:
            for args in (['cat', 'x86-drm'], ['cut', 'x86-drm'], ['import', 'x86-drm'],
                         ['stat', 'x86-drm'], ['stat', 'x86-drm', '--format=json']):
                done = run('trace', *args, stdout=full)
                self.assertEqual(done.returncode, 3, args)
                self.assertIn('v7sbench: stdout: ', done.stderr)
        first = subprocess.run(f"'{V7SBENCH}' trace cat x86-drm | head -1; "
                               'echo ${PIPESTATUS[0]}', shell=True, text=True,
                               executable='/bin/bash', capture_output=True)
        self.assertEqual(first.stdout.splitlines()[1], '141')


class Changed(Base):
    """A file that is no longer what it was, when it is read for the last time."""

    NR = 1_100_000  # not kept in memory

    def test_in_the_middle_of_the_output(self):
        text = map_line(0, 0x1000)
        for command in 'cat', 'cut':
            t = self.write('t', text * self.NR)
            child = subprocess.Popen([V7SBENCH, 'trace', command, t], text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.addCleanup(child.kill)
            # It has begun; it waits for us, far from the end of the file.
            self.assertEqual(child.stdout.read(1), ' ')
            os.truncate(t, len(text) * self.NR // 2)
            _, err = child.communicate(timeout=60)
            self.assertEqual((child.returncode, err),
                             (2, f'v7sbench: {t}: changed while it was read\n'), command)


class RoundTrip(Base):
    def again(self, trace):
        """Text of a trace, which read again is the same text."""
        text = run('trace', 'cat', trace).stdout
        self.assertTrue(text)
        copy = self.write('copy.txt', text)
        self.assertEqual(run('trace', 'cat', copy).stdout, text, trace)
        done = run('trace', 'import', copy, '--accept-lost', '--accept-ambiguous')
        self.assertEqual(done.stdout, text)
        done = run('trace', 'cut', copy)
        self.assertEqual(done.stdout, text)
        return text

    def test_samples(self):
        count = 0
        for sample in SAMPLES:
            count += len(events(self.again(sample)))
        self.assertGreater(count, 200)

    def test_recorded(self):
        for name in 'x86-drm', 'arm-drm':
            self.assertEqual(len(events(self.again(name))), stat(name)['events'])

    def test_lost_is_kept(self):
        text = self.again(FORMATS / 'overrun.txt')
        self.assertTrue(text.startswith('CPU:0 [LOST 565 EVENTS]\n'))

    @unittest.skipUnless(WITH_DAT, 'no libtracecmd')
    def test_dat_without_standard_streams(self):
        dat = ROOT / 'tests/dat/joined-v7.dat'
        for closed in '<&-', '2>&-', '<&- 2>&-':
            done = subprocess.run(f"'{V7SBENCH}' trace cat '{dat}' {closed}", shell=True,
                                  text=True, stdout=subprocess.PIPE)
            self.assertEqual((done.returncode, len(events(done.stdout))), (0, 3), closed)

    @unittest.skipUnless(WITH_DAT, 'no libtracecmd')
    def test_dat(self):
        text = self.again(ROOT / 'tests/dat/joined-v7.dat')
        self.assertEqual([e[0] for e in events(text)], [1.0000026, 1.0000047, 3.000005678])

    def test_stdin(self):
        text = run('trace', 'cat', 'arm-drm').stdout
        done = subprocess.run([V7SBENCH, 'trace', 'cat', '-'], input=text, text=True,
                              capture_output=True)
        self.assertEqual(done.stdout, text)
        done = subprocess.run([V7SBENCH, 'trace', 'stat', '-', '--format=csv'], input=text,
                              text=True, capture_output=True)
        self.assertEqual(rows(done.stdout)[0]['trace'], 'stdin')


class Cat(Base):
    def test_one_after_the_other(self):
        a, b = [self.write(n, line(t, 'map', 0x1000, domain=n)) for n, t in (('a', 2), ('b', 1))]
        text = run('trace', 'cat', a, b, a).stdout
        self.assertEqual([(e[0], e[2]) for e in events(text)], [(2, 'a'), (1, 'b'), (2, 'a')])

    def test_nothing_is_written_if_one_is_bad(self):
        good = self.write('good', map_line(0, 0))
        self.fails(run('trace', 'cat', good, self.write('bad', 'x')), 2, 'bad:1: ')

    def test_ambiguous_and_lost_are_no_matter(self):
        text = 'CPU:0 [LOST 3 EVENTS]\n' + map_line(0, 0) * 2
        done = run('trace', 'cat', self.write('t', text))
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual(len(events(done.stdout)), 2)


class Import(Base):
    def test_report(self):
        t = self.write('t', line(1, 'map', 0, domain='a') + 'foo: x\n' + line(2, 'unmap', 0))
        done = run('trace', 'import', t)
        self.assertEqual(done.stderr, f'v7sbench: {t}: 2 events (1 maps, 1 unmaps) in 2 domains; '
                         '1 other events, 0 lost\n')
        self.assertEqual(len(events(done.stdout)), 2)

    def refused(self, text, option, *words):
        t, out = self.write('t', text), self.write('out', 'before')
        for args in [], ['-o', out]:
            done = run('trace', 'import', t, *args)
            self.assertEqual((done.returncode, done.stdout), (2, ''))
            for word in words + (option,):
                self.assertIn(word, done.stderr)
            self.assertNotIn('warning', done.stderr)
        self.assertEqual(out.read_text(), 'before')
        self.assertEqual(sorted(p.name for p in self.dir.iterdir()), ['out', 't'])
        done = run('trace', 'import', t, option, '-o', out)
        self.assertEqual((done.returncode, done.stdout), (0, ''))
        self.assertEqual(out.read_text(), run('trace', 'cat', t).stdout)

    def test_lost(self):
        self.refused('CPU:1 [LOST 678 EVENTS]\n' + map_line(0, 0), '--accept-lost',
                     'the recorder lost 678 events')

    def test_ambiguous(self):
        self.refused('#\n' + map_line(0, 0) + map_line(0, 0x1000) * 2, '--accept-ambiguous',
                     '/t:3: map over a live iova, 2 in all: the trace seems to be of several '
                     'domains, which the tracepoint does not tell apart; record them with '
                     'kprobes:\n' + RECIPE)

    def test_named_domains_are_not_ambiguous(self):
        t = self.write('t', (line(1, 'map', 0, domain='a') * 2))
        self.assertEqual(run('trace', 'import', t).returncode, 0)

    def test_some_names_are_enough(self):
        t = self.write('t', line(1, 'map', 0) * 2 + line(2, 'map', 0, domain='a'))
        for args in ['import', t], ['stat', t]:
            self.assertNotIn('kprobes:', run('trace', *args).stderr)
        done = run('replay', t, '--reps=0', '--strategy=page')
        self.assertIn(':2: map over a live iova; 1 such events', done.stderr)
        self.assertNotIn('kprobes:', done.stderr)

    def test_files(self):
        text = run('trace', 'cat', 'arm-drm').stdout
        for name in 'a.txt', 'a.txt.zst', '.zst':
            out = self.dir / 'new' / name
            done = run('trace', 'import', 'arm-drm', '--accept-ambiguous', '--out', out)
            self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)
            self.assertEqual(run('trace', 'cat', out).stdout, text)
            self.assertEqual(out.read_bytes()[:4] == b'\x28\xb5\x2f\xfd', 'zst' in name)
        self.assertLess((self.dir / 'new/a.txt.zst').stat().st_size * 4, len(text))
        # Over the file that is read.
        again = self.dir / 'new/a.txt'
        done = run('trace', 'import', again, '--accept-ambiguous', '-o', again)
        self.assertEqual((done.returncode, again.read_text()), (0, text))

    def test_bad_targets(self):
        for out, word in ((self.dir, 'Is a directory'), ('/dev/null/x', 'Not a directory'),
                          ('/dev/full', '/dev/full: no file that could be replaced')):
            done = run('trace', 'import', 'x86-drm', '-o', out)
            self.assertEqual(done.returncode, 3, out)
            self.assertIn(word, done.stderr)

    def test_file_size_limit(self):
        for name in 'x', 'x.zst':
            out = self.dir / name
            done = subprocess.run(f"ulimit -f 8; '{V7SBENCH}' trace import x86-drm -o {out}",
                                  shell=True, text=True, capture_output=True)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn('File too large', done.stderr)
            self.assertEqual(list(self.dir.iterdir()), [])


class Cut(Base):
    TEXT = (line(10, 'map', 0x10000, 0x4000, 'a', 0x100000) +
            line(11, 'map', 0x3000, 0x1000, 'b', 0x200000) +
            line(12, 'map', 0x8000, 0x1000, 'a', 0x300000) +
            line(13, 'unmap', 0x11000, 0x1000, 'a') +
            line(14, 'unmap', 0x8000, 0x1000, 'a') +
            line(15, 'map', 0x9000, 0x1000, 'b', 0x400000))

    def cut(self, *options):
        done = run('trace', 'cut', self.write('t', self.TEXT), *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return events(done.stdout)

    def test_starts_with_what_is_mapped(self):
        expected = [(13.5, 'map', 'a', 0x8000, 0x300000, 0x1000),
                    (13.5, 'map', 'a', 0x10000, 0x100000, 0x1000),
                    (13.5, 'map', 'a', 0x12000, 0x102000, 0x2000),
                    (13.5, 'map', 'b', 0x3000, 0x200000, 0x1000),
                    (14, 'unmap', 'a', 0x8000, None, 0x1000)]
        self.assertEqual(self.cut('--from=3.5', '--to=5'), expected)
        self.assertEqual(self.cut('--from=@13.5', '--to=@15'), expected)
        self.assertEqual(self.cut('--from=@13.5', '--to=5'), expected)
        self.assertEqual(self.cut('--from=3.5', '--to=5', '--bare'), expected[-1:])

    def test_maps_are_as_they_were(self):
        maps = (f'  wl-1 [{cpu:03}] ..... {cpu}.000000: map: IOMMU:a iova=0x{cpu:x}000 paddr=0x5000 '
                f'size=4096 prot={prot}\n' for cpu, prot in ((3, 'r'), (4, 'w'), (5, 'rw')))
        done = run('trace', 'cut', self.write('t', ''.join(maps)), '--from=2')
        self.assertEqual(re.findall(r'\[(\d+)\].* size=4096(.*)', done.stdout),
                         [('003', ' prot=r'), ('004', ' prot=w'), ('005', '')])

    def test_clocks_that_differ(self):
        """A part begins once: what is earlier behind its first event is in it."""
        t = self.write('t', line(1, 'map', 0x1000) + line(3, 'map', 0x2000) +
                       line(2, 'map', 0x3000) + line(4, 'map', 0x4000))
        done = run('trace', 'cut', t, '--from=2', '--to=2.5')
        self.assertEqual([e[0] for e in events(done.stdout)], [3, 3, 2])

    def test_domains(self):
        self.assertEqual([e[2] for e in self.cut('--domain=b')], ['b', 'b'])
        self.assertEqual([(e[0], e[3]) for e in self.cut('--domain=b', '--from=5')],
                         [(15, 0x3000), (15, 0x9000)])
        self.assertEqual(len(self.cut('--domain=b,a')), 6)

    def test_ends_exclude_what_is_later(self):
        self.assertEqual(len(self.cut('--to=2')), 2)
        self.assertEqual(len(self.cut('--to=2.000000001')), 3)
        self.assertEqual(len(self.cut('--from=2', '--bare')), 4)

    def test_nothing_left(self):
        t = self.write('t', self.TEXT)
        for args in (['--from=6'], ['--to=0'], ['--from=1.5', '--to=1.9'],
                     ['--from=4', '--to=@14.5', '--domain=b']):
            out = self.dir / 'out'
            self.fails(run('trace', 'cut', t, *args, '-o', out), 2, 'no event is left')
            self.assertFalse(out.exists())
        self.fails(run('trace', 'cut', t, '--domain=a,c'), 2, "no domain 'c'")

    def test_recorded(self):
        """A cut replays without an anomaly, and its ends meet."""
        whole = run('trace', 'cat', 'x86-drm').stdout
        head = self.dir / 'head.txt.zst'
        self.assertEqual(run('trace', 'cut', 'x86-drm', '--to=30', '-o', head).returncode, 0)
        tail = run('trace', 'cut', 'x86-drm', '--from=30', '--bare').stdout
        self.assertEqual(run('trace', 'cat', head).stdout + tail, whole)
        full = self.dir / 'full.txt'
        run('trace', 'cut', 'x86-drm', '--from=30', '-o', full)
        figures, end = stat(full), stat('x86-drm')
        self.assertEqual(figures['anomalies'], 0)
        self.assertEqual(figures['live_bytes_end'], end['live_bytes_end'])
        self.assertEqual(figures['events'] - len(tail.splitlines()),
                         stat(head)['live_ranges_end'])


class Stat(Base):
    def test_columns(self):
        listed = [l.split()[1] for l in run('list', 'columns').stdout.splitlines()
                  if l.startswith('trace.csv ')]
        done = run('trace', 'stat', 'x86-drm', '--format=csv')
        self.assertEqual(done.stdout.split('\n')[0].split(','), listed)
        self.assertEqual(listed[0], 'trace')
        for name in 'events maps unmaps domains lost anomalies'.split():
            self.assertIn(name, listed)

    def test_recorded(self):
        """Counts by a script of its own over the text."""
        for name in 'x86-drm', 'arm-drm', 'vdec_4k_20ref:profile=P0':
            live, peak, merged = {}, 0, 0
            for _, kind, _, iova, _, size in events(run('trace', 'cat', name).stdout):
                inside = [i for i in live if iova <= i < iova + size]
                if kind == 'map':
                    live[iova] = size
                    peak = max(peak, len(live))
                else:
                    merged = max(merged, len(inside))
                    for i in inside:
                        del live[i]
            figures = stat(name)
            self.assertEqual(figures['live_bytes_end'], sum(live.values()))
            self.assertEqual(figures['live_ranges_peak'], peak)
            self.assertEqual(figures['merged_most'], merged)

    def test_anomalies(self):
        t = self.write('t', line(1, 'map', 0, 8192, 'a') + line(2, 'map', 0x1000, domain='a') +
                       line(3, 'unmap', 0x5000, domain='a') + line(4, 'unmap', 0, 0x4000, 'a'))
        figures = stat(t)
        self.assertEqual([figures[n] for n in (
            'anomalies', 'maps_over_live', 'unmaps_of_nothing', 'unmaps_of_less', 'ambiguous',
            'merging_unmaps', 'live_bytes_peak', 'duration_ns')], [3, 1, 1, 1, 0, 1, 8192, 3 * 10**9])

    def test_ambiguous(self):
        t = self.write('t', map_line(0, 0) * 3)
        done = run('trace', 'stat', t, '--format=csv')
        self.assertEqual(done.returncode, 0)
        self.assertEqual(rows(done.stdout)[0]['ambiguous'], '1')
        self.assertIn(f'{t}:2: map over a live iova, 2 in all: ', done.stderr)
        self.assertIn(RECIPE, done.stderr)

    def test_replay_says_ambiguous_too(self):
        t = self.write('t', map_line(0, 0) * 3 + unmap_line(0x7000))
        done = run('replay', t, '--reps=0', '--strategy=page', '--format=csv')
        self.assertEqual(done.returncode, 0)
        self.assertIn(f'{t}:2: map over a live iova, 2 in all: ', done.stderr)
        self.assertIn(RECIPE, done.stderr)

    def test_formats(self):
        figures = stat('arm-drm')
        j = json.loads(run('trace', 'stat', 'arm-drm', '--format=json').stdout)
        self.assertEqual({k: j[k] for k in figures}, figures)
        self.assertEqual(sum(s['maps'] for s in j['sizes']), figures['maps'])
        self.assertEqual(j['timeline'][-1]['live_bytes'], figures['live_bytes_end'])
        self.assertIn('| size from', run('trace', 'stat', 'arm-drm', '--format=md').stdout)
        text = run('trace', 'stat', 'arm-drm').stdout
        self.assertRegex(text, r'\nmaps +6733\n')

    def test_colour_only_where_asked(self):
        self.assertNotIn('\033', run('trace', 'stat', 'arm-drm').stdout)
        self.assertIn('\033', run('trace', 'stat', 'arm-drm', '--color=always').stdout)

    @unittest.skipUnless(WITH_DAT, 'no libtracecmd')
    def test_join(self):
        dat = ROOT / 'tests/dat/joined-v7.dat'
        got = {how: [stat(dat, *how)[n] for n in (
            'events', 'domains', 'points', 'probes', 'unjoined_points', 'anomalies')]
            for how in ((), ('--join',), ('--take=kprobes',), ('--take=tracepoints',))}
        self.assertEqual(got, {(): [3, 1, 3, 3, 0, 1], ('--join',): [3, 2, 3, 3, 0, 0],
                               ('--take=kprobes',): [3, 2, 3, 3, 0, 0],
                               ('--take=tracepoints',): [3, 1, 3, 3, 0, 1]})
        done = run('trace', 'import', dat, '--join')
        self.assertEqual({e[2] for e in events(done.stdout)},
                         {'0xffff888100000010', '0xffff888100000020'})
        self.assertIn('3 tracepoints, 3 kprobes; not joined: 0 and 0\n', done.stderr)

    def test_nothing_to_join_with(self):
        t = self.write('t', map_line(0, 0))
        done = run('trace', 'stat', t, '--join')
        self.assertEqual(done.stderr,
                         f'v7sbench: warning: {t}: no kprobe in it, nothing to join with\n')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
