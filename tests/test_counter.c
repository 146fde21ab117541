// SPDX-License-Identifier: GPL-2.0-only
/*
 * The processor's counters, with system calls that are made up: what each
 * refusal is called, that both counters are one group, that a figure is given
 * only if it was counted all the time, and that nothing stays open. Then the
 * real calls, which on most machines of a cloud refuse.
 */
#include "counter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

#include <cmocka.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define FIRST_FD 50

/* What the made-up kernel does, and what it was asked. */
static struct {
	int open_error; /* of the open_fails-th call, from 0 */
	unsigned open_fails;
	int paranoid_error, paranoid;
	int ioctl_error;
	uint64_t enabled, running, instructions, branches;
	ssize_t read_short; /* bytes less; or -1: EINTR */
	unsigned nr_opened, nr_closed, nr_ioctls;
	struct perf_event_attr attr[2];
	int group[2];
	unsigned long request[4];
} fake;

static int fake_open(struct perf_event_attr *attr, int group_fd)
{
	if (fake.open_error && fake.nr_opened == fake.open_fails) {
		errno = fake.open_error;
		return -1;
	}
	assert_true(fake.nr_opened < 2);
	fake.attr[fake.nr_opened] = *attr;
	fake.group[fake.nr_opened] = group_fd;
	return FIRST_FD + (int)fake.nr_opened++;
}

static int fake_ioctl(int fd, unsigned long request, unsigned long arg)
{
	assert_int_equal(fd, FIRST_FD);
	assert_int_equal(arg, PERF_IOC_FLAG_GROUP);
	assert_true(fake.nr_ioctls < ARRAY_SIZE(fake.request));
	fake.request[fake.nr_ioctls++] = request;
	errno = fake.ioctl_error;
	return fake.ioctl_error ? -1 : 0;
}

static ssize_t fake_read(int fd, void *to, size_t size)
{
	const uint64_t group[] = { 2, fake.enabled, fake.running,
				   fake.instructions, fake.branches };

	assert_int_equal(fd, FIRST_FD);
	assert_int_equal(size, sizeof(group));
	if (fake.read_short < 0) {
		errno = EINTR;
		return -1;
	}
	memcpy(to, group, size);
	return (ssize_t)size - fake.read_short;
}

static int fake_close(int fd)
{
	assert_in_range(fd, FIRST_FD, FIRST_FD + 1);
	fake.nr_closed++;
	return 0;
}

static int fake_paranoid(int *ret)
{
	if (!fake.paranoid_error)
		*ret = fake.paranoid;
	return fake.paranoid_error;
}

static const struct counter_calls calls = {
	fake_open, fake_ioctl, fake_read, fake_close, fake_paranoid,
};

static int reset(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.enabled = fake.running = 1000;
	return 0;
}

static void test_one_group_of_user_space(void **state)
{
	struct counter_reading reading;
	char why[COUNTER_WHY_SIZE];
	struct counter c;

	(void)state;
	fake.instructions = 123456789012;
	fake.branches = 4567;
	assert_int_equal(counter_open_with(&calls, &c, why), 0);
	assert_int_equal(fake.nr_opened, 2);
	assert_int_equal(fake.group[0], -1);
	assert_int_equal(fake.group[1], FIRST_FD);
	assert_int_equal(fake.attr[0].config, PERF_COUNT_HW_INSTRUCTIONS);
	assert_int_equal(fake.attr[1].config,
			 PERF_COUNT_HW_BRANCH_INSTRUCTIONS);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(fake.attr[i].type, PERF_TYPE_HARDWARE);
		assert_true(fake.attr[i].exclude_kernel);
		assert_true(fake.attr[i].exclude_hv);
	}
	/* The leader holds the group back until it is started. */
	assert_true(fake.attr[0].disabled);
	assert_false(fake.attr[1].disabled);

	assert_int_equal(counter_start(&c), 0);
	assert_int_equal(counter_stop(&c, &reading), 0);
	assert_int_equal(fake.nr_ioctls, 3);
	assert_int_equal(fake.request[0], PERF_EVENT_IOC_RESET);
	assert_int_equal(fake.request[1], PERF_EVENT_IOC_ENABLE);
	assert_int_equal(fake.request[2], PERF_EVENT_IOC_DISABLE);
	assert_true(reading.instructions == 123456789012);
	assert_int_equal(reading.branches, 4567);
	counter_close(&c);
	counter_close(&c);
	assert_int_equal(fake.nr_closed, 2);
}

static void test_refusals_in_words(void **state)
{
	static const struct {
		int error, paranoid_error, paranoid;
		const char *word;
	} refusal[] = {
		{ ENOENT, 0, 0, "the processor shows no instruction counter" },
		{ EOPNOTSUPP, 0, 0, "the processor shows no" },
		{ ENODEV, 0, 0, "the processor shows no" },
		{ EACCES, 0, 4,
		  "kernel.perf_event_paranoid is 4, 2 is enough" },
		{ EACCES, 0, 3, "perf_event_paranoid is 3, 2 is enough" },
		{ EPERM, 0, 2, "a container or its seccomp filter" },
		{ EPERM, -ENOENT, 0, "perf_event_open is not allowed here" },
		{ ENOSYS, 0, 0, "the kernel has no perf_event_open" },
		{ EMFILE, 0, 0, "perf_event_open: Too many open files" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(refusal); i++) {
		/* The first counter may be there without the second. */
		for (unsigned nth = 0; nth < 2; nth++) {
			char why[COUNTER_WHY_SIZE] = "";
			struct counter c = { .fd = { 77, 78 } };

			reset(state);
			fake.open_error = refusal[i].error;
			fake.open_fails = nth;
			fake.paranoid_error = refusal[i].paranoid_error;
			fake.paranoid = refusal[i].paranoid;
			assert_int_equal(counter_open_with(&calls, &c, why),
					 -refusal[i].error);
			if (!strstr(why, refusal[i].word))
				fail_msg("'%s' is not in '%s'", refusal[i].word,
					 why);
			assert_int_equal(fake.nr_closed, nth);
			assert_int_equal(c.fd[0], 77);
		}
	}
}

static void test_no_estimate(void **state)
{
	struct counter_reading reading = { 1, 2 };
	char why[COUNTER_WHY_SIZE];
	struct counter c;

	(void)state;
	assert_int_equal(counter_open_with(&calls, &c, why), 0);
	fake.running = fake.enabled - 1;
	assert_int_equal(counter_stop(&c, &reading), -EAGAIN);
	fake.running = fake.enabled = 0;
	assert_int_equal(counter_stop(&c, &reading), -EAGAIN);
	fake.running = fake.enabled = 5;
	fake.read_short = 8;
	assert_int_equal(counter_stop(&c, &reading), -EIO);
	fake.read_short = -1;
	assert_int_equal(counter_stop(&c, &reading), -EINTR);
	fake.nr_ioctls = 0;
	fake.ioctl_error = EINVAL;
	assert_int_equal(counter_start(&c), -EINVAL);
	assert_int_equal(counter_stop(&c, &reading), -EINVAL);
	assert_int_equal(reading.instructions, 1);
	assert_int_equal(reading.branches, 2);
	counter_close(&c);
}

/* Not what it counts, which is the machine's: that it counts, or says why
 * not. */
static void test_this_machine(void **state)
{
	struct counter_reading none, some;
	char why[COUNTER_WHY_SIZE] = "";
	volatile unsigned spin = 0;
	struct counter c;
	int err = counter_open(&c, why);

	(void)state;
	if (err) {
		assert_true(err < 0);
		assert_true(strlen(why) > 10);
		print_message("skipped: %s\n", why);
		skip();
	}
	assert_int_equal(counter_start(&c), 0);
	assert_int_equal(counter_stop(&c, &none), 0);
	assert_int_equal(counter_start(&c), 0);
	while (spin < 1000000)
		spin++;
	assert_int_equal(counter_stop(&c, &some), 0);
	assert_true(some.instructions > none.instructions + 1000000);
	assert_true(some.branches > none.branches + 900000);
	counter_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one_group_of_user_space, reset),
		cmocka_unit_test_setup(test_refusals_in_words, reset),
		cmocka_unit_test_setup(test_no_estimate, reset),
		cmocka_unit_test(test_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
