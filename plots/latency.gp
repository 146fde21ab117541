# SPDX-License-Identifier: GPL-2.0-only
#
# Distribution of the latencies of single allocations.
# needs: samples.csv value count metric=alloc_ns
# needs: result.json quantum_ns
#
# A panel is a workload. A curve passes through (x, y) if a share y of the
# allocations, of all repetitions, took at least x ns: rows of samples.csv with
# metric alloc_ns, value weighted with count. Both axes are logarithmic, so
# that tails show: the curve further left is the faster. A mark is a percentile
# (nearest rank), where there are values enough for it, and at the curve's end
# the slowest allocation seen. The clock advances by quantum_ns; below five
# quanta (shaded) a single value says more about the clock than about the
# strategy, and summary.csv has no percentile: marks there are grey
# circles. The cost of reading the clock is already taken off: what is left may
# be 0, and is drawn at the left edge.

resolution_ns = 5 * quantum_ns
fastest_ns = quantum_ns / 2
block(w, s) = samples_block[(w - 1) * nr_strategies + s]
some(w, k) = int(word(samples_have[w], k))
clipped(ns) = ns < fastest_ns ? fastest_ns : ns
# Share of the values that are not below this row's; rows come sorted.
share(row, count, total) = (before = row > 0 ? before + previous : 0, \
	previous = count, (total - before) / total)

array percentile = [0.5, 0.9, 0.99, 0.999, 1]
nr_percentiles = |percentile|
array quantile[nr_strategies * nr_percentiles]
hidden_style = nr_strategies + 1
set style line hidden_style linecolor rgb '#808080' linewidth 1.5 pointtype 6 pointsize more_size
# Notes the percentiles of s that are in this row.
note(s, row, ns, count) = (seen = row > 0 ? seen + last_count : 0, last_count = count, \
	sum [q = 1:nr_percentiles] (seen < percentile[q] * total[s] - 1e-6 && \
	seen + count >= percentile[q] * total[s] - 1e-6 ? \
	(quantile[(s - 1) * nr_percentiles + q] = ns, 1) : 0))
# With fewer values it would be the largest.
enough(s, q) = percentile[q] == 1 || total[s] * (1 - percentile[q]) > 1 - 1e-6
# Where the curve passes p, and where it ends.
mark_y(s, q) = percentile[q] == 1 ? last_count / total[s] : 1 - percentile[q]

array total[nr_strategies]
array rows[nr_strategies]

eval open_image(image_height)
set output image_file
set multiplot

eval head('Latency of single allocations', \
	'marks: p50, p90, p99, p99.9 and the slowest seen; grey circles where the clock cannot tell; scales of the panels differ')
plot for [s = 1:nr_strategies] -1 with linespoints linestyle s title strategy[s] noenhanced
eval after_head

set logscale xy 10
set format x '10^{%L}'
set ytics ('all' 1, 'p50' 0.5, 'p90' 0.1, 'p99' 0.01, 'p99.9' 0.001, 'p99.99' 1e-4, 'p99.999' 1e-5, \
	'p99.9999' 1e-6)
do for [w = 1:nr_workloads] {
	eval panel(w)
	eval panel_names(w, 'latency (ns)', 'percentile of allocations')
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
		do for [k = 1:nr] {
			s = some(w, k)
			stats samples_file using (note(s, $0, $1, $2)) index block(w, s) name 'noted' nooutput
			do for [q = 1:nr_percentiles] {
				if (enough(s, q)) {
					ns = quantile[(s - 1) * nr_percentiles + q]
					style = ns < resolution_ns ? hidden_style : s
					set label 10 + s * nr_percentiles + q '' at clipped(ns), mark_y(s, q) \
						point linestyle style front
				}
			}
		}
		plot for [k = 1:nr] samples_file index block(w, some(w, k)) \
			using (clipped($1)):(share($0, $2, total[some(w, k)])) \
			with fsteps linestyle some(w, k) notitle
		do for [id = 11:10 + (nr_strategies + 1) * nr_percentiles] {
			unset label id
		}
		unset object 1
		unset label 1
	}
}
unset multiplot
