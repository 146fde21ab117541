// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader of trace.dat: libtracecmd, in a process of its own.
 *
 * All buffers of the file are merged by time, as `trace-cmd report` does.
 * Fields are found by name: map and unmap of the system iommu, as Linux has
 * them since 4.9, and dmap and dunmap of any system, which are kprobes. Not
 * done: the files of guests that a host's file names.
 *
 * Cost: some hundred ns an event, and opening: the formats of all events of
 * the kernel and its symbols are parsed. Concurrency: the one thread there is.
 */
#include "trace_dat_child.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <trace-cmd.h>
#include <unistd.h>

#define BATCH 512
#define MAX_FORMATS 16
#define MAX_BUFFERS 256
/* Of CPU time without a record: on some damaged files the library runs round in
 * a circle. */
#define PATIENCE_S 3
#define PATIENCE_RECORDS 4096

/* The library has it, its header lacks it. */
extern const char *tracecmd_get_cpustats(struct tracecmd_input *handle)
	__attribute__((weak));

static const char *const key_name[NR_DAT_KEYS] = {
	"iova", "paddr", "size", "unmapped_size", "domain", "prot",
};

static const struct {
	const char *system; /* NULL: any */
	const char *name;
} kind_name[] = {
	[DAT_MAP] = { "iommu", "map" },
	[DAT_UNMAP] = { "iommu", "unmap" },
	[DAT_DMAP] = { NULL, "dmap" },
	[DAT_DUNMAP] = { NULL, "dunmap" },
};

/* An event of ours, as the file describes it. */
struct format {
	int id;
	enum dat_kind kind;
	struct tep_format_field *field[NR_DAT_KEYS];
};

struct child {
	int out;
	unsigned nr_formats;
	struct format format[MAX_FORMATS];
	uint64_t nr_records;
	uint64_t nr_other;
	uint64_t nr_missed; /* marks at records */
	unsigned nr_batch;
	struct dat_message batch[BATCH];
};

static void fail(const char *reason)
{
	fprintf(stderr, "%s\n", reason);
	_exit(EXIT_FAILURE);
}

/* From now on; SIGXCPU is the end. */
static void have_patience(void)
{
	struct rusage used;
	struct rlimit limit;

	getrusage(RUSAGE_SELF, &used);
	getrlimit(RLIMIT_CPU, &limit);
	limit.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec +
				  PATIENCE_S);
	if (limit.rlim_cur < limit.rlim_max)
		setrlimit(RLIMIT_CPU, &limit);
}

static void flush(struct child *ch)
{
	const char *p = (const char *)ch->batch;
	size_t left = ch->nr_batch * sizeof(ch->batch[0]);

	while (left) {
		ssize_t done = write(ch->out, p, left);

		/* Nobody is there to be told why. */
		if (done <= 0)
			_exit(EXIT_FAILURE);
		p += done;
		left -= (size_t)done;
	}
	ch->nr_batch = 0;
}

/* Cleared, so that no byte of the stack or of an older message is sent. */
static struct dat_message *new_message(struct child *ch)
{
	struct dat_message *msg;

	if (ch->nr_batch == BATCH)
		flush(ch);
	msg = &ch->batch[ch->nr_batch++];
	memset(msg, 0, sizeof(*msg));
	return msg;
}

static const struct format *add_format(struct child *ch,
				       struct tep_event *event)
{
	struct format *format = &ch->format[ch->nr_formats];
	enum dat_kind kind;

	for (kind = 0; kind < DAT_END; kind++)
		if (!strcmp(event->name, kind_name[kind].name) &&
		    (!kind_name[kind].system ||
		     !strcmp(event->system, kind_name[kind].system)))
			break;
	if (kind == DAT_END)
		return NULL;
	if (ch->nr_formats == MAX_FORMATS)
		fail("more than 16 formats of map and unmap events");
	format->id = event->id;
	format->kind = kind;
	for (enum dat_key key = 0; key < NR_DAT_KEYS; key++)
		format->field[key] = tep_find_field(event, key_name[key]);
	ch->nr_formats++;
	return format;
}

/* NULL for an event that is none of ours. */
static const struct format *
find_format(struct child *ch, struct tep_handle *tep, struct tep_record *record)
{
	int id = tep_data_type(tep, record);
	struct tep_event *event;

	for (unsigned i = 0; i < ch->nr_formats; i++)
		if (ch->format[i].id == id)
			return &ch->format[i];
	event = tep_find_event(tep, id);
	return event ? add_format(ch, event) : NULL;
}

static int on_record(struct tracecmd_input *handle, struct tep_record *record,
		     int cpu, void *ctx)
{
	struct child *ch = ctx;
	const struct format *format;
	struct dat_message *msg;

	(void)cpu;
	if (ch->nr_records++ % PATIENCE_RECORDS == 0)
		have_patience();
	/* Below 0: some, nobody knows how many. */
	if (record->missed_events)
		ch->nr_missed += record->missed_events > 0
					 ? (uint64_t)record->missed_events
					 : 1;
	format = find_format(ch, tracecmd_get_tep(handle), record);
	if (!format) {
		ch->nr_other++;
		return 0;
	}
	msg = new_message(ch);
	msg->kind = format->kind;
	msg->event.time = record->ts;
	msg->event.record = (uint32_t)ch->nr_records;
	msg->event.cpu = (uint32_t)record->cpu;
	for (enum dat_key key = 0; key < NR_DAT_KEYS; key++) {
		struct tep_format_field *field = format->field[key];
		unsigned long long value = 0;

		if (!field)
			continue;
		if (field->offset < 0 || field->size < 0 ||
		    field->offset > record->size - field->size ||
		    tep_read_number_field(field, record->data, &value))
			fail("a record is shorter than its format says");
		msg->event.value[key] = value;
		msg->seen |= 1u << key;
	}
	return 0;
}

/* What the recorder lost, by its statistics of each CPU. */
static uint64_t lost_by_stats(struct tracecmd_input *handle)
{
	const char *p = tracecmd_get_cpustats ? tracecmd_get_cpustats(handle)
					      : NULL;
	uint64_t lost = 0;

	while (p) {
		unsigned long long nr = 0;

		if (sscanf(p, "overrun: %llu", &nr) == 1 ||
		    sscanf(p, "dropped events: %llu", &nr) == 1)
			lost += nr;
		p = strchr(p, '\n');
		if (p)
			p++;
	}
	return lost;
}

void dat_child(const char *path, int out)
{
	struct tracecmd_input *handle[MAX_BUFFERS];
	struct child *ch = calloc(1, sizeof(*ch));
	struct dat_message *msg;
	uint64_t by_stats;
	int nr;

	if (!ch)
		fail("out of memory");
	ch->out = out;
	have_patience();
	handle[0] = tracecmd_open(path, TRACECMD_FL_LOAD_NO_PLUGINS);
	if (!handle[0])
		fail("");
	nr = tracecmd_buffer_instances(handle[0]);
	if (nr < 0 || nr >= MAX_BUFFERS)
		fail("more than 255 buffers");
	for (int i = 0; i < nr; i++) {
		handle[i + 1] = tracecmd_buffer_instance_handle(handle[0], i);
		if (!handle[i + 1])
			fail("");
	}
	if (tracecmd_iterate_events_multi(handle, nr + 1, on_record, ch))
		fail("");
	by_stats = lost_by_stats(handle[0]);
	msg = new_message(ch);
	msg->kind = DAT_END;
	msg->end.nr_other = ch->nr_other;
	msg->end.nr_lost = ch->nr_missed > by_stats ? ch->nr_missed : by_stats;
	flush(ch);
	_exit(EXIT_SUCCESS);
}
