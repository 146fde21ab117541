// SPDX-License-Identifier: GPL-2.0-only
/*
 * Numbers and fields of a script's line. Hand-written: a run has millions of
 * numbers, and kstrtoull() wants each in a string of its own.
 *
 * Invariant: nothing is read behind the byte that ends a line, whichever of
 * '\n' and '\0' that is.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "v7sbench.h"

static bool scan_hex(const char **p, u64 *ret)
{
	const char *c = *p;
	u64 value = 0;

	for (;; c++) {
		unsigned int digit = *c - '0';

		if (digit > 9) {
			digit = (*c | 0x20) - 'a';
			if (digit > 5)
				break;
			digit += 10;
		}
		if (value >> 60)
			return false;
		value = value << 4 | digit;
	}
	if (c == *p)
		return false;
	*p = c;
	*ret = value;
	return true;
}

/* A number, decimal or 0x-hex, of at most 64 bits; p is behind it then. */
bool scan_u64(const char **p, u64 *ret)
{
	const char *c = *p;
	u64 value = 0;

	if (c[0] == '0' && (c[1] == 'x' || c[1] == 'X')) {
		c += 2;
		if (!scan_hex(&c, ret))
			return false;
		*p = c;
		return true;
	}
	for (;; c++) {
		unsigned int digit = *c - '0';

		if (digit > 9)
			break;
		if (value > (U64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (c == *p)
		return false;
	*p = c;
	*ret = value;
	return true;
}

static bool scan_choice(const char **p, const char *const *choices, u64 *ret)
{
	size_t len = strcspn(*p, " \n");
	u64 i;

	for (i = 0; choices[i]; i++) {
		if (strlen(choices[i]) == len && !memcmp(choices[i], *p, len)) {
			*p += len;
			*ret = i;
			return true;
		}
	}
	return false;
}

/* The field that key=... at p is, or nr. */
static unsigned int find_field(const char *p, const struct scan_field *field,
			       unsigned int nr)
{
	size_t len = strcspn(p, "= \n");
	unsigned int i;

	if (p[len] != '=')
		return nr;
	for (i = 0; i < nr; i++)
		if (strlen(field[i].name) == len &&
		    !memcmp(field[i].name, p, len))
			break;
	return i;
}

const char *scan_fields(const char *p, const struct scan_field *field,
			unsigned int nr, u64 *value)
{
	unsigned int i, seen = 0;

	while (*p == ' ') {
		i = find_field(++p, field, nr);
		if (i == nr)
			return "unknown field";
		if (seen & BIT(i))
			return "field is there twice";
		seen |= BIT(i);
		p += strlen(field[i].name) + 1;
		if (field[i].choices) {
			if (!scan_choice(&p, field[i].choices, &value[i]))
				return "no such choice";
		} else if (!scan_u64(&p, &value[i]) ||
			   value[i] > field[i].max) {
			return "bad number";
		}
		if (*p && *p != ' ')
			return "bad number";
	}
	if (*p)
		return "blank expected";
	return seen == BIT(nr) - 1 ? NULL : "field is missing";
}
