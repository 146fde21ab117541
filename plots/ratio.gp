# SPDX-License-Identifier: GPL-2.0-only
#
# How each strategy's time compares with the reference's, and what can be told.
# needs: summary.csv table_ratio table_ratio_low? table_ratio_high? table_p? table_floor? event_ratio? event_ratio_low? event_ratio_high? event_p? event_floor?
#
# A row is a workload, a lane in it a strategy; on the left allocations and
# frees alone, on the right whole events. A point is at the strategy's time by
# that of the reference, in the same process and slice by slice, on a log axis;
# its bar is the interval over processes. The grey band of a lane is the noise
# floor: by so much the reference differs from itself. A point is filled if
# verdict is better or worse: p <= 0.01, beyond 1 % and beyond the floor. Else it
# is open: cannot tell.

block(w, s) = summary_block[(w - 1) * nr_strategies + s]
# gnuplot evaluates a loop that has nothing to do, too.
some(w, k) = k > words(summary_have[w]) ? 1 : int(word(summary_have[w], k))
block_of(w, k) = k > words(summary_have[w]) ? 0 : block(w, some(w, k))
# null's own point is open.
do for [s = 1:nr_strategies] {
	if (strategy[s] eq 'null') { set style line s pointtype 7 }
}
lane = 20.0
band = nr_strategies * lane + 22
at(w, s) = -((w - 1) * band + s * lane)
larger(a, b) = a > b ? a : b
told(ratio, p, floor) = p <= 0.01 && abs(log(ratio)) > larger(log(1.01), log(1 + floor))
# Text, because a number that is missing would take its whole row away; what is
# not to be seen is put outside.
set datafile missing
outside = 1e9
number(c) = strcol(c) eq 'NaN' ? outside : real(strcol(c))
if_told(ratio, p, floor) = told(ratio, p, floor) ? ratio : outside
if_open(ratio, p, floor) = told(ratio, p, floor) ? outside : ratio
floor_of(c) = strcol(c) eq 'NaN' ? 0 : real(strcol(c))

image_height = head_height + nr_workloads * band + 130
eval open_image(image_height)
set output image_file
set multiplot

eval head('Time by the time of the reference, slice by slice', \
	'filled: better or worse; open: cannot tell; bars: interval; grey: noise floor')
plot for [s = 1:nr_strategies] -1 with points linestyle s title strategy[s] noenhanced
eval after_head

label_room = 30
label_width = 0
do for [w = 1:nr_workloads] {
	label_width = strlen(workload[w]) > label_width ? strlen(workload[w]) : label_width
}
label_width = label_width > label_room ? label_room : label_width
first_left = 40 + 0.62 * font_size * label_width
half = (image_width - 40 - first_left) / 2
unset ytics
set logscale x 10
do for [side = 0:1] {
	from = side * 5
	eval margins(first_left + side * half + side * 15, \
		first_left + (side + 1) * half - (1 - side) * 15, \
		head_height + 40, image_height - 75)
	set xrange [*:*]
	set yrange [*:*]
	stats summary_file using (strcol(from + 2) eq "NaN" ? 1 : real(strcol(from + 2))) name 'low' nooutput
	stats summary_file using (strcol(from + 3) eq "NaN" ? 1 : real(strcol(from + 3))) name 'high' nooutput
	left = (low_min > 0.9 ? 0.9 : low_min) / 1.15
	right = (high_max < 1.1 ? 1.1 : high_max) * 1.15
	set xrange [left:right]
	set yrange [-nr_workloads * band:0]
	eval log_xtics(left, right)
	set label 4 side ? 'whole events' : 'allocations and frees' center \
		at graph 0.5, screen 1 - (head_height + 15) / image_height
	set label 5 'time / time of the reference' center \
		at graph 0.5, screen 20 / image_height
	do for [w = 1:nr_workloads] {
		if (side == 0) {
			set label 10 + w wrapped(workload[w], label_room) noenhanced at graph -0.02, \
				first -((w - 0.5) * band) right font sized(17)
		} else {
			unset label 10 + w
		}
		if (w > 1) {
			set arrow 10 + w from graph 0, first -(w - 1) * band \
				to graph 1, first -(w - 1) * band nohead linecolor rgb frame_colour
		}
	}
	set arrow 1 from 1, graph 0 to 1, graph 1 nohead back \
		linecolor rgb reference_colour linewidth 1.5
	plot for [w = 1:nr_workloads] for [k = 1:words(summary_have[w])] \
			summary_file index block_of(w, k) \
			using (1):(at(w, some(w, k))):(1 / (1 + floor_of(from + 5))):(1 + floor_of(from + 5)): \
			(at(w, some(w, k)) - lane / 2):(at(w, some(w, k)) + lane / 2) \
			with boxxyerror linecolor rgb shade_colour fillstyle solid noborder notitle, \
		for [w = 1:nr_workloads] for [k = 1:words(summary_have[w])] \
			summary_file index block_of(w, k) \
			using (number(from + 1)):(at(w, some(w, k))):(number(from + 2)):(number(from + 3)) \
			with xerrorbars linecolor rgb frame_colour linewidth 1.5 pointtype 0 notitle, \
		for [w = 1:nr_workloads] for [k = 1:words(summary_have[w])] \
			summary_file index block_of(w, k) \
			using (if_told(number(from + 1), number(from + 4), number(from + 5))):(at(w, some(w, k))) \
			with points linestyle some(w, k) notitle, \
		for [w = 1:nr_workloads] for [k = 1:words(summary_have[w])] \
			summary_file index block_of(w, k) \
			using (if_open(number(from + 1), number(from + 4), number(from + 5))):(at(w, some(w, k))) \
			with points linecolor rgb word(bar_colour, some(w, k)) \
			pointtype 6 pointsize more_size linewidth 2 notitle
}
unset multiplot
