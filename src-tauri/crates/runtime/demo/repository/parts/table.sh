#!/bin/sh
# The departures of one line as a table.
set -eu
echo '<table>'
tail -n +2 "$1" |
  awk -F, '{ printf "<tr><td class=\"time\">%s</td><td>%s</td></tr>\n", $1, $2 }'
echo '</table>'
