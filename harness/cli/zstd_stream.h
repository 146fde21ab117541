/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream whose text arrives at another one compressed by zstd.
 */
#ifndef ZSTD_STREAM_H
#define ZSTD_STREAM_H

#include <stdio.h>

/* fclose() ends the frame and leaves to open; an error of to, or of memory, is
 * one of the stream. NULL without memory. */
FILE *zstd_stream_open(FILE *to);

#endif /* ZSTD_STREAM_H */
