/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Traces: a sequence of iommu map and unmap events, and the text they are
 * read from and written to.
 *
 * The format is the kernel's: lines as ftrace, `trace-cmd report` or `perf
 * script` print iommu:map and iommu:unmap, and kprobes on the functions behind
 * them. Keys decide, never columns:
 *	map: IOMMU[:domain] iova=X [- X] paddr=X|any size=N [domain=N] [prot=rw]
 *	unmap: IOMMU[:domain] iova=X [- X] size=N [unmapped_size=N] [domain=N]
 *	dmap: (function) domain=X iova=X paddr=X size=N [prot=X]
 *	dunmap: (function) domain=X iova=X size=N
 * Numbers are decimal or 0x-hex. "any" is of generators: memory that the
 * machine is to choose, see TRACE_ANY.
 *
 * A short trace is in memory, a long one is read again and again from its
 * source, in blocks: trace_cursor.h goes through both alike.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "trace_source.h"

enum trace_type { TRACE_MAP, TRACE_UNMAP };

enum { TRACE_PROT_READ = 1, TRACE_PROT_WRITE = 2 };

/* Flags of an event. */
enum {
	TRACE_ANY = 1,	   /* a map whose memory is not said: whoever replays it
			    * takes some from the machine; paddr is 0 */
	TRACE_PROBE = 2,   /* a kprobe's, not the tracepoint's; never in a trace
			    * that has been opened */
	TRACE_NO_UNIT = 4, /* time_ns is no time: counts, or none was said */
};

struct trace_event {
	uint64_t iova;	  /* page aligned */
	uint64_t paddr;	  /* page aligned; 0 for unmap */
	uint64_t size;	  /* bytes, page aligned, not 0; iova + size <= 2^64 */
	uint64_t time_ns; /* as the line says; TRACE_NO_UNIT: counts where it
			   * has no dot, 0 where it has no time */
	uint32_t line;	  /* of the text, from 1 */
	uint16_t domain;  /* index into trace->domain */
	uint16_t cpu;	  /* as the line says; 0 where it does not */
	uint8_t type;	  /* enum trace_type */
	uint8_t prot;	  /* TRACE_PROT_; read and write where not said */
	uint8_t flags;	  /* TRACE_ANY, TRACE_PROBE, TRACE_NO_UNIT */
};

#define TRACE_MAX_DOMAINS 4096
#define TRACE_DOMAIN_NAME 64

/* What is known of a trace as a whole, and its events if they are in memory. */
struct trace {
	struct trace_event *event;   /* NULL if only the source has them */
	struct trace_source *source; /* owned; NULL for one made in memory */
	size_t nr_events;
	char (*domain)[TRACE_DOMAIN_NAME]; /* names, in order of appearance;
					    * "" for lines that name none */
	unsigned nr_domains;
	uint64_t nr_maps;
	uint64_t nr_unmaps;
	uint64_t nr_any;     /* maps with TRACE_ANY */
	uint64_t nr_no_unit; /* events with TRACE_NO_UNIT */
	uint64_t nr_lost;    /* events that the recorder says it lost */
	uint64_t nr_other;  /* lines with events of another kind, or left out */
	uint64_t nr_probes; /* lines of kprobes, whether taken or not */
	uint64_t nr_points; /* lines of tracepoints, whether taken or not */
	uint64_t unjoined_points; /* TRACE_JOIN: tracepoints without a kprobe */
	uint64_t unjoined_probes; /* and the other way */
	uint64_t paddr_end;	  /* highest paddr + size of any map */
	uint64_t iova_end;	  /* highest iova + size of any event */
	unsigned nr_cpus;	  /* highest cpu + 1; 0 without events */
};

/* Longer traces are not kept in memory, but read again for each pass. */
#define TRACE_KEEP_EVENTS ((size_t)1 << 20)

/**
 * trace_open() - reads a source once, to its end
 * @src:	owned by the trace from now on, closed also on failure
 * @keep:	at most that many events are kept in memory
 * @ret:	written on success only; trace_free() it
 * @why:	TRACE_WHY_SIZE bytes; on failure "file:line: reason" for a bad
 *		line, "file: reason" otherwise
 *
 * With TRACE_AUTO, and both kinds of lines in it, tracepoints are taken and
 * the source is read a second time for that.
 *
 * Return: 0; -EINVAL for what is no trace (malformed line, no event at all,
 * raw, hex or binary output); -ENOMEM; else the errno of reading.
 */
int trace_open(struct trace_source *src, size_t keep, struct trace *ret,
	       char *why);

/* A file as trace_source_file() takes it, as it comes, whole in memory. */
int trace_load(const char *path, struct trace *ret, char *why);

/* The same from memory; name stands for the file in messages. */
int trace_parse(const char *name, const char *text, size_t size,
		struct trace *ret, char *why);

/* Frees and clears; a zeroed struct is fine. */
void trace_free(struct trace *trace);

/* No line says whose it is: of how many domains nobody knows. */
static inline bool trace_names_no_domain(const struct trace *trace)
{
	return trace->nr_domains == 1 && !*trace->domain[0];
}

/* Counts events that are not in trace->event, as trace_append() would. */
void trace_count(struct trace *trace, const struct trace_event *ev, size_t nr);

/* Appends a copy of *ev, and updates the counts. 0 or -ENOMEM. */
int trace_append(struct trace *trace, const struct trace_event *ev);

/* Index of the domain of that name, added if new. Negative: -ENOMEM,
 * -ENOSPC above TRACE_MAX_DOMAINS, -EINVAL for a name too long. */
int trace_domain(struct trace *trace, const char *name);

/* Writes the canonical text, which trace_load() reads back to equal events.
 * 0; -EIO with an empty why if that failed, the caller checks flush and close;
 * or as trace_each(). */
int trace_write(const struct trace *trace, FILE *out, char *why);

/* Of it the mark that stands in front if events were lost. 0 or -EIO. */
int trace_write_lost(const struct trace *trace, FILE *out);

/* And some events, domains' names being the trace's. 0 or -EIO. */
int trace_write_events(const struct trace *trace, const struct trace_event *ev,
		       size_t nr, FILE *out);

#endif /* TRACE_H */
