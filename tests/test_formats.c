// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is read: samples of what recorders print, in formats/, and the events
 * in each; and a table of single lines, each with the event in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"
#include "trace_compare.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define PRE "   wl-7  [002] d.h1.  1.000001: "
#define RANGE "iova=0x1000 - 0x3000 "
#define MAP PRE "map: IOMMU: " RANGE "paddr=0x40005000 size=8192\n"
#define UNMAP PRE "unmap: IOMMU: " RANGE "size=8192 unmapped_size=8192\n"

static const struct {
	const char *name;
	const char *text;
	struct trace_event event;
	uint64_t nr_lost;
} accepted[] = {
	{ "ftrace",
	  MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 1, 0, 2, TRACE_MAP, 3, 0 },
	  0 },
	{ "unmap",
	  UNMAP,
	  { 0x1000, 0, 8192, 1000001000, 1, 0, 2, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "CRLF",
	  "#\r\n\r\nunmap: IOMMU: iova=0x1000 size=4096\r\n",
	  { 0x1000, 0, 4096, 0, 3, 0, 0, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "no final newline",
	  "unmap: IOMMU: iova=0x1000 size=4096",
	  { 0x1000, 0, 4096, 0, 1, 0, 0, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "tabs",
	  "a-1\t[001]\t2.5:\tunmap:\tIOMMU:\tiova=0\tsize=4096\t",
	  { 0, 0, 4096, 2500000000, 1, 0, 1, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "size in hex, short hex",
	  "unmap: IOMMU: iova=0xABC000 size=0x2000",
	  { 0xabc000, 0, 8192, 0, 1, 0, 0, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "iova in decimal",
	  "unmap: IOMMU: iova=8192 size=4096",
	  { 8192, 0, 4096, 0, 1, 0, 0, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "leading zeroes beyond 16 digits",
	  "unmap: IOMMU: iova=0x000000000000000000001000 size=4096",
	  { 4096, 0, 4096, 0, 1, 0, 0, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "8 hex digits, then more of them",
	  "unmap: IOMMU: iova=0x123456789abc000 size=4096 unmapped_size=0",
	  { 0x123456789abc000, 0, 4096, 0, 1, 0, 0, TRACE_UNMAP, 3,
	    TRACE_NO_UNIT },
	  0 },
	{ "all hex digits",
	  "unmap: IOMMU: iova=0xfedCBA9876543000 size=4096",
	  { 0xfedcba9876543000, 0, 4096, 0, 1, 0, 0, TRACE_UNMAP, 3,
	    TRACE_NO_UNIT },
	  0 },
	{ "end of 32 bits",
	  "unmap: IOMMU: iova=0xfffff000 - 0x100000000 size=4096",
	  { 0xfffff000, 0, 4096, 0, 1, 0, 0, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "end of 64 bits",
	  "unmap: IOMMU: iova=0xfffffffffffff000 - 0x0 size=4096",
	  { 0xfffffffffffff000, 0, 4096, 0, 1, 0, 0, TRACE_UNMAP, 3,
	    TRACE_NO_UNIT },
	  0 },
	{ "end of 64 bits, paddr",
	  "map: IOMMU: iova=0 paddr=0xfffffffffffff000 size=4096",
	  { 0, 0xfffffffffffff000, 4096, 0, 1, 0, 0, TRACE_MAP, 3,
	    TRACE_NO_UNIT },
	  0 },
	{ "domain of 63 bytes",
	  "unmap: IOMMU:ae00000.qcom,mdss_mdp:qcom,smmu_sde_unsec_cb-0123456789abcdef01"
	  " iova=0 size=4096",
	  { 0, 0, 4096, 0, 1, 0, 0, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "keys in another order",
	  "map: IOMMU: size=4096 prot=w paddr=0x2000 iova=0x1000 - 0x2000",
	  { 0x1000, 0x2000, 4096, 0, 1, 0, 0, TRACE_MAP, 2, TRACE_NO_UNIT },
	  0 },
	{ "prot=r",
	  "map: IOMMU: iova=0x1000 paddr=0 size=4096 prot=r",
	  { 0x1000, 0, 4096, 0, 1, 0, 0, TRACE_MAP, 1, TRACE_NO_UNIT },
	  0 },
	{ "prot=rw",
	  "map: IOMMU: iova=0x1000 paddr=0 size=4096 prot=rw",
	  { 0x1000, 0, 4096, 0, 1, 0, 0, TRACE_MAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "prot as the kernel has it",
	  "map: IOMMU: iova=0x1000 paddr=0 size=4096 prot=0x5",
	  { 0x1000, 0, 4096, 0, 1, 0, 0, TRACE_MAP, 1, TRACE_NO_UNIT },
	  0 },
	{ "task name with IOMMU: and brackets",
	  "IOMMU: [9] I-1 [003] 1.0: unmap: IOMMU: iova=0 size=4096",
	  { 0, 0, 4096, 1000000000, 1, 0, 3, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "cpu 4095",
	  "a-1 [4095] 1.0: unmap: IOMMU: iova=0 size=4096",
	  { 0, 0, 4096, 1000000000, 1, 0, 4095, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "time without a dot",
	  "a-1 [000] 77: unmap: IOMMU: iova=0 size=4096",
	  { 0, 0, 4096, 77, 1, 0, 0, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "time of nine decimals and 64 bits",
	  "a-1 [000] 18446744073.709551615: unmap: IOMMU: iova=0 size=4096",
	  { 0, 0, 4096, UINT64_MAX, 1, 0, 0, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "latency format",
	  "cmd-1  12d.h1. 276us!: unmap: IOMMU: iova=0 "
	  "size=4096",
	  { 0, 0, 4096, 276000, 1, 0, 12, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "latency format, more than a second",
	  "cmd-1  12d.h1. 276us$: unmap: IOMMU: iova=0 size=4096",
	  { 0, 0, 4096, 276000, 1, 0, 12, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "latency format without flags, blank mark",
	  "cmd-1  12 276us : unmap: IOMMU: iova=0 size=4096",
	  { 0, 0, 4096, 276000, 1, 0, 12, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "trace-cmd report -l",
	  "cmd-1  1d... 3.5: unmap: IOMMU: iova=0 "
	  "size=4096",
	  { 0, 0, 4096, 3500000000, 1, 0, 1, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "perf without cpu",
	  "cmd 190 3.5: iommu:unmap: IOMMU: iova=0 "
	  "size=4096",
	  { 0, 0, 4096, 3500000000, 1, 0, 0, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "perf without cpu, pid/tid",
	  "cmd 1/2 3.5: iommu:unmap: IOMMU: "
	  "iova=0 size=4096",
	  { 0, 0, 4096, 3500000000, 1, 0, 0, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "perf without time",
	  "cmd 190 [001] iommu:unmap: IOMMU: iova=0 "
	  "size=4096",
	  { 0, 0, 4096, 0, 1, 0, 1, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "perf with the period",
	  "cmd 190 [001] 3.5:          1   iommu:unmap: IOMMU: iova=0 "
	  "size=4096",
	  { 0, 0, 4096, 3500000000, 1, 0, 1, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "perf with the period, without time",
	  "cmd 190 [001]          1   iommu:unmap: IOMMU: iova=0 size=4096",
	  { 0, 0, 4096, 0, 1, 0, 1, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "perf with the period, other event and kprobe",
	  "cmd 190 [001] 3.5:   1  sched:sched_switch: x\n"
	  "cmd 190 [001] 3.5:   1  probe:dunmap: (ffffffff81234567) "
	  "domain=0xff iova=0x1000 size=4096\n",
	  { 0x1000, 0, 4096, 3500000000, 2, 0, 1, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "trace-cmd report --ts-diff",
	  " a-1 [001] 3.4:          sched_switch:  x\n"
	  " a-1 [001] 3.5: (+-100000) sched_switch:  x\n"
	  " a-1 [001] 3.5: (+899)   unmap:     IOMMU: iova=0 size=4096",
	  { 0, 0, 4096, 3500000000, 3, 0, 1, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "time alone",
	  "3.5: unmap: IOMMU: iova=0 size=4096",
	  { 0, 0, 4096, 3500000000, 1, 0, 0, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "trace_pipe lost",
	  "CPU:1 [LOST 678 EVENTS]\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 2, 0, 2, 0, 3, 0 },
	  678 },
	{ "trace_pipe lost, unknown number",
	  "CPU:1 [LOST EVENTS]\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 2, 0, 2, 0, 3, 0 },
	  1 },
	{ "trace-cmd dropped",
	  "CPU:1 [3842 EVENTS DROPPED]\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 2, 0, 2, 0, 3, 0 },
	  3842 },
	{ "trace-cmd dropped, unknown number",
	  "CPU:1 [EVENTS DROPPED]\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 2, 0, 2, 0, 3, 0 },
	  1 },
	{ "trace-cmd dropped, of an instance and of none",
	  "      cpus=2\niommu: cpus=2\n"
	  "iommu: CPU:1 [3842 EVENTS DROPPED]\n"
	  "       CPU:1 [3 EVENTS DROPPED]\niommu: " MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 5, 0, 2, 0, 3, 0 },
	  3845 },
	{ "perf lost",
	  "a 1 [000] 1.0: PERF_RECORD_LOST lost 12\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 2, 0, 2, 0, 3, 0 },
	  12 },
	{ "perf lost, number unreadable",
	  " PERF_RECORD_LOST lost many\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 2, 0, 2, 0, 3, 0 },
	  1 },
	{ "perf lost, no number",
	  " PERF_RECORD_LOST\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 2, 0, 2, 0, 3, 0 },
	  1 },
	{ "two marks",
	  "CPU:1 [LOST 1 EVENTS]\nCPU:0 [LOST 2 EVENTS]\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 3, 0, 2, 0, 3, 0 },
	  3 },
	{ "more lost than can be counted",
	  "CPU:1 [LOST 18446744073709551615 EVENTS]\nCPU:0 [LOST EVENTS]\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 3, 0, 2, 0, 3, 0 },
	  UINT64_MAX },
	{ "header with fewer than written",
	  "# entries-in-buffer/entries-written: 1/9   #P:2\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 2, 0, 2, 0, 3, 0 },
	  8 },
	{ "two headers",
	  "# entries-in-buffer/entries-written: 1/9   #P:2\n"
	  "# entries-in-buffer/entries-written: 5/5   #P:2\n"
	  "# entries-in-buffer/entries-written: 1/3   #P:2\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 4, 0, 2, 0, 3, 0 },
	  10 },
	{ "header that cannot be read",
	  "# entries-in-buffer/entries-written: 1-9\n# latency: 0 us\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 3, 0, 2, 0, 3, 0 },
	  0 },
	{ "latency header",
	  "# latency: 0 us, #5/9, CPU#0\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 2, 0, 2, 0, 3, 0 },
	  4 },
	{ "statistics without header",
	  MAP "overrun: 3\ncommit overrun: 8\ndropped events: 4\n",
	  { 0x1000, 0x40005000, 8192, 1000001000, 1, 0, 2, 0, 3, 0 },
	  15 },
	{ "headers of trace-cmd",
	  "version = 6\ncpus=2\nCPU 1 is empty\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 4, 0, 2, 0, 3, 0 },
	  0 },
	{ "headers that end early",
	  "# entries-in-buffer/entries-written:\n"
	  "# entries-in-buffer/entries-written: 9\n"
	  "# entries-in-buffer/entries-written: 1/\n"
	  "# entries-in-buffer/entries-written: 9/1\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 5, 0, 2, 0, 3, 0 },
	  0 },
	{ "latency format, flags of each kind",
	  "a-1  1D... 3.5: dmap: IOMMU: x\na-1 1# 3.5: unmap: IOMMU: iova=0 "
	  "size=4096",
	  { 0, 0, 4096, 3500000000, 2, 0, 1, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "perf without cpu, number with another sign",
	  "cmd 1_2 3.5: iommu:unmap: IOMMU: iova=0 size=4096",
	  { 0, 0, 4096, 3500000000, 1, 0, 0, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "other events",
	  "nmap: IOMMU: x\nxnmap: IOMMU: x\nfoo: x\ntrace: x\n"
	  "iommu:io_page_fault: IOMMU: x\nZ_g-9: x\n1.0: Go_x:y:\n"
	  "a-1 [000] 1.0: I: x\niommu:amap: x\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 10, 0, 2, 0, 3, 0 },
	  0 },
	{ "4.9 to 5.16, map",
	  PRE "map: IOMMU: iova=0x0000000000001000 paddr=0x0000000040005000 "
	      "size=8192\n",
	  { 0x1000, 0x40005000, 8192, 1000001000, 1, 0, 2, TRACE_MAP, 3, 0 },
	  0 },
	{ "4.9 to 5.16, unmap",
	  PRE "unmap: IOMMU: iova=0x0000000000001000 size=8192 "
	      "unmapped_size=8192\n",
	  { 0x1000, 0, 8192, 1000001000, 1, 0, 2, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "5.17 on, map",
	  PRE "map: IOMMU: iova=0x0000000000001000 - 0x0000000000003000 "
	      "paddr=0x0000000040005000 size=8192\n",
	  { 0x1000, 0x40005000, 8192, 1000001000, 1, 0, 2, TRACE_MAP, 3, 0 },
	  0 },
	{ "5.17 on, unmap",
	  PRE "unmap: IOMMU: iova=0x0000000000001000 - 0x0000000000003000 "
	      "size=8192 unmapped_size=8192\n",
	  { 0x1000, 0, 8192, 1000001000, 1, 0, 2, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "Qualcomm 4.19, map",
	  PRE "map: IOMMU:15000000.apps-smmu iova=0x0000000000001000 "
	      "paddr=0x0000000040005000 size=0x2000 prot=0x1\n",
	  { 0x1000, 0x40005000, 8192, 1000001000, 1, 0, 2, TRACE_MAP, 1, 0 },
	  0 },
	{ "Qualcomm 4.19, unmap",
	  PRE "unmap: IOMMU:15000000.apps-smmu iova=0x0000000000001000 "
	      "size=0x2000 unmapped_size=0x2000\n",
	  { 0x1000, 0, 8192, 1000001000, 1, 0, 2, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "any memory",
	  PRE "map: IOMMU: " RANGE "paddr=any size=8192\n",
	  { 0x1000, 0, 8192, 1000001000, 1, 0, 2, TRACE_MAP, 3, TRACE_ANY },
	  0 },
	{ "kprobe of a map",
	  PRE "dmap: (__iommu_map+0x0/0x2a0) domain=0xffff88810cb251d0 "
	      "iova=0x1000 paddr=0x40005000 size=8192 prot=0x7\n",
	  { 0x1000, 0x40005000, 8192, 1000001000, 1, 0, 2, TRACE_MAP, 3, 0 },
	  0 },
	{ "kprobe of a map that is read only, trace-cmd report",
	  " wl-7  [002]  1.000001: dmap:                 (ffffffff81234567) "
	  "domain=0xff iova=0x1000 paddr=0x40005000 size=8192 prot=0x5\n",
	  { 0x1000, 0x40005000, 8192, 1000001000, 1, 0, 2, TRACE_MAP, 1, 0 },
	  0 },
	{ "kprobe of an unmap, perf",
	  "wl 7 [002] 1.000001: kprobes:dunmap: (ffffffff81234567) "
	  "domain=0xff iova=0x1000 size=8192\n",
	  { 0x1000, 0, 8192, 1000001000, 1, 0, 2, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "kprobe of any name, without prot",
	  PRE "mine: (__iommu_map+0x0/0x2a0) domain=0xff iova=0x1000 "
	      "paddr=0x40005000 size=8192\n",
	  { 0x1000, 0x40005000, 8192, 1000001000, 1, 0, 2, TRACE_MAP, 3, 0 },
	  0 },
	{ "kprobe of any name on the other function",
	  "dmap: (__iommu_unmap) domain=0xff size=8192 iova=0x1000 \n",
	  { 0x1000, 0, 8192, 0, 1, 0, 0, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "kprobe of an older kernel's function",
	  "dmap: (iommu_map+0x0/0x10) domain=0xff iova=0 paddr=0 size=4096\n",
	  { 0, 0, 4096, 0, 1, 0, 0, TRACE_MAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "kprobe of an instance of trace-cmd, or behind grep's number",
	  "iommu:  wl-7  [002]  1.0: sched_switch:  x\n"
	  "13: wl-7  [002]  1.0: sched_switch:  5.0: dmap: x\n"
	  "iommu:  wl-7  [002]  1.000001: dunmap:  (ffffffff81234567) "
	  "domain=0xff iova=0x1000 size=8192\n",
	  { 0x1000, 0, 8192, 1000001000, 3, 0, 2, TRACE_UNMAP, 3, 0 },
	  0 },
	{ "kprobe of a return, then of a call",
	  "dunmap: (iommu_unmap+0xb/0x2d <- __iommu_unmap) domain=0xf "
	  "iova=0x1000 size=4096\n"
	  "dunmap: (__iommu_unmap+0x0/0x2d) domain=0xf iova=0x1000 "
	  "size=4096\n",
	  { 0x1000, 0, 4096, 0, 2, 0, 0, TRACE_UNMAP, 3, TRACE_NO_UNIT },
	  0 },
	{ "unmaps of nothing, after maps that failed",
	  "unmap: IOMMU: iova=0x1000 - 0x1000 size=0 unmapped_size=0\n"
	  "dunmap: (__iommu_unmap+0x0/0x2d) domain=0xf iova=0x1000 size=0\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 3, 0, 2, 0, 3, 0 },
	  0 },
	{ "kprobes that are other events",
	  PRE
	  "vmap: (intel_iommu_map_pages+0x0/0xe0) domain=0xf iova=0x1000 "
	  "paddr=0x1000 pgsize=4096 pgcount=1\n" PRE
	  "dmap: (__iommu_map+0x0/0x2a0) domain=0xf iova=0x1000 "
	  "paddr=0x1000 size=4096 gfp=0xcc0\n" PRE
	  "dmap: (__iommu_map+0x0/0x2a0) iova=0x1000 paddr=0 size=4096\n" PRE
	  "dunmapret: (iommu_unmap+0xb/0x2d <- __iommu_unmap) domain=0xf "
	  "iova=0x1000 size=4096\n" PRE
	  "dunmap: (iommu_unmap+0xb/0x2d <- __iommu_unmap) domain=0xf "
	  "iova=0x1000 size=4096\n" PRE
	  "dunmap: (__iommu_unmap domain=0xf iova=0x1000 size=4096\n" PRE
	  "dunmap: domain=0xf iova=0x1000 size=4096\n" PRE
	  "dunmap: (__iommu_unmap) domain=0xf iova=0x1000 size=4096 "
	  "paddr=0\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 9, 0, 2, TRACE_MAP, 3, 0 },
	  0 },
	{ "other events that say type, without context",
	  "ctx: x type: 1\n13:a-1 [000] 1.0: ctx: 0 type: 1\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 3, 0, 2, 0, 3, 0 },
	  0 },
	{ "trace_printk of a part of a function",
	  PRE "f.part.0: x\n" PRE "f.isra.0.cold: x\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 3, 0, 2, 0, 3, 0 },
	  0 },
	{ "stack traces",
	  PRE "<stack trace>\n => f\n" PRE "<user stack trace>\n=> f\n" MAP,
	  { 0x1000, 0x40005000, 8192, 1000001000, 5, 0, 2, 0, 3, 0 },
	  0 },
};

static void test_formats__accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
		struct trace trace = { 0 };
		char why[TRACE_WHY_SIZE] = "";

		if (trace_parse("f", accepted[i].text, strlen(accepted[i].text),
				&trace, why))
			fail_msg("%s: %s", accepted[i].name, why);
		if (trace.nr_events != 1 ||
		    !events_equal(&trace.event[0], &accepted[i].event) ||
		    trace.event[0].line != accepted[i].event.line ||
		    trace.nr_lost != accepted[i].nr_lost)
			fail_msg("%s: another event", accepted[i].name);
		assert_round_trip(&trace);
		trace_free(&trace);
	}
}

static const struct {
	const char *file;
	unsigned nr_maps, nr_unmaps, nr_lost, nr_other, nr_cpus;
	const char *why; /* behind the file's name */
} formats[] = {
	{ "attach.txt", 5, 3, 0, 46, 2, NULL },
	{ "clock-boot.txt", 1, 1, 0, 0, 1, NULL },
	{ "clock-counter.txt", 1, 1, 0, 0, 1, NULL },
	{ "clock-mono.txt", 1, 1, 0, 0, 1, NULL },
	{ "clock-x86-tsc.txt", 1, 1, 0, 0, 1, NULL },
	{ "default.txt", 20, 8, 0, 0, 2, NULL },
	{ "latency-format.txt", 2, 2, 0, 0, 1, NULL },
	{ "latency-tgid.txt", 2, 2, 0, 0, 1, NULL },
	{ "nocontext-info.txt", 15, 5, 0, 0, 1, NULL },
	{ "noirq-info.txt", 13, 3, 0, 0, 2, NULL },
	{ "overrun.txt", 16, 2, 565, 0, 2, NULL },
	{ "perf.txt", 11, 9, 0, 0, 2, NULL },
	{ "pipe-lost.txt", 35, 15, 0, 0, 2, NULL },
	{ "record-tgid.txt", 7, 3, 0, 0, 2, NULL },
	{ "tc-report.txt", 27, 2, 0, 0, 2, NULL },
	{ "tgid2.txt", 18, 14, 0, 0, 2, NULL },
	{ "verbose.txt", 15, 5, 0, 0, 2, NULL },
	{ "hex.txt", 0, 0, 0, 0, 0,
	  ":13: raw or hex output cannot be used: record with options/raw and "
	  "options/hex off" },
	{ "raw.txt", 0, 0, 0, 0, 0,
	  ":13: raw or hex output cannot be used: record with options/raw and "
	  "options/hex off" },
	{ "hist.txt", 0, 0, 0, 0, 0,
	  ":1: histogram output cannot be used: give the file trace, not "
	  "hist" },
	{ "kprobe_profile.txt", 0, 0, 0, 0, 0,
	  ":1: kprobe profile cannot be used: give the file trace, not "
	  "kprobe_profile" },
};

/* Clocks that count, and a trace that was told to leave the time out. */
static bool has_unit(const char *file)
{
	return strcmp(file, "clock-counter.txt") &&
	       strcmp(file, "clock-x86-tsc.txt") &&
	       strcmp(file, "nocontext-info.txt");
}

static void test_formats__samples(void **state)
{
	const char *data = getenv("TEST_DATA");

	(void)state;
	assert_non_null(data);
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct trace trace = { 0 };
		char why[TRACE_WHY_SIZE] = "";
		char path[4096];
		int err;

		snprintf(path, sizeof(path), "%s/formats/%s", data,
			 formats[i].file);
		err = trace_load(path, &trace, why);
		if (err != (formats[i].why ? -EINVAL : 0))
			fail_msg("%s", why);
		if (err) {
			assert_string_equal(why + strlen(path), formats[i].why);
			continue;
		}
		if (trace.nr_maps != formats[i].nr_maps ||
		    trace.nr_unmaps != formats[i].nr_unmaps)
			fail_msg("%s: other events", formats[i].file);
		assert_int_equal(trace.nr_lost, formats[i].nr_lost);
		assert_int_equal(trace.nr_other, formats[i].nr_other);
		assert_int_equal(trace.nr_cpus, formats[i].nr_cpus);
		assert_int_equal(trace.nr_no_unit, has_unit(formats[i].file)
							   ? 0
							   : trace.nr_events);
		/* Behind grep's numbers, a probe for each tracepoint. */
		if (!strcmp(formats[i].file, "attach.txt"))
			assert_int_equal(trace.nr_probes, trace.nr_points);
		assert_round_trip(&trace);
		trace_free(&trace);
	}
}

static int keep(struct trace_sink *sink)
{
	(void)sink;
	return 0;
}

/* Tracepoints and kprobes of the same calls in one text. */
static void test_formats__probes(void **state)
{
#define DMAP                                                         \
	"dmap: (__iommu_map+0x0/0x2a0) domain=0xd paddr=0x40005000 " \
	"iova=0x1000 size=8192\n"
	static const char text[] = PRE DMAP MAP PRE DMAP MAP UNMAP "a: b\n";
	static const struct {
		enum trace_take take;
		unsigned nr, nr_other, nr_domains;
		const char *first_domain;
		uint8_t flags[5];
	} takes[] = {
		{ TRACE_AUTO, 5, 1, 2, "0xd", { TRACE_PROBE, 0, TRACE_PROBE } },
		{ TRACE_JOIN, 5, 1, 2, "0xd", { TRACE_PROBE, 0, TRACE_PROBE } },
		{ TRACE_POINTS, 3, 3, 1, "", { 0 } },
		{ TRACE_PROBES, 2, 4, 1, "0xd", { 0 } },
	};
	struct trace_event event[8];
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(takes); i++) {
		struct trace_sink sink = { event, event, event + 8, NULL };
		struct trace info = { 0 };
		struct trace_source *src;

		sink.take = keep;
		assert_int_equal(
			trace_source_text("f", text, strlen(text), &src), 0);
		src->take = takes[i].take;
		assert_int_equal(src->ops->read(src, &info, &sink, why), 0);
		assert_int_equal(sink.at - event, takes[i].nr);
		for (size_t e = 0; e < takes[i].nr; e++)
			assert_int_equal(event[e].flags, takes[i].flags[e]);
		assert_int_equal(info.nr_points, 3);
		assert_int_equal(info.nr_probes, 2);
		assert_int_equal(info.nr_other, takes[i].nr_other);
		assert_int_equal(info.nr_domains, takes[i].nr_domains);
		assert_string_equal(info.domain[0], takes[i].first_domain);
		trace_source_close(src);
		trace_free(&info);
	}
	assert_int_equal(trace_parse("f", text, strlen(text), &trace, why), 0);
	assert_int_equal(trace.nr_events, 3);
	assert_int_equal(trace.nr_domains, 1);
	assert_int_equal(trace.nr_probes, 2);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats__accepted),
		cmocka_unit_test(test_formats__samples),
		cmocka_unit_test(test_formats__probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
