// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of a kernel's judgement as JSON, which is also their CSV; see
 * kernel_report.h. What people read is in kernel_words.c.
 *
 * Not here: comparing. Invariant: a row that was not compared has a reason, and
 * no verdict but "none".
 */
#include "kernel_report.h"

#include <string.h>

#include "result.h"

#define KERNEL_PAGE 4096

const char *const kernel_agreement_columns[] = {
	"source",
	"cpus",
	"strategy",
	"workload",
	"events",
	"points",
	"held_points_differ",
	"held_worst_pages",
	"verdict",
	"at_events",
	"what",
	NULL,
};

const char *const kernel_points_columns[] = {
	"source", "cpus",	"strategy",	    "workload",
	"events", "live_bytes", "held_model_bytes", "held_kernel_bytes",
	"worst",  NULL,
};

const char *const kernel_vectors_columns[] = {
	"source", "strategy", "file", "lines", "verdict", "what", NULL,
};

/* Those of insn.csv, between what counted and the classes. */
const char *const kernel_insn_columns[] = {
	"source",
	INSN_COLUMNS,
	"alloc_n",
	"alloc_mean",
	"alloc_p50",
	"free_n",
	"free_mean",
	"free_p50",
	"map_n",
	"map_mean",
	"map_p50",
	"map_table_n",
	"map_table_mean",
	"map_table_p50",
	"unmap_n",
	"unmap_mean",
	"unmap_p50",
	"unmap_table_n",
	"unmap_table_mean",
	"unmap_table_p50",
	"timer_mean",
	NULL,
};

static int append(json_t *list, json_t *row)
{
	return json_array_append_new(list, row);
}

/* The list, or NULL if something went wrong. */
static json_t *finished(json_t *list, int err)
{
	if (!err)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *integer(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *agreement_row(const struct kernel_row *row)
{
	const struct kernel_agreement *a = &row->agreement;
	bool compared = !*row->reason;

	return json_pack(
		"{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}",
		"source", row->source, "cpus", (json_int_t)row->nr_cpus,
		"strategy", row->strategy, "workload",
		text_to_json(row->workload), "events", integer(row->nr_events),
		"points", compared ? integer(a->nr_points) : json_null(),
		"held_points_differ",
		compared ? integer(a->nr_held_differ) : json_null(),
		"held_worst_pages",
		compared ? json_integer(a->held_worst) : json_null(), "verdict",
		compared ? kernel_verdict_names[a->verdict] : "none",
		"at_events",
		compared && a->verdict ? integer(a->first_events) : json_null(),
		"what", text_to_json(compared ? a->what : row->reason));
}

json_t *kernel_agreement_json(const struct kernel_report *r)
{
	json_t *list = json_array();
	int err = !list;

	for (size_t i = 0; i < r->nr_rows && !err; i++)
		err = append(list, agreement_row(&r->row[i]));
	return finished(list, err);
}

/* How far apart they are, at most. */
static uint64_t distance(const struct kernel_row *row)
{
	int64_t worst = row->agreement.held_worst;

	return worst < 0 ? -(uint64_t)worst : (uint64_t)worst;
}

/* Of a strategy on a workload, the number of CPUs with the largest difference;
 * of equal ones the largest number. */
static bool is_worst(const struct kernel_report *r,
		     const struct kernel_row *row)
{
	for (size_t i = 0; i < r->nr_rows; i++) {
		const struct kernel_row *other = &r->row[i];

		if (*other->reason || strcmp(other->strategy, row->strategy) ||
		    strcmp(other->workload, row->workload))
			continue;
		if (distance(other) > distance(row) ||
		    (distance(other) == distance(row) &&
		     other->nr_cpus > row->nr_cpus))
			return false;
	}
	return true;
}

static json_t *point_row(const struct kernel_row *row, bool worst,
			 const struct kernel_point *model,
			 const struct kernel_point *kernel)
{
	return json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:I, s:I, s:s}",
			 "source", row->source, "cpus",
			 (json_int_t)row->nr_cpus, "strategy", row->strategy,
			 "workload", text_to_json(row->workload), "events",
			 integer(kernel->events), "live_bytes",
			 integer(kernel->live * 1024), "held_model_bytes",
			 (json_int_t)model->held * KERNEL_PAGE,
			 "held_kernel_bytes",
			 (json_int_t)kernel->held * KERNEL_PAGE, "worst",
			 worst ? "yes" : "no");
}

json_t *kernel_points_json(const struct kernel_report *r)
{
	json_t *list = json_array();
	int err = !list;

	for (size_t i = 0; i < r->nr_rows && !err; i++) {
		const struct kernel_row *row = &r->row[i];
		size_t nr = *row->reason ? 0 : row->kernel->nr_points;
		bool worst = nr && is_worst(r, row);

		for (size_t k = 0; k < nr && !err; k++)
			err = append(list, point_row(row, worst,
						     &row->model->point[k],
						     &row->kernel->point[k]));
	}
	return finished(list, err);
}

json_t *kernel_vectors_json(const struct kernel_report *r)
{
	json_t *list = json_array();
	int err = !list;

	for (size_t i = 0; i < r->nr_vectors && !err; i++) {
		const struct kernel_vector_row *v = &r->vector[i];

		err = append(list,
			     json_pack("{s:s, s:s, s:o, s:o, s:s, s:o}",
				       "source", v->source, "strategy",
				       v->strategy, "file",
				       text_to_json(v->file), "lines",
				       *v->reason ? json_null()
						  : integer(v->nr_lines),
				       "verdict",
				       *v->reason   ? "none"
				       : *v->differ ? "lines"
						    : "agree",
				       "what",
				       text_to_json(*v->reason ? v->reason
							       : v->differ)));
	}
	return finished(list, err);
}

static json_t *mean(uint64_t sum, uint64_t nr)
{
	return nr ? json_real((double)sum / (double)nr) : json_null();
}

/* Those of a class, or nothing where it was not counted. */
static int add_class(json_t *obj, const char *name,
		     const struct kernel_cost *cost)
{
	char key[64];
	bool median = cost->p50 && cost->p50 < KERNEL_P50_LIMIT;
	int err;

	snprintf(key, sizeof(key), "%s_n", name);
	err = json_object_set_new(obj, key, integer(cost->n));
	snprintf(key, sizeof(key), "%s_mean", name);
	err |= json_object_set_new(obj, key, mean(cost->sum, cost->n));
	snprintf(key, sizeof(key), "%s_p50", name);
	return err |
	       json_object_set_new(obj, key,
				   median ? integer(cost->p50) : json_null());
}

static bool has_classes(const struct kernel_insn_row *row)
{
	for (unsigned c = 0; c < NR_KERNEL_CLASSES; c++)
		if (row->cost[c].n)
			return true;
	return false;
}

static json_t *insn_row(const struct kernel_insn_row *row)
{
	const struct kernel_cost *timer = &row->cost[KERNEL_TIMER];
	const struct insn_row *r = &row->insn;
	json_t *obj = insn_row_json(r);
	bool classes = has_classes(row);
	int err;

	if (!obj)
		return NULL;
	err = json_object_set_new(obj, "source", json_string(row->source));
	if (r->counted) {
		err |= json_object_set_new(obj, "event_insn_mean",
					   mean(r->events.instructions,
						r->nr_events));
		err |= json_object_set_new(obj, "table_insn_mean",
					   mean(r->table.instructions,
						r->nr_table_ops));
	}
	for (unsigned c = 0; c < KERNEL_TIMER && classes; c++)
		err |= add_class(obj, kernel_class_names[c], &row->cost[c]);
	if (classes)
		err |= json_object_set_new(obj, "timer_mean",
					   mean(timer->sum, timer->n));
	if (!err)
		return obj;
	json_decref(obj);
	return NULL;
}

json_t *kernel_insn_json(const struct kernel_report *r)
{
	json_t *list = json_array();
	int err = !list;

	for (size_t i = 0; i < r->nr_insn && !err; i++)
		err = append(list, insn_row(&r->insn[i]));
	return finished(list, err);
}

/* Instructions of these classes without those of reading the clock. */
static uint64_t add_up(const struct kernel_cost *cost, enum kernel_class first,
		       enum kernel_class last, uint64_t *ret_nr)
{
	const struct kernel_cost *timer = &cost[KERNEL_TIMER];
	uint64_t sum = 0, clock;

	*ret_nr = 0;
	for (unsigned c = first; c <= last; c++) {
		sum += cost[c].sum;
		*ret_nr += cost[c].n;
	}
	clock = timer->n ? timer->sum * *ret_nr / timer->n : 0;
	return sum > clock ? sum - clock : 0;
}

void kernel_insn_fill(struct kernel_insn_row *row,
		      const struct kernel_answer *tables,
		      const struct kernel_answer *events)
{
	struct insn_row *r = &row->insn;

	memcpy(row->cost, events->cost, sizeof(row->cost));
	row->cost[KERNEL_ALLOC] = tables->cost[KERNEL_ALLOC];
	row->cost[KERNEL_FREE] = tables->cost[KERNEL_FREE];
	r->counted = true;
	r->no_branches = true;
	r->table.instructions = add_up(tables->cost, KERNEL_ALLOC, KERNEL_FREE,
				       &r->nr_table_ops);
	r->events.instructions = add_up(events->cost, KERNEL_MAP,
					KERNEL_UNMAP_TABLE, &r->nr_events);
}

bool kernel_report_differs(const struct kernel_report *r)
{
	for (size_t i = 0; i < r->nr_rows; i++)
		if (!*r->row[i].reason && r->row[i].agreement.verdict)
			return true;
	for (size_t i = 0; i < r->nr_vectors; i++)
		if (*r->vector[i].differ)
			return true;
	return false;
}

bool kernel_report_broken(const struct kernel_report *r)
{
	for (size_t i = 0; i < r->nr_rows; i++)
		if (*r->row[i].reason)
			return true;
	for (size_t i = 0; i < r->nr_vectors; i++)
		if (*r->vector[i].reason)
			return true;
	for (size_t i = 0; i < r->nr_insn; i++)
		if (!r->insn[i].insn.counted && !r->insn[i].is_model)
			return true;
	return false;
}
