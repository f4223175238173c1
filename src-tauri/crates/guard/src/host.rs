//! What kind of host a command speaks to. By name only: nothing is looked up.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Kinds of hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostClass {
    /// This machine.
    Loopback,
    /// One that the owner allows.
    Allowed,
    /// An address of a private network, or of a cloud's metadata.
    Private,
    /// Any other.
    Public,
    /// Not known.
    Unknown,
}

impl HostClass {
    /// As rules spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Allowed => "allowed",
            Self::Private => "private",
            Self::Public => "public",
            Self::Unknown => "unknown",
        }
    }
}

/// The host in a URL, `user@host:path` or plain host; none if it is none of these for certain.
pub fn host_of(text: &str) -> Option<String> {
    let rest = match text.split_once("://") {
        Some(("file", _)) => return None,
        Some((_, rest)) => rest,
        None => text,
    };
    let place = rest.split(['/', '?', '#']).next()?;
    let place = place.rsplit_once('@').map_or(place, |(_, host)| host);
    let host = match place.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => place.split(':').next()?,
    };
    let fine = |letter: char| letter.is_ascii_alphanumeric() || ".-_:".contains(letter);
    (!host.is_empty() && host.chars().all(fine)).then(|| host.trim_end_matches('.').to_lowercase())
}

/// What kind of host that is.
pub fn class_of(host: &str, allowed: &[String]) -> HostClass {
    if host == "localhost" || host.ends_with(".localhost") {
        return HostClass::Loopback;
    }
    if allowed.iter().any(|name| host == name || name.strip_prefix("*.").is_some_and(|tail| under(host, tail))) {
        return HostClass::Allowed;
    }
    match host.parse::<IpAddr>() {
        Ok(address) if address.is_loopback() || address.is_unspecified() => HostClass::Loopback,
        Ok(IpAddr::V4(address)) if address.is_private() || address.is_link_local() => HostClass::Private,
        Ok(IpAddr::V6(address)) if address.is_unique_local() || address.is_unicast_link_local() => HostClass::Private,
        Ok(_) => HostClass::Public,
        // Numbers in odd bases are addresses, too; nobody writes them for a good reason.
        Err(_) if host.starts_with("0x") || host.chars().all(|letter| letter.is_ascii_digit() || letter == '.') => {
            HostClass::Unknown
        }
        Err(_) if host.ends_with(".internal") || host.ends_with(".local") => HostClass::Private,
        Err(_) => HostClass::Public,
    }
}

fn under(host: &str, tail: &str) -> bool {
    host.strip_suffix(tail).is_some_and(|head| head.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_what_people_write() {
        for (text, host) in [
            ("https://ana@Example.org:8443/x?y", "example.org"),
            ("git@github.com:a/b.git", "github.com"),
            ("http://[::1]:80/", "::1"),
            ("localhost:3000/health", "localhost"),
        ] {
            assert_eq!(host_of(text).as_deref(), Some(host), "{text}");
        }
        assert_eq!(host_of("file:///etc/passwd"), None);
    }

    #[test]
    fn kinds_of_hosts() {
        let allowed = ["*.crates.io".to_owned()];
        for (host, class) in [
            ("127.0.0.1", HostClass::Loopback),
            ("::1", HostClass::Loopback),
            ("index.crates.io", HostClass::Allowed),
            ("evilcrates.io", HostClass::Public),
            ("169.254.169.254", HostClass::Private),
            ("2130706433", HostClass::Unknown),
            ("localhost.evil.org", HostClass::Public),
        ] {
            assert_eq!(class_of(host, &allowed), class, "{host}");
        }
    }
}
