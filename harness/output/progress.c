// SPDX-License-Identifier: GPL-2.0-only
/*
 * The progress line.
 *
 * Not here: several lines, bars, colours, threads: one thread draws.
 * Cost: on a terminal one clock reading a step and one short write at most
 * PROGRESS_HZ times a second; elsewhere nothing.
 * Invariant: after clear or end the cursor stands in an empty line.
 */
#include "progress.h"

#include <inttypes.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000u
#define LINE_SIZE 256
#define DEFAULT_WIDTH 80

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

void progress_format(const struct progress *p, uint64_t elapsed_ns, char *ret,
		     size_t size)
{
	double part = p->total ? (double)p->done / (double)p->total : 0;
	double left_s = 0;
	char left[32] = "--:--";
	uint64_t s;

	if (part > 1)
		part = 1;
	if (part > 0) {
		left_s = (double)elapsed_ns / NSEC_PER_SEC * (1 - part) / part;
		s = left_s < 359999 ? (uint64_t)(left_s + 0.5) : 359999;
		if (s >= 3600)
			snprintf(left, sizeof(left),
				 "%" PRIu64 ":%02" PRIu64 ":%02" PRIu64,
				 s / 3600, s / 60 % 60, s % 60);
		else
			snprintf(left, sizeof(left), "%02" PRIu64 ":%02" PRIu64,
				 s / 60, s % 60);
	}
	snprintf(ret, size, "[%3d%%] %s left  %s", (int)(part * 100), left,
		 p->label);
}

static size_t line_width(FILE *out)
{
	struct winsize ws;

	if (ioctl(fileno(out), TIOCGWINSZ, &ws) || !ws.ws_col)
		return DEFAULT_WIDTH;
	return ws.ws_col < LINE_SIZE ? ws.ws_col : LINE_SIZE;
}

static void draw(struct progress *p)
{
	uint64_t now = now_ns();
	char line[LINE_SIZE];

	if (p->drawn_ns && now - p->drawn_ns < NSEC_PER_SEC / PROGRESS_HZ)
		return;
	p->drawn_ns = now;
	/* One column stays free, or the cursor wraps to the next line. */
	progress_format(p, now - p->start_ns, line, line_width(p->out));
	fprintf(p->out, "\r%s\033[K", line);
	fflush(p->out);
}

void progress_begin(struct progress *p, FILE *out, uint64_t total)
{
	*p = (struct progress){
		.out = out,
		.active = isatty(fileno(out)),
		.total = total,
	};
	/* Without a terminal no clock is read: some runs are to have none. */
	if (p->active)
		p->start_ns = now_ns();
}

void progress_step(struct progress *p, const char *label, uint64_t weight)
{
	if (!p->active)
		return;
	p->done += p->running;
	p->running = weight;
	snprintf(p->label, sizeof(p->label), "%s", label);
	draw(p);
}

void progress_clear(struct progress *p)
{
	if (!p->active || !p->drawn_ns)
		return;
	p->drawn_ns = 0;
	fputs("\r\033[K", p->out);
	fflush(p->out);
}

void progress_end(struct progress *p)
{
	progress_clear(p);
	p->active = false;
}
