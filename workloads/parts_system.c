// SPDX-License-Identifier: GPL-2.0-only
/*
 * A phone or Chromebook at work: display, decoder, camera and JPEG encoder of
 * wl_*.c at once, for so many seconds. Left out: that one waits for another.
 * Cost: that of the parts. Invariant: see parts.h.
 */
#include "parts.h"

enum { SECONDS, SEEK, BURST, RATE };

#define NR_FRAMES 20

const struct workload_param system_params[] = {
	[SECONDS] = { "seconds", "seconds that it takes", 20, 1, 1000000 },
	[SEEK] = { "seek", "seconds between seeks of the decoder", 10, 1,
		   3600 },
	[BURST] = { "burst", "seconds between bursts of the camera", 4, 1,
		    3600 },
	[RATE] = { "rate", "JPEG jobs a second", 200, 1, 1000000 },
	{ .key = NULL },
};

int play_system(const struct play *play, const unsigned *space,
		const struct workload_config *cfg, struct emitter *out)
{
	const uint64_t *value = cfg->value;
	uint64_t bursts = value[SECONDS] / value[BURST];
	struct part *const part[NR_SYSTEM_PARTS] = {
		scanout_part(),
		vdec_part(NR_FRAMES, value[SEEK],
			  (value[SECONDS] - 1) / value[SEEK]),
		camera_part(value[BURST], bursts ? bursts : 1),
		jpeg_part(value[RATE], value[SECONDS] * value[RATE], 0),
	};

	for (unsigned i = 0; i < NR_SYSTEM_PARTS; i++)
		if (part[i])
			part[i]->space = space[i];
	return play_parts(play, cfg, out, part, NR_SYSTEM_PARTS);
}
