# SPDX-License-Identifier: GPL-2.0-only
#
# Memory that each strategy holds while a trace goes by.
# needs: timeline.csv event trace_s live_bytes held_bytes
#
# A panel is a workload; y is held_bytes in KiB, on a log axis whose range is
# the panel's own. The black line is live_bytes, what the linked tables need:
# the distance of a coloured line from it is the overhead, and on a log axis
# equal distances are equal ratios. Points only help to tell lines apart. x is
# trace_s, or event where time only counts events (as in generated traces).

# Nothing held is below any log axis.
kib(bytes) = bytes > 0 ? bytes / 1024.0 : 1e-9
positive(bytes) = bytes > 0 ? bytes / 1024.0 : 1e9
# A step is drawn where the value changes: dashes start afresh at each point.
changed(row, bytes) = row > 0 && row < clock_records - 1 && bytes == kept ? NaN : \
	(kept = bytes, kib(bytes))
block(w, s) = timeline_block[(w - 1) * nr_strategies + s]
some(w, k) = int(word(timeline_have[w], k))

eval open_image(image_height)
set output image_file
set multiplot

eval head('Memory held over the trace', \
	'one panel per workload; black: live tables; the scales of the panels differ')
plot -1 with lines linecolor rgb reference_colour linewidth 2.5 title 'live tables', \
	for [s = 1:nr_strategies] -1 with linespoints linestyle s title strategy[s] noenhanced
eval after_head

set logscale y 2
set ytics 1, 4
do for [w = 1:nr_workloads] {
	eval panel(w)
	nr = words(timeline_have[w])
	if (nr == 0) {
		eval panel_names(w, '', 'held memory (KiB)')
		eval no_rows
	} else {
		set xrange [*:*]
		set yrange [*:*]
		first = block(w, some(w, 1))
		final = block(w, some(w, nr))
		stats timeline_file using 1 index first name 'event' nooutput
		stats timeline_file using 2 index first name 'clock' nooutput
		# Of what all happens at once, time says nothing.
		timed = clock_max - clock_min >= 0.001
		if (timed && clock_records > 2) {
			stats timeline_file using 1:2 index first name 'both' nooutput
			timed = both_correlation < 0.9999999
		}
		event_unit = event_max < 1000 ? 1 : 1000.0
		eval panel_names(w, timed ? 'time in the trace (s)' : \
			event_unit > 1 ? 'event (thousands)' : 'event', 'held memory (KiB)')
		last = timed ? clock_max : event_max / event_unit
		stats timeline_file using (positive($3)) index first name 'live' nooutput
		stats timeline_file using (positive($4)) index first:final name 'low' nooutput
		stats timeline_file using (kib($4)) index first:final name 'high' nooutput
		bottom = live_min < low_min ? live_min : low_min
		bottom = bottom < 1e9 ? lower_octave(bottom) : 1
		top = high_max > bottom ? upper_octave(high_max) : 4 * bottom
		set xrange [0:last > 0 ? last : 1]
		set yrange [bottom:top]
		set xtics nice_step(last / 5)
		stride = int(ceil(clock_records / 5.0))
		plot for [k = 1:nr] timeline_file index block(w, some(w, k)) \
				using (timed ? $2 : $1 / event_unit):(changed($0, $4)) \
				with steps linestyle some(w, k) notitle, \
			for [k = 1:nr] timeline_file index block(w, some(w, k)) \
				every stride::int(stride * (k - 0.5) / nr) \
				using (timed ? $2 : $1 / event_unit):(kib($4)) \
				with points linestyle some(w, k) notitle, \
			timeline_file index first using (timed ? $2 : $1 / event_unit):(changed($0, $3)) \
				with steps linecolor rgb reference_colour linewidth 2.5 notitle
	}
}
unset multiplot
