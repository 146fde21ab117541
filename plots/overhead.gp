# SPDX-License-Identifier: GPL-2.0-only
#
# How many times the memory that its tables need a strategy takes at its peak.
# needs: summary.csv overhead_ratio_peak
#
# A row is a workload, a lane in it a strategy. A point is at
# overhead_ratio_peak, that is held_bytes_peak / live_bytes_peak, on a log
# axis; the number beside it is the same value. The black line at 1 is a
# strategy that holds not a byte more than its tables need.

block(w, s) = summary_block[(w - 1) * nr_strategies + s]
# gnuplot evaluates a loop that has nothing to do, too.
some(w, k) = k > words(summary_have[w]) ? 1 : int(word(summary_have[w], k))
block_of(w, k) = k > words(summary_have[w]) ? 0 : block(w, some(w, k))
lane = 26.0
band = nr_strategies * lane + 22
at(w, s) = -((w - 1) * band + s * lane)
ratio_text(x) = sprintf(x < 9.995 ? '%.2f' : x < 99.95 ? '%.1f' : '%.0f', x)

image_height = head_height + nr_workloads * band + 110
eval open_image(image_height)
set output image_file
set multiplot

eval head('Peak memory overhead', \
	'in each row from the top, strategies in the order of the legend; black: no overhead')
plot for [s = 1:nr_strategies] -1 with points linestyle s title strategy[s] noenhanced
eval after_head

label_room = 34
label_width = 0
do for [w = 1:nr_workloads] {
	label_width = strlen(workload[w]) > label_width ? strlen(workload[w]) : label_width
}
label_width = label_width > label_room ? label_room : label_width
eval margins(40 + 0.62 * font_size * label_width, image_width - 40, \
	head_height + 10, image_height - 85)
stats summary_file using 1 name 'ratio' nooutput
set logscale x 10
left = ratio_min < 1 ? ratio_min / 1.5 : 0.85
right = (ratio_max < 2 ? 2 : ratio_max) * 1.8
set xrange [left:right]
eval log_xtics(left, right)
set yrange [-nr_workloads * band:0]
set label 4 'peak held memory / peak live tables' center \
	at graph 0.5, screen 25 / image_height
unset ytics
do for [w = 1:nr_workloads] {
	set label 10 + w wrapped(workload[w], label_room) noenhanced at graph -0.008, \
		first -((w - 0.5) * band) right
	if (w > 1) {
		set arrow 10 + w from graph 0, first -(w - 1) * band \
			to graph 1, first -(w - 1) * band nohead linecolor rgb frame_colour
	}
}
set arrow 1 from 1, graph 0 to 1, graph 1 nohead back \
	linecolor rgb reference_colour linewidth 1.5
plot for [w = 1:nr_workloads] for [k = 1:words(summary_have[w])] \
		summary_file index block_of(w, k) \
		using (1):(at(w, some(w, k))):($1 - 1):(0) \
		with vectors nohead linecolor rgb grid_colour linewidth 3 notitle, \
	for [w = 1:nr_workloads] for [k = 1:words(summary_have[w])] \
		summary_file index block_of(w, k) using 1:(at(w, some(w, k))) \
		with points linestyle some(w, k) notitle, \
	for [w = 1:nr_workloads] for [k = 1:words(summary_have[w])] \
		summary_file index block_of(w, k) \
		using 1:(at(w, some(w, k))):(ratio_text($1)) \
		with labels left offset 1.2, 0 font sized(16) notitle
unset multiplot
