//! What the owner wants of the sandbox of desks and checks, per project, and what a run really has. How a sandbox is made is
//! not here.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::refusal::Refusal;

/// Whether what runs for a project is kept in a sandbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SandboxMode {
    /// Wherever this machine can; where it cannot, each desk says so.
    #[default]
    Auto,
    /// Nothing runs without.
    Required,
    /// Never: the owner's word.
    Off,
}

/// An owner's choice for one project, kept in the office, never in the repository.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
#[serde(default)]
pub struct SandboxChoice {
    /// Whether there is one.
    pub mode: SandboxMode,
    /// Hosts that may be reached besides those every desk may reach: `example.org`, or `*.example.org` for all below it.
    pub reach: Vec<String>,
    /// Files and folders of the machine that are seen besides, read-only.
    pub see: Vec<String>,
}

/// Hosts and paths of one project.
const MOST: usize = 100;

impl SandboxChoice {
    /// The usual: nothing was chosen.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Refuses hosts that are no names and paths that would show everything.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.reach.len() > MOST || self.see.len() > MOST {
            return Err(Refusal::invalid(
                format!("more than {MOST} hosts or paths"),
                "name fewer, or folders above them",
            ));
        }
        for host in &self.reach {
            let name = host.strip_prefix("*.").unwrap_or(host);
            let part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            let numeric = name.split('.').all(|part| part.chars().all(|c| c.is_ascii_digit()));
            if !name.contains('.') || !name.split('.').all(part) || numeric || name.len() > 253 {
                let way_out =
                    "name a host such as registry.example.org, or *.example.org; addresses and ports are not taken";
                return Err(Refusal::invalid(format!("'{host}' is no name of a host"), way_out));
            }
        }
        for path in &self.see {
            let plain = path.starts_with('/') && !path.split('/').any(|part| part == "..");
            let deep = path.split('/').filter(|part| !part.is_empty()).count() >= 2;
            if !plain || !deep || path.contains('\0') {
                let way_out = "name an absolute path at least two folders deep, without `..`";
                return Err(Refusal::invalid(format!("'{path}' cannot be shown to desks"), way_out));
            }
        }
        Ok(())
    }
}

/// What keeps a run to its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Enforcement {
    /// Whether the system itself holds it, whatever it tries; else only its engine's own gate does.
    pub hard: bool,
    /// In words: by what, or why not.
    pub words: String,
    /// Whether its calls to its model are counted and held to budgets on their way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metering: Option<Metering>,
}

/// Whether a run's calls go through the office's meter.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Metering {
    /// Whether they do: then its figures are the model's own, and a budget is kept before each call.
    pub on: bool,
    /// In words: by what, or why not.
    pub words: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(reach: &str, see: &str) -> Result<(), Refusal> {
        let list = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        SandboxChoice { mode: SandboxMode::Auto, reach: list(reach), see: list(see) }.check()
    }

    #[test]
    fn only_names_and_deep_paths_widen_a_sandbox() {
        assert!(choice("example.org *.example.org a-b.example.co", "/opt/tools /srv/data/x").is_ok());
        for host in ["localhost", "10.0.0.1", "169.254.169.254", "example.org:22", "*", "*.com.*", "http://a.b", "a..b"]
        {
            assert!(choice(host, "").is_err(), "{host}");
        }
        for path in ["/", "/etc", "relative/path", "/opt/../etc/shadow"] {
            assert!(choice("", path).is_err(), "{path}");
        }
    }
}
