/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The modules of `ab` (lane_module.h) as files in memory: each is read once, so
 * that a build under way changes nothing, and each is a file of its own, since
 * the loader loads no file twice.
 */
#ifndef AB_MODULE_H
#define AB_MODULE_H

#include "lane_module.h"
#include "why.h"

/* By place: what is timed beside each other. */
enum ab_side { AB_BASE, AB_HEAD, AB_TWIN, NR_AB_SIDES };

#define AB_PATH_SIZE 32

/**
 * ab_image() - a file's content in memory, for this process and its children
 * @ret_path:	AB_PATH_SIZE bytes: where it is; stays until the process ends
 * @why:	OUTPUT_WHY_SIZE bytes, written on failure
 *
 * Return: 0 or a negative errno.
 */
int ab_image(const char *file, char *ret_path, char *why);

/**
 * ab_module_load() - load it; stays loaded
 * @name:	for messages
 *
 * Of another form (its abi) it can be loaded, but nothing but abi and revision
 * be read.
 *
 * Return: 0; -ELIBBAD if it cannot be loaded or is none.
 */
int ab_module_load(const char *path, const char *name,
		   const struct lane_module **ret, char *why);

#endif /* AB_MODULE_H */
