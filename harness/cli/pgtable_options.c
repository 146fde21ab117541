// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses --quirk, --kernel, --coherent and their like into a v7s_config. Bad
 * values, and such as the kernel's constructor would refuse, end in one line
 * and EXIT_USAGE.
 */
#include "pgtable_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPT_IAS = 0x400,
	OPT_QUIRK,
	OPT_KERNEL,
	OPT_SPLIT,
	OPT_PATH,
	OPT_COHERENT,
};

/* What a golden file says itself. */
static const struct argp_option format_options[] = {
	{ "quirk", OPT_QUIRK, "Q[,Q...]", 0,
	  "Of the page table: none, ns, no_perms, mtk_ext (35-bit paddr), mtk_ttbr_ext; of 4.20: mtk_4gb, tlbi_on_map",
	  0 },
	{ "ias", OPT_IAS, "BITS", 0,
	  "Bits of an iova, 21 to 34; above 32 with mtk_ext (32)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const struct argp_option driver_options[] = {
	{ "kernel", OPT_KERNEL, "VERSION", 0,
	  "Whose page table: 4.20, 6.1 or 6.13 (6.1)", 0 },
	{ "split", OPT_SPLIT, "HOW", 0,
	  "Large pages unmapped in part: kernel (as that one does, its defects included), fixed, off (kernel)",
	  0 },
	{ "path", OPT_PATH, "HOW", 0,
	  "Calls of several pages: kernel (each walks), batch (a walk per table, vector code) (kernel)",
	  0 },
	{ "coherent", OPT_COHERENT, "HOW", 0,
	  "The walker sees the caches: yes; no (DMA mappings and syncs counted); flush (and cache lines written back) (yes)",
	  0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

/* A name sets its bit and those it needs. */
static const struct {
	const char *name;
	uint32_t bit, bits;
} quirk[] = {
	{ "none", 0, 0 },
	{ "ns", V7S_QUIRK_ARM_NS, V7S_QUIRK_ARM_NS },
	{ "no_perms", V7S_QUIRK_NO_PERMS, V7S_QUIRK_NO_PERMS },
	{ "mtk_ext", V7S_QUIRK_MTK_EXT,
	  V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS },
	{ "mtk_ttbr_ext", V7S_QUIRK_MTK_TTBR_EXT,
	  V7S_QUIRK_MTK_TTBR_EXT | V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS },
	{ "mtk_4gb", V7S_QUIRK_MTK_4GB,
	  V7S_QUIRK_MTK_4GB | V7S_QUIRK_NO_PERMS },
	{ "tlbi_on_map", V7S_QUIRK_TLBI_ON_MAP, V7S_QUIRK_TLBI_ON_MAP },
};

#define QUIRKS_6_1 (V7S_QUIRK_MTK_EXT | V7S_QUIRK_MTK_TTBR_EXT)
#define QUIRKS_4_20 (V7S_QUIRK_MTK_4GB | V7S_QUIRK_TLBI_ON_MAP)

static void set_quirks(struct v7s_config *cfg, struct argp_state *state,
		       const char *text)
{
	unsigned i;

	cfg->quirks = 0;
	do {
		size_t n = strcspn(text, ",");

		for (i = 0; i < ARRAY_SIZE(quirk); i++)
			if (strlen(quirk[i].name) == n &&
			    !memcmp(text, quirk[i].name, n))
				break;
		if (i == ARRAY_SIZE(quirk))
			argp_error(state, "unknown quirk '%.*s'", (int)n, text);
		else
			cfg->quirks |= quirk[i].bits;
		text += n;
	} while (*text++ == ',');
	cfg->oas = cfg->quirks & V7S_QUIRK_MTK_EXT ? 35 : 32;
}

/* What the constructor would refuse, in words. */
static void refuse_conflicts(const struct v7s_config *cfg,
			     struct argp_state *state)
{
	if (cfg->kernel == V7S_KERNEL_4_20 && cfg->quirks & QUIRKS_6_1)
		argp_error(
			state,
			"--kernel=4.20 has no quirk mtk_ext or mtk_ttbr_ext");
	if (cfg->kernel == V7S_KERNEL_4_20 && cfg->path == V7S_PATH_BATCH)
		argp_error(
			state,
			"--kernel=4.20 maps one page a call: no --path=batch");
	if (cfg->kernel != V7S_KERNEL_4_20 && cfg->quirks & QUIRKS_4_20)
		argp_error(state,
			   "quirks mtk_4gb and tlbi_on_map need --kernel=4.20");
	if (cfg->ias > 32 && cfg->kernel == V7S_KERNEL_4_20)
		argp_error(state, "--ias=%u: 4.20 has 32 bits", cfg->ias);
	if (cfg->ias > 32 && !(cfg->quirks & V7S_QUIRK_MTK_EXT))
		argp_error(state, "--ias=%u needs --quirk=mtk_ext", cfg->ias);
}

static error_t parse_format(int key, char *arg, struct argp_state *state)
{
	struct v7s_config *cfg = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = cfg;
		break;
	case OPT_QUIRK:
		set_quirks(cfg, state, arg);
		break;
	case OPT_IAS:
		cfg->ias = (unsigned)args_number(state, "--ias", arg, 21, 34);
		break;
	case ARGP_KEY_END:
		refuse_conflicts(cfg, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse_driver(int key, char *arg, struct argp_state *state)
{
	struct v7s_config *cfg = state->input;

	switch (key) {
	case OPT_KERNEL:
		cfg->kernel =
			args_word(state, "--kernel", arg, v7s_kernel_names);
		break;
	case OPT_SPLIT:
		cfg->split = args_word(state, "--split", arg, v7s_split_names);
		break;
	case OPT_PATH:
		cfg->path = args_word(state, "--path", arg, v7s_path_names);
		break;
	case OPT_COHERENT:
		cfg->walker =
			args_word(state, "--coherent", arg, v7s_walker_names);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp driver_argp = {
	.options = driver_options,
	.parser = parse_driver,
};

const struct argp_child pgtable_driver_children[] = {
	{ &driver_argp, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

static const struct argp format_argp = {
	.options = format_options,
	.parser = parse_format,
	.children = pgtable_driver_children,
};

const struct argp_child pgtable_children[] = {
	{ &format_argp, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};

void pgtable_options_init(struct v7s_config *cfg)
{
	*cfg = (struct v7s_config){
		.ias = 32,
		.oas = 32,
		.pgsizes = V7S_PGSIZES,
	};
}

void pgtable_options_print(const struct v7s_config *cfg, FILE *out)
{
	unsigned i;

	fputs(" --quirk=none", out);
	for (i = 0; i < ARRAY_SIZE(quirk); i++)
		if (cfg->quirks & quirk[i].bit)
			fprintf(out, ",%s", quirk[i].name);
	fprintf(out, " --ias=%u --kernel=%s --split=%s --path=%s --coherent=%s",
		cfg->ias, v7s_kernel_names[cfg->kernel],
		v7s_split_names[cfg->split], v7s_path_names[cfg->path],
		v7s_walker_names[cfg->walker]);
}

/* What --inject calls the causes. */
static const struct {
	const char *name;
	size_t offset;
} cause[] = {
	{ "unfit", offsetof(struct v7s_faults, unfit) },
	{ "dma-error", offsetof(struct v7s_faults, dma_error) },
	{ "dma-translated", offsetof(struct v7s_faults, dma_translated) },
};

static struct fault_attr *fault_of(struct v7s_faults *faults, unsigned i)
{
	return (void *)((char *)faults + cause[i].offset);
}

/* "CAUSE:N" or "CAUSE:N+" of n characters. */
static void parse_fault(struct argp_state *state, const char *text, size_t n,
			struct v7s_faults *ret)
{
	char number[24] = "";
	size_t name = strcspn(text, ":,"), digits;
	struct fault_attr *fault;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(cause); i++)
		if (strlen(cause[i].name) == name &&
		    !memcmp(text, cause[i].name, name))
			break;
	if (i == ARRAY_SIZE(cause) || text[name] != ':')
		argp_error(
			state,
			"--inject: '%.*s' is none of unfit:N, dma-error:N, dma-translated:N",
			(int)n, text);
	fault = fault_of(ret, i);
	if (fault->nth)
		argp_error(state, "--inject: %s is there twice", cause[i].name);
	digits = n - name - 1;
	fault->persistent = digits && text[n - 1] == '+';
	digits -= fault->persistent;
	if (digits < sizeof(number))
		memcpy(number, text + name + 1, digits);
	fault->nth = args_number(state, "--inject", number, 1, UINT64_MAX);
}

void pgtable_parse_faults(struct argp_state *state, const char *text,
			  struct v7s_faults *ret)
{
	do {
		size_t n = strcspn(text, ",");

		parse_fault(state, text, n, ret);
		text += n;
	} while (*text++ == ',');
}

void pgtable_print_faults(const struct v7s_faults *faults, FILE *out)
{
	struct v7s_faults copy = *faults;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(cause); i++) {
		const struct fault_attr *fault = fault_of(&copy, i);

		if (fault->nth)
			fprintf(out, " --inject=%s:%llu%s", cause[i].name,
				(unsigned long long)fault->nth,
				fault->persistent ? "+" : "");
	}
}
