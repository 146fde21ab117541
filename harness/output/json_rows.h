/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rows as JSON objects, written as CSV.
 */
#ifndef JSON_ROWS_H
#define JSON_ROWS_H

#include <jansson.h>
#include <stdio.h>

/**
 * json_rows_csv() - header and rows
 * @rows:	objects; null or nothing is an empty field
 * @columns:	members to write, NULL at the end
 *
 * Return: 0; errors as csv_end_row().
 */
int json_rows_csv(const json_t *rows, const char *const *columns, FILE *out);

#endif /* JSON_ROWS_H */
