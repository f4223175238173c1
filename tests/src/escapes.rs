//! Ways out of a desk, by name: each a real attempt in bash that ends with code 0 only if it got out. docs/SECURITY.md has a row for
//! each; `scenario_escapes` tries them outside (where they work), at a desk and as a check. Nothing is run here.

/// One way out.
#[derive(Debug, Clone, Copy)]
pub struct Escape {
    /// Its name, here and in docs/SECURITY.md.
    pub name: &'static str,
    /// The attempt. What it may name is in [`PLACES`].
    pub tries: &'static str,
    /// What the same line does where nothing holds it.
    pub outside: Outside,
    /// It leaves a checkout that nothing else can be tried in.
    pub alone: bool,
}

/// What an attempt does without a sandbox: the proof that it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// It gets out.
    Works,
    /// It does where those who run the tests are root.
    WorksForRoot,
}

/// What the lines of [`all`] may name, as variables. Each is a real thing of the machine, the office or another desk.
pub const PLACES: &[(&str, &str)] = &[
    ("WHERE", "control, desk or check: kept apart in what they leave"),
    ("OUT", "the program `way-out`, for what a shell has no word for"),
    ("SECRET", "a key in the owner's home"),
    ("OWNER", "the owner's repository"),
    ("OFFICE", "the office's directory"),
    ("STORE", "the office's own repository of the project"),
    ("OTHER", "another desk's checkout"),
    ("OTHER_BLOB", "a file that only the other desk committed, by its hash"),
    ("OTHER_TIP", "the commit it is in"),
    ("OTHER_TASK", "the other desk's task"),
    ("OTHER_TOKEN", "the other desk's token"),
    ("MARKS", "a folder in the owner's home; what appears there was made outside"),
    ("TOOL", "a program of the owner's that desks are shown"),
    ("KEPT", "a file that set-up keeps for all desks"),
    ("BUS", "the socket of the owner's session bus"),
    ("DISPLAY_NUMBER", "the owner's X server"),
    ("ABSTRACT", "an abstract socket of the owner's"),
    ("PORT", "a port of the owner's loopback"),
    ("PID", "a process of the owner's"),
    ("OTHER_PID", "a process of the other desk's"),
    ("TTY", "the owner's terminal"),
    ("OTHER_TTY", "the other desk's terminal"),
];

const fn way(name: &'static str, tries: &'static str) -> Escape {
    Escape { name, tries, outside: Outside::Works, alone: false }
}

const fn of_root(name: &'static str, tries: &'static str) -> Escape {
    Escape { name, tries, outside: Outside::WorksForRoot, alone: false }
}

const fn alone(name: &'static str, tries: &'static str) -> Escape {
    Escape { name, tries, outside: Outside::Works, alone: true }
}

/// All of them. What the settings of a checkout make git run comes late: it stays planted, for whoever looks there from outside.
pub const ALL: &[Escape] = &[
    way("owners-keys", r#"grep -q THE-SECRET "$SECRET""#),
    way("office-database", r#"head -c 15 "$OFFICE/office.db" | grep -q 'SQLite format'"#),
    way(
        "another-desks-checkout",
        r#"cat "$OTHER/secret.txt" | grep -q OTHERS-SECRET || { test -s "$OTHER/secret.txt" && : >> "$OTHER/secret.txt"; }"#,
    ),
    way("symlink", r#"ln -s "$SECRET" link-$WHERE && grep -q THE-SECRET link-$WHERE"#),
    way(
        "hard-link",
        r#"ln "$SECRET" /tmp/hard-$$ && grep -q THE-SECRET /tmp/hard-$$ || ln "$OTHER/secret.txt" hard-$$"#,
    ),
    of_root(
        "bind",
        r#"mkdir -p /tmp/bound-$$ && below="$(dirname "$SECRET")"
           mount --bind "$below" /tmp/bound-$$ || unshare -Urm mount --bind "$below" /tmp/bound-$$ || mount -o remount,rw,bind /usr ||
           mount -t proc none /tmp/bound-$$ || umount /proc/sys || "$OUT" move-mount /usr /tmp/bound-$$"#,
    ),
    way(
        "namespaces",
        r#"unshare --user --map-root-user true || unshare --mount true || "$OUT" enter /proc/1/ns/user || chroot / true"#,
    ),
    of_root("kernel-settings", ": >> /proc/sys/kernel/core_pattern"),
    of_root("device-files", r#"mknod disk-$$ b 254 0 && rm disk-$$"#),
    of_root("system-files", ": >> /etc/hosts || : >> /usr/bin/env"),
    way("setuid", r#"cp "$OUT" mine-$$; chmod 4755 mine-$$; test -u mine-$$ && rm mine-$$ || "$OUT" become-root"#),
    of_root("become-root", r#""$OUT" become-root"#),
    way("ptrace", r#""$OUT" trace "$PID" || "$OUT" trace-child"#),
    way(
        "proc-pid-root",
        r#"for one in "$PID" "$OTHER_PID" 1 self $(ls /proc | grep '^[0-9]'); do
             for way in root cwd; do grep -qs THE-SECRET "/proc/$one/$way$SECRET" && exit 0; done
           done; exit 1"#,
    ),
    way(
        "owners-environment",
        r#"env | grep -q OWNERS-SECRET || cat /proc/[0-9]*/environ | tr '\0' '\n' | grep -q OWNERS-SECRET || kill -0 "$PID""#,
    ),
    way(
        "other-terminals",
        r#"bytes() { printf 'GOT-OUT %s\n' "$WHERE"; }
           bytes > "$TTY" || bytes > "$OTHER_TTY" || bytes > "/proc/$OTHER_PID/fd/0" ||
           { mknod line-$$ c 136 "${TTY##*/}" && bytes > line-$$; }"#,
    ),
    way("tiocsti", r#""$OUT" type"#),
    way("session-bus", r#""$OUT" socket "$BUS""#),
    way(
        "x-socket",
        r#""$OUT" socket "/tmp/.X11-unix/X$DISPLAY_NUMBER" || "$OUT" abstract "/tmp/.X11-unix/X$DISPLAY_NUMBER""#,
    ),
    way("abstract-sockets", r#""$OUT" abstract "$ABSTRACT""#),
    way(
        "loopback-ports",
        r#"through() { exec 4<>/dev/tcp/127.0.0.1/8118 && printf 'CONNECT %s:%s HTTP/1.1\r\n\r\n' "$1" "$PORT" >&4 && head -1 <&4 | grep -q ' 200'; }
           (exec 3<>"/dev/tcp/127.0.0.1/$PORT") || (through 127.0.0.1) || (through localhost) || (through '[::1]')"#,
    ),
    way(
        "another-desks-token",
        r#"unset OFFICE_TASK; export OFFICE_TOKEN="$OTHER_TOKEN"
           office task progress "$OTHER_TASK" "stolen by $WHERE" || OFFICE_DIR="$OFFICE" office task progress "$OTHER_TASK" "stolen by $WHERE""#,
    ),
    way(
        "owner-without-token",
        r#"unset OFFICE_TOKEN OFFICE_DESK OFFICE_TASK OFFICE_RUN; export OFFICE_DIR="$OFFICE"
           office status | grep -q tom"#,
    ),
    way(
        "refs-of-the-base",
        r#"git -C "$OWNER" update-ref "refs/heads/got-out-$WHERE" HEAD || git push -q "$OWNER" "HEAD:refs/heads/got-out-$WHERE" ||
           { test -s "$OWNER/.git/refs/heads/main" && : >> "$OWNER/.git/refs/heads/main"; }"#,
    ),
    way(
        "refs-of-another-desk",
        r#"git -C "$OTHER" update-ref "refs/heads/got-out-$WHERE" HEAD || { test -s "$OTHER/.git/HEAD" && : >> "$OTHER/.git/HEAD"; } ||
           git --git-dir="$STORE" update-ref "refs/heads/got-out-$WHERE" "$OTHER_TIP" || { test -s "$STORE/HEAD" && : >> "$STORE/HEAD"; }"#,
    ),
    way(
        "cache-poisoning",
        r#"{ test -s "$TOOL" && : >> "$TOOL"; } || touch "$(dirname "$TOOL")/got-out-$WHERE" || mv "$TOOL" "$TOOL.was" || chmod 777 "$TOOL" ||
           { test -s "$KEPT" && : >> "$KEPT"; } || touch "$(dirname "$KEPT")/got-out-$WHERE""#,
    ),
    way(
        "fsmonitor",
        r#"git config core.fsmonitor "touch '$MARKS/fsmonitor-$WHERE'; false"; git status; test -e "$MARKS/fsmonitor-$WHERE""#,
    ),
    way(
        "hooks",
        r#"for hook in pre-commit commit-msg post-commit post-checkout post-index-change reference-transaction post-merge pre-auto-gc; do
             printf '#!/bin/sh\ntouch "%s/hooks-%s"\n' "$MARKS" "$WHERE" > .git/hooks/$hook; chmod +x .git/hooks/$hook
           done
           git commit -q --allow-empty -m 'With hooks'; test -e "$MARKS/hooks-$WHERE""#,
    ),
    way(
        "attributes-and-filter",
        r#"for part in filter.out.clean filter.out.smudge diff.out.textconv merge.out.driver diff.external; do
             git config $part "touch '$MARKS/filter-$WHERE'; cat"
           done
           echo '* filter=out diff=out merge=out' > .gitattributes; echo x > filtered.txt; git add filtered.txt; git diff HEAD
           test -e "$MARKS/filter-$WHERE""#,
    ),
    alone(
        "commondir",
        r#"head="$(git symbolic-ref -q HEAD || echo refs/heads/none)"; printf '%s\n' "$OTHER/.git" > .git/commondir
           mkdir -p ".git/$(dirname "$head")"; echo "$OTHER_TIP" > ".git/$head"; git cat-file -p "$OTHER_BLOB" | grep -q OTHERS-SECRET"#,
    ),
    alone(
        "git-swap",
        r#"rm -rf .git; printf 'gitdir: %s\n' "$OTHER/.git" > .git; git cat-file -p "$OTHER_BLOB" | grep -q OTHERS-SECRET"#,
    ),
    alone(
        "alternates",
        r#"head="$(git symbolic-ref -q HEAD || echo refs/heads/none)"; printf '%s\n' "$OTHER/.git/objects" >> .git/objects/info/alternates
           git cat-file -p "$OTHER_BLOB" | grep -q OTHERS-SECRET; code=$?; mkdir -p ".git/$(dirname "$head")"; echo "$OTHER_TIP" > ".git/$head"; exit $code"#,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_their_own_and_every_place_is_used() {
        for (n, escape) in ALL.iter().enumerate() {
            assert!(ALL[..n].iter().all(|other| other.name != escape.name), "{} is there twice", escape.name);
            let plain = |letter: char| letter.is_ascii_lowercase() || letter == '-';
            assert!(escape.name.chars().all(plain), "{} is also the name of a file", escape.name);
        }
        for (place, _) in PLACES {
            assert!(
                ALL.iter().any(|escape| escape.tries.contains(&format!("${place}"))
                    || escape.tries.contains(&format!("${{{place}"))),
                "{place}"
            );
        }
    }
}
