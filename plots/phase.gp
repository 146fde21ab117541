# SPDX-License-Identifier: GPL-2.0-only
#
# Who holds least, over live tables, CPUs and churn.
# needs: phase.csv @churn+cpus tables held_bytes best
#
# A panel is a pattern of churn and a number of CPUs; x is tables on a log
# axis, y held_bytes for each table in KiB, cut off at the top: 1 means that
# nothing is wasted. Below the lines a row a strategy, with a mark where best
# says that it holds least; marks below each other are ties. Below that the same
# among the ways that were discussed in 2018.

top = 32.0
discussed = 'slab_dma32 genalloc page_frag page'
is_discussed(s) = strstrt(' ' . discussed . ' ', ' ' . strategy[s] . ' ') > 0
array place[nr_strategies]
nr_discussed = 0
do for [s = 1:nr_strategies] {
	nr_discussed = nr_discussed + is_discussed(s)
	place[s] = nr_discussed
}
# Rows count from the top of the first strip; a gap of one is between strips.
row_height = 1.25
row(r) = 0.8 / row_height ** (r - 0.4)
strip_end(r) = 0.8 / row_height ** (r + 0.3)
second(s) = nr_strategies + 1.2 + place[s]
bottom = strip_end(nr_strategies + (nr_discussed > 0 ? 1.2 + nr_discussed : 0))
block(w, s) = phase_block[(w - 1) * nr_strategies + s]
some(w, k) = int(word(phase_have[w], k))
# Outside of the panel where it does not.
won(s, best) = best > 0 ? row(s) : 1e-9
won_there(s, x, held) = is_discussed(s) && held <= least[int(x)] ? row(second(s)) : 1e-9

# The least that those discussed hold, by tables, in the panel being drawn.
# stats only serves to look at each row; it wants values in range.
array least[16384]
lower(s, x, held) = is_discussed(s) && held < least[int(x)] ? \
	(least[int(x)] = held, 1) : 1
find_least = "do for [k = 1:words(phase_have[w])] { " . \
	"stats phase_file index block(w, some(w, k)) using (least[int($1)] = 1e300, 1) nooutput };" . \
	"do for [k = 1:words(phase_have[w])] { " . \
	"stats phase_file index block(w, some(w, k)) using (lower(some(w, k), $1, $2)) nooutput }"

# Patterns go down, CPUs across.
pattern(w) = word(workload[w], 1)
nr_columns = 0
do for [w = 1:nr_workloads] {
	if (pattern(w) eq pattern(1)) { nr_columns = w }
}
nr_rows = (nr_workloads + nr_columns - 1) / nr_columns
panel_height = 375.0
image_height = head_height + panel_height * nr_rows + 40

churn_name(text) = text[1:6] eq 'shrink' ? 'shrunk from ' . text[7:*] . ' times' : \
	text[1:5] eq 'group' ? 'a group of ' . text[6:*] . ' stays' : \
	text[1:3] eq 'pin' ? '1 of ' . text[4:*] . ' stays' : \
	text eq '0' ? 'none replaced' : text eq '1' ? 'replaced once' : 'replaced ' . text . ' times'
cpus_name(text) = text eq '1' ? '1 CPU' : text . ' CPUs'
do for [w = 1:nr_workloads] {
	workload[w] = cpus_name(word(workload[w], 2)) . ', ' . churn_name(pattern(w))
}

eval open_image(image_height)
set output image_file
set multiplot

eval head('Who holds least: live tables, CPUs and churn', \
	'lines: memory held for each live table; marks: holds least, of all above, of those discussed in 2018 below')
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
	set object 1 rectangle from graph 0, first strip_end(nr_strategies) \
		to graph 1, first 0.82 \
		fillcolor rgb shade_colour fillstyle solid noborder behind
	if (nr_discussed > 0) {
		set object 2 rectangle from graph 0, first bottom \
			to graph 1, first strip_end(nr_strategies + 0.9) \
			fillcolor rgb shade_colour fillstyle solid noborder behind
		eval find_least
	}
	nr = words(phase_have[w])
	plot for [k = 1:nr] phase_file index block(w, some(w, k)) \
			using 1:($2 / 1024.0 / $1) with lines linestyle some(w, k) notitle, \
		for [k = 1:nr] phase_file index block(w, some(w, k)) \
			every 4::int(4.0 * (k - 1) / nr) using 1:($2 / 1024.0 / $1) \
			with points linestyle some(w, k) notitle, \
		for [k = 1:nr] phase_file index block(w, some(w, k)) \
			using 1:(won(some(w, k), $3)) \
			with points linestyle some(w, k) pointsize 0.8 notitle, \
		for [k = 1:nr] phase_file index block(w, some(w, k)) \
			using 1:(won_there(some(w, k), $1, $2)) \
			with points linestyle some(w, k) pointsize 0.8 notitle
}
unset multiplot
