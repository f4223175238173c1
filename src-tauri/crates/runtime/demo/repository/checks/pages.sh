#!/bin/sh
# Every page has one heading of its own.
set -u
sh build.sh >/dev/null || exit 1
red=0
for page in site/*.html; do
  headings=$(grep -c '<h1>' "$page")
  if [ "$headings" -ne 1 ]; then
    echo "$page has $headings headings of the first rank; it needs one"
    red=1
  fi
done
exit $red
