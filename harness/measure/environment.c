// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what a result was measured on, from /proc, /sys, uname() and the
 * macros that the build passes.
 *
 * Not here: temperatures, frequencies at the moment, other processes: they
 * change while measuring, and the A/A runs show their effect.
 * Cost: about 20 small files. Invariant: every text is set, printable, and
 * never longer than its array.
 */
#include "environment.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/utsname.h>
#include <unistd.h>

#if __has_include("git_revision.h")
#include "git_revision.h"
#endif

#ifndef V7SBENCH_GIT
#define V7SBENCH_GIT ENVIRONMENT_UNKNOWN
#endif
#ifndef V7SBENCH_VERSION
#define V7SBENCH_VERSION ENVIRONMENT_UNKNOWN
#endif
#ifndef V7SBENCH_BUILDTYPE
#define V7SBENCH_BUILDTYPE ENVIRONMENT_UNKNOWN
#endif
#ifndef V7SBENCH_CFLAGS
#define V7SBENCH_CFLAGS ENVIRONMENT_UNKNOWN
#endif
#ifndef V7SBENCH_SANITIZE
#define V7SBENCH_SANITIZE ENVIRONMENT_UNKNOWN
#endif

#define STRINGIFY_(x) #x
#define STRINGIFY(x) STRINGIFY_(x)

#ifdef V7SBENCH_ASSERT_LEVEL
#define ASSERT_TEXT STRINGIFY(V7SBENCH_ASSERT_LEVEL)
#else
#define ASSERT_TEXT ENVIRONMENT_UNKNOWN
#endif

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER ENVIRONMENT_UNKNOWN
#endif

#define CPU_DIR "/sys/devices/system/cpu"
#define PATH_SIZE 512
#define FILE_SIZE 16384 /* the first CPU of /proc/cpuinfo fits many times */

static void set_text(char *dst, const char *src)
{
	size_t len = 0;

	while (*src == ' ' || *src == '\t')
		src++;
	for (; *src && *src != '\n' && len < ENVIRONMENT_TEXT - 1; src++)
		dst[len++] = *src >= ' ' && *src <= '~' ? *src : '?';
	while (len && dst[len - 1] == ' ')
		len--;
	dst[len] = '\0';
	if (!len)
		memcpy(dst, ENVIRONMENT_UNKNOWN, sizeof(ENVIRONMENT_UNKNOWN));
}

/* The start of a file, cut where too long. */
static bool read_text(const char *root, const char *path, char *ret,
		      size_t size)
{
	char full[PATH_SIZE];
	size_t got = 0;
	ssize_t n;
	int fd, len;

	len = snprintf(full, sizeof(full), "%s%s", root, path);
	if (len < 0 || (size_t)len >= sizeof(full))
		return false;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	while (got < size - 1 && (n = read(fd, ret + got, size - 1 - got)) > 0)
		got += (size_t)n;
	close(fd);
	ret[got] = '\0';
	return got > 0;
}

/* The file's first line, or "unknown". */
static bool read_line(const char *root, const char *path, char *ret)
{
	char text[ENVIRONMENT_TEXT];
	bool found = read_text(root, path, text, sizeof(text));

	set_text(ret, found ? text : "");
	return found;
}

/* The value behind "key<blanks>: " at the start of a line. */
static const char *find_key(const char *text, const char *key)
{
	size_t len = strlen(key);
	const char *line = text, *at;

	while (line) {
		at = line + len;
		if (!strncmp(line, key, len)) {
			at += strspn(at, " \t");
			if (*at == ':')
				return at + 1;
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

static void read_cpu_model(const char *root, char *ret)
{
	static const char *const keys[] = { "model name", "cpu model",
					    "cpu",	  "uarch",
					    "Model",	  "Hardware" };
	char text[FILE_SIZE], impl[ENVIRONMENT_TEXT], part[ENVIRONMENT_TEXT];
	const char *value;
	size_t i;

	set_text(ret, "");
	if (!read_text(root, "/proc/cpuinfo", text, sizeof(text)))
		return;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		value = find_key(text, keys[i]);
		if (value) {
			set_text(ret, value);
			return;
		}
	}
	/* arm64 names no model, only who made which part. */
	if (!find_key(text, "CPU part"))
		return;
	value = find_key(text, "CPU implementer");
	set_text(impl, value ? value : "");
	set_text(part, find_key(text, "CPU part"));
	snprintf(text, sizeof(text), "implementer %s part %s", impl, part);
	set_text(ret, text);
}

static void read_cpus_online(char *ret)
{
	char text[32] = "";
	long nr = sysconf(_SC_NPROCESSORS_ONLN);

	if (nr > 0)
		snprintf(text, sizeof(text), "%ld", nr);
	set_text(ret, text);
}

static void read_uname(struct environment *env)
{
	char text[2 * sizeof(struct utsname)] = "";
	struct utsname name;

	if (uname(&name)) {
		set_text(env->machine, "");
		set_text(env->kernel, "");
		return;
	}
	set_text(env->machine, name.machine);
	snprintf(text, sizeof(text), "%s %s", name.sysname, name.release);
	set_text(env->kernel, text);
}

static void read_governor(const char *root, char *ret)
{
	char path[PATH_SIZE], one[ENVIRONMENT_TEXT];
	long i, nr = sysconf(_SC_NPROCESSORS_CONF);

	read_line(root, CPU_DIR "/cpu0/cpufreq/scaling_governor", ret);
	for (i = 1; i < nr; i++) {
		snprintf(path, sizeof(path),
			 CPU_DIR "/cpu%ld/cpufreq/scaling_governor", i);
		if (read_line(root, path, one) && strcmp(one, ret))
			set_text(ret, "mixed");
	}
}

static void read_turbo(const char *root, char *ret)
{
	char text[ENVIRONMENT_TEXT];

	if (read_line(root, CPU_DIR "/intel_pstate/no_turbo", text))
		set_text(ret, !strcmp(text, "0") ? "on" : "off");
	else if (read_line(root, CPU_DIR "/cpufreq/boost", text))
		set_text(ret, !strcmp(text, "1") ? "on" : "off");
	else
		set_text(ret, "");
}

static void read_aslr(const char *root, char *ret)
{
	static const char *const word[] = { "off", "partial", "full" };
	char text[ENVIRONMENT_TEXT];
	int persona = personality(0xffffffff);

	set_text(ret, "");
	if (read_line(root, "/proc/sys/kernel/randomize_va_space", text) &&
	    text[0] >= '0' && text[0] <= '2' && !text[1])
		set_text(ret, word[text[0] - '0']);
	/* setarch -R: off for this process, whatever the system does. */
	if (persona != -1 && (persona & ADDR_NO_RANDOMIZE))
		set_text(ret, word[0]);
}

static void read_load(const char *root, char *ret)
{
	char text[ENVIRONMENT_TEXT];

	if (read_line(root, "/proc/loadavg", text))
		text[strcspn(text, " ")] = '\0';
	set_text(ret, text);
}

void environment_read_below(const char *root, struct environment *ret)
{
	read_cpu_model(root, ret->cpu_model);
	read_cpus_online(ret->cpus_online);
	read_uname(ret);
	read_line(root,
		  "/sys/devices/system/clocksource/clocksource0/"
		  "current_clocksource",
		  ret->clocksource);
	read_governor(root, ret->governor);
	read_turbo(root, ret->turbo);
	read_line(root, CPU_DIR "/smt/control", ret->smt);
	read_aslr(root, ret->aslr);
	read_load(root, ret->load_1min);
	set_text(ret->version, V7SBENCH_VERSION);
	set_text(ret->git, V7SBENCH_GIT);
	set_text(ret->compiler, COMPILER);
	set_text(ret->buildtype, V7SBENCH_BUILDTYPE);
	set_text(ret->cflags, V7SBENCH_CFLAGS);
	set_text(ret->sanitize, V7SBENCH_SANITIZE);
	set_text(ret->assert_level, ASSERT_TEXT);
}

void environment_read(struct environment *ret)
{
	environment_read_below("", ret);
}

void environment_each(const struct environment *env, environment_fn fn,
		      void *ctx)
{
#define ROW(member)                                           \
	{                                                     \
#member, offsetof(struct environment, member) \
	}
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
		ROW(cpu_model), ROW(cpus_online),  ROW(machine),
		ROW(kernel),	ROW(clocksource),  ROW(governor),
		ROW(turbo),	ROW(smt),	   ROW(aslr),
		ROW(load_1min), ROW(version),	   ROW(git),
		ROW(compiler),	ROW(buildtype),	   ROW(cflags),
		ROW(sanitize),	ROW(assert_level),
	};
#undef ROW
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fn(ctx, rows[i].name, (const char *)env + rows[i].offset);
}

void environment_warn(const struct environment *env,
		      void (*fn)(void *ctx, const char *text), void *ctx)
{
	double load = strtod(env->load_1min, NULL);
	double cpus = strtod(env->cpus_online, NULL);
	char text[3 * ENVIRONMENT_TEXT];

	if (cpus > 0 && load > cpus) {
		snprintf(text, sizeof(text),
			 "load is %s on %s CPUs: others measure along",
			 env->load_1min, env->cpus_online);
		fn(ctx, text);
	}
	if (strcmp(env->governor, ENVIRONMENT_UNKNOWN) &&
	    strcmp(env->governor, "performance")) {
		snprintf(text, sizeof(text),
			 "CPU frequency governor is %s, not performance",
			 env->governor);
		fn(ctx, text);
	}
	if (!strcmp(env->turbo, "on"))
		fn(ctx, "turbo is on: speed depends on temperature");
}

const char *environment_unfit(const struct environment *env)
{
	if (strcmp(env->sanitize, "none") &&
	    strcmp(env->sanitize, ENVIRONMENT_UNKNOWN))
		return "built with a sanitizer";
	if (strcmp(env->assert_level, "0") &&
	    strcmp(env->assert_level, ENVIRONMENT_UNKNOWN))
		return "built with assertions";
#ifndef __OPTIMIZE__
	return "built without optimisation";
#else
	return NULL;
#endif
}
