# SPDX-License-Identifier: GPL-2.0-only
"""Recomputes every statistic from the values, and compares.

usage: stats_oracle.py STATS_DUMP

Order statistics must be equal to the bit, moments to 1e-12 relative, the
coverage of the interval to 1e-12 of exact rational arithmetic, quantiles of
the histogram within the bound that latency.h derives.
"""
import fractions
import math
import random
import statistics
import subprocess
import sys

MIN_COMPARED = 3000
BOUND = 1 / 128


def samples(rng):
  yield [0.0]
  yield [1.0, 2.0]
  yield [5.5] * 100
  yield [float(2**63), 1.0, float(2**53 + 1)]
  yield [rng.gauss(0, 1) for _ in range(100000)]
  for n in list(range(1, 80)) + [100, 997, 5000]:
    yield [rng.uniform(-1e3, 1e6) for _ in range(n)]
    yield [float(rng.randrange(10)) for _ in range(n)]
    yield [rng.lognormvariate(3, 4) for _ in range(n)]


def durations(rng):
  yield [0]
  yield [2**64 - 1]
  yield [4095, 4096, 4097]
  yield [rng.randrange(200000) for _ in range(100000)]
  for n in list(range(1, 40)) + [1000, 10007]:
    yield [rng.randrange(5000) for _ in range(n)]
    yield [rng.getrandbits(rng.randrange(1, 58)) for _ in range(n)]


def quantile(x, num, den):
  """x sorted; the definition of stats.h, position in exact arithmetic."""
  h = fractions.Fraction((len(x) - 1) * num, den)
  i = int(h)
  f = float(h - i)
  if i + 1 >= len(x) or x[i] == x[i + 1]:
    return x[i]
  return (1 - f) * x[i] + f * x[i + 1]


def interval(x):
  n, k, tail, term = len(x), 0, 0, 1
  while (tail + term) * 40 <= 2**n:
    tail += term
    term = term * (n - k) // (k + 1)
    k += 1
  if not k:
    return []
  return [x[k - 1], x[n - k], float(1 - fractions.Fraction(2 * tail, 2**n))]


def close(a, b, scale):
  return abs(a - b) <= 1e-12 * max(abs(b), scale)


def check_stats(values, answer, fail):
  x = sorted(values)
  n, low, high, mean, median, mad, q1, q3 = answer[:8]
  scale = math.fsum(abs(v) for v in x) / len(x)
  want_median = statistics.median(x)
  want_mad = statistics.median([abs(v - want_median) for v in x])
  exact = [('n', n, len(x)), ('min', low, x[0]), ('max', high, x[-1]),
           ('median', median, want_median), ('q1', q1, quantile(x, 1, 4)),
           ('q3', q3, quantile(x, 3, 4))]
  want = interval(x) if len(x) <= 5000 else answer[8:]
  exact += [('low', answer[8:9], want[:1]), ('high', answer[9:10], want[1:2])]
  for name, got, expected in exact:
    if got != expected:
      fail(name, got, expected)
  if not close(mean, math.fsum(x) / len(x), scale):
    fail('mean', mean, math.fsum(x) / len(x))
  if not close(mad, want_mad, scale):
    fail('mad', mad, want_mad)
  if want and abs(answer[10] - want[2]) > 1e-12:
    fail('coverage', answer[10], want[2])
  return 9 + len(want)


def check_latency(values, answer, fail):
  x = sorted(values)
  for name, got, expected in zip(('count', 'sum', 'max'), answer,
                                 (len(x), min(sum(x), 2**64 - 1), x[-1])):
    if got != expected:
      fail(name, got, expected)
  for p, got in zip((0, 5000, 9000, 9900, 9990, 10000), answer[3:]):
    expected = x[max(1, -(-len(x) * p // 10000)) - 1]
    bound = 0 if expected < 4096 else expected * BOUND
    if abs(got - expected) > bound:
      fail('p%d' % p, got, expected)
  return 9


def main():
  rng = random.Random(20240607)
  asked = [('stats', v) for v in samples(rng)]
  asked += [('latency', v) for v in durations(rng)]
  text = ''.join('%s %s\n' % (kind, ' '.join(map(repr, values)))
                 for kind, values in asked)
  lines = subprocess.run([sys.argv[1]], input=text, stdout=subprocess.PIPE,
                         text=True, check=True).stdout.splitlines()
  failures = []
  compared = 0
  if len(lines) != len(asked):
    sys.exit('%d answers to %d questions' % (len(lines), len(asked)))
  for number, ((kind, values), line) in enumerate(zip(asked, lines)):
    def fail(name, got, expected):
      failures.append('%s %d (%d values): %s is %r, not %r' %
                      (kind, number, len(values), name, got, expected))
    if kind == 'stats':
      compared += check_stats(values, list(map(float, line.split())), fail)
    else:
      compared += check_latency(values, list(map(int, line.split())), fail)
  print('%d figures of %d samples compared' % (compared, len(asked)))
  if compared < MIN_COMPARED:
    failures.append('fewer than %d' % MIN_COMPARED)
  sys.exit('\n'.join(failures[:20]) if failures else 0)


if __name__ == '__main__':
  main()
