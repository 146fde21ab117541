# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Packages of Debian 12 for either architecture, unpacked into a folder: read
# by record.sh. apt runs with a state, a cache and a sources.list of its own, so
# that nothing of the host's is changed and no root is needed; of the host's
# configuration it takes what Acquire says (proxies). Signatures and hashes are
# apt's to check.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# debian_setup DIR ARCH MIRROR
debian_setup() {
	apt_dir=$1
	mkdir -p "$apt_dir/state/lists/partial" "$apt_dir/cache/archives/partial" \
		"$apt_dir/none" "$apt_dir/debs"
	: >"$apt_dir/status"
	echo "deb [signed-by=$keyring] $3 bookworm main" >"$apt_dir/sources.list"
	{
		apt-config dump Acquire
		cat <<END
APT::Architecture "$2";
APT::Architectures { "$2"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Dir::State "$apt_dir/state";
Dir::State::status "$apt_dir/status";
Dir::Cache "$apt_dir/cache";
Dir::Etc::Parts "$apt_dir/none";
Dir::Etc::Main "/dev/null";
Dir::Etc::SourceList "$apt_dir/sources.list";
Dir::Etc::SourceParts "$apt_dir/none";
END
	} >"$apt_dir/apt.conf"
}

# Any tool of apt, with the private configuration.
debian_apt() {
	APT_CONFIG=$apt_dir/apt.conf timeout -k 10 900 "$@"
}

# The package that linux-image-ARCH stands for.
debian_kernel() {
	debian_apt apt-cache depends "linux-image-$1" |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1
}

# debian_unpack DIR PACKAGE...	also writes "package version" lines to DIR/list
debian_unpack() {
	unpack_dir=$1
	shift
	(cd "$apt_dir/debs" && rm -f ./*.deb && debian_apt apt-get -q download "$@") || return
	for deb in "$apt_dir"/debs/*.deb; do
		dpkg-deb -x "$deb" "$unpack_dir" || return
		dpkg-deb -f "$deb" Package Version | sed 's/^[^:]*: //' | paste -s -d ' ' - \
			>>"$unpack_dir/list" || return
		rm "$deb"
	done
}
