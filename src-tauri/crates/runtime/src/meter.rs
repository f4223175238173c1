//! A run's calls through the meter: whether they can go there, what it is told, and what it read. The meter itself is the crate
//! `meter`, in a process of its own that outlives this one; what budgets there are is told by `budgets.rs`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use office_core::RunId;
use office_core::sandbox::Metering;
use office_engines::EngineSpec;
use office_engines::meter::{Metered, Trouble};
use office_engines::spec::Speaks;
use office_meter::account::{Account, TroubleKind, place};
use office_meter::usage::Prices;
use office_meter::{Config, Model, Placed};

use crate::effects::agent::{owners, private_file};
use crate::sandbox::Kept;
use crate::world::World;

/// What a meter is told; for its owner only.
const CONFIG: &str = "metering.json";
/// So long nothing may come from a model before that is said.
const SILENCE_MS: u64 = 60_000;

/// How a run's calls will go.
pub(crate) enum Way {
    /// Through a meter.
    Metered { config: Box<Config>, program: PathBuf },
    /// Straight to the model; why.
    Straight(String),
}

impl Way {
    /// The address its program is given.
    pub(crate) fn base_url(&self) -> Option<String> {
        let Self::Metered { config, .. } = self else { return None };
        let port = if config.placed == Placed::Loopback { 0 } else { office_meter::PORT };
        Some(format!("http://127.0.0.1:{port}/{}", config.secret))
    }

    /// What stands in that address and is to be known to its program alone.
    pub(crate) fn secret(&self) -> Option<&str> {
        let Self::Metered { config, .. } = self else { return None };
        Some(&config.secret)
    }

    /// What is written down of it.
    pub(crate) fn metering(&self) -> Metering {
        match self {
            Self::Metered { config, .. } => on(config),
            Self::Straight(why) => Metering { on: false, words: why.clone() },
        }
    }

    /// The words that start a program whose calls go this way.
    pub(crate) fn words(&self, dir: &Path, argv: Vec<OsString>) -> Vec<OsString> {
        match self {
            Self::Metered { program, .. } => office_meter::words(program, &dir.join(CONFIG), &argv),
            Self::Straight(_) => argv,
        }
    }
}

/// What is said of a run that has a meter.
pub(crate) fn on(config: &Config) -> Metering {
    Metering { on: true, words: format!("its calls go through the office's meter to {}", shown(&config.upstream)) }
}

/// An address without what may be secret in it.
fn shown(address: &str) -> &str {
    let place = address.split_once("://").map_or(address, |(_, rest)| rest);
    let place = place.split(['/', '?', '#']).next().unwrap_or_default();
    place.rsplit_once('@').map_or(place, |(_, host)| host)
}

impl World {
    /// Whether a run's calls go through a meter.
    pub(crate) fn way(&self, engine: &EngineSpec, run: RunId, kept: &Kept) -> Way {
        if std::env::var("OFFICE_METER").as_deref() == Ok("off") {
            return Way::Straight("OFFICE_METER=off was set where the office was started".to_owned());
        }
        let lent = engine.login.as_ref().and_then(|login| owners(&login.lend.as_ref()?.from));
        let lent = lent.is_some_and(|file| std::fs::symlink_metadata(file).is_ok());
        let upstream = match engine.upstream(&|name| std::env::var(name).ok(), lent) {
            Ok(upstream) => upstream,
            Err(why) => return Way::Straight(why),
        };
        let program = Self::own_folder().map(|folder| folder.join(office_meter::PROGRAM)).filter(|file| file.is_file());
        let Some(program) = program else {
            return Way::Straight(format!("the program {} is missing beside `office`", office_meter::PROGRAM));
        };
        let placed = match kept {
            Kept::In => Placed::Socket { path: self.side_door(run).join(office_meter::SOCKET) },
            Kept::Out(_) => Placed::Loopback,
        };
        let prices = |it: office_engines::spec::Prices| Prices {
            input: it.input,
            output: it.output,
            cache_read: it.cache_read,
            cache_write: it.cache_write,
            cache_write_hour: it.cache_write_hour,
        };
        let models = engine.models.iter().map(|it| Model { name: it.name.clone(), prices: it.prices.map(prices) });
        let config = Config {
            run: run.0,
            secret: self.ids.token(),
            placed,
            upstream: upstream.address,
            speaks: match upstream.speaks {
                Speaks::Anthropic => office_meter::Speaks::Anthropic,
                Speaks::Responses => office_meter::Speaks::Responses,
            },
            models: models.collect(),
            runs: self.dir.runs(),
            budgets: self.dir.budgets(),
            lock: self.dir.budgets().with_extension("lock"),
            silence_ms: SILENCE_MS,
            certificates: std::env::var_os("SSL_CERT_FILE").map(PathBuf::from),
        };
        Way::Metered { config: Box::new(config), program }
    }

    /// Writes down what a run's meter is told; what an earlier try left is gone.
    pub(crate) fn tell_meter(&self, run: RunId, way: &Way) -> Result<(), String> {
        let file = self.dir.run(run).join(CONFIG);
        match way {
            Way::Metered { config, .. } => {
                let text = serde_json::to_vec(&**config).map_err(|error| error.to_string())?;
                private_file(&file, &text, 0o600)
            }
            Way::Straight(_) => match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.to_string()),
                _ => Ok(()),
            },
        }
    }

    /// What a run's meter was told, if it has one.
    pub(crate) fn metered(&self, run: RunId) -> Option<Config> {
        let text = std::fs::read(self.dir.run(run).join(CONFIG)).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// What a run's meter has read so far. `over`: it is gone, and what it had set aside for calls that nobody settled counts whole.
pub(crate) fn read(runs: &Path, run: RunId, over: bool) -> Option<(Metered, Account)> {
    let account = match Account::load(&place(runs, run.0)) {
        Ok(account) => account,
        Err(error) => {
            tracing::warn!(%run, %error, "what a meter wrote down cannot be read");
            return None;
        }
    };
    let (all, aside) = (account.total(), account.set_aside());
    let left = if over { aside } else { office_meter::usage::Sum::default() };
    let trouble = account.trouble.as_ref().filter(|_| !over).map(|trouble| Trouble {
        words: trouble.words(),
        limited: trouble.kind == TroubleKind::Limited,
        until: trouble.until,
    });
    let metered = Metered {
        input: all.input + left.tokens.saturating_sub(left.output),
        output: all.output + left.output,
        cache_read: all.cache_read,
        cache_write: all.cache_write,
        micro_dollars: account.micro_dollars.map(|micro| micro + left.micro_dollars),
        trouble,
    };
    Some((metered, account))
}

/// The host and the port that calls go to, so that no other way leads there from a sandbox.
pub(crate) fn place_of(config: &Config) -> (String, Option<u16>) {
    let place = shown(&config.upstream);
    match place.rsplit_once(':') {
        Some((host, port)) => (host.to_ascii_lowercase(), port.parse().ok()),
        None => (place.to_ascii_lowercase(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_calls_go_is_said_without_what_may_be_secret() {
        for (address, place) in [
            ("https://api.anthropic.com", "api.anthropic.com"),
            ("https://key:word@gateway.example/team/secret?x", "gateway.example"),
            ("http://127.0.0.1:8080/v1", "127.0.0.1:8080"),
        ] {
            assert_eq!(shown(address), place);
        }
    }
}
