#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Draws the figures of a result as SVG and PNG.
# usage: draw.sh RESULT_DIR OUT_DIR [GNUPLOT [FIGURE...]]
#
# A figure is FIGURE.gp beside this script; without FIGURE, all of them. What
# it reads is said in the script, in lines
#	# needs: FILE.csv COLUMN... [COLUMN=TEXT[|TEXT...]]
#	# needs: result.json KEY...
# The columns strategy and workload are always read, and summary.csv for their
# order; with a word @COLUMN or @COLUMN+COLUMN these stand for workload, joined
# by a blank, and the file has its own order.
# A column may end in "?": it may be empty (table.awk); COLUMN=TEXT picks rows,
# COLUMN=TEXT|TEXT... too, with the number of the text as one more column.
# gnuplot finds FILE_file, FILE_block[], FILE_have[] (cells.awk) and KEY set,
# as well as image_type and image_file; then come style.gp and FIGURE.gp.
#
# A figure that cannot be drawn costs one line on stderr, and its older images;
# the others are drawn nevertheless. What gnuplot says on stderr is an error.
# Exit status: 0; 2 usage; 3 a figure could not be drawn; 77 there is no gnuplot.
set -u
LC_ALL=C
export LC_ALL

say()
{
	printf 'plots: %s\n' "$*" >&2
}

if [ $# -lt 2 ] || [ -z "$1" ] || [ -z "$2" ]; then
	echo 'usage: draw.sh RESULT_DIR OUT_DIR [GNUPLOT [FIGURE...]]' >&2
	exit 2
fi
result=$1
out=$2
gnuplot=${3:-gnuplot}
shift $(($# < 3 ? 2 : 3))
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 3

if [ $# -eq 0 ]; then
	for script in "$here"/*.gp; do
		name=$(basename "$script" .gp)
		[ "$name" = style ] || set -- "$@" "$name"
	done
fi

drop()
{
	rm -f "$out/$1.svg" "$out/$1.png"
}

if ! "$gnuplot" --version >/dev/null 2>&1; then
	for figure; do
		drop "$figure"
	done
	say "cannot run $gnuplot: install the package gnuplot-nox"
	exit 77
fi

mkdir -p -- "$out" || exit 3
out=$(CDPATH='' cd -- "$out" && pwd) || exit 3
work=$(mktemp -d "$(dirname -- "$out")/.plots.XXXXXX") || exit 3
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Text as gnuplot reads it between single quotes.
quoted()
{
	printf '%s' "$1" | sed "s/'/''/g; 1s/^/'/; \$s/\$/'/"
}

# table FILE COLUMNS WHERE: rows of a CSV file on stdout.
table()
{
	if [ ! -r "$result/$1" ]; then
		echo "cannot read $result/$1" >&2
		return 1
	fi
	awk -v name="$1" -v columns="$2" -v where="$3" \
		-f "$here/table.awk" "$result/$1"
}

# prepare_csv FIGURE FILE WORD...: the table, and what gnuplot must know of it.
prepare_csv()
{
	figure=$1
	file=$2
	shift 2
	keys='strategy workload'
	roster=summary.csv
	columns=
	where=
	for word; do
		case $word in
		@*) keys="strategy ${word#@}" roster=$file ;;
		*=*) where=$word ;;
		*) columns="$columns $word" ;;
		esac
	done
	base=${file%.csv}
	path=$work/$figure.$base
	table "$roster" "$keys" '' >"$work/roster" || return 1
	table "$file" "$keys$columns" "$where" >"$path.rows" || return 1
	awk -v name="$base" -v setup="$path.gp" -f "$here/cells.awk" \
		"$work/roster" "$path.rows" >"$path.cells" || return 1
	sort -t "$(printf '\t')" -k 1,1n -k 2,2n "$path.cells" |
		awk -F '\t' '{
			if (NR > 1 && $1 != cell)
				printf "\n\n"
			cell = $1
			line = $3
			for (i = 4; i <= NF; i++)
				line = line "\t" $i
			print line
		}' >"$path.tsv" || return 1
	cat "$path.gp" >>"$work/$figure.setup" || return 1
	printf '%s_file = %s\n' "$base" "$(quoted "$path.tsv")" \
		>>"$work/$figure.setup"
}

# prepare_json FIGURE FILE KEY...: numbers of a JSON file, the first of a name.
prepare_json()
{
	figure=$1
	file=$2
	shift 2
	if [ ! -r "$result/$file" ]; then
		echo "cannot read $result/$file" >&2
		return 1
	fi
	for key; do
		value=$(tr '\n' ' ' <"$result/$file" | sed -n \
			"/\"$key\"/{s/\"$key\" *: *\([-+.0-9eE]*\).*/@\1/;s/.*@//p;}")
		if [ -z "$value" ]; then
			echo "missing $key in $file" >&2
			return 1
		fi
		echo "$key = $value" >>"$work/$figure.setup"
	done
}

# prepare FIGURE: all that the figure's script says it needs.
prepare()
{
	: >"$work/$1.setup" || return 1
	if [ ! -r "$here/$1.gp" ]; then
		echo "cannot read $here/$1.gp" >&2
		return 1
	fi
	sed -n 's/^# needs: //p' "$here/$1.gp" >"$work/needs"
	while read -r file words; do
		# shellcheck disable=SC2086 # a list of words
		case $file in
		*.csv) prepare_csv "$1" "$file" $words ;;
		*) prepare_json "$1" "$file" $words ;;
		esac || return 1
	done <"$work/needs"
}

# draw FIGURE TYPE: one image, left in the work folder.
draw()
{
	image=$work/$1.$2
	{
		cat "$work/$1.setup"
		echo "image_type = '$2'"
		echo "image_file = $(quoted "$image")"
	} >"$work/setup.gp" || return 1
	"$gnuplot" -d "$work/setup.gp" "$here/style.gp" "$here/$1.gp" \
		>"$work/said" 2>&1 </dev/null
	status=$?
	# A font cache that cannot be written spoils nothing; it is shown.
	grep '^Fontconfig warning' "$work/said" >&2
	said=$(grep -v '^Fontconfig warning' "$work/said" | grep '[^[:space:]^]' |
		tr '\n\t' '  ')
	if [ $status -ne 0 ] || [ -n "$said" ]; then
		echo "gnuplot exits with $status: $said" >&2
		return 1
	fi
	if [ ! -s "$image" ] || ! tail -c 16 "$image" | grep -q -e 'IEND' -e '</svg>'; then
		echo "gnuplot did not finish $1.$2" >&2
		return 1
	fi
}

failed=0
for figure; do
	if prepare "$figure" 2>"$work/why" && draw "$figure" svg 2>"$work/why" &&
	   draw "$figure" png 2>>"$work/why"; then
		cat "$work/why" >&2
		mv -f "$work/$figure.svg" "$work/$figure.png" "$out/" && continue
		echo "cannot write to $out" >"$work/why"
	fi
	drop "$figure"
	say "$figure: $(tr '\n' ' ' <"$work/why" | sed 's/ *$//')"
	failed=3
done
exit $failed
