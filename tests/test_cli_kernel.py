#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""v7sbench kernel as its users run it. What boots is a stand-in that answers
as our models do, with what a test plants in it; the guest itself is booted by
test_kernel_guest.py.

usage: test_cli_kernel.py V7SBENCH SOURCE_ROOT [unittest arguments]
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

from cli import Base, GOLDEN, V7SBENCH, map_line, rows, run

STRATEGIES = ['slab_dma32', 'genalloc', 'page_frag', 'page', 'pte_frag']
VECTORS = sorted(GOLDEN.glob('0[1-4]_*.txt'))

# Plays boot.sh. PLANT: python that may change `answers`, a list of lines, with
# `cpus`, `icount`, `labels` known, or end the program. TRACES: of the script.
STAND_IN = r'''#!/usr/bin/env python3
import os, pathlib, re, subprocess, sys, time
options = [a for a in sys.argv[1:] if a.startswith('--')]
guest, script, path = [a for a in sys.argv[1:] if not a.startswith('--')]
home = pathlib.Path(os.environ['STAND_IN'])
with open(home / 'boots', 'a') as f:
    f.write(' '.join(options) + '\n')
cpus = next(a[7:] for a in options if a.startswith('--cpus='))
icount = '--icount' in options
lines = pathlib.Path(script).read_text().splitlines()
labels = [l.split()[1] for l in lines if l.startswith('run ')]
answers = ['say selftest 0']
strategy = cost = None

def model(strategy, head):
    """What our models answer to a run."""
    label, every = head[1], next(w[6:] for w in head if w.startswith('every='))
    done = subprocess.run([os.environ['V7SBENCH'], 'kernel',
                           *os.environ['TRACES'].split(), '--cpus=' + cpus,
                           '-s', strategy, '--every=' + every,
                           '--events=%d' % nr, '--model-answers'],
                          capture_output=True, text=True, check=True)
    text = done.stdout
    start = text.index('run %s ' % label)
    end = text.index('end %s ' % label, start)
    return text[start:text.index('\n', end)].split('\n')

for i, line in enumerate(lines):
    word = line.split()
    if line.startswith('say '):
        answers.append(line)
        if word[1] == 'vectors':
            golden = pathlib.Path(os.environ['VECTORS'].split()[int(word[2])])
            answers += [l for l in golden.read_text().splitlines()
                        if l and not l.startswith('#')]
    elif line.startswith('strategy '):
        strategy = word[1]
    elif line.startswith('run '):
        nr = 0
        head = word
    elif word[0] in 'mu' and len(word[0]) == 1:
        nr += 1
    elif line == 'end':
        got = model(strategy, head)
        cost = head[-1][5:]
        if cost != 'none':
            # A strategy's own figures, in the order of the list below.
            base = 100 * (1 + ['slab_dma32', 'genalloc', 'page_frag', 'page',
                               'pte_frag'].index(strategy))
            names = ['alloc', 'free'] if cost == 'tables' else \
                ['map', 'map_table', 'unmap', 'unmap_table']
            more = ['cost %s n=10 sum=%d p50=%d max=%d' %
                    (n, 10 * base, base, base) for n in names]
            more.append('cost timer n=10 sum=30 p50=3 max=3')
            got[-1:-1] = more
        answers += got
exec(os.environ.get('PLANT', ''))
answers.append('say done')
pathlib.Path(path).write_text('\n'.join(answers) + '\n')
'''


class Kernel(Base):
    def setUp(self):
        super().setUp()
        self.guest = self.dir / 'guest'
        self.guest.mkdir()
        (self.guest / 'info').write_text('release=6.1.0-7-amd64\n'
                                         'version=6.1.7-1\n')
        self.tmp = self.dir / 'tmp'
        self.tmp.mkdir()
        self.boot = self.write('boot.py', STAND_IN)
        self.boot.chmod(0o755)

    def tearDown(self):
        # Nothing stays behind, however it ended.
        self.assertEqual(list(self.tmp.iterdir()), [])

    def env(self, traces, plant='', vectors=()):
        return {**os.environ, 'STAND_IN': str(self.dir), 'V7SBENCH': str(V7SBENCH),
                'TRACES': ' '.join(map(str, traces)), 'PLANT': plant,
                'VECTORS': ' '.join(map(str, vectors)),
                'TMPDIR': str(self.tmp)}

    def command(self, traces, *args):
        return [V7SBENCH, 'kernel', *map(str, traces), '--guest', self.guest,
                '--boot', self.boot, *args]

    def kernel(self, traces, *args, plant='', vectors=()):
        return subprocess.run(self.command(traces, *args), text=True,
                              env=self.env(traces, plant, vectors),
                              capture_output=True)

    def boots(self):
        return (self.dir / 'boots').read_text().splitlines()


class Agreement(Kernel):
    def test_all_agree(self):
        out = self.dir / 'out'
        done = self.kernel(['adv_one_slot', 'arm-drm'], '--cpus=1,3',
                           '--every=500', '-o', out, '--format=csv')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        table = rows(done.stdout)
        self.assertEqual([(r['cpus'], r['workload'], r['strategy'])
                          for r in table],
                         [(c, w, s) for c in '13'
                          for w in ('adv_one_slot', 'arm-drm')
                          for s in STRATEGIES])
        for r in table:
            self.assertEqual((r['source'], r['verdict'], r['what']),
                             ('kernel-6.1', 'agree', ''))
            self.assertEqual(r['held_points_differ'], '0')
        self.assertEqual(table[0]['points'], '4')
        self.assertEqual(sorted(self.boots()), ['--cpus=1', '--cpus=3'])
        self.assertEqual(done.stdout, (out / 'kernel_agreement.csv').read_text())
        points = rows((out / 'kernel_points.csv').read_text())
        self.assertEqual(len(points), sum(int(r['points']) for r in table))
        self.assertEqual({r['worst'] for r in points if r['cpus'] == '3'},
                         {'yes'})
        result = json.loads((out / 'result.json').read_text())
        self.assertEqual(result['guest']['version'], '6.1.7-1')
        self.assertEqual(len(result['agreement']), len(table))
        self.assertEqual(sorted(p.name for p in out.iterdir()),
                         ['kernel_agreement.csv', 'kernel_points.csv',
                          'result.json'])

    def test_default_points(self):
        done = self.kernel(['slots_churn'], '--cpus=1', '-s', 'page',
                           '--events=20000', '--format=csv')
        points = int(rows(done.stdout)[0]['points'])
        self.assertTrue(150 <= points <= 200, points)

    def planted(self, plant, verdict, *words):
        done = self.kernel(['adv_one_slot'], '--cpus=1', '--every=500',
                           plant=plant)
        self.assertEqual(done.returncode, 1, done.stderr)
        told = [l for l in done.stdout.splitlines()
                if l.startswith('adv_one_slot, ')]
        self.assertEqual(len(told), 1, done.stdout)
        self.assertIn(f', page, 1 CPU: {verdict}: ', told[0])
        for word in words:
            self.assertIn(word, told[0])

    def test_planted_differences(self):
        for old, new, verdict in (
                (r'held=0$', 'held=3', 'held'),
                (r'ret=0x\w', 'ret=0x1', 'returns'),
                (r'warns=0', 'warns=1', 'returns'),
                (r'allocs=\d+', 'allocs=7', 'tables')):
            self.planted(f'''
at = next(i for i, l in enumerate(answers) if 'strategy=page ' in l) + 2
was = answers[at]
answers[at] = re.sub({old!r}, {new!r}, was)
assert was != answers[at], was
''', verdict)
        self.planted('''
at = next(i for i, l in enumerate(answers) if 'strategy=page ' in l)
at = next(i for i in range(at, len(answers)) if answers[i][:7] == 'domain ')
answers[at] = answers[at].replace('l1_nonzero=0', 'l1_nonzero=1')
''', 'state')
        self.planted('''
at = next(i for i, l in enumerate(answers) if 'strategy=page ' in l)
at = next(i for i in range(at, len(answers)) if answers[i][:4] == 'end ')
answers[at] = answers[at].replace('live=0', 'live=1')
''', 'leak')

    def test_events_are_limited(self):
        done = self.kernel(['adv_one_slot'], '--cpus=1', '--events=30',
                           '-s', 'page', '--every=10', '--format=json')
        row = json.loads(done.stdout)['agreement'][0]
        self.assertEqual((row['events'], row['points']), (30, 3))


class Broken(Kernel):
    def test_one_case_kills_the_guest(self):
        done = self.kernel(['adv_one_slot', 'arm-drm', 'adv_frag_pin:seed=2'],
                           '--cpus=2', '--events=100', '--format=csv', plant='''
if 'arm-drm' in labels and 'strategy page tables' in '\\n'.join(lines):
    sys.stderr.write('boot.sh: the guest has had it\\n')
    sys.exit(1)
''')
        self.assertEqual(done.returncode, 3, done.stderr)
        table = rows(done.stdout)
        self.assertEqual(len(table), 15)
        bad = [(r['workload'], r['strategy'], r['verdict'], r['what'])
               for r in table if r['verdict'] != 'agree']
        self.assertIn(('arm-drm', 'page', 'none', 'the guest has had it'), bad)
        self.assertEqual(len(bad), 1)
        self.assertLess(len(self.boots()), 15)

    def test_all_boots_fail(self):
        done = self.kernel(['adv_one_slot'], '--events=100', plant='''
sys.stderr.write('boot.sh: no\\n')
sys.exit(1)
''')
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stdout.count('not compared: no\n') +
                         done.stdout.count('not tried after'), 20)
        self.assertIn('not tried after 12 failures, the first: no', done.stdout)
        self.assertLess(len(self.boots()), 15)

    def test_refused_by_the_module(self):
        done = self.kernel(['adv_one_slot'], '--cpus=1', '--events=100',
                           plant='''
at = next((i for i, l in enumerate(answers) if 'strategy=genalloc' in l), 0)
if at:
    answers[at:at + 1000] = ['error 5: no pool: -12']
''')
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stdout, r'adv_one_slot, genalloc, 1 CPU: '
                         r'not compared: .*error 5: no pool: -12\n')
        self.assertEqual(done.stdout.count('not compared: '), 1)

    def test_garbage(self):
        for plant, word in (('answers[1:] = ["\\1\\2 what"]', 'answers:2'),
                            ('answers.pop()', 'has no end'),
                            ('answers[1:] = []', 'answers to 0 runs'),
                            ('del answers[:]; open(path, "w"); sys.exit()',
                             'no answer in it'),
                            ('sys.exit()', 'the boot left no answers'),
                            ('answers[0] = "say selftest 1"',
                             'failed its own test')):
            done = self.kernel(['adv_one_slot'], '--cpus=1', '-s', 'page',
                               '--events=100', plant=plant)
            self.assertEqual(done.returncode, 3, plant)
            self.assertRegex(done.stdout, 'not compared: .*' + word)

    def test_nothing_there(self):
        self.fails(run('kernel', 'adv_one_slot', '--guest', self.dir), 2,
                   'no guest in', './bootstrap kernel-check')
        done = self.kernel(['adv_one_slot'], '--cpus=1', plant='''
sys.stderr.write('boot.sh: qemu-system-x86 is not installed\\n')
sys.exit(77)
''')
        self.fails(done, 77, 'qemu-system-x86 is not installed',
                   './bootstrap kernel-check')
        done = subprocess.run(self.command(['adv_one_slot'], '--boot',
                                           '/nothing/there'), text=True,
                              env=self.env([]), capture_output=True)
        self.fails(done, 2, '--boot: /nothing/there: No such file')

    def test_result_is_whole_or_as_before(self):
        out = self.dir / 'out'
        args = ['adv_one_slot'], '--cpus=1', '--events=50', '-o', out
        self.assertEqual(self.kernel(*args).returncode, 0)
        was = {p.name: p.read_text() for p in out.iterdir()}
        self.kernel(*args, plant='sys.exit(77)')
        self.assertEqual(was, {p.name: p.read_text() for p in out.iterdir()})
        self.assertFalse((self.dir / 'out.partial').exists())
        # A difference is a result.
        done = self.kernel(*args, plant='answers = [re.sub("live=[01] ", '
                           '"live=9 ", l) for l in answers]')
        self.assertEqual(done.returncode, 1)
        self.assertNotEqual(was, {p.name: p.read_text() for p in out.iterdir()})
        other = self.dir / 'other'
        other.mkdir()
        (other / 'mine').write_text('x')
        before = len(self.boots())
        done = self.kernel(['adv_one_slot'], '-o', other)
        self.fails(done, 3, 'other')
        self.assertEqual(len(self.boots()), before)

    def test_interrupted(self):
        for sig in signal.SIGINT, signal.SIGTERM:
            boots = self.dir / 'boots'
            boots.unlink(missing_ok=True)
            child = subprocess.Popen(
                self.command(['adv_one_slot'], '--cpus=1,2', '-o',
                             self.dir / 'out'), stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True,
                env=self.env(['adv_one_slot'], plant='''
with open(home / 'sleeping', 'a') as f:
    f.write('%d\\n' % os.getpid())
time.sleep(600)
'''))
            sleeping = self.dir / 'sleeping'
            while not sleeping.exists() or \
                    sleeping.read_text().count('\n') < 2:
                self.assertIsNone(child.poll())
                time.sleep(0.05)
            child.send_signal(sig)
            child.communicate()
            self.assertEqual(child.returncode, -sig)
            for pid in sleeping.read_text().split():
                with self.assertRaises(ProcessLookupError):
                    os.kill(int(pid), 0)
            self.assertFalse((self.dir / 'out').exists())
            sleeping.unlink()

    def test_files_are_kept_if_asked(self):
        done = self.kernel(['adv_one_slot'], '--cpus=1', '--events=10',
                           '--keep')
        self.assertEqual(done.returncode, 0)
        kept = pathlib.Path(re.search('scripts and answers: (.*)\n',
                                      done.stderr)[1])
        self.assertEqual(sorted(p.name.split('.')[0] for p in kept.iterdir()),
                         ['answers', 'script'])
        for path in kept.iterdir():
            path.unlink()
        kept.rmdir()


class Vectors(Kernel):
    def vectors(self, *args, plant='', files=None):
        files = VECTORS if files is None else files
        return self.kernel([], *(f'--vectors={f}' for f in files), *args,
                           plant=plant, vectors=files)

    def test_agree(self):
        self.assertGreater(len(VECTORS), 3)
        done = self.vectors('-o', self.dir / 'out')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual(self.boots(), ['--cpus=1 --memory=2048'] * 5)
        nr = 5 * len(VECTORS)
        self.assertIn(f'golden vectors: {nr} of {nr} files times strategies '
                      'agree', done.stdout)
        table = rows((self.dir / 'out/kernel_vectors.csv').read_text())
        self.assertEqual(len(table), nr)
        for r in table:
            self.assertEqual(r['verdict'], 'agree')
            self.assertGreater(int(r['lines']), 5)

    def test_a_line_differs(self):
        done = self.vectors('-s', 'page,genalloc', plant='''
at = next(i for i, l in enumerate(answers) if ' => ret=' in l)
answers[at] += ' more'
''')
        self.assertEqual(done.returncode, 1, done.stderr)
        nr = 2 * len(VECTORS)
        self.assertIn(f'golden vectors: {nr - 2} of {nr} files', done.stdout)
        self.assertEqual(done.stdout.count(VECTORS[0].name + ', '), 2)
        self.assertIn(' more"', done.stdout)

    def test_a_boot_fails(self):
        done = self.vectors('-s', 'page', plant='sys.exit("boot.sh: dead")')
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stdout.count('not compared: dead'), len(VECTORS))

    def test_unusable(self):
        empty = self.write('empty.txt', '')
        self.fails(self.vectors(files=[empty]), 2, 'no result to compare')
        self.fails(self.vectors(files=[self.dir / 'none']), 2, 'none')


class Cost(Kernel):
    def cost(self, *args, plant=''):
        return self.kernel(['adv_one_slot'], '--cpus=1', '--cost',
                           '--cost-events=100', '--events=100',
                           '-s', 'slab_dma32,page', *args, plant=plant)

    def test_rows(self):
        done = self.cost('-o', self.dir / 'out')
        self.assertEqual((done.returncode, done.stderr), (0, ''), done.stdout)
        table = rows((self.dir / 'out/kernel_insn.csv').read_text())
        self.assertEqual([(r['source'], r['strategy']) for r in table],
                         [(s, n) for s in ('kernel-6.1', 'model')
                          for n in ('slab_dma32', 'page')])
        slab, page = table[:2]
        self.assertEqual((slab['alloc_mean'], slab['alloc_p50']), ('100', '100'))
        # 100 or 400 less what reading the clock takes.
        self.assertEqual((slab['table_insn_mean'], page['table_insn_mean']),
                         ('97', '397'))
        self.assertEqual((slab['events'], slab['event_insn_mean']),
                         ('40', '97'))
        self.assertEqual(sorted(self.boots()),
                         ['--cpus=1', '--cpus=1 --icount', '--cpus=1 --icount'])
        self.assertRegex(slab['counted_by'], '^icount of .*Linux 6.1.0-7-amd64 ')
        self.assertIn('Instructions are no time', done.stdout)
        self.assertIn("the driver's self test: passed in 3 boots\n", done.stdout)
        if table[2]['tool']:
            self.assertIn('1 of 1 pairs of strategies in the same order',
                          done.stdout)
            for model in table[2:]:
                self.check_classes(model)
        else:
            self.assertTrue(table[2]['reason'])

    def check_classes(self, model):
        """By class it is the same work, but for the loops around."""
        if model['tool'] == 'perf':
            self.assertEqual(model['alloc_n'], '')
            return
        for whole, nr, classes in (
                ('table_insn', 'table_ops', ('alloc', 'free')),
                ('event_insn', 'events', ('map', 'map_table', 'unmap', 'unmap_table'))):
            calls = {c: int(model[f'{c}_n']) for c in classes}
            took = sum(n * float(model[f'{c}_mean']) for c, n in calls.items() if n)
            self.assertEqual(sum(calls.values()), int(model[nr]))
            self.assertGreater(int(model[nr]), 10)
            self.assertLess(abs(took - int(model[whole])), 30 * int(model[nr]))
        self.assertEqual((int(model['map_table_n']), int(model['unmap_table_n'])),
                         (int(model['alloc_n']), int(model['free_n'])))
        self.assertGreater(float(model['map_table_mean']), float(model['alloc_mean']))
        self.assertEqual((model['alloc_p50'], model['timer_mean']), ('', ''))

    def test_median_is_not_the_maximum(self):
        self.cost('-o', self.dir / 'out', plant='''
if icount:
    answers = [l.replace('p50=100', 'p50=16384') if l.startswith('cost') else l
               for l in answers]
''')
        slab = rows((self.dir / 'out/kernel_insn.csv').read_text())[0]
        self.assertEqual((slab['alloc_mean'], slab['alloc_p50']), ('100', ''))

    def test_order_differs(self):
        done = self.cost(plant='''
if icount:
    answers = [l.replace('=400', '=40').replace('=4000', '=400')
               if l.startswith('cost') else l for l in answers]
''')
        self.assertEqual(done.returncode, 0, done.stdout)
        if ' n/a: ' not in done.stdout:
            self.assertRegex(done.stdout, r'(?m)^a table +slab_dma32, page +0 +1 +0 +'
                             r'adv_one_slot: kernel 2\.62, model 0\.\d+$')
            self.assertIn('instructions a table: 0 of 1 pairs of strategies in the '
                          'same order\n', done.stdout)

    def test_not_the_same_twice(self):
        done = self.cost('-o', self.dir / 'out', plant='''
try:
    os.close(os.open(home / 'first', os.O_CREAT | os.O_EXCL))
except FileExistsError:
    answers = [l.replace('sum=4000', 'sum=4001') for l in answers]
else:
    if not icount:
        os.unlink(home / 'first')
''')
        self.assertEqual(done.returncode, 3, done.stdout)
        table = rows((self.dir / 'out/kernel_insn.csv').read_text())
        self.assertEqual([r['reason'] for r in table[:2]],
                         ['', 'two boots did not give the same figures'])
        self.assertEqual(table[1]['table_insn'], '')


class Board(Kernel):
    def board(self, *args, **kw):
        return run('kernel', 'adv_one_slot', '--cpus=2', '--every=500', *args,
                   **kw)

    def test_there_and_back(self):
        script = self.dir / 'script'
        self.assertEqual(self.board('--script', script).returncode, 0)
        self.assertEqual(self.board('--script=-').stdout, script.read_text())
        self.assertEqual(script.read_text().count('\nend\n'), 5)
        answers = self.write('answers', self.board('--model-answers').stdout)
        done = self.board('--answers', answers, '--format=csv',
                          '-o', self.dir / 'out')
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        self.assertEqual({(r['source'], r['verdict'])
                          for r in rows(done.stdout)}, {('board', 'agree')})
        self.assertTrue((self.dir / 'out/kernel_points.csv').exists())
        answers.write_text(answers.read_text().replace('warns=0', 'warns=1', 1))
        done = self.board('--answers', answers)
        self.assertEqual(done.returncode, 1)
        self.assertIn('adv_one_slot, slab_dma32, 2 CPUs: returns', done.stdout)

    def test_bad_answers(self):
        good = self.board('--model-answers').stdout
        for text, status in (('', 2), ('nonsense\n', 2), (good[:200], 2),
                             ('error 3: no: -12\n', 3),
                             (good.replace('page_frag', 'page'), 2),
                             ('say selftest 1\n' + good, 3)):
            answers = self.write('answers', text)
            self.fails(self.board('--answers', answers), status)
        self.fails(self.board('--answers', self.dir / 'none'), 2, 'none')

    def test_script_is_whole_or_as_before(self):
        script = self.write('script', 'before')
        self.fails(run('kernel', self.dir / 'none', '--cpus=1', '--script',
                       script), 2)
        self.assertEqual(script.read_text(), 'before')
        self.fails(self.board('--script=/dev/null/x'), 3)


class Options(Kernel):
    def test_usage(self):
        for args, word in (
                (['x', '--script=a', '--answers=b'], 'at a time'),
                (['x', '--script=a', '--model-answers'], 'at a time'),
                (['x', '--script=a'], '--cpus=N'),
                (['x', '--script=a', '--cpus=1,2'], '--cpus=N'),
                (['--script=a', '--cpus=1'], 'TRACE'),
                (['x', '--script=a', '--cpus=1', '--cost'], '--cost'),
                (['x', '--script=a', '--cpus=1', '--vectors=v'], '--vectors'),
                (['x', '--script=a', '--cpus=1', '-o', 'd'], '--out'),
                (['x', '--all'], '--all'),
                (['x', 'x'], 'given twice'),
                (['--vectors=v', '--vectors=v'], 'given twice'),
                (['--vectors=v', '--cost'], 'TRACE'),
                (['--cpus=0'], '--cpus'), (['--cpus=65'], '--cpus'),
                (['--cpus=1,1'], 'given twice'), (['--cpus=x'], '--cpus'),
                (['--events=0'], '--events'), (['--every=0'], '--every'),
                (['--cost-events=0'], '--cost-events'),
                (['--seconds=0'], '--seconds'),
                (['-s', 'null'], 'no kernel has it'),
                (['-s', 'page_frag:mode=v3'], 'of the model'),
                (['-s', 'nothing'], 'nothing'),
                (['--format=xml'], 'xml'),
                (['--split=off'], '--split'), (['--frag=p1'], '--frag')):
            done = run('kernel', *args)
            self.fails(done, 2, word)

    def test_traces_that_cannot_be_asked(self):
        line = map_line(0, 0x40000000).replace('0x40000000', 'any')
        self.fails(self.kernel([self.write('any', line)]), 2, 'would choose')
        self.fails(self.kernel([self.write('t', 'nonsense\n')]), 2)
        self.fails(self.kernel(['nothing']), 2, 'nothing')
        (self.dir / 'a').mkdir()
        one = self.write('t.txt', map_line(0, 0x40000000))
        two = self.write('a/t.txt', map_line(0, 0x40000000))
        self.fails(self.kernel([one, two]), 2, "two traces named 't.txt'")
        self.assertFalse((self.dir / 'boots').exists())

    def test_label_of_a_file(self):
        trace = self.write('my trace.txt', map_line(0, 0x40000000))
        done = run('kernel', trace, '--cpus=1', '--script=-', '-s', 'page')
        self.assertIn('run my_trace.txt ', done.stdout)

    def test_stdin(self):
        trace = self.write('t.txt', map_line(0, 0x40000000))
        with open(trace) as stdin:
            done = run('kernel', '-', '--cpus=1', '--model-answers',
                       '-s', 'page', stdin=stdin)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('run stdin strategy=page domains=1', done.stdout)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
