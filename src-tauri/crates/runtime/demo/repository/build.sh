#!/bin/sh
# Makes the website in site/: the timetable from lines/, and one page for each file in pages/.
set -eu
rm -rf site
mkdir site
cp style.css site/

page() { # TITLE, and what is in it on standard input
  sed "s/{title}/$1/" parts/head.html
  cat
  cat parts/foot.html
}

timetable() {
  echo '<h1>Night bus</h1>'
  for line in lines/*.csv; do
    name=$(basename "$line" .csv)
    echo "<h2>Line $name</h2>"
    sh parts/table.sh "$line"
  done
}

timetable | page 'Night bus' > site/index.html
for text in pages/*.html; do
  name=$(basename "$text" .html)
  page "Night bus: $name" < "$text" > "site/$name.html"
done
echo "built $(ls site/*.html | wc -l | tr -d ' ') pages"
