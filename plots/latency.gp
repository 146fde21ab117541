# SPDX-License-Identifier: GPL-2.0-only
#
# Distribution of the latencies of single allocations.
# needs: samples.csv value count metric=alloc_ns
# needs: result.json quantum_ns
#
# A panel is a workload. A curve passes through (x, y) if a share y of the
# allocations, of all repetitions, took at least x ns: rows of samples.csv with
# metric alloc_ns, value weighted with count. Both axes are logarithmic, so
# that tails show: the curve further left is the faster, and each ends at the
# slowest allocation seen. The clock advances by quantum_ns; below five quanta
# (shaded) a single value says more about the clock than about the strategy.
# The cost of reading the clock is already taken off: what is left may be 0, and
# is drawn at the left edge.

resolution_ns = 5 * quantum_ns
fastest_ns = quantum_ns / 2
block(w, s) = samples_block[(w - 1) * nr_strategies + s]
some(w, k) = int(word(samples_have[w], k))
clipped(ns) = ns < fastest_ns ? fastest_ns : ns
# Share of the values that are not below this row's; rows come sorted.
share(row, count, total) = (before = row > 0 ? before + previous : 0, \
	previous = count, (total - before) / total)

array total[nr_strategies]
array rows[nr_strategies]

eval open_image(image_height)
set output image_file
set multiplot

eval head('Latency of single allocations', \
	'share of the allocations that took at least as long; the scales of the panels differ')
plot for [s = 1:nr_strategies] -1 with linespoints linestyle s title strategy[s] noenhanced
eval after_head

set logscale xy 10
set format xy '10^{%L}'
do for [w = 1:nr_workloads] {
	eval panel(w)
	eval panel_names(w, 'latency (ns)', 'share of allocations')
	nr = words(samples_have[w])
	if (nr == 0) {
		eval no_rows
	} else {
		set xrange [*:*]
		set yrange [*:*]
		most = 0
		slowest_ns = resolution_ns
		do for [k = 1:nr] {
			s = some(w, k)
			stats samples_file using 1 index block(w, s) name 'value' nooutput
			stats samples_file using 2 index block(w, s) name 'count' nooutput
			total[s] = count_sum
			rows[s] = count_records
			most = count_sum > most ? count_sum : most
			slowest_ns = value_max > slowest_ns ? value_max : slowest_ns
		}
		set xrange [fastest_ns:slowest_ns * 2]
		set yrange [0.5 / most:1.5]
		set object 1 rectangle from graph 0, graph 0 to resolution_ns, graph 1 \
			behind fillcolor rgb shade_colour fillstyle solid noborder
		set label 1 'below timer resolution' at \
			fastest_ns * (resolution_ns / fastest_ns) ** 0.13, graph 0.04 left rotate by 90 font sized(16)
		plot for [k = 1:nr] samples_file index block(w, some(w, k)) \
				using (clipped($1)):(share($0, $2, total[some(w, k)])) \
				with fsteps linestyle some(w, k) notitle, \
			for [k = 1:nr] samples_file index block(w, some(w, k)) \
				using (clipped($1)):(last_share = share($0, $2, total[some(w, k)]), \
				$0 == rows[some(w, k)] - 1 || \
				int($0) % ceil(rows[some(w, k)] / 5.0) == k - 1 ? last_share : NaN) \
				with points linestyle some(w, k) notitle
		unset object 1
		unset label 1
	}
}
unset multiplot
