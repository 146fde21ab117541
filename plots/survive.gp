# SPDX-License-Identifier: GPL-2.0-only
#
# The smallest ZONE_DMA32 in which each strategy serves a trace.
# needs: survive.csv @workload+frag zone_bytes? failed_event
#
# A panel is a trace, a group of bars a state of the memory, a bar a strategy;
# y is zone_bytes in KiB on a log axis. A cross stands where no size
# will do: failed_event is then that of the largest one tried.

nr_scenes = nr_workloads
trace_name(w) = word(workload[w], 1)
state_name(w) = word(workload[w], 2)
array scene[nr_scenes]
array scene_panel[nr_scenes]
array panel_trace[nr_scenes]
array place[nr_scenes]
nr_workloads = 0
nr_states = 0
do for [w = 1:nr_scenes] {
	scene[w] = state_name(w)
	if (w == 1 || trace_name(w) ne panel_trace[nr_workloads]) {
		nr_workloads = nr_workloads + 1
		panel_trace[nr_workloads] = trace_name(w)
		within = 0
	}
	within = within + 1
	place[w] = within
	scene_panel[w] = nr_workloads
	nr_states = within > nr_states ? within : nr_states
}
do for [p = 1:nr_workloads] { workload[p] = panel_trace[p] }
nr_columns = nr_workloads < 2 ? 1 : 2
nr_rows = (nr_workloads + nr_columns - 1) / nr_columns
panel_height = 560.0
image_height = head_height + panel_height * nr_rows

bar = 0.84 / nr_strategies
x_of(w, s) = place[w] + bar * (s - 0.5 - nr_strategies / 2.0)
# Text, because a number that is missing would take its whole row away.
set datafile missing
bytes(text) = text eq 'NaN' ? 0 : real(text)
height(text) = bytes(text) > 0 ? bytes(text) / 1024 : bottom / 2
cross(text) = bytes(text) > 0 ? bottom / 2 : bottom * 1.15
block(w, s) = survive_block[(w - 1) * nr_strategies + s]

stats survive_file using (bytes(strcol(1)) > 0 ? bytes(strcol(1)) / 1024 : NaN) name 'kib' nooutput
bottom = lower_octave(kib_min)
top = 2 * upper_octave(kib_max)

eval open_image(image_height)
set output image_file
set multiplot

eval head('The smallest DMA32 zone that will do', \
	'by trace and state of the memory once the domains are made; a cross: no size will do')
set style fill solid
plot for [s = 1:nr_strategies] -1 with boxes linecolor rgb word(bar_colour, s) \
	title strategy[s] noenhanced
eval after_head

set logscale y 2
do for [p = 1:nr_workloads] {
	eval panel(p)
	eval panel_names(p, 'state of the memory (--frag)', 'size of the DMA32 zone (KiB)')
	set xrange [0.4:nr_states + 0.6]
	set yrange [bottom:top]
	set xtics ('' 0)
	do for [w = 1:nr_scenes] {
		if (scene_panel[w] == p) { set xtics add (scene[w] place[w]) }
	}
	set ytics 1, 4
	set grid noxtics
	set boxwidth bar * 0.9 absolute
	plot for [w = 1:nr_scenes] for [k = 1:scene_panel[w] == p ? words(survive_have[w]) : 0] \
			survive_file index block(w, int(word(survive_have[w], k))) \
			using (x_of(w, int(word(survive_have[w], k)))):(height(strcol(1))) \
			with boxes linecolor rgb word(bar_colour, int(word(survive_have[w], k))) notitle, \
		for [w = 1:nr_scenes] for [k = 1:scene_panel[w] == p ? words(survive_have[w]) : 0] \
			survive_file index block(w, int(word(survive_have[w], k))) \
			using (x_of(w, int(word(survive_have[w], k)))):(cross(strcol(1))) \
			with points pointtype 2 pointsize 1.6 linewidth 2.5 \
			linecolor rgb word(bar_colour, int(word(survive_have[w], k))) notitle
}
unset multiplot
