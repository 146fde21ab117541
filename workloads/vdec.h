/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A decoder of 4K video playing, then seeking: what vdec_fresh and
 * vdec_fragmented have in common. See vdec.c.
 */
#ifndef VDEC_H
#define VDEC_H

#include "emit.h"

/* fragmented: memory comes in single pages, none beside another; else in the
 * largest of 1 MiB, 64 KiB and 4 KiB that still fit. 0 or -ENOMEM. */
int vdec_generate(struct emitter *out, bool fragmented);

#endif /* VDEC_H */
