#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Layers, lists and shapes: what a compiler does not check.

usage: lint.py SOURCE_ROOT CHECK     CHECK: layers, lists, shape, headers, format, doc
"""
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys

WORKLOADS = ['workloads', 'workloads/dma', 'workloads/trace']

# A folder may include headers of itself and of these. Arrows go down only.
LAYERS = {
    'strategies/mm': [],
    'strategies': ['strategies/mm'],
    'workloads/trace': [],
    'workloads/dma': ['workloads/trace'],
    'workloads': ['workloads/trace', 'workloads/dma'],
    'harness/measure': [],
    'harness/args': [],
    'harness/bench': ['harness/args', 'harness/measure', 'strategies',
                      'strategies/mm'],
    'harness/mapbench': ['harness/args', 'harness/bench', 'harness/v7s', 'harness/measure',
                         'strategies', 'strategies/mm', *WORKLOADS],
    'harness/textbench': ['harness/args', 'harness/bench', 'harness/measure', *WORKLOADS],
    'harness/v7s': ['strategies', 'strategies/mm'],
    'harness/replay': ['harness/v7s', 'harness/measure', 'strategies',
                       'strategies/mm', *WORKLOADS],
    'harness/study': ['harness/replay', 'harness/v7s', 'harness/measure',
                      'strategies', 'strategies/mm', *WORKLOADS],
    'harness/kernel': ['harness/replay', 'harness/v7s', 'harness/measure',
                       'strategies', 'strategies/mm', *WORKLOADS],
    'harness/output': ['harness/kernel', 'harness/study', 'harness/replay', 'harness/v7s',
                       'harness/measure', 'strategies', 'strategies/mm', *WORKLOADS],
    'harness/cli': ['harness/args', 'harness/output', 'harness/kernel', 'harness/study',
                    'harness/replay', 'harness/v7s', 'harness/measure', 'strategies',
                    'strategies/mm', *WORKLOADS],
}
GENERATED = {'git_revision.h'}
# Of a program that is not built with the rest: shape and format only.
APART = ['harness/kernel/module']

MAX_FUNCTION = 60
MAX_C = 600
MAX_H = 250
MAX_LINE = 100
# Strings that users read, and search for, stay on one line.
LONG_LINE_OK = re.compile(r'"')


def sources(root, *suffixes, folders=tuple(LAYERS)):
    for folder in folders:
        for path in sorted((root / folder).iterdir()):
            if path.suffix in suffixes:
                yield folder, path


def check_layers(root):
    home = collections.defaultdict(list)
    for folder, path in sources(root, '.h'):
        home[path.name].append(folder)
    count = 0
    for folder, path in sources(root, '.c', '.h'):
        for n, line in enumerate(path.read_text().splitlines(), 1):
            m = re.match(r'#include "([^"]+)"', line)
            if not m or m[1] in GENERATED:
                continue
            count += 1
            allowed = [folder] + LAYERS[folder]
            if not home[m[1]]:
                yield f'{path}:{n}: no such header: {m[1]}'
            elif not set(home[m[1]]) & set(allowed):
                yield f'{path}:{n}: {folder} may not see {home[m[1]][0]}'
    if count < 100:
        yield f'only {count} includes looked at'
    banned = re.compile(r'\b(printf|puts|fprintf|exit|clock_gettime|time)\(')
    for folder, path in sources(root, '.c'):
        if not folder.startswith('strategies'):
            continue
        for n, line in enumerate(path.read_text().splitlines(), 1):
            if banned.search(line):
                yield f'{path}:{n}: a strategy neither prints nor reads a clock'


def check_lists(root):
    """Every .c file stands in its folder's meson.build, or is in a list."""
    count = 0
    for folder in list(LAYERS) + ['tests', 'tests/fuzz']:
        text = (root / folder / 'meson.build').read_text() \
            if (root / folder / 'meson.build').exists() else \
            (root / folder).parent.joinpath('meson.build').read_text()
        for path in sorted((root / folder).glob('*.c')):
            count += 1
            names = {path.name, path.stem, 'mm/' + path.name,
                     re.sub('^(wl_|test_|fuzz_)', '', path.stem)}
            if not any(f"'{name}'" in text for name in names):
                yield f'{path}: in no list of {folder}/meson.build'
    if count < 50:
        yield f'only {count} files looked at'


def functions(lines):
    """(line number, length) of each function: column-0 braces."""
    start = None
    for n, line in enumerate(lines, 1):
        if line == '{':
            start = n
        elif line == '}' and start:
            yield start, n - start
            start = None


def scripts(root):
    """Files that are no C: build files, scripts, figures."""
    for pattern in ('meson*', '*.sh', '*.py', '*.gp', '*.awk', 'bootstrap', 'run', 'ab',
                    'Kbuild', 'Makefile'):
        for path in sorted(root.rglob(pattern)):
            inside = path.relative_to(root).parts
            if path.is_file() and not inside[0].startswith(('build', '.git')):
                yield path


def check_shape(root):
    count = 0
    for path in scripts(root):
        count += 1
        if not re.search(r'^# SPDX-License-Identifier: GPL-2.0-only$',
                         '\n'.join(path.read_text().split('\n')[:2]), re.M):
            yield f'{path}:1: no SPDX line'
    if count < 30:
        yield f'only {count} scripts looked at'
    for folder, path in sources(root, '.c', '.h', folders=[*LAYERS, *APART]):
        lines = path.read_text().splitlines()
        limit = MAX_C if path.suffix == '.c' else MAX_H
        if 'SPDX-License-Identifier: GPL-2.0-only' not in lines[0]:
            yield f'{path}:1: no SPDX line'
        if not re.match(r'/\*', lines[1]):
            yield f'{path}:2: does not open with what it is'
        if len(lines) > limit:
            yield f'{path}: {len(lines)} lines, {limit} at most'
        for n, line in enumerate(lines, 1):
            width = len(line.expandtabs(8))
            if width > MAX_LINE and not LONG_LINE_OK.search(line):
                yield f'{path}:{n}: {width} columns'
            if line != line.rstrip():
                yield f'{path}:{n}: blank at the end'
            if not line.isascii():
                yield f'{path}:{n}: not ASCII'
        for n, length in functions(lines):
            if length > MAX_FUNCTION:
                yield f'{path}:{n}: function of {length} lines'


def check_headers(root):
    """Each header alone, with the include folders of its layer only."""
    count = 0
    for folder, path in sources(root, '.h'):
        count += 1
        include = [f'-I{root / f}' for f in [folder] + LAYERS[folder]]
        done = subprocess.run(
            [os.environ.get('CC', 'cc'), '-std=c11', '-D_GNU_SOURCE',
             '-fsyntax-only', '-Wall', '-Wextra', '-Werror', *include,
             '-include', str(path), '-x', 'c', '/dev/null'],
            stderr=subprocess.PIPE, text=True)
        if done.returncode:
            yield f'{path}: not self-contained\n{done.stderr}'
    if count < 20:
        yield f'only {count} headers looked at'


def check_format(root):
    tool = shutil.which('clang-format')
    if not tool:
        print('clang-format is not installed: skipped')
        sys.exit(77)
    files = [str(p) for _, p in sources(root, '.c', '.h', folders=[*LAYERS, *APART])]
    files += [str(p) for p in sorted((root / 'tests').rglob('*.[ch]'))]
    done = subprocess.run([tool, '--dry-run', '-Werror', *files],
                          stderr=subprocess.PIPE, text=True)
    for line in done.stderr.splitlines():
        if ': error:' in line:
            yield line


def check_doc(root):
    """What README and ARCHITECTURE name exists."""
    for name in 'README.md', 'ARCHITECTURE.md', 'results/SCHEMA.md', 'LICENSE':
        if not (root / name).exists():
            yield f'{name} is missing'
    for name in 'README.md', 'ARCHITECTURE.md':
        text = (root / name).read_text()
        for mark in re.findall(r'@[A-Z]+@', text):
            yield f'{name}: {mark} is still to be filled in'
        for ref in re.findall(r'`((?:strategies|workloads|harness|results|'
                              r'plots|tests)/[\w./-]*)`', text):
            if 'NAME' not in ref and not (root / ref).exists():
                yield f'{name}: {ref} does not exist'


def main():
    root, check = pathlib.Path(sys.argv[1]), sys.argv[2]
    findings = list(globals()['check_' + check](root))
    for finding in findings:
        print(finding)
    print(f'{check}: {len(findings)} findings')
    return 1 if findings else 0


sys.exit(main())
