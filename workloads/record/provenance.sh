# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Where a trace comes from, as Markdown that workloads/recorded/README.md can
# take: read by record.sh. Numbers are counted in the trace's text, what the
# guest knows is taken from its report.

# values FILE KEY: of the guest's report
values() {
	sed -n "s/^$2: //p" "$1"
}

# stat_sum FILE KEY: over all CPUs, of per_cpu/*/stats
stat_sum() {
	values "$1" stats | sed -n "s/.*, $2: \([0-9]*\).*/\1/p" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

# Events that the recorder says it lost: overwritten, dropped, probes missed.
lost_events() {
	missed=$(values "$1" kprobe | sed -n 's/.* \([0-9]*\) missed:.*/\1/p' |
		awk '{ sum += $1 } END { print sum + 0 }')
	echo $(($(stat_sum "$1" overrun) + $(stat_sum "$1" 'commit overrun') +
		$(stat_sum "$1" 'dropped events') + missed))
}

# Lines of an event in a trace's text; grep's status 1 is no error here.
count() {
	grep -c " $2: " "$1" || :
}

# provenance RUN_DIR FILE NAME WHAT PACKAGES_LIST COMMAND
provenance() {
	info=$1/info trace=$1/trace
	lost=$(lost_events "$info")
	[ "$lost" -ne 0 ] || lost='none, by per_cpu/*/stats'
	cat <<END
| workload | file | what ran | maps / unmaps | missing |
|---|---|---|--:|---|
| $3 | ${2##*/} | $4, $(values "$info" seconds) s | $(count "$trace" map) / $(count "$trace" unmap) | $lost |

| sha256 | file |
|---|---|
| $(sha256sum <"$2" | cut -d ' ' -f 1) | ${2##*/} |
| $(values "$info" sha256) | its text |

$3 was recorded on $(date -u +%Y-%m-%d) by \`$6\`:

- kernel: $(values "$info" kernel)
- command line: \`$(values "$info" cmdline)\`
- packages: $(paste -s -d , "$5" | sed 's/,/, /g')
- machine: $($(cut -d ' ' -f 1 "$1/command") --version | head -n 1), \`$(sed "s|${1%/*}/|DIR/|g" "$1/command")\`
$(values "$info" device | sed 's/^/- device: /')
$(values "$info" load | sed 's/^/- load: /')
- clock: $(values "$info" clock); buffer: $(values "$info" buffer); ended early: $(values "$info" early)
- events: iommu:map $(count "$trace" map), iommu:unmap $(count "$trace" unmap), kprobe dmap $(count "$trace" dmap), kprobe dunmap $(count "$trace" dunmap)
$(values "$info" kprobe | sed 's/^/- kprobe: /')
$(values "$info" stats | sed 's/^/- buffer of /')
END
}
