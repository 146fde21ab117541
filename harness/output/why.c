// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats reasons for the user. Prints nothing itself.
 *
 * Cost: one formatting, on failures only.
 * Invariant: why ends in NUL and holds no newline.
 */
#include "why.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names in a message come from the user and may hold anything. */
static void one_line(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

int why_set(char *why, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, OUTPUT_WHY_SIZE, format, args);
	va_end(args);
	one_line(why);
	return err;
}

int why_errno(char *why, int err, const char *format, ...)
{
	const char *text = strerror(-err);
	const size_t room = OUTPUT_WHY_SIZE - strlen(text) - 2;
	va_list args;

	/* The reason is worth more than the end of a long name. */
	va_start(args, format);
	vsnprintf(why, room, format, args);
	va_end(args);
	strcat(why, ": ");
	strcat(why, text);
	one_line(why);
	return err;
}
