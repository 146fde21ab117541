#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes a small trace.dat, version 6, as trace-cmd does: two CPUs, events of
iommu and of kprobes.

usage: mkdat.py OUT TEXT [TEXT]

A TEXT is a buffer, the second an instance. It has a line per event: CPU, time
in ns, the event's name, its fields: `0 1000 map iova=0x1000 paddr=0x2000
size=4096`; a name of `map*N` is N of them, a microsecond apart. `0 missed=N` says that the kernel dropped events before the next one
of that CPU, -1 that nobody knows how many; `0 overrun=N` and `0 dropped=N` are
lines of the CPU's statistics.
"""
import struct
import sys

PAGE = 4096
HEADER = 2 * PAGE
COMMON = (('unsigned short', 'common_type', 0, 2, 0), ('unsigned char', 'common_flags', 2, 1, 0),
          ('unsigned char', 'common_preempt_count', 3, 1, 0), ('int', 'common_pid', 4, 4, 1))
# name, behind any /: system, id, fields, print fmt
EVENTS = {
    'unmap': ('iommu', 1148, ('u64 iova', 'size_t size', 'size_t unmapped_size'),
              '"IOMMU: iova=0x%016llx - 0x%016llx size=%zu unmapped_size=%zu", '
              'REC->iova, REC->iova + REC->size, REC->size, REC->unmapped_size'),
    'map': ('iommu', 1149, ('u64 iova', 'u64 paddr', 'size_t size'),
            '"IOMMU: iova=0x%016llx - 0x%016llx paddr=0x%016llx size=%zu", '
            'REC->iova, REC->iova + REC->size, REC->paddr, REC->size'),
    'dmap': ('kprobes', 2001, ('unsigned long __probe_ip', 'u64 domain', 'u64 iova', 'u64 paddr',
                               'u64 size', 'u32 prot'),
             '"(%lx) domain=0x%Lx iova=0x%Lx paddr=0x%Lx size=%Lu prot=0x%x", REC->__probe_ip, '
             'REC->domain, REC->iova, REC->paddr, REC->size, REC->prot'),
    'dunmap': ('kprobes', 2002, ('unsigned long __probe_ip', 'u64 domain', 'u64 iova', 'u64 size'),
               '"(%lx) domain=0x%Lx iova=0x%Lx size=%Lu", REC->__probe_ip, REC->domain, REC->iova, '
               'REC->size'),
    'fs/map': ('fs', 3001, ('u64 iova', 'u64 paddr', 'size_t size'), '"%llx", REC->iova'),
    'sched_wake': ('sched', 3000, ('u64 pid',), '"pid=%llu", REC->pid'),
}
SIZE = {'u64': 8, 'size_t': 8, 'unsigned long': 8, 'u32': 4}


def field(kind, name, offset, size, signed):
    return f'\tfield:{kind} {name};\toffset:{offset};\tsize:{size};\tsigned:{signed};\n'


def layout(name):
    offset = 8
    for decl in EVENTS[name][2]:
        kind, key = decl.rsplit(' ', 1)
        yield kind, key, offset, SIZE[kind]
        offset += SIZE[kind]


def event_format(name):
    _, ident, _, fmt = EVENTS[name]
    text = f'name: {name.split("/")[-1]}\nID: {ident}\nformat:\n'
    text += ''.join(field(*f) for f in COMMON) + '\n'
    text += ''.join(field(k, n, o, s, 0) for k, n, o, s in layout(name))
    return (text + '\nprint fmt: ' + fmt + '\n').encode()


def record(name, values):
    data = struct.pack('<HBBi', EVENTS[name][1], 0, 0, 7)
    for _, key, _, size in layout(name):
        data += int(values.get(key, '0'), 0).to_bytes(size, 'little')
    data += b'\0' * (-len(data) % 4)
    assert len(data) <= 28 * 4
    return data


def entry(delta, data):
    out = b''
    if delta >> 27:
        out += struct.pack('<II', 30 | (delta & (1 << 27) - 1) << 5, delta >> 27)
        delta = 0
    return out + struct.pack('<I', len(data) // 4 | delta << 5) + data


def pages(lines):
    """Of one CPU."""
    out, body, start, last, missed, flags = b'', b'', None, 0, None, 0

    def page():
        extra = b''
        commit = len(body)
        if flags:
            commit |= 1 << 31
            if flags > 0:
                commit |= 1 << 30
                extra = struct.pack('<Q', flags)
        return (struct.pack('<QQ', start, commit) + body + extra).ljust(PAGE, b'\0')

    for time, name, values in lines:
        if name == 'missed' or (body and len(body) > PAGE - 200):
            if body:
                out += page()
            body, start, flags = b'', None, 0
        if name == 'missed':
            missed = values
            continue
        if start is None:
            start, last = time, time
            flags, missed = missed or 0, None
        body += entry(time - last, record(name, values))
        last = time
    return out + page() if body else out


def read(path):
    """Bytes of each CPU, and what its statistics say was lost."""
    cpus, lost = [[], []], [{}, {}]
    for line in open(path):
        cpu, *word = line.split()
        cpu = int(cpu)
        if word[0].startswith('missed='):
            cpus[cpu].append((0, 'missed', int(word[0][7:])))
        elif word[0].startswith(('overrun=', 'dropped=')):
            lost[cpu][word[0][:7]] = int(word[0][8:])
        else:
            values = dict(w.split('=') for w in word[2:])
            name, _, times = word[1].partition('*')
            for i in range(int(times or 1)):
                cpus[cpu].append((int(word[0]) + 1000 * i, name, values))
    return [pages(c) for c in cpus], lost


def sized(text, width=8):
    return len(text).to_bytes(width, 'little') + text


def header():
    page = (field('u64', 'timestamp', 0, 8, 0) + field('local_t', 'commit', 8, 8, 1) +
            field('int', 'overwrite', 8, 1, 1) + field('char', 'data', 16, 4080, 1))
    event = ('# compressed entry header\n\ttype_len    :    5 bits\n\ttime_delta  :   27 bits\n'
             '\tarray       :   32 bits\n\n\tpadding     : type == 29\n\ttime_extend : type == 30\n'
             '\ttime_stamp : type == 31\n\tdata max type_len  == 28\n')
    out = b'\x17\x08\x44tracing6\0' + bytes([0, 8]) + struct.pack('<I', PAGE)
    out += b'header_page\0' + sized(page.encode()) + b'header_event\0' + sized(event.encode())
    out += struct.pack('<I', 0)
    systems = {}
    for name, row in EVENTS.items():
        systems.setdefault(row[0], []).append(name)
    out += struct.pack('<I', len(systems))
    for system, names in systems.items():
        out += system.encode() + b'\0' + struct.pack('<I', len(names))
        out += b''.join(sized(event_format(n)) for n in names)
    out += sized(b'', 4) + sized(b'', 4) + sized(b'7 wl\n')
    return out + struct.pack('<I', 2)


def option(ident, data):
    return struct.pack('<HI', ident, len(data)) + data


def stats(cpu, lost):
    return (f'CPU: {cpu}\nentries: 0\noverrun: {lost.get("overrun", 0)}\ncommit overrun: 0\nbytes: 0\n'
            f'oldest event ts:     0.0\nnow ts:     1.0\ndropped events: {lost.get("dropped", 0)}\n'
            'read events: 9\n').encode() + b'\0'


def places(cpus, offset):
    """Where the data of each CPU is, and where the next may be."""
    table = b'flyrecord\0'
    for data in cpus:
        table += struct.pack('<QQ', offset, len(data))
        offset += len(data)
    return table, offset


def main():
    buffers = [read(path) for path in sys.argv[2:]]
    tables, offset = [], HEADER
    for cpus, _ in buffers:
        table, offset = places(cpus, offset)
        tables.append(table)
    head = header() + b'options  \0'
    head += b''.join(option(2, stats(cpu, n)) for cpu, n in enumerate(buffers[0][1]))
    end = struct.pack('<H', 0) + tables[0]
    if len(buffers) > 1:
        name = b'other\0'
        second = len(head) + len(option(3, bytes(8) + name)) + len(end)
        end = option(3, struct.pack('<Q', second) + name) + end + tables[1]
    head += end
    assert len(head) <= HEADER, len(head)
    with open(sys.argv[1], 'wb') as out:
        out.write(head.ljust(HEADER, b'\0'))
        out.write(b''.join(b''.join(cpus) for cpus, _ in buffers))


main()
