#!/usr/bin/env bash
# A first office, from an empty folder to a merged change, by `office` commands only.
# Read it top to bottom, or run it: everything happens in a temporary folder. A test runs it too.
set -euo pipefail

office() { "${OFFICE_BIN:-office}" "$@"; }
say() { printf '\n== %s\n' "$*"; }

here=$(mktemp -d)
trap 'office quit >/dev/null 2>&1 || true; wait; rm -rf "$here"' EXIT
export OFFICE_DIR="$here/office"

say "A small repository with one commit: a greeting that has no test yet"
git init -q -b main "$here/greeter"
cd "$here/greeter"
git config user.name "Olive Owner" && git config user.email "olive@example.org"
printf '#!/bin/sh\necho "Hello, ${1:-you}!"\n' > greet.sh && chmod +x greet.sh
git add . && git commit -q -m "Greet"

say "An office, and its runtime in the background"
office init
office run &
until office status >/dev/null 2>&1; do sleep 0.1; done

say "It takes the repository on, and hires an engineer"
office project add . --name greeter
office desk add --name ada --role engineer

say "A task: what is to be done, and the check that says when it is. The shell engine runs the body's sh block."
cat > "$here/task.md" <<'MD'
Greetings end with a wave.

```sh
# A first try forgets the wave. "Done" is refused while the check is red, and the answer says why.
sed -i 's/!"/! (waving)"/' greet.sh
git commit -qam "Greet more warmly"
if office task done --summary "made it warmer"; then echo "that should have been refused"; exit 1; fi

# The second try does what the check asks for. What is left uncommitted is committed by the office.
sed -i 's/(waving)/o\//' greet.sh
office task done --summary "greetings wave now"
```
MD
office task add "Let greetings wave" --project greeter --body-file "$here/task.md" --check "./greet.sh Ada | grep -qF 'Hello, Ada! o/'"

say "The free desk takes it by itself. Once its check is green it waits for a verdict."
office task await 1 --state "in review"
office task show 1

say "The diff, as it would be merged"
office task diff 1

say "Accepted: merged, never forced. The clean work tree follows."
office task accept 1
git log --oneline --graph
./greet.sh Ada
office status
