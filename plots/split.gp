# SPDX-License-Identifier: GPL-2.0-only
#
# Where the time of single events goes: by phase, and by class of event.
# needs: summary.csv map_new_ns_mean map_new_walk_ns_mean map_new_alloc_ns_mean map_new_zero_ns_mean map_new_install_ns_mean map_new_fill_ns_mean
# needs: samples.csv value count metric=map_existing_ns|map_new_ns|map_over_ns|unmap_existing_ns|unmap_free_ns|unmap_split_ns
# needs: result.json quantum_ns
#
# A row of panels is a workload. On the left a bar is a strategy: the mean time
# of a map event that takes a table, by phase, as the pass with the probe finds
# it. The black mark is map_new_ns_mean, the same events without probe: its
# distance from the end of the bar is what the probe costs, and what the machine
# did meanwhile. On the right the distribution of whole events without probe,
# rows of samples.csv weighted with count, by class of event and in it by
# strategy in the order of the legend: a line from the 1st to the 99th
# percentile, where the strategy's mark is, a box from the 25th to the 75th, black
# at the median; with fewer than 100 events the mark alone, at the median. Below
# five steps of the clock (shaded) a single time says more about the clock than
# about the event.

phases = 'walk allocate zero install fill'
nr_phases = words(phases)
phase_colour = '#56B4E9 #D55E00 #F0E442 #009E73 #0072B2'
# So that neighbours can be told apart without colour, too.
phase_pattern = '3 2 3 5 3'
nr_classes = 6
class_text(c) = c == 1 ? "map,\nold table" : c == 2 ? "map,\nnew table" : \
	c == 3 ? "map over\na table" : c == 4 ? "unmap,\nno table" : \
	c == 5 ? "unmap,\nfrees table" : "unmap,\nsplits"

array bar_ns[nr_strategies * nr_workloads * nr_phases]
array whole_ns[nr_strategies * nr_workloads]
cell(w, s) = (w - 1) * nr_strategies + s

# A table has its rows in the order of its blocks: one each in summary.csv.
array cell_of[nr_strategies * nr_workloads + 1]
nr_blocks = 0
do for [w = 1:nr_workloads] {
	do for [k = 1:words(summary_have[w])] {
		nr_blocks = nr_blocks + 1
		cell_of[nr_blocks] = cell(w, int(word(summary_have[w], k)))
	}
}
keep(row, whole, a, b, c, d, e) = (at = cell_of[row], whole_ns[at] = whole, \
	bar_ns[at * nr_phases - 4] = a, bar_ns[at * nr_phases - 3] = b, \
	bar_ns[at * nr_phases - 2] = c, bar_ns[at * nr_phases - 1] = d, \
	bar_ns[at * nr_phases] = e, whole)
stats summary_file using (keep(int(column(-2)) + 1, $1, $2, $3, $4, $5, $6)) \
	name 'kept' nooutput

# Percentiles of each workload, strategy and class, in two walks of the table.
array share_of[5]
do for [q = 1:5] { share_of[q] = real(word('0.01 0.25 0.5 0.75 0.99', q)) }
nr_series = nr_strategies * nr_workloads * nr_classes
array total[nr_series]
array seen[nr_series]
array quantile[nr_series * 5]
do for [i = 1:nr_series] {
	total[i] = 0
	seen[i] = 0
}
nr_blocks = 0
do for [w = 1:nr_workloads] {
	do for [k = 1:words(samples_have[w])] {
		nr_blocks = nr_blocks + 1
		cell_of[nr_blocks] = cell(w, int(word(samples_have[w], k)))
	}
}
series(at, c) = (at - 1) * nr_classes + c
count_row(i, nr) = (total[i] = total[i] + nr, 1)
pass_by(i, q, ns, nr) = (seen[i] < share_of[q] * total[i] && \
	seen[i] + nr >= share_of[q] * total[i]) ? (quantile[i * 5 - 5 + q] = ns) : 0
rank_row(i, ns, nr) = (pass_by(i, 1, ns, nr), pass_by(i, 2, ns, nr), \
	pass_by(i, 3, ns, nr), pass_by(i, 4, ns, nr), pass_by(i, 5, ns, nr), \
	seen[i] = seen[i] + nr, 1)
stats samples_file using (count_row(series(cell_of[int(column(-2)) + 1], int($3)), $2)) \
	name 'counted' nooutput
stats samples_file using (rank_row(series(cell_of[int(column(-2)) + 1], int($3)), $1, $2)) \
	name 'ranked' nooutput
resolution_ns = 5 * quantum_ns
fastest_ns = quantum_ns / 2
clipped(ns) = ns < fastest_ns ? fastest_ns : ns

# Rows of two panels.
nr_columns = 1
nr_rows = nr_workloads
lane = 10.0
group_gap = 12.0
array classes_of[nr_workloads]
most_classes = 1
do for [w = 1:nr_workloads] {
	classes_of[w] = ''
	do for [c = 1:nr_classes] {
		nr = 0
		do for [s = 1:nr_strategies] { nr = nr + total[series(cell(w, s), c)] }
		if (nr > 0) { classes_of[w] = classes_of[w] . sprintf(' %d', c) }
	}
	most_classes = words(classes_of[w]) > most_classes ? words(classes_of[w]) : most_classes
}
group = nr_strategies * lane + group_gap
panel_height = 130.0 + (most_classes * group > 220 ? most_classes * group : 220)
legend_columns = legend_columns > nr_strategies ? nr_strategies : legend_columns
head_height = 100.0 + 30 * ((nr_strategies + legend_columns - 1) / legend_columns + 2)
image_height = head_height + panel_height * nr_rows
split_at = 790.0
name_width = 40 + 0.6 * font_size * (longest < 40 ? longest : 40)
title_of(w) = sprintf("set label 3 workload[%d] noenhanced at screen 0.5, screen %f center font '%s';", \
	w, panel_y(w, 22), sized(22))
axis_text(id, text, middle, w) = sprintf("set label %d '%s' at screen %f, screen %f center;", \
	id, text, middle / image_width, panel_y(w, panel_height - 20))
panel_margins(w, left, right) = margins(left, right, \
	head_height + panel_row(w) * panel_height + 45, \
	head_height + (panel_row(w) + 1) * panel_height - 75)

eval open_image(image_height)
set output image_file
set multiplot

eval head('Where the time of an event goes', \
	'left: a map that takes a table, mean by phase; ' . \
	'right: each class of event, median, quartiles, 1st to 99th percentile')
plot for [s = 1:nr_strategies] -1 with linespoints linestyle s title strategy[s] noenhanced
unset label
set key at screen 0.5, screen 1 - (head_height - 60) / image_height center top \
	horizontal maxrows 2 Left reverse samplen 3 width 1.5 font normal_font
plot for [p = 1:nr_phases] -1 with boxes fillstyle pattern int(word(phase_pattern, p)) \
		linecolor rgb word(phase_colour, p) title word(phases, p), \
	-1 with points pointtype 13 pointsize 1.6 linecolor rgb reference_colour \
		title 'without the probe', \
	-1 with boxes fillstyle solid linecolor rgb shade_colour title 'below timer resolution'
eval after_head

do for [w = 1:nr_workloads] {
	# Left: bars by phase.
	eval panel_margins(w, name_width, split_at)
	eval title_of(w)
	eval axis_text(4, 'mean time of a map that takes a table (ns)', \
		(name_width + split_at) / 2, w)
	set yrange [nr_strategies + 0.6:0.4]
	unset logscale x
	set format x '%g'
	unset ytics
	if (words(summary_have[w]) == 0) {
		set label 1 'not measured' at graph 0.5, graph 0.5 center
		set xrange [0:1]
		set xtics ('' 0)
	} else {
		longest_ns = 1
		do for [k = 1:words(summary_have[w])] {
			s = int(word(summary_have[w], k))
			sum_ns = 0
			do for [p = 1:nr_phases] {
				from_ns = sum_ns
				sum_ns = sum_ns + bar_ns[(cell(w, s) - 1) * nr_phases + p]
				set object 100 + s * nr_phases + p rectangle \
					from first from_ns, first s - 0.36 to first sum_ns, first s + 0.36 \
					fillcolor rgb word(phase_colour, p) \
					fillstyle pattern int(word(phase_pattern, p)) \
					border linecolor rgb frame_colour linewidth 0.7
			}
			set label 200 + s '' at first whole_ns[cell(w, s)], first s \
				point pointtype 13 pointsize 1.6 linecolor rgb reference_colour front
			longest_ns = sum_ns > longest_ns ? sum_ns : longest_ns
			longest_ns = whole_ns[cell(w, s)] > longest_ns ? whole_ns[cell(w, s)] : longest_ns
		}
		set xrange [0:longest_ns * 1.05]
		set xtics nomirror nice_step(longest_ns / 5)
	}
	do for [s = 1:nr_strategies] {
		set label 300 + s strategy[s] noenhanced at graph -0.015, first s right
	}
	plot 1e9 notitle
	unset object
	unset label

	# Right: distributions by class.
	eval panel_margins(w, split_at + 170, image_width - 30)
	eval axis_text(4, 'time of an event (ns)', (split_at + image_width + 140) / 2, w)
	nr = words(classes_of[w])
	set yrange [(nr > 0 ? nr : 1) * group:0]
	slowest_ns = resolution_ns
	do for [k = 1:nr] {
		c = int(word(classes_of[w], k))
		top_of = (k - 1) * group + group_gap / 2
		set label 500 + k class_text(c) at graph -0.02, first (k - 0.5) * group \
			right offset 0, 0.5
		if (k > 1) {
			set arrow 500 + k from graph 0, first (k - 1) * group \
				to graph 1, first (k - 1) * group nohead linecolor rgb frame_colour
		}
		do for [s = 1:nr_strategies] {
			i = series(cell(w, s), c)
			y = top_of + (s - 0.5) * lane
			if (total[i] > 0) {
				id = 1000 + k * 100 + s
				if (total[i] >= 100) {
					set arrow id from first clipped(quantile[i * 5 - 4]), first y \
						to first clipped(quantile[i * 5]), first y nohead \
						linecolor rgb word(bar_colour, s) linewidth 2
					set object id rectangle \
						from first clipped(quantile[i * 5 - 3]), first y - lane * 0.38 \
						to first clipped(quantile[i * 5 - 1]), first y + lane * 0.38 \
						fillcolor rgb word(bar_colour, s) fillstyle solid noborder
					slowest_ns = quantile[i * 5] > slowest_ns ? quantile[i * 5] : slowest_ns
				}
				slowest_ns = quantile[i * 5 - 2] > slowest_ns ? quantile[i * 5 - 2] : slowest_ns
				if (total[i] >= 100) {
					set arrow id + 5000 from first clipped(quantile[i * 5 - 2]), first y - lane * 0.38 \
						to first clipped(quantile[i * 5 - 2]), first y + lane * 0.38 nohead front \
						linecolor rgb reference_colour linewidth 2.5
				}
				set label id '' at first clipped(quantile[i * 5 - (total[i] >= 100 ? 0 : 2)]), first y \
					point linestyle s pointsize 0.8 front
			}
		}
	}
	if (nr == 0) { set label 1 'not measured' at graph 0.5, graph 0.5 center }
	set object 1 rectangle from graph 0, graph 0 to first resolution_ns, graph 1 \
		behind fillcolor rgb shade_colour fillstyle solid noborder
	set logscale x 10
	set xrange [fastest_ns:slowest_ns * 1.5]
	set xtics nomirror autofreq
	set format x '10^{%L}'
	plot 1e9 notitle
	unset object
	unset label
	unset arrow
}
unset multiplot
