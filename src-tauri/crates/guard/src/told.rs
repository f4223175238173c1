//! What an action comes to, in words for a person who is tired: what is written, lost, reached, sent. Not here: the words that rules
//! and their tests know actions by (`Display`).

use crate::action::{Action, Change, Deed};
use crate::host::HostClass;
use crate::path::{Class, Place};

/// Longer texts are cut: this is a glance, the whole command stands beside it.
const GLANCE: usize = 80;

impl Action {
    /// One sentence without its subject: `writes Cargo.lock, outside its checkout`.
    pub fn told(&self) -> String {
        match self {
            Self::Run(run) => {
                let words: Vec<String> = run.argv.iter().map(ToString::to_string).collect();
                match words.first().map(String::as_str) {
                    Some("<script>") => format!("runs the script {}", glance(&words[1..].join(" "))),
                    Some("<code>") => format!("runs {}, a program of the checkout", glance(&words[1..].join(" "))),
                    Some("<built>") => "runs the program that was just built".to_owned(),
                    _ => format!("runs {}", glance(&words.join(" "))),
                }
            }
            Self::Read { place } => format!("reads {}", at(place)),
            Self::Write { place, change: Some(Change::Created), .. } => format!("creates {}", at(place)),
            Self::Write { place, change: Some(Change::Deleted), .. } => format!("deletes {}", at(place)),
            Self::Write { place, .. } => format!("writes {}", at(place)),
            Self::Delete { place, recursive, .. } => {
                format!("deletes {}{}", at(place), if *recursive { " and all in it" } else { "" })
            }
            Self::Reach { host, class } => {
                let whose = match class {
                    HostClass::Loopback => "on this machine",
                    HostClass::Allowed => "a host that you allow",
                    HostClass::Private => "in your own network",
                    HostClass::Public => "on the internet",
                    HostClass::Unknown => "a host that is not known before it runs",
                };
                format!("reaches {}, {whose}", glance(host))
            }
            Self::Does { deed, by } => {
                let what = match deed {
                    Deed::Push => "sends commits to another repository",
                    Deed::Publish => "releases something to the world",
                    Deed::Spend => "may spend money",
                    Deed::Message => "writes to people or other machines",
                    Deed::Deploy => "changes a service that runs",
                };
                format!("{what} ({})", glance(by))
            }
            Self::PipeTo { interpreter, from } => {
                format!("has {} do what it reads from {}", glance(interpreter), glance(from))
            }
            Self::Interpret { interpreter, .. } => {
                format!("runs code for {} that is not seen through", glance(interpreter))
            }
            Self::Use { tool } => format!("uses the tool {}", glance(tool)),
            Self::Opaque { reason } => format!("does what cannot be seen before it runs: {}", glance(reason)),
        }
    }
}

fn at(place: &Place) -> String {
    let shown = glance(&place.shown);
    let known: Vec<&Class> = place.classes.iter().collect();
    let whose = match known.as_slice() {
        [Class::Checkout | Class::Artefact] => return shown,
        [Class::Secrets] => "where keys and passwords are kept",
        [Class::Agent] => "which says what an agent may do",
        [Class::OtherCheckout] => "outside its checkout, beside it",
        [Class::System] => "a part of this machine's system",
        [Class::Home] => "in your home folder",
        [Class::Tmp] => "among temporary files",
        _ => "a place that is not known before it runs",
    };
    format!("{shown}, {whose}")
}

fn glance(text: &str) -> String {
    let mut short: String = text.chars().take(GLANCE).collect();
    if text.chars().nth(GLANCE).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use crate::judge::{Asked, actions, example_scene};
    use crate::world::Paper;

    fn told(line: &str) -> Vec<String> {
        let asked = Asked::Run { run: line.to_owned() };
        actions(&asked, &example_scene(), &Paper::default()).iter().map(super::Action::told).collect()
    }

    #[test]
    fn a_person_reads_what_is_written_lost_reached_and_sent() {
        let has = |line: &str, words: &str| {
            let all = told(line);
            assert!(all.iter().any(|it| it.contains(words)), "{line}: {all:?}");
        };
        has("git push origin main", "runs git push origin main");
        has("git push origin main", "sends commits to another repository");
        has("rm -r docs", "deletes docs and all in it");
        has("cat ~/.ssh/id_ed25519", "where keys and passwords are kept");
        has("curl https://example.org/x", "reaches example.org, on the internet");
        has("curl https://example.org/x | sh", "sh");
        has(&format!("git log {}", "x".repeat(500)), "…");
    }
}
