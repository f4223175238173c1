//! Reads a package as npm packs it, as data: its name, its version and every file in it. Written by an agent's hand it may be anything,
//! so what npm itself would not have made is refused. Making one and publishing it is in `publish.rs`.

use std::collections::BTreeSet;
use std::io::Read;

use office_core::approval::PackedFile;
use serde_json::{Map, Value};

const BLOCK: usize = 512;
/// Bytes of all files together; more is no package, or meant to fill the memory of whoever unpacks it.
const UNPACKED: u64 = 1 << 30;
/// Bytes of a package.json, and of what says a long name.
const DESCRIBED: u64 = 1 << 20;
const FILES: usize = 100_000;
/// Settings that a package may bring along for its own publishing: those that are shown, and names of files that npm does not read.
/// All else would be taken for settings of npm, proxies and tokens among them.
const BRINGS: [&str; 11] =
    ["access", "tag", "registry", "main", "module", "types", "typings", "exports", "bin", "browser", "files"];

/// What a package says of itself, and what is in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) tag: Option<String>,
    pub(crate) access: Option<String>,
    pub(crate) registry: Option<String>,
    pub(crate) files: Vec<PackedFile>,
}

impl Parcel {
    /// Whose package it is, `@acme`, where it says so.
    pub(crate) fn scope(&self) -> Option<&str> {
        self.name.split_once('/').map(|(scope, _)| scope)
    }

    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let mut packed = flate2::bufread::GzDecoder::new(bytes);
        let mut files = Vec::new();
        let mut seen = BTreeSet::new();
        let mut described = None;
        let mut named = None;
        let mut whole = 0;
        while let Some(entry) = entry(&mut packed)? {
            whole += entry.size;
            if whole > UNPACKED || files.len() >= FILES {
                return Err("it is larger than a package may be".to_owned());
            }
            if entry.kind == b'x' {
                let text = body(&mut packed, entry.size)?;
                named = long_name(&text)?;
                continue;
            }
            let path = named.take().unwrap_or(entry.path);
            let Some(path) = path.strip_prefix("package/").filter(|path| is_inside(path)) else {
                return Err(format!("a file in it is called {path:?}, which npm calls none"));
            };
            if !seen.insert(path.to_owned()) {
                return Err(format!("{path} is in it twice"));
            }
            if path == "package.json" {
                described = Some(body(&mut packed, entry.size)?);
            } else {
                skip(&mut packed, entry.size)?;
            }
            let bytes = u32::try_from(entry.size).map_err(|_| format!("{path} is too large"))?;
            files.push(PackedFile { path: path.to_owned(), bytes });
        }
        end(&mut packed)?;
        if !packed.into_inner().is_empty() {
            return Err("something follows its end".to_owned());
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        describe(&described.ok_or("there is no package.json in it")?, files)
    }
}

fn describe(json: &[u8], files: Vec<PackedFile>) -> Result<Parcel, String> {
    let json: Value =
        serde_json::from_slice(json).map_err(|error| format!("its package.json does not read: {error}"))?;
    let text = |from: &Value, name: &str| match from.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("`{name}` in its package.json is no text")),
    };
    if json.get("private").is_some_and(|it| !matches!(it, Value::Bool(false) | Value::Null)) {
        return Err("its package.json says that it is private".to_owned());
    }
    let name = text(&json, "name")?.filter(|name| is_name(name));
    let name = name.ok_or("its package.json has no `name` that npm takes: small letters, digits, `-`, `.`, `_`")?;
    let version = text(&json, "version")?.filter(|version| is_version(version));
    let version = version.ok_or("its package.json has no `version` like 1.2.3")?;
    let nothing = Value::Object(Map::new());
    let own = json.get("publishConfig").unwrap_or(&nothing);
    let keys = own.as_object().ok_or("`publishConfig` in its package.json is no table")?.keys();
    if let Some(odd) = keys.into_iter().find(|key| !BRINGS.contains(&key.as_str())) {
        return Err(format!(
            "its package.json sets `{odd}` in `publishConfig`: npm would take that for a setting of yours; only access, tag and registry may stand there"
        ));
    }
    let (tag, access, registry) = (text(own, "tag")?, text(own, "access")?, text(own, "registry")?);
    Ok(Parcel { name, version, tag, access, registry, files })
}

struct Entry {
    path: String,
    kind: u8,
    size: u64,
}

/// The next file; none at the end.
fn entry(from: &mut impl Read) -> Result<Option<Entry>, String> {
    let mut head = [0; BLOCK];
    from.read_exact(&mut head).map_err(unreadable)?;
    if head.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let field = |from: usize, to: usize| {
        let bytes = &head[from..to];
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| "a name in it is not UTF-8".to_owned())
    };
    let number = |from: usize, to: usize| -> Result<u64, String> {
        let text = field(from, to)?;
        u64::from_str_radix(text.trim_matches(' '), 8).map_err(|_| "a number in it does not read".to_owned())
    };
    let sum: u64 =
        head.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) }).sum();
    if number(148, 156)? != sum || &head[257..262] != b"ustar" {
        return Err("it is not packed as npm packs".to_owned());
    }
    let (prefix, name) = (field(345, 475)?, field(0, 100)?);
    let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
    match head[156] {
        kind @ (b'0' | 0 | b'x') => Ok(Some(Entry { path, kind, size: number(124, 136)? })),
        kind => Err(format!("{path:?} in it is no plain file (kind {:?})", char::from(kind))),
    }
}

/// The text of a small file.
fn body(from: &mut impl Read, size: u64) -> Result<Vec<u8>, String> {
    if size > DESCRIBED {
        return Err("what describes it is too large".to_owned());
    }
    let mut text = Vec::new();
    from.take(size).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 != size {
        return Err("it ends in the middle".to_owned());
    }
    skip_exactly(from, padding(size))?;
    Ok(text)
}

fn skip(from: &mut impl Read, size: u64) -> Result<(), String> {
    skip_exactly(from, size + padding(size))
}

fn skip_exactly(from: &mut impl Read, size: u64) -> Result<(), String> {
    let copied = std::io::copy(&mut from.take(size), &mut std::io::sink()).map_err(unreadable)?;
    if copied == size { Ok(()) } else { Err("it ends in the middle".to_owned()) }
}

fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64) - size
}

/// Nothing may come after the empty block that ends it.
fn end(from: &mut impl Read) -> Result<(), String> {
    let mut rest = Vec::new();
    from.take(DESCRIBED).read_to_end(&mut rest).map_err(unreadable)?;
    if rest.iter().any(|byte| *byte != 0) || rest.len() as u64 == DESCRIBED {
        return Err("something follows its end".to_owned());
    }
    Ok(())
}

/// The name that is too long for a head: lines of `LENGTH KEY=VALUE`.
fn long_name(text: &[u8]) -> Result<Option<String>, String> {
    let odd = || "a long name in it does not read".to_owned();
    let mut rest = std::str::from_utf8(text).map_err(|_| odd())?;
    let mut name = None;
    while !rest.is_empty() {
        let (length, _) = rest.split_once(' ').ok_or_else(odd)?;
        let long: usize = length.parse().map_err(|_| odd())?;
        let line = rest.get(..long).filter(|line| line.ends_with('\n')).ok_or_else(odd)?;
        let (key, value) = line.get(length.len() + 1..long - 1).and_then(|it| it.split_once('=')).ok_or_else(odd)?;
        match key {
            "path" => name = Some(value.to_owned()),
            "mtime" | "atime" | "ctime" | "uid" | "gid" | "uname" | "gname" | "mode" => {}
            key if key.starts_with("SCHILY.") => {}
            _ => return Err(odd()),
        }
        rest = &rest[long..];
    }
    Ok(name)
}

fn unreadable(error: std::io::Error) -> String {
    format!("it does not unpack: {error}")
}

fn is_inside(path: &str) -> bool {
    !path.contains(['\\', '\0']) && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn is_name(name: &str) -> bool {
    let part = |text: &str| {
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'_' | b'~'));
        plain && !text.is_empty() && !text.starts_with(['.', '_', '-'])
    };
    match name.strip_prefix('@') {
        Some(rest) => rest.split_once('/').is_some_and(|(scope, name)| part(scope) && part(name)),
        None => part(name),
    }
}

fn is_version(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    let plain = version.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'));
    plain
        && numbers.len() == 3
        && numbers.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn head(path: &str, kind: u8, size: usize) -> Vec<u8> {
        let mut head = vec![0; BLOCK];
        head[..path.len()].copy_from_slice(path.as_bytes());
        head[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        head[156] = kind;
        head[257..263].copy_from_slice(b"ustar\0");
        head[148..156].fill(b' ');
        let sum: u64 = head.iter().map(|byte| u64::from(*byte)).sum();
        head[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        head
    }

    fn tar(files: &[(&str, u8, &str)]) -> Vec<u8> {
        let mut out = Vec::new();
        for (path, kind, text) in files {
            out.extend(head(path, *kind, text.len()));
            out.extend(text.as_bytes());
            out.resize(out.len().next_multiple_of(BLOCK), 0);
        }
        out.extend([0; 2 * BLOCK]);
        out
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    fn read(files: &[(&str, u8, &str)]) -> Result<Parcel, String> {
        Parcel::read(&gz(&tar(files)))
    }

    const IT: (&str, u8, &str) = ("package/package.json", b'0', r#"{"name":"@acme/shop","version":"1.2.3-rc.1"}"#);

    #[test]
    fn a_package_is_read_with_every_file_in_it() {
        let long = format!("package/{}", "long/".repeat(30) + "end.js");
        let line = format!("path={long}\n");
        let line = format!("{} {line}", line.len() + 4);
        let it = read(&[("package/b.js", b'0', "12345"), IT, ("PaxHeader/end.js", b'x', &line), ("cut", b'0', "x")])
            .unwrap();
        assert_eq!((it.name.as_str(), it.version.as_str(), it.scope()), ("@acme/shop", "1.2.3-rc.1", Some("@acme")));
        let files: Vec<(&str, u32)> = it.files.iter().map(|file| (file.path.as_str(), file.bytes)).collect();
        assert_eq!(files, [("b.js", 5), (long.strip_prefix("package/").unwrap(), 1), ("package.json", 44)]);
    }

    #[test]
    fn what_npm_does_not_pack_is_refused() {
        for (files, why) in [
            (vec![("package/a", b'0', "")], "no package.json"),
            (vec![IT, ("package/a", b'2', "")], "no plain file"),
            (vec![IT, ("package/a", b'1', "")], "no plain file"),
            (vec![IT, ("package/a", b'5', "")], "no plain file"),
            (vec![IT, IT], "twice"),
            (vec![IT, ("package/../a", b'0', "")], "which npm calls none"),
            (vec![IT, ("other/a", b'0', "")], "which npm calls none"),
            (vec![IT, ("/etc/a", b'0', "")], "which npm calls none"),
            (vec![IT, ("PaxHeader/a", b'x', "13 size=9999\n"), ("package/a", b'0', "")], "does not read"),
        ] {
            let said = read(&files).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
        let mut two = gz(&tar(&[IT]));
        two.extend(gz(&tar(&[IT])));
        assert!(Parcel::read(&two).unwrap_err().contains("follows its end"));
        let mut more = tar(&[IT]);
        more.extend(tar(&[IT]));
        assert!(Parcel::read(&gz(&more)).unwrap_err().contains("follows its end"));
        let cut = tar(&[IT]);
        assert!(Parcel::read(&gz(&cut[..700])).is_err());
        assert!(Parcel::read(b"PK not a tarball").is_err());
    }

    #[test]
    fn a_package_sets_nothing_of_npms_but_what_is_shown() {
        let with = |json: &str| read(&[("package/package.json", b'0', json)]);
        let it = with(
            r#"{"name":"a","version":"1.0.0","publishConfig":{"tag":"next","access":"public","registry":"https://r.example/"}}"#,
        );
        let it = it.unwrap();
        assert_eq!(
            (it.tag.as_deref(), it.access.as_deref(), it.registry.as_deref()),
            (Some("next"), Some("public"), Some("https://r.example/"))
        );
        for setting in [
            r#""https-proxy":"http://x""#,
            r#""strict-ssl":false"#,
            r#""@acme:registry":"https://x""#,
            r#""//r.example/:_authToken":"x""#,
            r#""ignore-scripts":false"#,
        ] {
            let said = with(&format!(r#"{{"name":"a","version":"1.0.0","publishConfig":{{{setting}}}}}"#)).unwrap_err();
            assert!(said.contains("publishConfig"), "{said}");
        }
        for json in [
            r#"{"name":"a","version":"1.0.0","private":true}"#,
            r#"{"name":"../a","version":"1.0.0"}"#,
            r#"{"name":"A","version":"1.0.0"}"#,
            r#"{"name":"a"}"#,
            r#"{"name":"a","version":"v1"}"#,
            r#"{"name":"a","version":"1.0.0","publishConfig":[]}"#,
            "[]",
        ] {
            assert!(with(json).is_err(), "{json}");
        }
    }
}
