//! One role's file: front matter between two lines of `---`, and below it the brief. Strict: what is not known is a fault with
//! its line and what to write instead. A repository's file is read for its words alone. Which files there are is in `layers.rs`.

use std::collections::BTreeMap;

use office_core::budget::Limits;
use office_core::role::{Grants, May, Occasion, Role, RoleFault, RoleFrom, Scope, WakeOn, is_kind};
use office_core::unattended::CATEGORIES;
use office_core::{EngineName, RoleName, text};
use serde::Deserialize;

/// The keys of a file, for whoever mistypes one.
const KEYS: [&str; 11] =
    ["name", "title", "summary", "look", "engines", "models", "scope", "grants", "budget", "wakes_on", "may"];
const INNER: [&str; 8] = ["paths", "kinds", "asks", "tools", "money", "tokens", "input_tokens", "output_tokens"];
/// How whoever holds a role may look: what they wear.
pub(super) const LOOKS: [&str; 12] =
    ["blue", "green", "red", "yellow", "violet", "orange", "teal", "pink", "brown", "grey", "white", "black"];
/// Entries of one list.
const MOST: usize = 64;
const LONGEST_ENTRY: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    #[serde(default)]
    name: Option<String>,
    title: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    look: Option<String>,
    #[serde(default)]
    engines: Vec<String>,
    #[serde(default)]
    models: BTreeMap<String, String>,
    #[serde(default)]
    scope: FrontScope,
    #[serde(default)]
    grants: FrontGrants,
    #[serde(default)]
    budget: Option<FrontBudget>,
    #[serde(default)]
    wakes_on: Vec<String>,
    #[serde(default)]
    may: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FrontScope {
    paths: Vec<String>,
    kinds: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FrontGrants {
    asks: Option<Vec<String>>,
    tools: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct FrontBudget {
    money: Option<f64>,
    tokens: Option<u64>,
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
}

/// What a repository's file says that counts.
#[derive(Deserialize)]
struct PlantedFront {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    look: Option<String>,
    #[serde(default)]
    tools: Option<Tools>,
    #[serde(default)]
    model: Option<String>,
}

/// A list, or the same in one line.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tools {
    Line(String),
    List(Vec<String>),
}

/// A text with its front matter apart.
struct Parts<'a> {
    front: &'a str,
    brief: &'a str,
}

/// What is wrong, found while a file is read.
struct Wrong<'a> {
    file: &'a str,
    front: &'a str,
}

impl Wrong<'_> {
    fn at(&self, line: usize, what: impl Into<String>, way_out: impl Into<String>) -> RoleFault {
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        RoleFault { file: self.file.to_owned(), line, what: what.into(), way_out: way_out.into() }
    }

    /// At the line on which this word stands; within what follows the key, if it stands there.
    fn near(&self, key: &str, word: &str, what: impl Into<String>, way_out: impl Into<String>) -> RoleFault {
        let lines = || self.front.lines().enumerate();
        let key_at = lines().find(|(_, line)| line.trim_start().starts_with(key)).map_or(0, |(at, _)| at);
        let found = lines().skip(key_at).find(|(_, line)| !word.is_empty() && line.contains(word));
        // The front matter begins on the second line.
        self.at(found.map_or(key_at, |(at, _)| at) + 2, what, way_out)
    }

    fn yaml(&self, error: &serde_norway::Error) -> RoleFault {
        let line = error.location().map_or(1, |at| at.line()) + 1;
        let said = error.to_string();
        let said = said.split(" at line ").next().unwrap_or(&said).to_owned();
        if let Some(key) = said.split("unknown field `").nth(1).and_then(|rest| rest.split('`').next()) {
            let inner = !said.contains("`title`");
            let known: &[&str] = if inner { &INNER } else { &KEYS };
            let way_out = match nearest(key, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the keys are {}", known.join(", ")),
            };
            let at = self.front.lines().position(|it| it.trim_start().trim_start_matches('{').starts_with(key));
            return self.at(at.map_or(line, |at| at + 2), format!("there is no key `{key}`"), way_out);
        }
        let twice = said.split("duplicate field `").nth(1).and_then(|rest| rest.split('`').next());
        if let Some(key) = twice {
            let mut at = self.front.lines().enumerate().filter(|(_, it)| it.trim_start().starts_with(key));
            let line = at.nth(1).map_or(line, |(at, _)| at + 2);
            return self.at(line, format!("`{key}` stands there twice"), "keep one of them");
        }
        let way_out = if said.contains("missing field `title`") {
            "say how people call it: `title: Engineer`"
        } else {
            "write it as `office role source engineer` shows it"
        };
        self.at(line, said, way_out)
    }
}

fn apart<'a>(file: &str, text: &'a str) -> Result<Parts<'a>, RoleFault> {
    let wrong = Wrong { file, front: "" };
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Some(rest) = body.strip_prefix("---\n").or_else(|| body.strip_prefix("---\r\n")) else {
        return Err(wrong.at(1, "it does not begin with a line `---`", "begin with `---`, then the front matter"));
    };
    let mut at = 0;
    for line in rest.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Ok(Parts { front: &rest[..at], brief: rest[at + line.len()..].trim() });
        }
        at += line.len();
    }
    Err(wrong.at(1, "the front matter has no end", "close it with a line `---`; below it stands the brief"))
}

/// Reads a role of the owner's, or a shipped one.
pub(super) fn owners(file: &str, text: &str, from: RoleFrom) -> Result<Role, RoleFault> {
    let Parts { front, brief } = apart(file, text)?;
    let wrong = Wrong { file, front };
    let stem = file.rsplit('/').next().unwrap_or(file);
    let stem = stem.strip_suffix(".md").unwrap_or(stem);
    let said: Front = serde_norway::from_str(front).map_err(|error| wrong.yaml(&error))?;
    let name = named(&wrong, said.name.as_deref().unwrap_or(stem))?;
    let title = text::title(&said.title).map_err(|error| wrong.near("title", "", error.message, error.detail))?;
    if brief.is_empty() {
        let line = front.lines().count() + 2;
        return Err(wrong.at(line, "it has no brief", "say below the front matter what whoever holds it is to do"));
    }
    let look = said.look.map(|look| looks(&wrong, look)).transpose()?;
    let engines = listed(&wrong, "engines", &said.engines)?.into_iter().map(EngineName).collect();
    let models = said.models.into_iter().map(|(engine, model)| {
        let plain = !model.is_empty() && model.len() <= LONGEST_ENTRY && !model.starts_with('-');
        if plain && !model.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
            return Ok((EngineName(engine), model));
        }
        Err(wrong.near("models", &engine, format!("'{model}' is no model"), "write it as its engine names it"))
    });
    let models = models.collect::<Result<_, _>>()?;
    let paths = listed(&wrong, "scope", &said.scope.paths)?;
    for path in &paths {
        if path.starts_with('/') || path.split('/').any(|part| part == "..") || path.contains('\\') {
            let way_out = "name paths of the checkout: `src/**`, `docs/*.md`";
            return Err(wrong.near("scope", path, format!("'{path}' is no pattern of paths in a checkout"), way_out));
        }
    }
    let kinds = listed(&wrong, "scope", &said.scope.kinds)?;
    if let Some(kind) = kinds.iter().find(|kind| !is_kind(kind)) {
        let way_out = "use one word of small letters: build, fix, test, qa";
        return Err(wrong.near("scope", kind, format!("'{kind}' is no kind of task"), way_out));
    }
    let asks = said.grants.asks.map(|asks| listed(&wrong, "grants", &asks)).transpose()?;
    for kind in asks.iter().flatten() {
        one_of(&wrong, "grants", kind, CATEGORIES, "kind of risk")?;
    }
    let tools = said.grants.tools.map(|tools| listed(&wrong, "grants", &tools)).transpose()?;
    let budget = said.budget.map(|budget| limits(&wrong, &budget)).transpose()?;
    let wakes_on = said.wakes_on.iter().map(|words| wakes(&wrong, words)).collect::<Result<Vec<_>, _>>()?;
    let mut may = Vec::new();
    for word in &said.may {
        let words: Vec<&str> = May::ALL.iter().map(|it| it.as_str()).collect();
        let at = one_of(&wrong, "may", word, &words, "thing that a role may")?;
        if !may.contains(&May::ALL[at]) {
            may.push(May::ALL[at]);
        }
    }
    Ok(Role {
        name,
        title,
        engines,
        summary: one_line(&said.summary),
        brief: brief.to_owned(),
        look,
        models,
        scope: Scope { paths, kinds },
        grants: Grants { asks, tools },
        budget,
        wakes_on,
        may,
        from,
        project: None,
        added: Vec::new(),
    })
}

/// Reads what a repository says of an agent. Whatever else is in it gives nothing to anybody.
pub(super) fn planted(file: &str, text: &str) -> Result<Role, RoleFault> {
    let Parts { front, brief } = apart(file, text)?;
    let wrong = Wrong { file, front };
    let said: PlantedFront = serde_norway::from_str(front).map_err(|error| wrong.yaml(&error))?;
    let name = named(&wrong, &said.name)?;
    let tools = said.tools.map(|tools| match tools {
        Tools::Line(line) => line.split(',').map(|tool| tool.trim().to_owned()).collect(),
        Tools::List(list) => list,
    });
    let tools = tools.map(|tools| listed(&wrong, "tools", &tools)).transpose()?;
    let plain = |model: &String| {
        model != "inherit"
            && model.starts_with(|letter: char| letter.is_ascii_alphanumeric())
            && model.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._:[]".contains(letter))
    };
    let model = said.model.filter(|model| !model.is_empty() && model.len() <= 80).filter(plain);
    let claude = EngineName::from("claude");
    Ok(Role {
        title: name.0.clone(),
        name,
        summary: one_line(&said.description),
        engines: vec![claude.clone()],
        brief: brief.to_owned(),
        look: said.look.and_then(|look| looks(&wrong, look).ok()),
        models: model.into_iter().map(|model| (claude.clone(), model)).collect(),
        grants: Grants { asks: None, tools },
        from: RoleFrom::Project,
        ..Role::default()
    })
}

fn named(wrong: &Wrong<'_>, name: &str) -> Result<RoleName, RoleFault> {
    match text::name("role", name) {
        Ok(()) => Ok(RoleName(name.to_owned())),
        Err(error) => Err(wrong.near("name", name, error.message, error.detail)),
    }
}

fn looks(wrong: &Wrong<'_>, look: String) -> Result<String, RoleFault> {
    one_of(wrong, "look", &look, &LOOKS, "look")?;
    Ok(look)
}

fn listed(wrong: &Wrong<'_>, key: &str, words: &[String]) -> Result<Vec<String>, RoleFault> {
    if words.len() > MOST {
        return Err(wrong.near(key, "", format!("it lists {} things", words.len()), format!("list at most {MOST}")));
    }
    let odd = |word: &&String| word.trim().is_empty() || word.len() > LONGEST_ENTRY || word.contains(char::is_control);
    match words.iter().find(odd) {
        Some(word) => Err(wrong.near(key, word, "it lists something empty or too long", "take it out")),
        None => Ok(words.iter().map(|word| word.trim().to_owned()).collect()),
    }
}

fn limits(wrong: &Wrong<'_>, said: &FrontBudget) -> Result<Limits, RoleFault> {
    let way_out = "write `budget: {money: 20}` in dollars, or `budget: {tokens: 5000000}`";
    let micro_dollars = match said.money {
        // Neither negative nor so much that it is no number any more.
        Some(dollars) if !(0.0..1e9).contains(&dollars) => {
            return Err(wrong.near("budget", "", format!("{dollars} dollars are no budget"), way_out));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "its range was looked at above")]
        Some(dollars) => Some((dollars * 1e6).round() as u64),
        None => None,
    };
    let limits = Limits { micro_dollars, tokens: said.tokens, input: said.input_tokens, output: said.output_tokens };
    if limits == Limits::default() {
        return Err(wrong.near("budget", "", "the budget has no limit", way_out));
    }
    Ok(limits)
}

fn wakes(wrong: &Wrong<'_>, words: &str) -> Result<WakeOn, RoleFault> {
    let mut parts = words.split(',').map(str::trim);
    let first = parts.next().unwrap_or_default();
    let known: Vec<&str> = Occasion::ALL.iter().map(|it| it.as_str()).collect();
    let at = one_of(wrong, "wakes_on", first, &known, "thing that wakes")?;
    let mut wake = WakeOn { on: Occasion::ALL[at], kind: None, role: None };
    for part in parts {
        match part.split_once(' ') {
            Some(("kind", kind)) if is_kind(kind) => wake.kind = Some(kind.to_owned()),
            Some(("role", role)) if text::name("role", role).is_ok() => wake.role = Some(RoleName(role.to_owned())),
            _ => {
                let way_out = "write `task finished, kind qa` or `task failed, role engineer`";
                return Err(wrong.near("wakes_on", part, format!("'{part}' says nothing here"), way_out));
            }
        }
    }
    Ok(wake)
}

fn one_of(wrong: &Wrong<'_>, key: &str, word: &str, known: &[&str], what: &str) -> Result<usize, RoleFault> {
    if let Some(at) = known.iter().position(|one| *one == word) {
        return Ok(at);
    }
    let way_out = match nearest(word, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", known.join(", ")),
    };
    let shown: String = word.chars().take(60).collect();
    Err(wrong.near(key, word, format!("'{shown}' is no {what}"), way_out))
}

fn one_line(words: &str) -> String {
    let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(text::TITLE_MAX).collect()
}

/// The known word that is meant most likely; none where all are far off.
fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    if word.len() > 60 {
        return None;
    }
    let far = |one: &str| {
        let (a, b): (Vec<char>, Vec<char>) = (word.to_lowercase().chars().collect(), one.chars().collect());
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.iter().enumerate() {
            let mut left = i + 1;
            for (j, y) in b.iter().enumerate() {
                let new = (row[j] + usize::from(x != y)).min(left + 1).min(row[j + 1] + 1);
                row[j] = left;
                left = new;
            }
            row[b.len()] = left;
        }
        row[b.len()]
    };
    let (distance, best) = known.iter().map(|one| (far(one), *one)).min()?;
    (distance <= 1 + best.len() / 3).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> (u32, String) {
        let fault = owners("roles/mine.md", text, RoleFrom::Owner).unwrap_err();
        (fault.line, format!("{}; {}", fault.what, fault.way_out))
    }

    fn with(front: &str) -> String {
        format!("---\ntitle: Mine\n{front}---\nDo it.\n")
    }

    #[test]
    fn a_whole_file_reads() {
        let text = with(
            "summary: does it\nlook: teal\nengines: [claude, shell]\nmodels: {claude: opus}\nscope:\n  paths: [\"src/**\"]\n  kinds: [qa]\n\
             grants: {asks: [network], tools: [Read]}\nbudget: {money: 1.5, tokens: 1000}\n\
             wakes_on:\n  - task finished, kind qa\n  - task failed, role engineer\nmay: [create tasks, hire]\n",
        );
        let role = owners("roles/mine.md", &text, RoleFrom::Owner).unwrap();
        assert_eq!((role.name.0.as_str(), role.brief.as_str()), ("mine", "Do it."));
        assert_eq!(role.budget.unwrap().micro_dollars, Some(1_500_000));
        assert_eq!(role.wakes_on[0].to_string(), "task finished, kind qa");
        assert!(role.may(May::Hire) && !role.may(May::Assign));
    }

    #[test]
    fn each_fault_names_its_line_and_the_nearest_word() {
        assert_eq!(fault("title: A\n").0, 1);
        assert_eq!(
            fault("---\ntitle: A\n"),
            (1, "the front matter has no end; close it with a line `---`; below it stands the brief".into())
        );
        let cases = [
            ("wakes_no: []\n", 3, "did you mean `wakes_on`?"),
            ("scope:\n  pahts: [a]\n", 4, "did you mean `paths`?"),
            ("grants: {asks: [netwrok]}\n", 3, "did you mean `network`?"),
            ("may:\n  - assign\n  - create task\n", 5, "did you mean `create tasks`?"),
            ("wakes_on:\n  - task finnished\n", 4, "did you mean `task finished`?"),
            ("wakes_on:\n  - task failed, kynd qa\n", 4, "says nothing here"),
            ("scope: {paths: [../x]}\n", 3, "no pattern of paths"),
            ("scope: {kinds: [QA now]}\n", 3, "no kind of task"),
            ("budget: {money: -3}\n", 3, "are no budget"),
            ("look: octarine\n", 3, "there are blue"),
            ("title: twice\n", 3, "keep one of them"),
            ("flavour: 3\n", 3, "the keys are name, title"),
        ];
        for (front, line, words) in cases {
            let found = fault(&with(front));
            assert!(found.0 == line && found.1.contains(words), "{front}: {found:?}");
        }
        assert_eq!(fault("---\ntitle: A\n---\n\n").1.split(';').next(), Some("it has no brief"));
    }

    #[test]
    fn a_repository_gives_words_and_takes_tools_and_nothing_more() {
        let text = "---\nname: reviewer\ndescription: Looks\ntools: Read, Grep\nmodel: opus\nmay: [hire]\nbudget: {money: 1000}\n\
                    scope: {paths: [\"**\"]}\nwakes_on: [task failed]\ngrants: {asks: [publish]}\n---\nLook closely.\n";
        let role = planted("reviewer.md", text).unwrap();
        assert_eq!(role.grants, Grants { asks: None, tools: Some(vec!["Read".into(), "Grep".into()]) });
        assert!(role.may.is_empty() && role.wakes_on.is_empty() && role.budget.is_none());
        assert_eq!(role.scope, Scope::default());
        assert!(planted("x.md", "---\nname: ../../x\n---\nb\n").is_err());
        let option = planted("x.md", "---\nname: x\nmodel: --dangerous\n---\nb\n").unwrap();
        assert!(option.models.is_empty(), "no option of its program");
    }
}
