//! Which office on which machine: what ssh is told, and the one command that is run there. Nothing of it is taken for an
//! option of ssh, or for more than a word by the shell there.

use office_core::Refusal;

/// An office on another machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    host: String,
    office: Option<String>,
    program: String,
}

impl Destination {
    /// `host` as ssh takes it: `vm`, `user@vm`, `ssh://user@vm:2222`, or a name of its configuration. `office` is the
    /// office's directory there; the usual one if none.
    ///
    /// # Errors
    /// What ssh could take for something else than a destination.
    pub fn new(host: &str, office: Option<&str>) -> Result<Self, Refusal> {
        let plain = |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_control() || c.is_whitespace());
        if !plain(host) || host.starts_with('-') {
            let way_out = "name it as ssh does: vm, user@vm, ssh://user@vm:2222, or a Host of ~/.ssh/config";
            return Err(Refusal::invalid(format!("'{}' is no machine", host.escape_debug()), way_out));
        }
        if office.is_some_and(|office| office.is_empty() || office.chars().any(char::is_control)) {
            return Err(Refusal::invalid("the office's directory there is no path", "say it as on that machine"));
        }
        let said = std::env::var("OFFICE_REMOTE_PROGRAM").ok().filter(|program| !program.is_empty());
        let program = said.unwrap_or_else(|| "office".to_owned());
        Ok(Self { host: host.to_owned(), office: office.map(str::to_owned), program })
    }

    /// The machine, as ssh is told.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The program that is run there.
    pub fn program(&self) -> &str {
        &self.program
    }

    /// What is run there. A login that reads no profile finds what is installed for the user all the same; and whatever
    /// the user's shell is, it sees two plain words and one in quotes.
    pub(crate) fn command(&self) -> String {
        let office = self.office.as_ref().map(|dir| format!(" --office {}", quoted(dir))).unwrap_or_default();
        let path = "PATH=\"$PATH:$HOME/.local/bin:$HOME/.cargo/bin\"; export PATH";
        let script = format!("{path}; exec {}{office} door", quoted(&self.program));
        format!("sh -c {}", quoted(&script))
    }
}

/// One word for a POSIX shell, whatever is in it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_could_be_an_option_or_a_second_word_is_a_machine() {
        for bad in ["", "-oProxyCommand=touch /tmp/x", "vm -v", "vm\nvm", "vm\0", "\u{7f}"] {
            assert!(Destination::new(bad, None).is_err(), "{bad:?}");
        }
        for good in ["vm", "user@vm", "ssh://user@vm:2222", "user@[::1]"] {
            assert_eq!(Destination::new(good, None).unwrap().host(), good);
        }
        assert!(Destination::new("vm", Some("")).is_err() && Destination::new("vm", Some("/a\nb")).is_err());
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the shell that will read it, waited for")]
    fn a_directory_stays_one_word_whatever_is_in_it() {
        let dir = "/srv/it's $(touch bad) `x` \"y\"; z";
        let mut to = Destination::new("vm", Some(dir)).unwrap();
        to.program = "echo".to_owned();
        let out = std::process::Command::new("sh").args(["-c", &to.command()]).output().unwrap();
        assert_eq!(String::from_utf8(out.stdout).unwrap(), format!("--office {dir} door\n"));
    }
}
