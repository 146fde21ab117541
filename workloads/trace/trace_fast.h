/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the reader of trace text: the fast path, for lines as recent kernels
 * and our own writer print them. Nobody else includes this.
 *
 * A shape is what the general parser has found in one line from its start to
 * "IOMMU:", byte by byte: a digit of the time, a letter of the flags, a part of
 * the task's name, or just this character. For a line that has the same shape
 * it would find the same, with other digits. What follows "IOMMU:" is compared
 * with the text that the kernel prints. A line that differs anywhere, or holds
 * a value that the general parser would refuse, is left to the general parser.
 *
 * Memory: 4 KiB. Concurrency: as the reader.
 */
#ifndef TRACE_FAST_H
#define TRACE_FAST_H

#include "trace_reader.h"

/* Bytes behind the end of the lines that must be readable, whatever they are,
 * but that a line feed in them ends no line of theirs. */
#define FAST_SLACK 512

#define FAST_BLOCK 32
#define FAST_SHAPE 128

/*
 * A byte c fits if x = (c - lo) & keep is at most span and not avoid. All bytes
 * of a block are compared; those behind the length fit always.
 */
struct fast_shape {
	uint8_t lo[FAST_SHAPE], keep[FAST_SHAPE];
	uint8_t span[FAST_SHAPE], avoid[FAST_SHAPE];
	uint32_t len; /* up to and with "IOMMU:", at least 4 */
	uint32_t nr_blocks;
	uint32_t cpu;	 /* where its three digits are */
	uint32_t flags;	 /* where they start; of the cpu's bracket if none */
	uint32_t dot;	 /* of the time, at least 8 */
	uint32_t second; /* bits of the digits before it, 8 to 64 */
	bool nano;	 /* nine decimals, not six */
	bool valid;
};

struct fast_domain {
	uint64_t key; /* of the name: its last 8 bytes */
	uint32_t len; /* + 1; 0: none here */
	uint16_t index;
	char name[TRACE_DOMAIN_NAME];
};

#define FAST_DOMAIN_BITS 6

struct text_fast {
	struct fast_shape shape[2]; /* by enum trace_type */
	struct fast_domain domain[1 << FAST_DOMAIN_BITS];
	/* Takes lines as long as it can: from *at, which moves, to end, which
	 * is behind a line feed. 0, or what take() returned. */
	int (*lines)(struct text_reader *rd, struct text_fast *fast,
		     const char **at, const char *end);
};

/* NULL: no fast path. */
void fast_init(struct text_fast *fast, enum text_path path);

/* The general parser has taken ev from a line; text is behind "IOMMU:". */
void fast_learn(struct text_fast *fast, const char *start, const char *text,
		const struct trace_event *ev);

/* Index of a name that is not in its place in the table; as text_domain(). */
int fast_new_domain(struct text_reader *rd, struct fast_domain *place,
		    const char *name, size_t len);

int fast_lines_portable(struct text_reader *rd, struct text_fast *fast,
			const char **at, const char *end);
#ifdef __x86_64__
int fast_lines_avx2(struct text_reader *rd, struct text_fast *fast,
		    const char **at, const char *end);
#endif

#endif /* TRACE_FAST_H */
