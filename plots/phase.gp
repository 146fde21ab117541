# SPDX-License-Identifier: GPL-2.0-only
#
# Who holds least, over live tables, CPUs and churn.
# needs: phase.csv @churn+cpus tables held_bytes best
#
# A panel is a pattern of churn and a number of CPUs; x is tables on a log
# axis, y held_bytes for each table in KiB, cut off at the top: 1 means that
# nothing is wasted. Below the lines a row a strategy, with a mark where best
# says that it holds least; marks below each other are ties.

top = 32.0
row_height = 1.26
bottom = 0.8 / row_height ** nr_strategies
row(s) = 0.8 / row_height ** (s - 0.4)
block(w, s) = phase_block[(w - 1) * nr_strategies + s]
some(w, k) = int(word(phase_have[w], k))
# Outside of the panel where it does not.
won(s, best) = best > 0 ? row(s) : 1e-9

# Patterns go down, CPUs across.
pattern(w) = word(workload[w], 1)
nr_columns = 0
do for [w = 1:nr_workloads] {
	if (pattern(w) eq pattern(1)) { nr_columns = w }
}
nr_rows = (nr_workloads + nr_columns - 1) / nr_columns
panel_height = 335.0
image_height = head_height + panel_height * nr_rows + 40

churn_name(text) = text[1:6] eq 'shrink' ? 'shrunk from ' . text[7:*] . ' times' : \
	text[1:5] eq 'group' ? 'a group of ' . text[6:*] . ' stays' : \
	text[1:3] eq 'pin' ? '1 of ' . text[4:*] . ' stays' : \
	text eq '0' ? 'none replaced' : 'replaced ' . text . ' times'
cpus_name(text) = text eq '1' ? '1 CPU' : text . ' CPUs'
do for [w = 1:nr_workloads] {
	workload[w] = cpus_name(word(workload[w], 2)) . ', ' . churn_name(pattern(w))
}

eval open_image(image_height)
set output image_file
set multiplot

eval head('Who holds least: live tables, CPUs and churn', \
	'lines: memory held for each live table; marks below: holds least, several are a tie')
plot for [s = 1:nr_strategies] -1 with linespoints linestyle s title strategy[s] noenhanced
eval after_head

set logscale x 2
set logscale y 2
set xrange [0.84:4870]
set yrange [bottom:top]
set xtics (1, 4, 16, 64, 256, '1Ki' 1024, '4Ki' 4096)
set ytics (1, 2, 4, 8, 16, 32)
do for [w = 1:nr_workloads] {
	left = panel_left(w) + 55
	right = panel_left(w) + (image_width - axis_name) / nr_columns - 12
	eval margins(left, right, \
		head_height + panel_row(w) * panel_height + 45, \
		head_height + (panel_row(w) + 1) * panel_height - 40)
	eval panel_names(w, panel_row(w) == nr_rows - 1 ? 'live tables' : '', \
		'KiB held for a table')
	middle = (left + right) / 2 / image_width
	set label 3 at screen middle, screen panel_y(w, 22)
	set label 4 at screen middle, screen panel_y(w, panel_height + 15)
	set object 1 rectangle from graph 0, first bottom to graph 1, first 0.82 \
		fillcolor rgb shade_colour fillstyle solid noborder behind
	nr = words(phase_have[w])
	plot for [k = 1:nr] phase_file index block(w, some(w, k)) \
			using 1:($2 / 1024.0 / $1) with lines linestyle some(w, k) notitle, \
		for [k = 1:nr] phase_file index block(w, some(w, k)) \
			every 4::int(4.0 * (k - 1) / nr) using 1:($2 / 1024.0 / $1) \
			with points linestyle some(w, k) notitle, \
		for [k = 1:nr] phase_file index block(w, some(w, k)) \
			using 1:(won(some(w, k), $3)) \
			with points linestyle some(w, k) pointsize 0.9 notitle
}
unset multiplot
