//! Whether two patterns of paths can mean one path: `*` and `?` stay within a name, `**` is any number of folders.

/// Whether there is a path that fits both. Out of fuel they may: a lease that is refused harms nobody.
pub(super) fn overlap(a: &str, b: &str, fuel: &mut u32) -> bool {
    let parts = |text: &str| text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    paths(&parts(a), &parts(b), fuel)
}

fn paths(a: &[String], b: &[String], fuel: &mut u32) -> bool {
    if *fuel == 0 {
        return true;
    }
    *fuel -= 1;
    match (a.split_first(), b.split_first()) {
        (None, None) => true,
        (Some((x, rest)), None) | (None, Some((x, rest))) => x == "**" && paths(rest, &[], fuel),
        (Some((x, _)), Some((_, after))) if x == "**" => paths(&a[1..], b, fuel) || paths(a, after, fuel),
        (Some((_, after)), Some((y, _))) if y == "**" => paths(a, &b[1..], fuel) || paths(after, b, fuel),
        (Some((x, left)), Some((y, right))) => names(x.as_bytes(), y.as_bytes(), fuel) && paths(left, right, fuel),
    }
}

fn names(a: &[u8], b: &[u8], fuel: &mut u32) -> bool {
    if *fuel == 0 {
        return true;
    }
    *fuel -= 1;
    match (a, b) {
        ([], []) => true,
        ([b'*', rest @ ..], other) => {
            names(rest, other, fuel) || other.split_first().is_some_and(|(_, after)| names(a, after, fuel))
        }
        (other, [b'*', rest @ ..]) => {
            names(other, rest, fuel) || other.split_first().is_some_and(|(_, after)| names(after, b, fuel))
        }
        ([x, left @ ..], [y, right @ ..]) if x == y || *x == b'?' || *y == b'?' => names(left, right, fuel),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    fn overlap(a: &str, b: &str) -> bool {
        super::overlap(a, b, &mut 20_000)
    }

    #[test]
    fn patterns_overlap_where_one_path_fits_both() {
        for (a, b) in [
            ("src/**", "src/a/b.rs"),
            ("src/**", "**/*.rs"),
            ("src/a.rs", "src/a.rs"),
            ("src/*.rs", "src/a*"),
            ("**", "anything/at/all"),
            ("src/?.rs", "src/a.rs"),
            ("src/**", "src"),
        ] {
            assert!(overlap(a, b) && overlap(b, a), "{a} and {b}");
        }
        for (a, b) in
            [("src/**", "docs/**"), ("src/*.rs", "src/*.ts"), ("src/*", "src/a/b"), ("a", "b"), ("src/a?", "src/a")]
        {
            assert!(!overlap(a, b) && !overlap(b, a), "{a} and {b}");
        }
        assert!(overlap(&"*a".repeat(80), &"*b".repeat(80)), "too intricate is refused");
    }
}
