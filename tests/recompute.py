#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Computes every timed figure of a summary.csv again, from its samples.csv.

usage: recompute.py RESULTDIR [MIN]

Shares no code with the program: definitions are those of results/SCHEMA.md. A
figure that differs by more than its rounding, or is there on one side only, is
named with its cell; so is a timed column that nothing here computes. Fewer than
MIN (100) figures compared is a failure too.
"""
import bisect
import collections
import csv
import fractions
import json
import math
import pathlib
import re
import statistics
import sys

MIN_COMPARED = 100
MIN_QUANTA = 5
ALPHA = 0.01
THRESHOLD = 0.01
TAIL = fractions.Fraction(1, 40)
DIGITS = 1e-8  # of a value in samples.csv, nine of which are written

PERCENTILE = {'p50': 5000, 'p90': 9000, 'p99': 9900, 'p999': 9990,
              'max': 10000}
RATIO = re.compile(r'(table|event)_(ratio|ratio_low|ratio_high|p|floor|verdict)')
Expected = collections.namedtuple('Expected', 'value slack')


class Samples:
  """Rows of v7sbench itself, by cell and metric."""

  def __init__(self, rows):
    self.rows = collections.defaultdict(list)
    self.pairs = collections.defaultdict(dict)
    for r in rows:
      if r['source'] != 'v7sbench':
        continue
      process, value = int(r['process']), float(r['value'])
      if r['versus']:
        key = r['workload'], r['metric'], r['strategy'], r['versus']
        if process in self.pairs[key]:
          sys.exit('%s: process %d twice' % (' '.join(key), process))
        self.pairs[key][process] = value
      else:
        self.rows[r['strategy'], r['workload'], r['metric']].append(
            (process, value, int(r['count'])))

  def series(self, cell, metric):
    """An observation a process, the median of its repetitions; where nothing
    has a process, one a repetition."""
    by = collections.defaultdict(list)
    for i, (process, value, _) in enumerate(self.rows[(*cell, metric)]):
      by[process or -1 - i].append(value)
    return sorted(statistics.median(v) for v in by.values())

  def histogram(self, cell, metric):
    """Buckets of 1 ns below 4096, of a 64th of an octave above."""
    count = collections.Counter()
    most = 0
    for _, value, n in self.rows[(*cell, metric)]:
      v = int(value)
      width = 1 if v < 4096 else 1 << (v.bit_length() - 7)
      count[v // width * width + width // 2] += n
      most = max(most, v)
    return sorted((min(v, most), n) for v, n in count.items()), most

  def pair(self, workload, metric, a, b):
    """Values over processes of ln(a / b), whichever way it was measured."""
    found = self.pairs.get((workload, metric, a, b))
    if found:
      return sorted(found.values())
    found = self.pairs.get((workload, metric, b, a), {})
    return sorted(-v for v in found.values())


def order_interval(x):
  """Ends of the median's interval, or None below six values."""
  n, k, below = len(x), 0, 0
  while n and fractions.Fraction(below + math.comb(n, k), 2 ** n) <= TAIL:
    below += math.comb(n, k)
    k += 1
  return (x[k - 1], x[n - k]) if k else None


def ways(ranks):
  """How many of all subsets of the ranks have which sum."""
  count = collections.Counter({0: 1})
  for r in ranks:
    for s, n in list(count.items()):
      count[s + r] += n
  return count


def signed_rank(x):
  """Two-sided p of Wilcoxon's test, ties by mean ranks, zeros dropped."""
  size = sorted(abs(v) for v in x if v)
  positive = 0
  ranks = []
  for v in (v for v in x if v):
    twice = bisect.bisect_left(size, abs(v)) + bisect.bisect_right(
        size, abs(v)) + 1
    ranks.append(twice)
    positive += twice if v > 0 else 0
  least = min(positive, sum(ranks) - positive)
  tail = sum(n for s, n in ways(ranks).items() if s <= least)
  return min(1.0, float(fractions.Fraction(2 * tail, 2 ** len(ranks))))


class Judgement:
  """Hodges-Lehmann estimate, p and interval of processes' values."""

  def __init__(self, x):
    walsh = sorted((x[i] + x[j]) / 2
                   for i in range(len(x)) for j in range(i, len(x)))
    self.estimate = statistics.median(walsh)
    self.p = signed_rank(x)
    count, k, below = ways(range(1, len(x) + 1)), 0, 0
    while fractions.Fraction(below + count[k], 2 ** len(x)) <= TAIL:
      below += count[k]
      k += 1
    self.interval = (walsh[k - 1], walsh[-k]) if k else None


class Result:
  def __init__(self, folder):
    folder = pathlib.Path(folder)
    with open(folder / 'summary.csv', newline='') as f:
      self.summary = list(csv.DictReader(f))
    with open(folder / 'samples.csv', newline='') as f:
      self.samples = Samples(csv.DictReader(f))
    root = json.loads((folder / 'result.json').read_text())
    self.quantum = root['clock']['quantum_ns']
    self.threshold = root['plan'].get('threshold', THRESHOLD)
    self.judged = {}

  def judge(self, workload, metric, a, b):
    key = workload, metric, a, b
    if key not in self.judged:
      x = self.samples.pair(*key)
      self.judged[key] = Judgement(x) if x else None
    return self.judged[key]

  def floor(self, workload, metric):
    """The largest end of a twin's interval."""
    twins = [self.judge(*key) for key in list(self.samples.pairs)
             if key[:2] == (workload, metric) and key[2] == key[3]]
    return max((abs(end) for t in twins if t.interval for end in t.interval),
               default=None)

  def mean(self, row, cell, name):
    x = self.samples.series(cell, name)
    return statistics.median(x) if x else None

  def probe(self, row, cell, name):
    both = [self.mean(row, cell, 'map_new_%sns_mean' % what)
            for what in ('probed_', '')]
    return None if None in both else both[0] - both[1]

  def end(self, row, cell, name):
    metric, end = name.rsplit('_', 1)
    ends = order_interval(self.samples.series(cell, metric))
    return ends and ends[end == 'high']

  def most(self, row, cell, name):
    if not row['threads']:
      return None
    return max((v for _, v, _ in self.samples.rows[(*cell, name)]), default=0)

  def quanta(self, cell):
    seen = [v for _, v, _ in self.samples.rows[(*cell, 'clock_quantum_ns')]]
    return MIN_QUANTA * max(seen, default=self.quantum)

  def percentile(self, row, cell, name):
    metric, which = name.rsplit('_', 1)
    share = PERCENTILE[which]
    bars, most = self.samples.histogram(cell, metric)
    count = sum(n for _, n in bars)
    if not count or (share < 10000 and count * (10000 - share) < 10000):
      return None
    rank = max(1, -(-count * share // 10000))
    seen = 0
    for value, n in bars:
      seen += n
      if seen >= rank:
        break
    # Of the largest only the bucket's middle may be known.
    slack = most / 128 if rank == count and most >= 4096 else 0
    value = most if rank == count else value
    if value < self.quanta(cell):
      return None
    return Expected(value, slack)

  def ratio(self, row, cell, name):
    kind, what = RATIO.fullmatch(name).groups()
    metric = kind + '_log_ratio'
    judged = row['reference'] and self.judge(cell[1], metric, cell[0],
                                             row['reference'])
    if not judged:
      return None
    floor = self.floor(cell[1], metric)
    if what == 'p':
      unit = 10 ** (math.floor(math.log10(judged.p)) - 2)
      return Expected(judged.p, unit / 2)
    if what == 'floor':
      return None if floor is None else self.factor(floor, 1)
    if what == 'verdict':
      size = abs(judged.estimate)
      if (floor is None or judged.p > ALPHA or size <= floor or
          size <= math.log1p(self.threshold)):
        return '~'
      return 'worse' if judged.estimate > 0 else 'better'
    if what == 'ratio':
      return self.factor(judged.estimate, 0)
    return judged.interval and self.factor(
        judged.interval[what == 'ratio_high'], 0)

  @staticmethod
  def factor(log, less):
    return Expected(math.exp(log) - less, 0.5e-4)

  RULES = (
      (re.compile('probe_ns_mean'), probe),
      (re.compile(r'\w+_ns_mean|lost_races|waited_events'), mean),
      (re.compile(r'\w+_ns_mean_(low|high)'), end),
      (re.compile(r'threads_failures'), most),
      (re.compile(r'\w+_ns_(p\d+|max)'), percentile),
      (RATIO, ratio),
  )

  def expected(self, row, name):
    cell = row['strategy'], row['workload']
    rule = next(r for pattern, r in self.RULES if pattern.fullmatch(name))
    return rule(self, row, cell, name)


def timed_columns():
  """As documented; what a result has beyond that is none of these."""
  schema = pathlib.Path(__file__).resolve().parent.parent / 'results/SCHEMA.md'
  return re.findall(r'^\| (\w+) \| timed \|', schema.read_text(), re.M)


def differs(text, want):
  if want is None or text == '':
    return not (want is None and text == '')
  if isinstance(want, str):
    return text != want
  if not isinstance(want, Expected):
    want = Expected(want, 0.005)
  slack = want.slack + DIGITS * abs(want.value) + 1e-9
  return abs(float(text) - want.value) > slack


def check(result):
  """How many figures there are on either side, and what is wrong."""
  compared, wrong = 0, []
  for name in timed_columns():
    if not any(pattern.fullmatch(name) for pattern, _ in Result.RULES):
      wrong.append('nothing computes column %s' % name)
      continue
    for row in result.summary:
      where = '%s %s: %s' % (row['workload'], row['strategy'], name)
      if name not in row:
        wrong.append(where + ' is missing')
        continue
      want = result.expected(row, name)
      compared += want is not None or row[name] != ''
      if differs(row[name], want):
        value = want.value if isinstance(want, Expected) else want
        wrong.append('%s is %s, but the samples give %s' % (
            where, row[name] or 'empty', 'nothing' if value is None else value))
  return compared, wrong


def main():
  if len(sys.argv) not in (2, 3):
    sys.exit(__doc__)
  least = int(sys.argv[2]) if len(sys.argv) > 2 else MIN_COMPARED
  compared, wrong = check(Result(sys.argv[1]))
  print('%d figures compared, %d differ' % (compared, len(wrong)))
  if compared < least:
    wrong.append('fewer than %d figures compared' % least)
  sys.exit('\n'.join(wrong[:20]) if wrong else 0)


if __name__ == '__main__':
  main()
