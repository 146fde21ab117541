# SPDX-License-Identifier: GPL-2.0-only
#
# What all figures share: terminal, fonts, grid, the look of a strategy, the
# arrangement of panels. Runs after the set-up that draw.sh writes and before
# the figure's own script; reads strategy[] and workload[].
#
# A strategy looks the same in each figure: line style s is strategy s. The
# first six colours are Okabe and Ito's, which the colour-blind can tell apart,
# and each comes with a point and a dash of its own, so that the figures can be
# read without colours. Black is for the reference, grey for the baseline.

style_name = 'slab_dma32 genalloc page_frag page pte_frag jemalloc null'
style_colour = '#0072B2 #D55E00 #E69F00 #009E73 #CC79A7 #56B4E9 #5A5A5A'
style_point = '5 7 9 11 13 15 6'
# Terminals disagree about the sizes of points.
style_size = image_type eq 'svg' ? '1.05 1.15 1.1 1.1 0.85 0.9 1.0' \
	: '1.5 1.6 1.8 1.8 1.9 2.1 1.6'
more_size = image_type eq 'svg' ? 1.0 : 1.7
style_dash = '1 1 2 1 4 5 2'
# For strategies that are not above, by first appearance in the result.
more_colour = '#332288 #882255 #117733 #999933 #661100 #44AA99 #AA4499 #6699CC'
more_point = '4 8 10 12 14 3 2 1'
more_dash = '1 2 4 5 3'

style_place(name) = sum [k = 1:words(style_name)] (word(style_name, k) eq name ? k : 0)
cycled(list, k) = word(list, (k - 1) % words(list) + 1)

# Wide lines are drawn first and thin ones last, so that none hides another.
nr_more = 0
longest = 0
bar_colour = ''
do for [s = 1:nr_strategies] {
	k = style_place(strategy[s])
	nr_more = nr_more + (k == 0)
	colour = k ? word(style_colour, k) : cycled(more_colour, nr_more)
	point = int(k ? word(style_point, k) : cycled(more_point, nr_more))
	size = k ? word(style_size, k) + 0 : more_size
	dash = int(k ? word(style_dash, k) : cycled(more_dash, nr_more))
	width = 5.0 - 3.0 * (s - 1) / (nr_strategies > 1 ? nr_strategies - 1 : 1)
	set style line s linecolor rgb colour linewidth width \
		dashtype dash pointtype point pointsize size
	bar_colour = bar_colour . ' ' . colour
	longest = strlen(strategy[s]) > longest ? strlen(strategy[s]) : longest
}
reference_colour = '#000000'
frame_colour = '#606060'
grid_colour = '#DCDCDC'
shade_colour = '#EBEBEB'

# Sizes in pixels, of PNG and SVG alike. pngcairo wants fonts in points.
image_width = 1600.0
font_size = 20
font_unit = image_type eq 'svg' ? 1.0 : 0.75
font_face = image_type eq 'svg' ? 'sans-serif' : 'Sans'
sized(size) = sprintf('%s,%.2f', font_face, size * font_unit)
normal_font = sized(font_size)
open_image(height) = sprintf("set terminal %s size %d,%d enhanced font '%s' background 'white'", \
	image_type eq 'svg' ? 'svg dynamic linewidth 1.3' : 'pngcairo', \
	image_width, height, normal_font)

# Tic labels of an SVG are lower.
tics_offset = image_type eq 'svg' ? 0.4 : 0

# Head: title, a note on how to read the figure, the legend.
legend_columns = int((image_width - 60) / (150 + 0.62 * font_size * longest))
legend_rows = (nr_strategies + legend_columns) / legend_columns
head_height = 100.0 + 30 * legend_rows

# Panels: one a workload, row by row.
nr_columns = nr_workloads == 1 ? 1 : nr_workloads <= 4 ? 2 : 3
nr_rows = (nr_workloads + nr_columns - 1) / nr_columns
panel_height = nr_columns == 1 ? 660.0 : nr_columns == 2 ? 490.0 : 410.0
axis_name = 52.0
image_height = head_height + panel_height * nr_rows
panel_column(w) = (w - 1) % nr_columns
panel_row(w) = (w - 1) / nr_columns

# The ends of a log axis that leave room beyond its points.
log2(x) = log(x) / log(2)
lower_octave(x) = 2.0 ** (floor(log2(x) - 0.3))
upper_octave(x) = 2.0 ** (ceil(log2(x) + 0.3))

# Tics of a log axis, as close as their labels allow, for eval.
log_xtics(low, high) = "set xtics (1); do for [e = -3:12] { " . \
	(log10(high / low) < 0.7 ? "set xtics add (10.0 ** e, 1.5 * 10.0 ** e, " . \
	"2 * 10.0 ** e, 3 * 10.0 ** e, 5 * 10.0 ** e, 7 * 10.0 ** e) }" : \
	log10(high / low) < 1.5 ? "set xtics add (10.0 ** e, 2 * 10.0 ** e, 5 * 10.0 ** e) }" : \
	log10(high / low) < 2.8 ? "set xtics add (10.0 ** e, 3 * 10.0 ** e) }" : \
	"set xtics add (10.0 ** e) }")

# About x, but a round number: for steps between the tics of a linear axis.
nice_step(x) = x < 1e-9 ? 1 : 10.0 ** floor(log10(x)) * nice(x / 10.0 ** floor(log10(x)))
nice(x) = x < 1.5 ? 1 : x < 3.5 ? 2 : x < 7.5 ? 5 : 10

# What a panel says when its workload has no rows.
no_rows = "set label 1 'not measured' at graph 0.5, graph 0.5 center; " . \
	"set xrange [1:2]; set yrange [1:2]; plot 0 notitle; unset label 1"

# Margins around a panel of so many pixels, for eval.
margins(left, right, top, bottom) = sprintf( \
	'set lmargin at screen %f; set rmargin at screen %f; ' . \
	'set tmargin at screen %f; set bmargin at screen %f', \
	left / image_width, right / image_width, \
	1 - top / image_height, 1 - bottom / image_height)
panel_left(w) = axis_name + panel_column(w) * (image_width - axis_name) / nr_columns
panel(w) = margins( \
	panel_left(w) + 95, \
	panel_left(w) + (image_width - axis_name) / nr_columns - 25, \
	head_height + panel_row(w) * panel_height + 45, \
	head_height + (panel_row(w) + 1) * panel_height - 75)

# Names of a panel and its axes, for eval; y only in the first column. They
# are labels, because terminals differ in how far from the axes they put names.
panel_names(w, x_text, y_text) = sprintf( \
	"set label 3 wrapped(workload[%d], %d) noenhanced at screen %f, screen %f center font '%s';" . \
	"set label 4 '%s' at screen %f, screen %f center;", \
	w, name_room(w), panel_middle(w), panel_y(w, name_is_long(w) ? 12 : 22), \
	sized(name_size(w)), x_text, panel_middle(w), \
	panel_y(w, panel_height - 20)) . (panel_column(w) > 0 ? "unset label 5" : sprintf( \
	"set label 5 '%s' at screen %f, screen %f center rotate by 90", \
	y_text, 24 / image_width, panel_y(w, panel_height / 2 - 15)))
panel_middle(w) = (panel_left(w) + 35 + (image_width - axis_name) / nr_columns / 2) / image_width
panel_y(w, down) = 1 - (head_height + panel_row(w) * panel_height + down) / image_height

# A name of several lines of at most so many characters, cut behind the marks
# between settings.
cut(text, k) = k < 1 ? 0 : strstrt(':,', text[k:k]) > 0 ? k : cut(text, k - 1)
wrapped(text, room) = strlen(text) <= room ? text : \
	wrapped_at(text, room, cut(text, room) > 0 ? cut(text, room) : room)
wrapped_at(text, room, k) = text[1:k] . "\n" . wrapped(text[k + 1:strlen(text)], room)

# A long name is written smaller above its panel, and in two lines.
# Panels are not in the middle of their columns: 70 pixels less than these.
name_fits = ((image_width - axis_name) / nr_columns - 80) / (0.58 * font_size)
name_is_long(w) = strlen(workload[w]) > name_fits
name_size(w) = name_is_long(w) ? 13.0 : font_size
name_room(w) = int(name_fits * font_size / name_size(w))

# The head, for eval: its texts, and a plot of nothing that only has a legend.
head(title, note) = sprintf( \
	"set label 1 '%s' at screen 0.5, screen %f center font '%s';" . \
	"set label 2 '%s' at screen 0.5, screen %f center font '%s';", \
	title, 1 - 30 / image_height, sized(27), note, 1 - 66 / image_height, normal_font) . \
	sprintf("set key at screen 0.5, screen %f center top horizontal maxcols %d " . \
	"Left reverse samplen 4.5 width 1.5 font '%s';", \
	1 - 84 / image_height, legend_columns, normal_font) . \
	margins(10.0, image_width - 10, 84.0, head_height) . \
	"; unset border; unset tics; set xrange [0:1]; set yrange [0:1]"
after_head = "unset label; unset key; set border 3 linecolor rgb frame_colour;" . \
	"set xtics nomirror out scale 0.6 offset 0, tics_offset;" . \
	"set ytics nomirror out scale 0.6; set grid linecolor rgb grid_colour linetype 1;" . \
	"set xrange [*:*]; set yrange [*:*]; set format '%g'; unset mxtics"

set datafile separator tab
set datafile missing 'NaN'
