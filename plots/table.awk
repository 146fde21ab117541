# SPDX-License-Identifier: GPL-2.0-only
#
# Prints columns of a CSV file (RFC 4180) as lines of fields between tabs.
#	name	what messages call the file
#	columns	names, in the order wanted. The first two are texts, the second
#		may be two joined by "+"; the others
#		numbers: a row that lacks one is left out, as not measured,
#		except where the name ends in "?"; that prints as NaN.
#	where	optional "column=text": other rows are left out; with
#		"column=text|text..." the number of the text, from 1, is one
#		more column at the end
# Exits 3 with the reason on stderr, and only that, if anything is not so.

function fail(reason)
{
	print reason > "/dev/stderr"
	failed = 1
	exit 3
}

# Adds what a line says to field[]; 1 if a quoted field goes on in the next.
function take(line,	c, i, n)
{
	if (!quoted && index(line, "\"") == 0) {
		nr_fields = split(line, field, ",")
		return 0
	}
	n = length(line)
	for (i = 1; i <= n; i++) {
		c = substr(line, i, 1)
		if (quoted && c == "\"" && substr(line, i + 1, 1) == "\"") {
			field[nr_fields] = field[nr_fields] c
			i++
		} else if (c == "\"") {
			quoted = !quoted
		} else if (c == "," && !quoted) {
			field[++nr_fields] = ""
		} else {
			field[nr_fields] = field[nr_fields] c
		}
	}
	if (quoted)
		field[nr_fields] = field[nr_fields] " "
	return quoted
}

function read_header(	i, nr, part, where_column)
{
	width = nr_fields
	for (i = 1; i <= width; i++)
		place[field[i]] = i
	nr = split(columns, wanted, " ")
	for (i = 1; i <= nr; i++) {
		optional[i] = sub(/\?$/, "", wanted[i])
		if (i == 2 && split(wanted[i], part, "+") > 1) {
			wanted[i] = part[1]
			second = part[2]
			if (!(second in place))
				fail("missing column " second " in " name)
		}
		if (!(wanted[i] in place))
			fail("missing column " wanted[i] " in " name)
		if (i > 2 && !optional[i])
			required = required " " wanted[i]
	}
	nr_wanted = nr
	if (where == "")
		return
	where_column = substr(where, 1, index(where, "=") - 1)
	nr_texts = split(substr(where, index(where, "=") + 1), part, "|")
	for (i = 1; i <= nr_texts; i++)
		where_number[part[i]] = i
	if (!(where_column in place))
		fail("missing column " where_column " in " name)
	where_place = place[where_column]
}

function read_row(	i, text, out)
{
	if (nr_fields != width)
		fail(name ":" NR ": " nr_fields " fields, the header has " width)
	if (where_place && !(field[where_place] in where_number))
		return
	nr_rows++
	for (i = 1; i <= nr_wanted; i++) {
		text = field[place[wanted[i]]]
		gsub(/\t/, " ", text)
		if (i == 2 && second)
			text = text " " field[place[second]]
		if (i <= 2) {
			out = out (i > 1 ? "\t" : "") text
			continue
		}
		if (text == "" && !optional[i])
			return
		if (text == "")
			text = "NaN"
		else if (text !~ /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/)
			fail(name ":" NR ": " wanted[i] " is not a number: " text)
		else
			has[i]++
		out = out "\t" text
	}
	nr_printed++
	if (nr_texts > 1)
		out = out "\t" where_number[field[where_place]]
	print out
}

{
	sub(/\r$/, "")
	if (!quoted) {
		split("", field)
		nr_fields = 1
	}
	if (take($0))
		next
	if (!width)
		read_header()
	else
		read_row()
}

END {
	if (failed)
		exit 3
	if (quoted)
		fail(name ": a quote is never closed")
	if (!nr_rows)
		fail("no rows " (where ? "with " where " " : "") "in " name)
	if (!nr_printed)
		fail("no row of " name " has a value in each of:" required)
}
