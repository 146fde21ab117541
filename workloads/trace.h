/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces: a sequence of iommu map and unmap events, and the text they are
 * read from and written to.
 *
 * The format is the kernel's: lines as ftrace, `trace-cmd report` or `perf
 * script` print iommu:map and iommu:unmap, plain or zstd-compressed. Keys
 * decide, never columns:
 *	map: IOMMU[:domain] iova=X [- X] paddr=X size=N [domain=N] [prot=rw]
 *	unmap: IOMMU[:domain] iova=X [- X] size=N [unmapped_size=N] [domain=N]
 * Numbers are decimal or 0x-hex.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum trace_type { TRACE_MAP, TRACE_UNMAP };

enum { TRACE_PROT_READ = 1, TRACE_PROT_WRITE = 2 };

struct trace_event {
	uint64_t iova;	  /* page aligned */
	uint64_t paddr;	  /* page aligned; 0 for unmap */
	uint64_t size;	  /* bytes, page aligned, not 0; iova + size <= 2^64 */
	uint64_t time_ns; /* as the line says; counts where it has no dot; 0
			   * where it has no time */
	uint32_t line;	  /* of the text, from 1 */
	uint16_t domain;  /* index into trace->domain */
	uint16_t cpu;	  /* as the line says; 0 where it does not */
	uint8_t type;	  /* enum trace_type */
	uint8_t prot;	  /* TRACE_PROT_; read and write where not said */
};

#define TRACE_MAX_DOMAINS 4096
#define TRACE_DOMAIN_NAME 32

/* A whole trace in memory. */
struct trace {
	struct trace_event *event;
	size_t nr_events;
	char (*domain)[TRACE_DOMAIN_NAME]; /* names, in order of appearance;
					    * "" for lines that name none */
	unsigned nr_domains;
	uint64_t nr_maps;
	uint64_t nr_unmaps;
	uint64_t nr_lost;   /* events that the recorder says it lost */
	uint64_t nr_other;  /* lines with events of another kind */
	uint64_t paddr_end; /* highest paddr + size of any map */
	uint64_t iova_end;  /* highest iova + size of any event */
	unsigned nr_cpus;   /* highest cpu + 1; 0 without events */
};

#define TRACE_WHY_SIZE 512

/**
 * trace_load() - read a trace file
 * @path:	plain or .zst, told apart by content; "-" is stdin
 * @ret:	written on success only; trace_free() it
 * @why:	TRACE_WHY_SIZE bytes; on failure "file:line: reason" for a bad
 *		line, "file: reason" otherwise
 *
 * Return: 0; -EINVAL for text that is no trace (malformed line, no event at
 * all, raw, hex or binary output); -ENOMEM; else the errno of open or read.
 */
int trace_load(const char *path, struct trace *ret, char *why);

/* The same from memory; name stands for the file in messages. */
int trace_parse(const char *name, const char *text, size_t size,
		struct trace *ret, char *why);

/* Frees and clears; a zeroed struct is fine. */
void trace_free(struct trace *trace);

/* Appends a copy of *ev, and updates the counts. 0 or -ENOMEM. */
int trace_append(struct trace *trace, const struct trace_event *ev);

/* Index of the domain of that name, added if new. Negative: -ENOMEM,
 * -ENOSPC above TRACE_MAX_DOMAINS, -EINVAL for a name too long. */
int trace_domain(struct trace *trace, const char *name);

/* Writes the canonical text, which trace_load() reads back to equal events.
 * 0 or -EIO; the caller checks flush and close. */
int trace_write(const struct trace *trace, FILE *out);

#endif /* TRACE_H */
