# SPDX-License-Identifier: GPL-2.0-only
"""Recomputes paired judgements from the values, and compares.

usage: paired_oracle.py PAIRED_DUMP

Nothing is taken from the definition's way of computing: up to 12 values all
2^n signs are tried, above that the distribution is a polynomial of whole
numbers. The estimate and the interval must be equal to the bit, p and coverage
to the bit up to 53 values and to 1e-12 above.
"""
import fractions
import itertools
import math
import random
import subprocess
import sys

MIN_COMPARED = 4000
BRUTE = 12


def samples(rng):
  yield [0.0]
  yield [1.5]
  yield [-1e308, 1e308, 1.7e308]
  yield [0.25] * 12
  for n in list(range(1, 31)) * 4 + [53, 54, 100, 200]:
    yield [rng.gauss(0, 0.01) for _ in range(n)]
    yield [rng.gauss(rng.choice((-0.03, 0.03)), 0.01)] * (n // 2) + [
        rng.gauss(0.03, 0.01) for _ in range(n - n // 2)]
    yield [rng.gauss(-0.03, 0.01) for _ in range(n)]
    yield [float(rng.randrange(-3, 4)) for _ in range(n)]
    yield [rng.choice((-1.0, 0.0, 1.0, 2.0)) for _ in range(n)]


def double_ranks(magnitudes):
  """Twice the mean rank of each: those below, and those up to it."""
  return [sum(m < v for m in magnitudes) + sum(m <= v for m in magnitudes) + 1
          for v in magnitudes]


def p_brute(x):
  """Share of signs as far from the middle as ours, or farther."""
  rank = double_ranks([abs(v) for v in x])
  middle = fractions.Fraction(sum(rank), 2)
  ours = abs(sum(r for r, v in zip(rank, x) if v > 0) - middle)
  far = sum(abs(sum(itertools.compress(rank, signs)) - middle) >= ours
            for signs in itertools.product((0, 1), repeat=len(x)))
  return fractions.Fraction(far, 2 ** len(x))


def ways(ranks):
  """A polynomial as one whole number, so many bytes a coefficient."""
  width, poly = len(ranks) // 8 + 1, 1
  for r in ranks:
    poly += poly << (8 * width * r)
  digits = poly.to_bytes(width * (sum(ranks) + 1), 'little')
  return [int.from_bytes(digits[i:i + width], 'little')
          for i in range(0, len(digits), width)]


def p_counted(x):
  rank = double_ranks([abs(v) for v in x])
  count = ways(rank)
  positive = sum(r for r, v in zip(rank, x) if v > 0)
  lower, upper = sum(count[:positive + 1]), sum(count[positive:])
  return min(fractions.Fraction(1),
             fractions.Fraction(2 * min(lower, upper), 2 ** len(x)))


def interval(x, memo):
  """k and the coverage of the distribution of len(x) ranks."""
  n = len(x)
  if n not in memo:
    count, below, k = ways(range(1, n + 1)), 0, 0
    while fractions.Fraction(below + count[k], 2 ** n) <= fractions.Fraction(1, 40):
      below += count[k]
      k += 1
    memo[n] = k, 1 - fractions.Fraction(2 * below, 2 ** n)
  return memo[n]


def walsh(x):
  return sorted(a / 2 + b / 2
                for a, b in itertools.combinations_with_replacement(x, 2))


def verdict(estimate, p, threshold, floor):
  if floor < 0 or p > 0.01 or abs(estimate) <= max(floor, math.log1p(threshold)):
    return '~'
  return 'worse' if estimate > 0 else 'better'


def check(x, threshold, floor, answer, memo, fail):
  w = walsh(x)
  m = len(w)
  estimate = w[(m - 1) // 2] / 2 + w[m // 2] / 2
  nonzero = [v for v in x if v]
  p = p_brute(nonzero) if len(nonzero) <= BRUTE else p_counted(nonzero)
  k, coverage = interval(x, memo)
  want = [('n', len(x)), ('estimate', estimate), ('p', float(p)),
          ('has_interval', k > 0), ('low', w[k - 1] if k else 0.0),
          ('high', w[m - k] if k else 0.0),
          ('coverage', float(coverage) if k else 0.0)]
  for (name, expected), got in zip(want, answer):
    rough = name in ('p', 'coverage') and len(x) > 53
    if abs(float(got) - expected) > (1e-12 * expected if rough else 0):
      fail(name, got, expected)
  expected = verdict(estimate, p, threshold, floor)
  if answer[7] != expected:
    fail('verdict', answer[7], expected)
  return expected


def main():
  rng = random.Random(20240607)
  asked = [(rng.choice((0, 0.01, 0.02)), rng.choice((-1, 0, 0.005, 0.04)), x)
           for x in samples(rng)]
  text = ''.join('%r %r %s\n' % (t, f, ' '.join(map(repr, x)))
                 for t, f, x in asked)
  lines = subprocess.run([sys.argv[1]], input=text, stdout=subprocess.PIPE,
                         text=True, check=True).stdout.splitlines()
  failures, memo, seen = [], {}, {'~': 0, 'better': 0, 'worse': 0}
  if len(lines) != len(asked):
    sys.exit('%d answers to %d questions' % (len(lines), len(asked)))
  for number, ((threshold, floor, x), line) in enumerate(zip(asked, lines)):
    def fail(name, got, expected):
      failures.append('%d (%d values): %s is %s, not %r' %
                      (number, len(x), name, got, expected))
    seen[check(x, threshold, floor, line.split(), memo, fail)] += 1
  compared = 8 * len(asked)
  print('%d figures of %d samples compared: %r' % (compared, len(asked), seen))
  if compared < MIN_COMPARED or not all(seen.values()):
    failures.append('fewer than %d, or a verdict that never came' % MIN_COMPARED)
  sys.exit('\n'.join(failures[:20]) if failures else 0)


if __name__ == '__main__':
  main()
