# SPDX-License-Identifier: GPL-2.0-only
#
# Memory against time: what a faster allocation costs.
# needs: summary.csv alloc_ns_mean alloc_ns_mean_low? alloc_ns_mean_high? held_bytes_peak
#
# A panel is a workload, a point a strategy: x is alloc_ns_mean, with the
# interval from alloc_ns_mean_low to alloc_ns_mean_high (at least 95 % confidence
# over repetitions) as a bar where the run has one; y is held_bytes_peak in KiB.
# Both axes are logarithmic. Better is further left and further down. Points of
# exactly the same height are set apart by 8 pixels, in the order of the legend,
# so that their bars can be seen.

block(w, s) = summary_block[(w - 1) * nr_strategies + s]
some(w, k) = int(word(summary_have[w], k))
# gnuplot evaluates a loop that has nothing to do, too: the first if there is none.
with_bar(b) = b > words(barred) ? 1 : int(word(barred, b))
# Without an interval the bar has no length, and is not drawn.
or_mean(bound, mean) = bound == bound ? bound : mean
# Strategies of the same height are drawn a few pixels apart.
array kib[nr_strategies]
same(k, from, to) = from > to ? 0 : \
	sum [j = from:to] (kib[j] == kib[k])
apart(k) = kib[k] * 2 ** (octaves_per_pixel * 8 * \
	(same(k, k + 1, nr) - same(k, 1, k - 1)) / 2.0)

eval open_image(image_height)
set output image_file
set multiplot

eval head('Memory against latency', \
	'bars: at least 95 % confidence; better: lower left; ' . \
	'equal heights are drawn apart; scales differ')
plot for [s = 1:nr_strategies] -1 with points linestyle s title strategy[s] noenhanced
eval after_head

set logscale x 10
set logscale y 2
set ytics 1, 4
do for [w = 1:nr_workloads] {
	eval panel(w)
	eval panel_names(w, 'mean latency of an allocation (ns)', 'peak held memory (KiB)')
	nr = words(summary_have[w])
	if (nr == 0) {
		eval no_rows
	} else {
		set xrange [*:*]
		set yrange [*:*]
		first = block(w, some(w, 1))
		final = block(w, some(w, nr))
		stats summary_file using (or_mean($2, $1)) index first:final \
			name 'low' nooutput
		stats summary_file using (or_mean($3, $1)) index first:final \
			name 'high' nooutput
		stats summary_file using ($4 / 1024) index first:final \
			name 'held' nooutput
		left = low_min / 1.3
		right = high_max * 1.3
		bottom = held_min / 3
		top = held_max * 3
		octaves_per_pixel = log2(top / bottom) / (panel_height - 120)
		barred = ''
		do for [k = 1:nr] {
			stats summary_file using ($4 / 1024) index block(w, some(w, k)) \
				name 'this' nooutput
			kib[k] = this_min
			stats summary_file using (or_mean($3, $1) - or_mean($2, $1)) \
				index block(w, some(w, k)) name 'bar' nooutput
			barred = barred . (bar_max > 0 ? sprintf(' %d', k) : '')
		}
		set xrange [left:right]
		set yrange [bottom:top]
		eval log_xtics(left, right)
		plot for [b = 1:words(barred)] summary_file index block(w, some(w, with_bar(b))) \
				using 1:(apart(with_bar(b))):(or_mean($2, $1)):(or_mean($3, $1)) \
				with xerrorbars linestyle some(w, with_bar(b)) linewidth 2.2 dashtype 1 \
				pointtype -1 notitle, \
			for [k = 1:nr] summary_file index block(w, some(w, k)) \
				using 1:(apart(k)) with points linestyle some(w, k) notitle
	}
}
unset multiplot
