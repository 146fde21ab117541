#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Draws the figures of a small result, and of results that are broken: each
# image is there and whole, or the figure's file and reason are named, the exit
# status says so and no older image stays. Prints TAP.
# usage: test_plots.sh V7SBENCH SOURCE_ROOT [GNUPLOT]
set -u
LC_ALL=C
export LC_ALL
bench=$1
plots=$2/plots
gnuplot=${3:-gnuplot}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

if ! "$gnuplot" --version >/dev/null 2>&1; then
	echo '1..0 # SKIP no gnuplot: install the package gnuplot-nox'
	exit 0
fi

nr=0
nr_failed=0
nr_images=0
nr_refusals=0

# check NAME COMMAND...
check()
{
	name=$1
	shift
	nr=$((nr + 1))
	if "$@"; then
		echo "ok $nr - $name"
	else
		nr_failed=$((nr_failed + 1))
		echo "not ok $nr - $name"
		sed 's/^/# /' "$work/err"
	fi
}

# draw [FIGURE...]: from $result to $out; leaves $status and $work/err.
draw()
{
	sh "$plots/draw.sh" "$result" "$out" "$gnuplot" "$@" \
		>"$work/stdout" 2>"$work/err"
	status=$?
}

whole_image()
{
	nr_images=$((nr_images + 1))
	case $1 in
	*.png) [ "$(od -A n -t x1 -N 8 "$1" | tr -d ' \n')" = 89504e470d0a1a0a ] ;;
	*.svg) grep -q '<svg ' "$1" && tail -c 16 "$1" | grep -q '</svg>' ;;
	esac
}

drew_silently()
{
	[ $status -eq 0 ] && [ ! -s "$work/err" ] && [ ! -s "$work/stdout" ]
}

# refused FIGURE TEXT: one line, with the figure and the text; no image.
refused()
{
	nr_refusals=$((nr_refusals + 1))
	[ $status -eq 3 ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		grep -q -F "plots: $1: $2" "$work/err" &&
		[ ! -e "$out/$1.svg" ] && [ ! -e "$out/$1.png" ]
}

# stale FIGURE...: images of an earlier result.
stale()
{
	for figure; do
		echo old >"$out/$figure.svg"
		echo old >"$out/$figure.png"
	done
}

# needs FIGURE: lines "FILE COLUMN...", as its script says.
needs()
{
	sed -n 's/^# needs: //p' "$plots/$1.gp"
}

# broken FILE: a copy of the result, all but FILE.
broken()
{
	rm -rf "$work/broken"
	cp -R "$work/good" "$work/broken"
	rm "$work/broken/$1"
}

mkdir "$work/out"
out="$work/out"
result=$work/good
if ! "$bench" run --force --out "$result" --reps 6 \
	-w arm-drm,adv_one_4k_per_mb -s slab_dma32,genalloc,page_frag:order=0,null \
	>"$work/log" 2>&1; then
	sed 's/^/# /' "$work/log"
	echo 'Bail out! no result to draw'
	exit 1
fi
if ! "$bench" phase --format csv -o "$result/phase.csv" --cpus 1,4 -t 1-4,64 \
	-s slab_dma32,genalloc,page_frag:order=0,page >"$work/log" 2>&1; then
	sed 's/^/# /' "$work/log"
	echo 'Bail out! no phases to draw'
	exit 1
fi
if ! "$bench" survive arm-drm --format csv -o "$result/survive.csv" \
	--frag fresh --frag p2 -s slab_dma32,genalloc,page_frag:order=0 \
	>"$work/log" 2>&1; then
	sed 's/^/# /' "$work/log"
	echo 'Bail out! no survival to draw'
	exit 1
fi
kernel="$bench kernel arm-drm adv_one_slot --cpus=4 --every=7"
if ! $kernel --model-answers >"$work/answers" 2>"$work/log" ||
   ! $kernel --answers="$work/answers" --out="$work/kernel" >"$work/log" 2>&1; then
	sed 's/^/# /' "$work/log"
	echo 'Bail out! no kernel to draw'
	exit 1
fi
cp "$work/kernel/kernel_points.csv" "$result"

figures=
for script in "$plots"/*.gp; do
	figure=$(basename "$script" .gp)
	[ "$figure" = style ] || figures="$figures $figure"
done
: >"$work/err"
names=$(sed -n "s/^\(kernel_\)*plot_names = \[\(.*\)\]/\2/p" "$plots/meson.build" |
	tr -d "'," | tr ' ' '\n' | sort | tr '\n' ' ')
# shellcheck disable=SC2086 # a list of words
check 'meson.build names the scripts of the folder' \
	[ "$names" = "$(printf '%s ' $figures)" ]

echo 'not an image' >"$out/notes.txt"
# shellcheck disable=SC2086 # a list of words
stale $figures
draw
check 'all figures are drawn without a word' drew_silently
for figure in $figures; do
	check "$figure.png is a PNG" whole_image "$out/$figure.png"
	check "$figure.svg is an SVG" whole_image "$out/$figure.svg"
done
check 'classes of events that occur are named' grep -q 'frees table' "$out/split.svg"
check 'and no others' [ "$(grep -c 'splits\|map over' "$out/split.svg")" -eq 0 ]
check 'percentiles are marked' [ "$(grep -c '>p99\.9<\|>p90<' "$out/latency.svg")" -ge 2 ]
check 'other files stay' [ -s "$out/notes.txt" ]
check 'no folder of the work is left' \
	[ -z "$(find "$work" -name '.plots.*')" ]

# Settings in a workload's name, which is longer than its panel is wide.
long=adv_one_4k_per_mb:profile=Pmix,f8=500,f4=250,buffers=32,period=100,streams=16
mkdir "$work/long" "$work/long_out"
for file in result.json summary.csv samples.csv timeline.csv; do
	sed "s/,adv_one_4k_per_mb,/,\"$long\",/" "$work/good/$file" >"$work/long/$file"
done
result=$work/long
out=$work/long_out
draw held latency overhead split tradeoff
check 'a long name is drawn' drew_silently
for figure in held latency overhead split tradeoff; do
	check "$figure has its beginning" grep -q 'adv_one_4k_per_mb:' "$out/$figure.svg"
	check "$figure has its end" grep -q 'streams=16' "$out/$figure.svg"
done
result=$work/good
out=$work/out

for figure in $figures; do
	needs "$figure" >"$work/needs"
	while read -r file columns; do
		broken "$file"
		result=$work/broken
		stale "$figure"
		draw "$figure"
		check "$figure without $file" refused "$figure" "cannot read $result/$file"

		: >"$result/$file"
		stale "$figure"
		draw "$figure"
		case $file in
		*.csv) reason='no rows' ;;
		*) reason='missing' ;;
		esac
		check "$figure, $file empty" refused "$figure" "$reason"
		case $file in
		*.csv) ;;
		*) continue ;;
		esac

		head -n 1 "$work/good/$file" >"$result/$file"
		stale "$figure"
		draw "$figure"
		check "$figure, $file with only a header" refused "$figure" "$reason"

		case $columns in
		@*) keys="strategy $(echo "${columns%% *}" | tr '@+' '  ')"
			columns=${columns#* } ;;
		*) keys='strategy workload' ;;
		esac
		for column in $keys $columns; do
			column=${column%%=*}
			column=${column%\?}
			awk -F, -v OFS=, -v column="$column" 'NR == 1 {
				for (i = 1; i <= NF; i++)
					if ($i == column)
						$i = "renamed"
			} 1' "$work/good/$file" >"$result/$file"
			stale "$figure"
			draw "$figure"
			check "$figure, $file without $column" \
				refused "$figure" "missing column $column in $file"
		done

		{
			cat "$work/good/$file"
			echo 'cut,off'
		} >"$result/$file"
		stale "$figure"
		draw "$figure"
		check "$figure, $file cut off" refused "$figure" "$file:"

		{
			cat "$work/good/$file"
			printf 'a,"never closed'
		} >"$result/$file"
		stale "$figure"
		draw "$figure"
		check "$figure, $file with an open quote" refused "$figure" "$file:"
	done <"$work/needs"
done

broken timeline.csv
result=$work/broken
sed '2s/[0-9]*$/many/' "$work/good/timeline.csv" >"$result/timeline.csv"
stale held
draw held
check 'a number that is none' refused held \
	'timeline.csv:2: held_bytes is not a number: many'

# shellcheck disable=SC2086
stale $figures
: >"$result/timeline.csv"
draw
check 'one figure fails' refused held 'no rows in timeline.csv'
check 'the others are drawn' whole_image "$out/overhead.png"

# A result without times.
result=$work/exact
: >"$work/err"
"$bench" run --out "$result" --reps 0 -w arm-drm -s page >"$work/log" 2>&1
check 'a run without times' [ $? -eq 0 ]
# shellcheck disable=SC2086
stale $figures
draw latency
check 'no latencies' refused latency 'no rows with metric=alloc_ns in samples.csv'
draw tradeoff
check 'no means' refused tradeoff \
	'no row of summary.csv has a value in each of: alloc_ns_mean held_bytes_peak'
draw held overhead
check 'exact figures are drawn' drew_silently

# Too few repetitions for intervals.
result=$work/short
"$bench" run --force --out "$result" --reps 2 -w arm-drm -s page,null >"$work/log" 2>&1
check 'a run of two repetitions' [ $? -eq 0 ]
cp "$work/good/phase.csv" "$work/good/survive.csv" "$work/good/kernel_points.csv" "$result"
draw
check 'figures without intervals are drawn' drew_silently

# Labels with commas, quotes of both kinds, and what else gnuplot may read.
result=$work/quoted
mkdir "$result"
cp "$work/good/result.json" "$result"
for file in summary timeline samples phase survive kernel_points; do
	sed "s/page_frag:order=0/\"page_frag:order=0,a='b' \"\"c\"\" {d}_^@\\\\\\\\n%\"/" \
		"$work/good/$file.csv" >"$result/$file.csv"
done
draw
check 'a label with commas and quotes' drew_silently
check 'the label is shown as it is' \
	grep -q 'page_frag:order=0,a=.*b.* .*c.* {d}_^@\\\\n%' "$out/held.svg"

result=$work/good
out="$work/it's a \"folder\""
draw
check 'a folder with quotes and spaces' drew_silently
check 'which is made' whole_image "$out/held.png"
out=$work/out

# A gnuplot that warns, and one that writes nothing.
good=$gnuplot
gnuplot=$work/warns
cat >"$gnuplot" <<END
#!/bin/sh
[ "\$1" = --version ] || echo 'warning: something' >&2
exec "$good" "\$@"
END
chmod +x "$gnuplot"
stale held
draw held
check 'a warning is an error' refused held 'gnuplot exits with 0: warning: something'
gnuplot=true
stale held
draw held
check 'a gnuplot that draws nothing' refused held 'gnuplot did not finish held.svg'
gnuplot=$work/none
stale held
draw held
check 'no gnuplot: status' [ $status -eq 77 ]
check 'no gnuplot: the package is named' grep -q gnuplot-nox "$work/err"
check 'no gnuplot: no older image' [ ! -e "$out/held.svg" ]

sh "$plots/draw.sh" "$result" >"$work/stdout" 2>"$work/err"
check 'usage' [ $? -eq 2 ]

: >"$work/err"
check 'enough was done' [ $((nr_images >= 8 && nr_refusals >= 30)) -eq 1 ]
echo "1..$nr"
echo "# $nr_images images looked at, $nr_refusals refusals, $nr_failed failures"
[ $nr_failed -eq 0 ]
