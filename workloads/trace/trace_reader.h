/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Inside the reader of trace text: what its parts share, and what tests and
 * benchmarks can ask of it. Nobody else includes this.
 *
 * trace_text.c cuts the text into lines; trace_parse.c takes any line,
 * trace_fast.c the most common kind of line; trace_note.c what is no event.
 *
 * Concurrency: a reader has one user.
 */
#ifndef TRACE_READER_H
#define TRACE_READER_H

#include "trace.h"
#include "trace_line.h"

#define TEXT_MAX_LINE 4096

/* Which parser; results are the same. */
enum text_path {
	TEXT_AUTO,     /* the fast one, as this machine can */
	TEXT_PORTABLE, /* the fast one as any machine can */
	TEXT_GENERAL,  /* every line by the general one */
};

struct text_tuning {
	enum text_path path;
	size_t chunk;	       /* bytes per reading; 0: as usual */
	uint32_t lines_before; /* counted, though there were none */
};

/* For the readings to come. False if src is no text. */
bool text_source_tune(struct trace_source *src,
		      const struct text_tuning *tuning);

/* Lines that the fast path took in the last reading; 0 if src is no text. */
uint64_t text_source_nr_fast(const struct trace_source *src);

#define TEXT_NR_CACHED 256

struct text_reader {
	struct trace *info;
	struct trace_sink *sink;
	enum trace_take take;
	struct trace_notes notes;
	struct line_error error;
	uint64_t nr_points, nr_probes;
	uint64_t nr_fast;
	uint32_t line; /* number of the one at hand, or of the last */
	bool unended;  /* and the text ends without a line end */
	/* Index + 1 of a domain that has this hash. */
	uint16_t cache[TEXT_NR_CACHED];
};

/* An event of the kind that is taken goes to the sink. 0, or what take()
 * returned. */
static inline int text_emit(struct text_reader *rd,
			    const struct trace_event *ev)
{
	*rd->sink->at++ = *ev;
	return rd->sink->at == rd->sink->end ? rd->sink->take(rd->sink) : 0;
}

/* The index of a domain, or as trace_domain(). */
int text_domain(struct text_reader *rd, const char *text, size_t len);

/**
 * text_parse_line() - one line, whatever it is; rd->line is its number
 * @ret_point:	a tracepoint that was taken; its size is 0 if there is none
 * @ret_text:	what is behind its "IOMMU:"
 *
 * Return: 0; -EINVAL with rd->error; -ENOMEM; what take() returned.
 */
int text_parse_line(struct text_reader *rd, const char *start, const char *end,
		    struct trace_event *ret_point, const char **ret_text);

#endif /* TRACE_READER_H */
