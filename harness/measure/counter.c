// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor's counters; see counter.h.
 *
 * Both are one group, so that they count the same stretch. What a start and a
 * stop execute themselves in user space, some dozen instructions, is in the
 * figures.
 * Cost: a system call to start, two to stop. Invariant: after a failed open
 * nothing is open.
 */
#include "counter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { INSTRUCTIONS, BRANCHES, NR_COUNTERS };

static int real_open(struct perf_event_attr *attr, int group_fd)
{
	return (int)syscall(SYS_perf_event_open, attr, 0, -1, group_fd,
			    PERF_FLAG_FD_CLOEXEC);
}

static int real_ioctl(int fd, unsigned long request, unsigned long arg)
{
	return ioctl(fd, request, arg);
}

static int real_paranoid(int *ret)
{
	FILE *f = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
	int got = f ? fscanf(f, "%d", ret) : 0;

	if (f)
		fclose(f);
	return got == 1 ? 0 : -ENOENT;
}

static const struct counter_calls real_calls = {
	.open = real_open,
	.ioctl = real_ioctl,
	.read = read,
	.close = close,
	.paranoid = real_paranoid,
};

/* perf_event_paranoid above 2 is Debian's own: nobody but root. */
static void say_forbidden(const struct counter_calls *calls, char *why)
{
	int level;

	if (calls->paranoid(&level))
		snprintf(why, COUNTER_WHY_SIZE,
			 "perf_event_open is not allowed here");
	else if (level > 2)
		snprintf(
			why, COUNTER_WHY_SIZE,
			"perf_event_open is not allowed: kernel.perf_event_paranoid is %d, 2 is enough",
			level);
	else
		snprintf(
			why, COUNTER_WHY_SIZE,
			"perf_event_open is not allowed, though kernel.perf_event_paranoid is %d: a container or its seccomp filter forbids it",
			level);
}

static int refused(const struct counter_calls *calls, int err, char *why)
{
	switch (err) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		snprintf(
			why, COUNTER_WHY_SIZE,
			"the processor shows no instruction counter, as in most virtual machines (perf_event_open: %s)",
			strerror(err));
		break;
	case EACCES:
	case EPERM:
		say_forbidden(calls, why);
		break;
	case ENOSYS:
		snprintf(why, COUNTER_WHY_SIZE,
			 "the kernel has no perf_event_open");
		break;
	default:
		snprintf(why, COUNTER_WHY_SIZE, "perf_event_open: %s",
			 strerror(err));
	}
	return -err;
}

int counter_open_with(const struct counter_calls *calls, struct counter *ret,
		      char *why)
{
	static const uint64_t event[NR_COUNTERS] = {
		[INSTRUCTIONS] = PERF_COUNT_HW_INSTRUCTIONS,
		[BRANCHES] = PERF_COUNT_HW_BRANCH_INSTRUCTIONS,
	};
	struct counter c = { .calls = calls, .fd = { -1, -1 } };

	for (unsigned i = 0; i < NR_COUNTERS; i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_HARDWARE,
			.size = sizeof(attr),
			.config = event[i],
			.read_format = PERF_FORMAT_GROUP |
				       PERF_FORMAT_TOTAL_TIME_ENABLED |
				       PERF_FORMAT_TOTAL_TIME_RUNNING,
			.disabled = i == INSTRUCTIONS,
			.exclude_kernel = 1,
			.exclude_hv = 1,
		};

		c.fd[i] = calls->open(&attr, c.fd[INSTRUCTIONS]);
		if (c.fd[i] < 0) {
			int err = errno;

			counter_close(&c);
			return refused(calls, err, why);
		}
	}
	*ret = c;
	return 0;
}

int counter_open(struct counter *ret, char *why)
{
	return counter_open_with(&real_calls, ret, why);
}

int counter_start(const struct counter *c)
{
	int fd = c->fd[INSTRUCTIONS];

	if (c->calls->ioctl(fd, PERF_EVENT_IOC_RESET, PERF_IOC_FLAG_GROUP) ||
	    c->calls->ioctl(fd, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP))
		return -errno;
	return 0;
}

int counter_stop(const struct counter *c, struct counter_reading *ret)
{
	struct {
		uint64_t nr, enabled, running;
		uint64_t value[NR_COUNTERS];
	} group;
	int fd = c->fd[INSTRUCTIONS];
	ssize_t got;

	if (c->calls->ioctl(fd, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP))
		return -errno;
	got = c->calls->read(fd, &group, sizeof(group));
	if (got < 0)
		return -errno;
	if (got != sizeof(group) || group.nr != NR_COUNTERS)
		return -EIO;
	if (group.running != group.enabled || !group.running)
		return -EAGAIN;
	ret->instructions = group.value[INSTRUCTIONS];
	ret->branches = group.value[BRANCHES];
	return 0;
}

void counter_close(struct counter *c)
{
	for (unsigned i = NR_COUNTERS; i--;) {
		if (c->fd[i] >= 0)
			c->calls->close(c->fd[i]);
		c->fd[i] = -1;
	}
}
