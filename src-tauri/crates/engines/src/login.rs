//! Whether an engine is logged in, as far as that shows on this machine: a variable, or the file that it keeps its login in, and
//! when that ends. The provider is not asked; whether it said no to a run is in `runtime`.

use office_core::At;
use office_core::role::Login as State;
use serde_json::Value;

use crate::spec::{Kept, Login};

/// The owner's file, as it is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum File {
    /// There is none.
    Absent,
    /// It is there, and cannot be read, or is no plain file of a login's size.
    Unreadable,
    /// Its content.
    Bytes(Vec<u8>),
}

/// What is known, and how, in words.
pub fn state(login: &Login, is_set: impl Fn(&str) -> bool, file: &File, now: At) -> (State, String) {
    if let Some(name) = login.environment.iter().find(|name| is_set(name)) {
        return (State::Found, format!("{name} is set"));
    }
    let names = login.environment.join(", ");
    let Some(place) = login.lend.as_ref().map(|lend| lend.from.as_str()) else {
        return (State::Missing, format!("none of these is set: {names}"));
    };
    let bytes = match file {
        File::Absent if login.keychain && cfg!(target_os = "macos") => {
            let why = format!("{place} is not there; it may be kept in the keychain, which no desk can be lent");
            return (State::Unknown, why);
        }
        File::Absent => {
            return (State::Missing, format!("{place} is not there, and none of these is set: {names}"));
        }
        File::Unreadable => return (State::Unknown, format!("{place} cannot be read")),
        File::Bytes(bytes) => bytes,
    };
    if login.kept.is_empty() {
        return (State::Found, format!("{place} is there"));
    }
    let Ok(whole) = serde_json::from_slice::<Value>(bytes) else {
        return (State::Unknown, format!("{place} does not read as a login"));
    };
    let mut ended: Option<At> = None;
    for kept in &login.kept {
        for (member, token) in found(&whole, &kept.token, None) {
            let Some(token) = token.as_str().filter(|token| !token.is_empty()) else { continue };
            let member = member.as_deref();
            let ends = ends(&whole, kept, member, token);
            let renews = kept.renewed_by.as_deref().is_some_and(|path| {
                found(&whole, path, member).iter().any(|(_, value)| value.as_str().is_some_and(|it| !it.is_empty()))
            });
            match ends {
                _ if renews => return (State::Found, format!("{place}; it renews itself")),
                None => return (State::Found, format!("{place} holds one")),
                Some(ends) if ends > now => return (State::Found, format!("{place}, good until {ends}")),
                Some(ends) => ended = ended.max(Some(ends)),
            }
        }
    }
    match ended {
        Some(ended) => (State::Expired, format!("{place} ran out at {ended}")),
        None => (State::Missing, format!("{place} holds no login")),
    }
}

/// What stands at a path of names; `*` is any name, or the one that is given. Each with the name that stood for `*`.
fn found<'a>(value: &'a Value, path: &str, given: Option<&str>) -> Vec<(Option<String>, &'a Value)> {
    let mut all = vec![(None, value)];
    for name in path.split('.') {
        all = all
            .into_iter()
            .flat_map(|(member, value)| -> Vec<(Option<String>, &'a Value)> {
                match (name, given, value.as_object()) {
                    ("*", Some(given), Some(map)) => {
                        map.get(given).map(|value| (Some(given.to_owned()), value)).into_iter().collect()
                    }
                    ("*", None, Some(map)) => map.iter().map(|(name, value)| (Some(name.clone()), value)).collect(),
                    (name, _, Some(map)) => map.get(name).map(|value| (member, value)).into_iter().collect(),
                    _ => Vec::new(),
                }
            })
            .collect();
    }
    all
}

/// When it ends, where that is said beside it or in it.
fn ends(whole: &Value, kept: &Kept, member: Option<&str>, token: &str) -> Option<At> {
    match &kept.ends {
        Some(path) => {
            let said = found(whole, path, member).first().and_then(|(_, value)| value.as_i64());
            // Zero is said of what never ends.
            said.filter(|said| *said > 0).map(At::from_millis)
        }
        None => token_ends(token),
    }
}

/// A signed token of three parts says in its second, in seconds, when it ends.
fn token_ends(token: &str) -> Option<At> {
    let mut parts = token.split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let claims: Value = serde_json::from_slice(&base64url(claims)?).ok()?;
    claims["exp"].as_i64().filter(|seconds| (0..100_000_000_000).contains(seconds)).map(|it| At::from_millis(it * 1000))
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut bits, mut held) = (0_u32, 0_u32);
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
        bits &= 0xff;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EngineSpec, shipped};
    use serde_json::json;

    const NOW: i64 = 1_795_000_000_000;

    fn says(engine: &str, file: File) -> (State, String) {
        let name = format!("{engine}.toml");
        let (_, text) = shipped().into_iter().find(|(known, _)| *known == name).unwrap();
        let login = EngineSpec::parse(&name, text).unwrap().login.unwrap();
        state(&login, |_| false, &file, At::from_millis(NOW))
    }

    fn of(engine: &str, value: Value) -> State {
        says(engine, File::Bytes(value.to_string().into_bytes())).0
    }

    fn token(ends: i64) -> String {
        // {"exp":ENDS}, as a provider signs it.
        let claims = format!("{{\"exp\":{ends}}}");
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut text = String::new();
        for part in claims.as_bytes().chunks(3) {
            let whole = part.iter().chain(&[0, 0]).take(3).fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
            (0..=part.len()).for_each(|at| text.push(letters[(whole >> (18 - 6 * at) & 63) as usize] as char));
        }
        format!("e30.{text}.c2ln")
    }

    #[test]
    fn claude_codex_and_opencode_are_logged_in_run_out_or_not_by_their_files() {
        let claude = |ends: i64, renews: &str| {
            of("claude", json!({"claudeAiOauth": {"accessToken": "t", "refreshToken": renews, "expiresAt": ends}}))
        };
        assert_eq!(claude(NOW + 1, ""), State::Found);
        assert_eq!(claude(NOW - 1, ""), State::Expired);
        assert_eq!(claude(NOW - 1, "again"), State::Found);
        assert_eq!(of("claude", json!({"claudeAiOauth": {"accessToken": ""}})), State::Missing);
        let codex = |ends: i64| of("codex", json!({"OPENAI_API_KEY": null, "tokens": {"access_token": token(ends)}}));
        assert_eq!(codex(NOW / 1000 + 60), State::Found);
        assert_eq!(codex(NOW / 1000 - 60), State::Expired);
        assert_eq!(of("codex", json!({"OPENAI_API_KEY": "sk-1"})), State::Found);
        assert_eq!(of("codex", json!({"OPENAI_API_KEY": null, "tokens": null})), State::Missing);
        assert_eq!(of("opencode", json!({"zen": {"type": "api", "key": "k"}})), State::Found);
        let lent = json!({"anthropic": {"type": "oauth", "access": "a", "refresh": "", "expires": NOW - 1}});
        assert_eq!(of("opencode", lent), State::Expired);
        // One that ran out beside one that holds: it can work.
        let both = json!({"a": {"access": "a", "expires": NOW - 1}, "b": {"key": "k"}});
        assert_eq!(of("opencode", both), State::Found);
    }

    #[test]
    fn what_is_not_there_or_does_not_read_is_said_with_its_place() {
        let (found, why) = says("codex", File::Absent);
        assert_eq!(found, State::Missing);
        assert!(why.contains("~/.codex/auth.json") && why.contains("OPENAI_API_KEY"), "{why}");
        for garbage in [&b"{"[..], b"", b"\xff\xfe", b"not json"] {
            assert_eq!(says("codex", File::Bytes(garbage.to_vec())).0, State::Unknown);
        }
        assert_eq!(of("codex", json!([1, 2])), State::Missing);
        assert_eq!(says("codex", File::Unreadable).0, State::Unknown);
        assert_eq!(says("gemini", File::Absent).0, State::Missing);
        assert_eq!(token_ends("a.b.c"), None);
        assert_eq!(token_ends(&token(1_795_000_000)), Some(At::from_millis(NOW)));
    }
}
