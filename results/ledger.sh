#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# `ninja claims-update`: puts the claims to the models and makes the answer the
# committed ledger.
# usage: ledger.sh V7SBENCH RESULTS SOURCE
#	RESULTS	folder to work in	SOURCE	results/ of the source tree
set -u
v7sbench=$1 work=$2/ledger source=$3

mkdir -p "$work" || exit
"$v7sbench" claims --out="$work" || exit
cp "$work/claims.csv" "$source/baseline/claims.csv" &&
	cp "$work/claims.md" "$source/CLAIMS.md" || exit
echo "renewed: $source/CLAIMS.md, $source/baseline/claims.csv"
