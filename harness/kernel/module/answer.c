// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers: text that is read from /proc/v7sbench, and leaves by an I/O port as
 * well if there is one.
 *
 * The buffer doubles. Where it cannot, the last thing in it says so: room for
 * that is never used for anything else, and nothing is executed any more.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#ifdef CONFIG_X86
#include <asm/io.h>
#endif

#include "v7sbench.h"

#define ANSWER_FIRST 65536
#define ANSWER_LINE 512

static const char lost_text[] = "error 0: no memory for answers: errno 12\n";

static struct {
	char *text;
	size_t used, room;
	bool lost;
	char spare[sizeof(lost_text)]; /* text, before the first allocation */
} answers;

#ifdef CONFIG_X86
static ushort port;
module_param(port, ushort, 0444);
MODULE_PARM_DESC(port, "I/O port that answers are written to as well");

static void answer_port(const char *text, size_t size)
{
	if (port)
		outsb(port, text, size);
}
#else
static void answer_port(const char *text, size_t size)
{
}
#endif

static void answer_lose(void)
{
	answers.lost = true;
	if (!answers.text) {
		answers.text = answers.spare;
		answers.room = sizeof(answers.spare);
	}
	memcpy(answers.text + answers.used, lost_text, sizeof(lost_text) - 1);
	answers.used += sizeof(lost_text) - 1;
	answer_port(lost_text, sizeof(lost_text) - 1);
}

/* Room for size bytes and for lost_text. */
static bool answer_reserve(size_t size)
{
	size_t need = answers.used + size + sizeof(lost_text);
	size_t room = max_t(size_t, answers.room, ANSWER_FIRST);
	char *text;

	if (need <= answers.room)
		return true;
	while (room < need)
		room *= 2;
	text = vmalloc(room);
	if (!text)
		return false;
	if (answers.used)
		memcpy(text, answers.text, answers.used);
	vfree(answers.text);
	answers.text = text;
	answers.room = room;
	return true;
}

void answer_text(const char *text, size_t size)
{
	if (answers.lost)
		return;
	if (!answer_reserve(size)) {
		answer_lose();
		return;
	}
	memcpy(answers.text + answers.used, text, size);
	answers.used += size;
	answer_port(text, size);
}

void answer(const char *format, ...)
{
	char line[ANSWER_LINE];
	va_list args;
	int size;

	va_start(args, format);
	size = vscnprintf(line, sizeof(line), format, args);
	va_end(args);
	answer_text(line, size);
}

bool answer_lost(void)
{
	return answers.lost;
}

void answer_clear(void)
{
	if (answers.text != answers.spare)
		vfree(answers.text);
	memset(&answers, 0, sizeof(answers));
}

ssize_t answer_read(char __user *to, size_t size, loff_t *pos)
{
	return simple_read_from_buffer(to, size, pos, answers.text,
				       answers.used);
}
