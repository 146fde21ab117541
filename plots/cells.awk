# SPDX-License-Identifier: GPL-2.0-only
#
# Sorts the rows of a table, as table.awk prints it, into cells.
# First file: strategy and workload of each cell, from summary.csv. Numbers
# of strategies and workloads go by first appearance there, in all figures.
# Second file: the table. Prints, to be sorted and cut,
#	cell number, first number of the row, the numbers of the row
# and writes to the file setup, for gnuplot, with NAME for the table's name:
#	nr_strategies, strategy[], nr_workloads, workload[]
#	NAME_block[(w-1)*nr_strategies+s]: the cell's index in the sorted table
#	NAME_have[w]: strategies that have rows, as "1 2 5"
# A cell of the table that the roster lacks is an error.

function quoted(text)
{
	gsub(/'/, "''", text)
	return "'" text "'"
}

BEGIN {
	FS = "\t"
}

NR == FNR {
	if (!($1 in strategy)) {
		strategy[$1] = ++nr_strategies
		strategy_name[nr_strategies] = $1
	}
	if (!($2 in workload)) {
		workload[$2] = ++nr_workloads
		workload_name[nr_workloads] = $2
	}
	known[$1 FS $2] = 1
	next
}

{
	if (!(($1 FS $2) in known)) {
		print "summary.csv has no row for " $1 " on " $2 > "/dev/stderr"
		failed = 1
		exit 3
	}
	cell = (workload[$2] - 1) * nr_strategies + strategy[$1]
	rows[cell]++
	line = sprintf("%d\t%.6f", cell, $3)
	for (i = 3; i <= NF; i++)
		line = line "\t" $i
	print line
}

END {
	if (failed)
		exit 3
	print "nr_strategies = " nr_strategies > setup
	print "nr_workloads = " nr_workloads > setup
	print "array strategy[nr_strategies]" > setup
	print "array workload[nr_workloads]" > setup
	print "array " name "_block[nr_strategies * nr_workloads]" > setup
	print "array " name "_have[nr_workloads]" > setup
	for (s = 1; s <= nr_strategies; s++)
		print "strategy[" s "] = " quoted(strategy_name[s]) > setup
	block = 0
	for (w = 1; w <= nr_workloads; w++) {
		have = ""
		for (s = 1; s <= nr_strategies; s++) {
			cell = (w - 1) * nr_strategies + s
			if (!(cell in rows))
				continue
			have = have (have == "" ? "" : " ") s
			print name "_block[" cell "] = " block++ > setup
		}
		print "workload[" w "] = " quoted(workload_name[w]) > setup
		print name "_have[" w "] = '" have "'" > setup
	}
}
