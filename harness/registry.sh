#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Prints a registry: a table of pointers to <prefix><name>, ended by NULL.
# A table, because objects in a static library that only register themselves
# from a constructor are dropped by the linker without a word.
# usage: registry.sh HEADER TYPE PREFIX TABLE NAME...
set -eu
header=$1 type=$2 prefix=$3 table=$4
shift 4
printf '/* Generated from the list in meson.build. */\n'
printf '#include "%s"\n\n' "$header"
for name; do
	printf 'extern const %s %s%s;\n' "$type" "$prefix" "$name"
done
printf '\nconst %s *const %s[] = {\n' "$type" "$table"
for name; do
	printf '\t&%s%s,\n' "$prefix" "$name"
done
printf '\tNULL,\n};\n'
