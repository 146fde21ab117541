// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of workloads: "name:key=value,...".
 *
 * Keys are those of ops->param, and those that all generators share: seed;
 * profile, f8 and f4 where buffers are made of chunks. f8 and f4 alone mean
 * profile=Pmix, and go with no other. Values are decimal. Cost: linear in the
 * text times the keys. Invariant: a spec is written only when all of the text
 * was good.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "workload.h"

#define MAX_FAILS 1000 /* f8 and f4 are in thousandths */
/* Of each sort of block some in each larger buffer. */
#define DEFAULT_F8 250
#define DEFAULT_F4 50

const char *const dma_profile_names[NR_DMA_PROFILES + 1] = {
	[DMA_P0] = "P0",     [DMA_P1] = "P1",	    [DMA_P2] = "P2",
	[DMA_PMIX] = "Pmix", [DMA_BUDDY] = "buddy",
};

/* Keys that are nobody's own. */
enum { KEY_SEED, KEY_PROFILE, KEY_F8, KEY_F4, NR_COMMON };

static const char *const common[NR_COMMON] = { "seed", "profile", "f8", "f4" };

struct parser {
	const struct workload_ops *wl;
	struct workload_config *cfg;
	char *why;
	unsigned seen_common, seen_own; /* bits */
};

__attribute__((format(printf, 2, 3))) static int refuse(struct parser *p,
							const char *fmt, ...)
{
	int len = snprintf(p->why, TRACE_WHY_SIZE, "%s: ", p->wl->name);
	va_list args;

	va_start(args, fmt);
	vsnprintf(p->why + len, TRACE_WHY_SIZE - (size_t)len, fmt, args);
	va_end(args);
	return -EINVAL;
}

static unsigned nr_common(const struct workload_ops *wl)
{
	return wl->chunked ? NR_COMMON : KEY_PROFILE;
}

/* "frames, seek, seed" */
static const char *all_keys(const struct workload_ops *wl, char *buf,
			    size_t size)
{
	size_t len = 0;
	unsigned i;

	for (i = 0; wl->param && wl->param[i].key && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s, ",
					wl->param[i].key);
	for (i = 0; i < nr_common(wl) && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s",
					i ? ", " : "", common[i]);
	return buf;
}

static int read_number(struct parser *p, const char *key, const char *text,
		       uint64_t min, uint64_t max, uint64_t *ret)
{
	const char *c = text;
	uint64_t value = 0;

	for (; *c >= '0' && *c <= '9'; c++) {
		uint64_t digit = (uint64_t)(*c - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return refuse(p, "%s=%.40s: %" PRIu64 " to %" PRIu64,
				      key, text, min, max);
		value = value * 10 + digit;
	}
	if (c == text || *c)
		return refuse(p, "%s=%.40s: not a decimal number", key, text);
	if (value < min || value > max)
		return refuse(p, "%s=%.40s: %" PRIu64 " to %" PRIu64, key, text,
			      min, max);
	*ret = value;
	return 0;
}

static int read_profile(struct parser *p, const char *text)
{
	unsigned i;

	for (i = 0; i < NR_DMA_PROFILES; i++)
		if (!strcmp(text, dma_profile_names[i])) {
			p->cfg->profile.id = (enum dma_profile_id)i;
			return 0;
		}
	return refuse(p, "profile=%.40s: none of P0, P1, P2, Pmix, buddy",
		      text);
}

static int set_common(struct parser *p, unsigned key, const char *value)
{
	uint64_t number = 0;
	int err;

	if (p->seen_common & 1u << key)
		return refuse(p, "%s is given twice", common[key]);
	p->seen_common |= 1u << key;
	if (key == KEY_PROFILE)
		return read_profile(p, value);
	err = read_number(p, common[key], value, 0,
			  key == KEY_SEED ? UINT64_MAX : MAX_FAILS, &number);
	if (err)
		return err;
	if (key == KEY_SEED)
		p->cfg->seed = number;
	else if (key == KEY_F8)
		p->cfg->profile.f8 = (unsigned)number;
	else
		p->cfg->profile.f4 = (unsigned)number;
	return 0;
}

static int set(struct parser *p, const char *key, const char *value)
{
	const struct workload_param *param = p->wl->param;
	char keys[TRACE_WHY_SIZE / 2];
	unsigned i;

	for (i = 0; param && param[i].key; i++) {
		if (strcmp(key, param[i].key))
			continue;
		if (p->seen_own & 1u << i)
			return refuse(p, "%s is given twice", key);
		p->seen_own |= 1u << i;
		return read_number(p, key, value, param[i].min, param[i].max,
				   &p->cfg->value[i]);
	}
	for (i = 0; i < nr_common(p->wl); i++)
		if (!strcmp(key, common[i]))
			return set_common(p, i, value);
	return refuse(p, "no setting '%.40s'; there are %s", key,
		      all_keys(p->wl, keys, sizeof(keys)));
}

static int settle_profile(struct parser *p)
{
	unsigned rates = p->seen_common & (1u << KEY_F8 | 1u << KEY_F4);

	if (!rates || p->cfg->profile.id == DMA_PMIX)
		return 0;
	if (p->seen_common & 1u << KEY_PROFILE)
		return refuse(p, "f8 and f4 go with profile=Pmix only");
	p->cfg->profile.id = DMA_PMIX;
	return 0;
}

static int parse_settings(struct parser *p, const char *text)
{
	char settings[WORKLOAD_LABEL_SIZE], *next = settings, *word, *value;
	int err;

	if (p->wl->file)
		return refuse(p, "a recorded trace has no settings");
	snprintf(settings, sizeof(settings), "%s", text);
	while ((word = strsep(&next, ","))) {
		value = strchr(word, '=');
		if (!value || value == word)
			return refuse(p, "'%.40s' is no KEY=VALUE", word);
		*value++ = '\0';
		err = set(p, word, value);
		if (err)
			return err;
	}
	return settle_profile(p);
}

void workload_defaults(const struct workload_ops *wl, struct workload_spec *ret)
{
	*ret = (struct workload_spec){
		.ops = wl,
		.config = {
			.seed = 1,
			.profile = {
				.id = wl->profile,
				.f8 = DEFAULT_F8,
				.f4 = DEFAULT_F4,
			},
		},
	};
	for (unsigned i = 0; wl->param && wl->param[i].key; i++)
		ret->config.value[i] = wl->param[i].def;
	snprintf(ret->label, sizeof(ret->label), "%s", wl->name);
}

static int unknown(const char *text, size_t len, char *why)
{
	int at = snprintf(why, TRACE_WHY_SIZE,
			  "unknown workload '%.*s'; there are ",
			  (int)(len < 40 ? len : 40), text);

	for (size_t i = 0; workloads[i] && at < TRACE_WHY_SIZE; i++)
		at += snprintf(why + at, (size_t)(TRACE_WHY_SIZE - at), "%s%s",
			       i ? ", " : "", workloads[i]->name);
	return -ENOENT;
}

int workload_parse(const char *text, struct workload_spec *ret, char *why)
{
	size_t len = strcspn(text, ":");
	const struct workload_ops *wl = NULL;
	struct workload_spec spec;
	struct parser p = { .cfg = &spec.config, .why = why };
	char name[WORKLOAD_LABEL_SIZE];
	int err;

	if (len < sizeof(name)) {
		memcpy(name, text, len);
		name[len] = '\0';
		wl = workload_find(name);
	}
	if (!wl)
		return unknown(text, len, why);
	workload_defaults(wl, &spec);
	p.wl = wl;
	if (strlen(text) >= sizeof(spec.label))
		return refuse(&p, "settings of more than %zu characters",
			      sizeof(spec.label) - 1 - len);
	if (text[len]) {
		err = parse_settings(&p, text + len + 1);
		if (err)
			return err;
	}
	snprintf(spec.label, sizeof(spec.label), "%s", text);
	*ret = spec;
	return 0;
}
