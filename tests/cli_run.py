#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What tests of run share: a plan of a moment, and what its folder says."""
import json

from cli import Base, FORCE, rows, run

EXACT = [line.split()[1] for line in run('list', 'columns').stdout.splitlines()
         if line.startswith('summary.csv') and line.split()[2] in ('key', 'exact')]
WORKLOADS = ['adv_one_slot', 'adv_one_4k_per_mb']
STRATEGIES = ['page', 'slab_dma32', 'pte_frag']
PLAN = ['--workload=' + ','.join(WORKLOADS), '--strategy=' + ','.join(STRATEGIES),
        '--rounds=3', FORCE]


def exact(out):
    return [[row[name] for name in EXACT]
            for row in rows((out / 'summary.csv').read_text())]


def meta(out):
    return json.loads((out / 'result.json').read_text())


def done_units(out):
    return {(w, p) for w, list_ in meta(out)['measurement']['units_done'].items()
            for p in list_}


class Run(Base):
    def setUp(self):
        super().setUp()
        self.out = self.dir / 'r'

    def measure(self, *args, plan=PLAN, **kw):
        return run('run', '--out', self.out, *plan, *args, **kw)

    def fine(self, *args, **kw):
        done = self.measure(*args, **kw)
        self.assertEqual((done.returncode, done.stdout), (0, ''), done.stderr)
        return done

    def samples(self):
        return rows((self.out / 'samples.csv').read_text())

    def key_counts(self):
        """How often each observation is there; bars aside."""
        found = {}
        for s in self.samples():
            if s['process'] != '0':
                key = tuple(s[k] for k in ('strategy', 'workload', 'process', 'rep',
                                           'metric', 'versus'))
                found[key] = found.get(key, 0) + 1
        return found
