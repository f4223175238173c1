//! Reads files of rules and tries their examples. What is wrong is said with its line; a file with a fault in it is refused
//! whole, so that half a file never is in force.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Always, Conditions, Rule};
use crate::judge;
use crate::spec::Specs;
use crate::standing::Shape;
use crate::verdict::{Category, Fit, Verdict};

/// Where rules come from, from the mildest say to the strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// They come with the program.
    Shipped,
    /// The owner's, for the whole office.
    Owner,
    /// The owner's, for a project.
    Project,
    /// The owner's, for a role.
    Role,
    /// The owner's, for a desk.
    Desk,
    /// From a checkout: whoever writes there must not be able to allow anything.
    Checkout,
}

/// A file of rules that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct RuleError {
    /// The file.
    pub file: String,
    /// The line; 0 where it is the file as a whole.
    pub line: usize,
    /// What is wrong, and what to do about it.
    pub what: String,
}

impl RuleError {
    pub(crate) fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into() }
    }
}

/// The shipped files.
pub const SHIPPED: &[(&str, &str)] = &[
    ("quiet.toml", include_str!("../../rules/quiet.toml")),
    ("files.toml", include_str!("../../rules/files.toml")),
    ("git.toml", include_str!("../../rules/git.toml")),
    ("outside.toml", include_str!("../../rules/outside.toml")),
    ("system.toml", include_str!("../../rules/system.toml")),
    ("packages.toml", include_str!("../../rules/packages.toml")),
    ("tools.toml", include_str!("../../rules/tools.toml")),
];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    rule: Vec<Written>,
    quiet: Vec<Quiet>,
    always: Vec<WrittenAlways>,
}

/// A shape of command that the owner allows although a rule asks about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenAlways {
    id: Spanned<String>,
    run: String,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    in_order: bool,
    why: String,
    #[serde(default, rename = "match")]
    matches: Vec<String>,
    #[serde(default, rename = "not_match")]
    not_matches: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Written {
    id: Spanned<String>,
    #[serde(flatten)]
    rest: toml::Table,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Quiet {
    id: Spanned<String>,
    why: String,
    /// Programs, one after another.
    #[serde(default)]
    tools: String,
    /// Programs with subcommands, one to an item.
    #[serde(default)]
    run: Vec<String>,
    #[serde(default)]
    no_flag: Vec<String>,
    #[serde(default)]
    no_word: Vec<String>,
    #[serde(default)]
    takes_any: bool,
    #[serde(default, rename = "match")]
    matches: Vec<String>,
    #[serde(default, rename = "not_match")]
    not_matches: Vec<String>,
}

/// What stands beside the conditions.
#[derive(Debug, Deserialize)]
struct Says {
    verdict: Verdict,
    category: Option<Category>,
    why: String,
    #[serde(default)]
    overrides: Vec<String>,
    #[serde(default, rename = "match")]
    matches: Vec<String>,
    #[serde(default, rename = "not_match")]
    not_matches: Vec<String>,
}

const SAYS: &[&str] = &["verdict", "category", "why", "overrides", "match", "not_match"];

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).map_or(0, |before| before.matches('\n').count() + 1)
}

pub(super) fn read(text: &str, name: &str, origin: Origin) -> Result<(Vec<Rule>, Vec<Always>), RuleError> {
    // The examples of the shipped rules are tried by a test, not at every start.
    let (rules, always, mut faults) = all(text, name, origin, origin != Origin::Shipped);
    if faults.is_empty() { Ok((rules, always)) } else { Err(faults.remove(0)) }
}

/// Reads a file, and says everything that is wrong with it.
pub fn read_all(text: &str, name: &str, origin: Origin) -> (Vec<Rule>, Vec<RuleError>) {
    let (rules, _, faults) = all(text, name, origin, true);
    (rules, faults)
}

fn all(text: &str, name: &str, origin: Origin, tries: bool) -> (Vec<Rule>, Vec<Always>, Vec<RuleError>) {
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let line = error.span().map_or(0, |span| line_of(text, span.start));
            return (Vec::new(), Vec::new(), vec![RuleError::new(name, line, error.message())]);
        }
    };
    let (mut rules, mut faults) = (Vec::new(), Vec::new());
    for quiet in file.quiet {
        let line = line_of(text, quiet.id.span().start);
        // `@name` stands for a list of the specs.
        let named = |word: &str| match word.strip_prefix('@') {
            Some(list) => Specs::shipped().words(list).to_vec(),
            None => vec![word.to_owned()],
        };
        let mut run: Vec<String> = quiet.tools.split_whitespace().flat_map(named).collect();
        run.extend(quiet.run);
        let when = Conditions {
            run,
            no_flag: quiet.no_flag,
            no_word: quiet.no_word,
            takes_any: quiet.takes_any,
            ..Conditions::default()
        };
        let rule = Rule {
            id: quiet.id.into_inner(),
            when,
            verdict: Verdict::Allow,
            category: None,
            why: quiet.why,
            overrides: Vec::new(),
            origin,
            matches: quiet.matches,
            not_matches: quiet.not_matches,
        };
        rules.push((rule, line));
    }
    for written in file.rule {
        let line = line_of(text, written.id.span().start);
        match one(written, origin) {
            Ok(rule) => rules.push((rule, line)),
            Err(what) => faults.push(RuleError::new(name, line, what)),
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    for (rule, line) in &rules {
        let mut wrong = |what: String| faults.push(RuleError::new(name, *line, what));
        if !seen.insert(rule.id.clone()) {
            wrong(format!("a rule is called {} already: give it another id", rule.id));
        }
        if let Err(what) = allowed_there(rule) {
            wrong(what);
        }
        if tries {
            tried(rule).into_iter().for_each(wrong);
        }
    }
    let mut settled = Vec::new();
    for written in file.always {
        let line = line_of(text, written.id.span().start);
        match always(written, origin, tries) {
            Ok(it) if !seen.insert(it.id.clone()) => {
                let what = format!("a rule is called {} already: give it another id", it.id);
                faults.push(RuleError::new(name, line, what));
            }
            Ok(it) => settled.push(it),
            Err(what) => faults.push(RuleError::new(name, line, what)),
        }
    }
    (rules.into_iter().map(|(rule, _)| rule).collect(), settled, faults)
}

fn always(written: WrittenAlways, origin: Origin, tries: bool) -> Result<Always, String> {
    let id = written.id.into_inner();
    if origin > Origin::Owner {
        return Err(format!("{id}: only the owner's own files may say always: move it there, or take it out"));
    }
    if written.run.trim().is_empty() || written.run.contains(['*', '?']) {
        return Err(format!("{id}: say the program and its subcommands as they are"));
    }
    let shape = Shape { run: written.run, words: written.words, in_order: written.in_order };
    let examples =
        written.matches.iter().map(|one| (one, true)).chain(written.not_matches.iter().map(|one| (one, false)));
    for (example, should) in examples.filter(|_| tries) {
        let actions = judge::example(example).map_err(|why| format!("{id}: example {example:?}: {why}"))?;
        let does = actions.iter().any(|action| shape.fits(action));
        if does != should {
            let word = if should { "it should fit" } else { "it should not fit" };
            let but = if should { "does not" } else { "does" };
            return Err(format!("{id}: {word} {example:?}, and {but}"));
        }
    }
    Ok(Always { id, shape, why: written.why })
}

fn one(written: Written, origin: Origin) -> Result<Rule, String> {
    let (mut says, mut when) = (toml::Table::new(), toml::Table::new());
    for (key, value) in written.rest {
        let to = if SAYS.contains(&&*key) { &mut says } else { &mut when };
        // One word may stand where a list may.
        let lists = !matches!(&*key, "verdict" | "category" | "why");
        let value = match value {
            toml::Value::String(_) if lists => toml::Value::Array(vec![value]),
            value => value,
        };
        to.insert(key, value);
    }
    let id = written.id.into_inner();
    let says: Says = says.try_into().map_err(|error: toml::de::Error| format!("{id}: {}", error.message()))?;
    let when: Conditions = when.try_into().map_err(|error: toml::de::Error| format!("{id}: {}", error.message()))?;
    if says.verdict != Verdict::Allow && says.category.is_none() {
        return Err(format!("{id}: say which category of risk this is"));
    }
    Ok(Rule {
        id,
        when,
        verdict: says.verdict,
        category: says.category,
        why: says.why,
        overrides: says.overrides,
        origin,
        matches: says.matches,
        not_matches: says.not_matches,
    })
}

/// Who may say what.
fn allowed_there(rule: &Rule) -> Result<(), String> {
    let id = &rule.id;
    if !rule.overrides.is_empty() && rule.origin > Origin::Owner {
        return Err(format!(
            "{id}: only the owner's own rules may override others: move it there, or take overrides out"
        ));
    }
    if rule.verdict == Verdict::Allow && rule.origin == Origin::Checkout {
        return Err(format!("{id}: a checkout may ask or deny, never allow: move it to the office's directory"));
    }
    let when = &rule.when;
    let about = [
        !when.run.is_empty(),
        !when.read.is_empty(),
        !when.write.is_empty(),
        !when.delete.is_empty(),
        !when.host.is_empty(),
        !when.does.is_empty(),
        !when.tool.is_empty(),
        when.feeds,
        when.interprets,
        when.opaque,
    ];
    if !about.contains(&true) {
        return Err(format!(
            "{id}: say what it is about: run, read, write, delete, host, does, tool, feeds, interprets or opaque"
        ));
    }
    Ok(())
}

/// Tries the examples of a rule through the real parser; what is wrong with them.
fn tried(rule: &Rule) -> Vec<String> {
    let mut wrong = Vec::new();
    let examples = rule.matches.iter().map(|one| (one, true)).chain(rule.not_matches.iter().map(|one| (one, false)));
    for (example, should) in examples {
        let fit = match judge::example(example) {
            Ok(actions) => actions.iter().map(|action| rule.fit(action)).max().unwrap_or(Fit::No),
            Err(why) => {
                wrong.push(format!("{}: example {example:?}: {why}", rule.id));
                continue;
            }
        };
        // What is allowed must be certain; what is asked or denied may be a guess.
        let does = fit == Fit::Yes || (fit == Fit::Maybe && rule.verdict != Verdict::Allow);
        if should && !does {
            wrong.push(format!("{}: it should fit {example:?}, and does not", rule.id));
        }
        if !should && does {
            wrong.push(format!("{}: it should not fit {example:?}, and does", rule.id));
        }
    }
    wrong
}
