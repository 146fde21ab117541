# SPDX-License-Identifier: GPL-2.0-only
#
# Memory that each strategy holds in a real kernel, and in the model.
# needs: kernel_points.csv @workload events live_bytes held_model_bytes held_kernel_bytes cpus worst=yes
#
# A panel is a workload; y is held_model_bytes (lines) and held_kernel_bytes
# (points) in KiB, on a log axis whose range is the panel's own; the black line
# is live_bytes. Of each strategy it is the number of cpus at which the two
# differ most (worst).

kib(bytes) = bytes > 0 ? bytes / 1024.0 : 1e-9
positive(bytes) = bytes > 0 ? bytes / 1024.0 : 1e9
block(w, s) = kernel_points_block[(w - 1) * nr_strategies + s]
some(w, k) = int(word(kernel_points_have[w], k))

eval open_image(image_height)
set output image_file
set multiplot

eval head('Memory held: the model, and a real kernel', \
	'lines: the model; points: the kernel; black: live tables; the scales of the panels differ')
plot -1 with lines linecolor rgb reference_colour linewidth 2.5 title 'live tables', \
	for [s = 1:nr_strategies] -1 with linespoints linestyle s title strategy[s] noenhanced
eval after_head

set logscale y 2
set ytics 1, 4
do for [w = 1:nr_workloads] {
	eval panel(w)
	nr = words(kernel_points_have[w])
	if (nr == 0) {
		eval panel_names(w, '', 'held memory (KiB)')
		eval no_rows
	} else {
		set xrange [*:*]
		set yrange [*:*]
		first = block(w, some(w, 1))
		final = block(w, some(w, nr))
		stats kernel_points_file using 1 index first name 'event' nooutput
		stats kernel_points_file using (positive($2)) index first name 'live' nooutput
		stats kernel_points_file using (positive($3)) index first:final name 'low' nooutput
		stats kernel_points_file using (kib($3)) index first:final name 'high' nooutput
		stats kernel_points_file using (kib($4)) index first:final name 'real' nooutput
		event_unit = event_max < 1000 ? 1 : 1000.0
		eval panel_names(w, event_unit > 1 ? 'event (thousands)' : 'event', 'held memory (KiB)')
		last = event_max / event_unit
		bottom = live_min < low_min ? live_min : low_min
		bottom = bottom < 1e9 ? lower_octave(bottom) : 1
		top = high_max > real_max ? high_max : real_max
		top = top > bottom ? upper_octave(top) : 4 * bottom
		set xrange [0:last > 0 ? last : 1]
		set yrange [bottom:top]
		set xtics nice_step(last / 5)
		stride = int(ceil(event_records / 12.0))
		plot for [k = 1:nr] kernel_points_file index block(w, some(w, k)) \
				using ($1 / event_unit):(kib($3)) \
				with steps linestyle some(w, k) notitle, \
			kernel_points_file index first using ($1 / event_unit):(kib($2)) \
				with steps linecolor rgb reference_colour linewidth 2.5 notitle, \
			for [k = 1:nr] kernel_points_file index block(w, some(w, k)) \
				every stride::int(stride * (k - 0.5) / nr) \
				using ($1 / event_unit):(kib($4)) \
				with points linestyle some(w, k) notitle
	}
}
unset multiplot
