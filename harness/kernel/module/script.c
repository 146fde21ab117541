// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scripts: cuts what is written into lines and executes them.
 *
 * A line is executed where it lies in the buffer; one that the buffer ends in
 * waits in carry for its rest. Events, of which there are millions, are read
 * number by number without looking for the line's end first.
 *
 * Invariant: what is executed ends with '\n' in the buffer, so that scanning
 * stops there.
 */
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "v7sbench.h"

void script_error(struct script *s, int err, const char *format, ...)
{
	struct va_format vaf = { .fmt = format };
	va_list args;

	va_start(args, format);
	vaf.va = &args;
	if (err)
		answer("error %llu: %pV: errno %d\n", s->line, &vaf, -err);
	else
		answer("error %llu: %pV\n", s->line, &vaf);
	va_end(args);
	s->skipping = true;
	script_move(s, 0);
	run_drop(s);
	vector_close(s);
}

/* The writing task goes to that CPU, and script_close() lets it go again. */
int script_move(struct script *s, unsigned int cpu)
{
	int err;

	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -ENODEV;
	if (s->task != current) {
		cpumask_copy(s->home, current->cpus_ptr);
		s->task = current;
	}
	err = set_cpus_allowed_ptr(current, cpumask_of(cpu));
	if (!err)
		s->cpu = cpu;
	return err;
}

static void command_strategy(struct script *s, const char *args)
{
	static const struct scan_field field = { "tables", 1 << 20, NULL };
	const char *name = args + 1;
	size_t len = *args ? strcspn(name, " ") : 0;
	const char *why = NULL;
	u64 tables = 4096;

	if (s->run) {
		script_error(s, 0, "strategy: not inside of a run");
		return;
	}
	if (len && name[len])
		why = scan_fields(name + len, &field, 1, &tables);
	if (!why && !tables)
		why = "tables is at least 1";
	if (!why && l2_choose(name, len, tables))
		why = "no such strategy";
	if (why)
		script_error(s, 0, "strategy: %s", why);
}

static void command_cpu(struct script *s, u64 cpu)
{
	int err = cpu < nr_cpu_ids ? script_move(s, cpu) : -ENODEV;

	if (err)
		script_error(s, err, "c: CPU %llu", cpu);
}

/* Words of one letter. False if it is none of these, or no run is there. */
static bool event_line(struct script *s, const char *line, const char **end)
{
	unsigned int i, nr = *line == 'm' ? 5 : *line == 'u' ? 3 : 1;
	const char *p = line + 1;
	u64 value[5];

	for (i = 0; i < nr; i++) {
		if (*p++ != ' ' || !scan_u64(&p, &value[i]))
			return false;
	}
	if (*p != '\n')
		return false;
	*end = p + 1;
	if (*line == 'm')
		run_map(s, value);
	else if (*line == 'u')
		run_unmap(s, value);
	else
		command_cpu(s, value[0]);
	return true;
}

static bool word_is(const char *line, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(line, word, len);
}

/* line ends with '\0'. */
static void command_line(struct script *s, const char *line)
{
	size_t len = strcspn(line, " ");
	const char *args = line + len;

	if (word_is(line, len, "say"))
		answer("%s\n", line);
	else if (word_is(line, len, "strategy"))
		command_strategy(s, args);
	else if (word_is(line, len, "run"))
		run_start(s, args);
	else if (word_is(line, len, "end") && !*args && s->run)
		run_end(s);
	else if (len == 1 && strchr("mu", *line) && !s->run)
		script_error(s, 0, "%c: no run", *line);
	else if (len == 1 && strchr("muc", *line))
		script_error(s, 0, "%c: bad number, or too few or many", *line);
	else if (word_is(line, len, "end"))
		script_error(s, 0, *args ? "end: no fields" : "end: no run");
	else if (!vector_command(s, line, len))
		script_error(s, 0, "no such command");
}

/* Of size bytes without its '\n', in whose place is a '\0'. */
static void text_line(struct script *s, const char *line, size_t size)
{
	if (!size || *line == '#')
		return;
	if (s->skipping) {
		if (strncmp(line, "say ", 4) && strncmp(line, "strategy ", 9))
			return;
		s->skipping = false;
	}
	if (s->too_long || size >= sizeof(s->carry))
		script_error(s, 0, "line of %zu bytes or more",
			     sizeof(s->carry));
	else if (strlen(line) != size)
		script_error(s, 0, "zero byte");
	else
		command_line(s, line);
}

/* Executes the line at p, which ends with a '\n'; returns what is behind it. */
static char *next_line(struct script *s, char *p)
{
	const char *behind;
	char *end;

	s->line++;
	if ((s->run || *p == 'c') && !s->skipping &&
	    (*p == 'm' || *p == 'u' || *p == 'c') && event_line(s, p, &behind))
		return (char *)behind;
	end = p;
	while (*end != '\n')
		end++;
	*end = '\0';
	text_line(s, p, end - p);
	return end + 1;
}

static void carry_add(struct script *s, const char *p, size_t size)
{
	size_t room = sizeof(s->carry) - 1 - s->nr_carry;

	if (size > room) {
		s->too_long = true;
		size = room;
	}
	memcpy(s->carry + s->nr_carry, p, size);
	s->nr_carry += size;
}

static void carry_run(struct script *s)
{
	s->carry[s->nr_carry] = '\n';
	if (s->too_long) {
		s->line++;
		s->carry[s->nr_carry] = '\0';
		text_line(s, s->carry, s->nr_carry);
	} else {
		next_line(s, s->carry);
	}
	s->nr_carry = 0;
	s->too_long = false;
}

static char *last_newline(char *buf, size_t size)
{
	while (size--)
		if (buf[size] == '\n')
			return buf + size;
	return NULL;
}

int script_write(struct script *s, char *buf, size_t size)
{
	char *p = buf, *last = last_newline(buf, size);

	if (s->task != current && script_move(s, s->cpu))
		script_error(s, -ENODEV, "CPU %d", s->cpu);
	if (last && s->nr_carry) {
		char *end = memchr(p, '\n', size);

		carry_add(s, p, end - p);
		carry_run(s);
		p = end + 1;
	}
	while (last && p <= last) {
		if (answer_lost())
			return 0;
		p = next_line(s, p);
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	carry_add(s, p, buf + size - p);
	return 0;
}

struct script *script_open(void)
{
	struct script *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	if (!zalloc_cpumask_var(&s->home, GFP_KERNEL)) {
		kfree(s);
		return NULL;
	}
	return s;
}

void script_close(struct script *s)
{
	if (s->nr_carry && !answer_lost())
		carry_run(s);
	if (s->run)
		script_error(s, 0, "script ends inside of a run");
	vector_close(s);
	l2_inject(0);
	if (s->task == current)
		set_cpus_allowed_ptr(current, s->home);
	free_cpumask_var(s->home);
	kfree(s);
}
