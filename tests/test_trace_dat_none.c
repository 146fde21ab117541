// SPDX-License-Identifier: GPL-2.0-only
/*
 * trace.dat in a build without libtracecmd: what is missing is said, and the
 * descriptor is closed. Compiled with trace_dat_none.c, whatever the build has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "trace_dat.h"

static void test_dat_none__message(void **state)
{
	struct trace_source *src = NULL;
	char why[TRACE_WHY_SIZE] = "";
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(trace_source_dat("a/file", fd, &src, why), -ENOTSUP);
	assert_null(src);
	assert_string_equal(
		why,
		"a/file: binary file of trace-cmd: this build lacks libtracecmd "
		"(install libtracecmd-dev libtracefs-dev libtraceevent-dev and "
		"rebuild), or give the text of `trace-cmd report`");
	assert_int_equal(close(fd), -1);
	assert_int_equal(errno, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dat_none__message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
