//! Rules as their owner sees, tries and keeps them: the files by layer, what a changed one would have said of what was judged
//! lately, and what a held command touches. Judging is the guard's, a rule out of the inbox is `settled.rs`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use office_core::approval::{Ruling, Said};
use office_core::{ApprovalId, Code, Office, Refusal};
use office_door::rules::{OtherVerdict, RuleFault, RuleFile, RuleLayer, RulesTried, Touch};
use office_guard::wire::Layer;
use office_guard::{Asked, Origin, Scene, standing};
use tokio::task::spawn_blocking;

use crate::judged::Judged;
use crate::ruled::{self, ruling};
use crate::verdicts::{self, RulesOf};
use crate::world::World;

/// The owner's file where they have none yet.
const MINE: &str = "mine.toml";
/// Far more than anybody writes by hand.
const LONGEST: usize = 256 * 1024;
/// Different things that a change is tried against, and for how long.
const LOOKED_AT: usize = 500;
const WITHIN: Duration = Duration::from_secs(8);
/// What happened is what happened within so many seconds: an evening and a night.
const LATELY_SECS: u32 = 16 * 3600;
/// So many sets of rules are tried side by side: each needs a worker of its own.
const SETS: usize = 8;

/// Which file is meant, and whose rules it holds.
struct Place {
    path: PathBuf,
    origin: Origin,
    of: Option<String>,
}

/// Program and subcommands of one plain command, and its other words, which may be patterns.
pub(crate) fn shape_of(line: &str) -> Result<(String, Vec<String>), Refusal> {
    let way_out = "write one command as it is typed, with `*` for what may differ: git push origin release/*";
    if line.contains(|letter: char| letter.is_control() || "'\"\\`$;|&<>(){}#".contains(letter)) {
        return Err(Refusal::invalid("this is not one plain command", way_out));
    }
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    standing::shape_of(&words).ok_or_else(|| Refusal::invalid("no program is named", way_out))
}

/// The file that is meant by such a name, if there may be one.
fn place(office: &Path, file: &str) -> Result<Place, Refusal> {
    let refused = || {
        let way_out = "name one as `mine.toml`, `projects/NAME.toml`, `roles/NAME.toml` or `desks/NAME.toml`";
        Refusal::invalid(format!("'{file}' is no file of rules that can be changed here"), way_out)
    };
    let (folder, name) = file.split_once('/').unwrap_or(("", file));
    let of = name.strip_suffix(".toml").ok_or_else(refused)?;
    let plain = !of.is_empty() && !of.starts_with('.') && !of.contains(['/', '\\']) && !of.contains(char::is_control);
    let origin = match folder {
        "" if name != "interlocks.toml" => Origin::Owner,
        "projects" => Origin::Project,
        "roles" => Origin::Role,
        "desks" => Origin::Desk,
        _ => return Err(refused()),
    };
    if !plain || of.len() > 100 {
        return Err(refused());
    }
    let of = (origin != Origin::Owner).then(|| of.to_owned());
    Ok(Place { path: office.join("guard").join(file), origin, of })
}

impl Place {
    /// Whether its rules hold for somebody.
    fn holds_for(&self, of: &RulesOf) -> bool {
        match self.origin {
            Origin::Project => of.project == self.of,
            Origin::Role => of.role == self.of,
            Origin::Desk => of.desk == self.of,
            _ => true,
        }
    }

    /// These layers with another text of this file.
    fn put(&self, layers: &mut Vec<Layer>, text: &str) {
        let name = self.path.display().to_string();
        let new = Layer { name, origin: self.origin, text: text.to_owned() };
        match layers.iter_mut().find(|layer| layer.name == new.name) {
            Some(known) => *known = new,
            None => layers.push(new),
        }
    }
}

fn text_of(path: &Path) -> Result<Option<String>, Refusal> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unread(path, &error)),
    }
}

fn unread(path: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(Code::Unavailable, format!("{}: {error}", path.display()), "see that the file is yours and plain")
}

/// Names of files of rules in a folder, in their order.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.ends_with(".toml") && !name.starts_with('.') && name != "interlocks.toml")
        .collect();
    names.sort();
    names
}

impl World {
    /// All files of rules, layer by layer; those that may be begun, too.
    pub(crate) async fn rule_files(&self) -> Result<Vec<RuleFile>, Refusal> {
        let known = self.handle.read(|office: &Office| {
            let projects = office.projects.values().filter(|it| !it.removed).map(|it| it.name.clone());
            let desks = office.desks.values().filter(|it| !it.removed).map(|it| it.name.clone());
            let roles = office.roles.keys().map(ToString::to_string);
            [projects.collect::<Vec<_>>(), roles.collect(), desks.collect()]
        });
        let known = known.await?;
        let guard = self.dir.root().join("guard");
        let read = spawn_blocking(move || {
            let shipped = office_guard::rules::SHIPPED.iter().map(|(name, text)| RuleFile {
                file: format!("shipped/{name}"),
                layer: RuleLayer::Shipped,
                of: None,
                text: Some((*text).to_owned()),
                fixed: Some("it comes with the program; a rule of yours is put beside it".to_owned()),
            });
            let mut files: Vec<RuleFile> = shipped.collect();
            let mut own = names(&guard);
            if !own.iter().any(|name| name == MINE) {
                own.insert(0, MINE.to_owned());
            }
            let mut add = |file: String, layer: RuleLayer, of: Option<String>| {
                let read = text_of(&guard.join(&file));
                let fixed = read.as_ref().err().map(|refusal| refusal.message.clone());
                files.push(RuleFile { file, layer, of, text: read.unwrap_or_default(), fixed });
            };
            for name in own {
                add(name, RuleLayer::Owner, None);
            }
            let folders = [("projects", RuleLayer::Project), ("roles", RuleLayer::Role), ("desks", RuleLayer::Desk)];
            for ((folder, layer), known) in folders.into_iter().zip(known) {
                for of in known.into_iter().filter(|of| place(Path::new(""), &format!("{folder}/{of}.toml")).is_ok()) {
                    add(format!("{folder}/{of}.toml"), layer, Some(of));
                }
            }
            files
        });
        read.await.map_err(|error| Refusal::new(Code::Trouble, error.to_string(), "ask again"))
    }

    /// What is wrong with a file of rules, and what of the last evening and night it would have judged otherwise.
    pub(crate) async fn try_rules(&self, file: &str, text: String) -> Result<RulesTried, Refusal> {
        let _turn = self.rules_turn.lock().await;
        self.tried(file, text).await
    }

    async fn tried(&self, file: &str, text: String) -> Result<RulesTried, Refusal> {
        if text.len() > LONGEST {
            let message = format!("the file would have {} bytes", text.len());
            return Err(Refusal::new(Code::Limit, message, format!("at most {LONGEST}: part it into several files")));
        }
        let place = place(self.dir.root(), file)?;
        let (lately, now) = (self.lately.clone(), self.clock.now());
        let all = spawn_blocking(move || lately.all());
        let all = all.await.map_err(|error| Refusal::new(Code::Trouble, error.to_string(), "ask again"))?;
        let mut cases: Vec<(Judged, Vec<Layer>, Scene)> = Vec::new();
        let mut known: HashMap<office_core::RunId, Option<(Vec<Layer>, Scene)>> = HashMap::new();
        let recent = all.into_iter().filter(|it| now.seconds_since(it.at) <= LATELY_SECS);
        for it in recent.take(LOOKED_AT) {
            if let Entry::Vacant(unknown) = known.entry(it.run) {
                let holds = self.rules_of(it.run).await?.is_some_and(|of| place.holds_for(&of));
                let found = if holds { self.rules_and_scene(it.run, it.cwd.clone()).await.ok() } else { None };
                unknown.insert(found);
            }
            let Some(Some((layers, scene))) = known.get(&it.run) else { continue };
            let mut scene = scene.clone();
            scene.cwd = PathBuf::from(&it.cwd);
            cases.push((it, layers.clone(), scene));
        }
        let of = RulesOf {
            project: place.of.clone().filter(|_| place.origin == Origin::Project),
            role: place.of.clone().filter(|_| place.origin == Origin::Role),
            desk: place.of.clone().filter(|_| place.origin == Origin::Desk),
            checkout: None,
        };
        let (office, guards) = (self.dir.root().to_owned(), self.guards.clone());
        let tried = spawn_blocking(move || {
            let plain = verdicts::layers(&office, &of);
            compare(&place, &text, &plain, cases, &|layers, asked, scene| guards.judge(layers, asked, scene))
        });
        let (mut tried, changed) =
            tried.await.map_err(|error| Refusal::new(Code::Trouble, error.to_string(), "try it again"))??;
        tried.changes =
            self.handle.read(move |office| changed.into_iter().map(|it| named(office, it)).collect()).await?;
        Ok(tried)
    }

    /// Keeps a file of rules in which nothing is wrong.
    pub(crate) async fn keep_rules(
        &self,
        file: &str,
        text: String,
        was: Option<String>,
    ) -> Result<RulesTried, Refusal> {
        let _turn = self.rules_turn.lock().await;
        let tried = self.tried(file, text.clone()).await?;
        if let Some(fault) = tried.faults.first() {
            let message = format!("nothing was kept: line {}: {}", fault.line, fault.what);
            return Err(Refusal::invalid(message, "mend it, or its examples; the rules stay as they are until then"));
        }
        let path = place(self.dir.root(), file)?.path;
        let kept = spawn_blocking(move || {
            if text_of(&path)? != was {
                let message = format!("{} was changed meanwhile", path.display());
                return Err(Refusal::new(Code::WrongState, message, "read it again, and change that"));
            }
            crate::settled::write(&path, &text).map_err(|error| unread(&path, &error))
        });
        kept.await.map_err(|error| Refusal::new(Code::Trouble, error.to_string(), "try it again"))??;
        Ok(tried)
    }

    /// What a held command would do, in its order; what is allowed anyway comes last.
    pub(crate) async fn touches(&self, id: ApprovalId) -> Result<Vec<Touch>, Refusal> {
        let it = self.handle.read(move |office| office.approval(id).cloned()).await??;
        let (Some(run), Some(asked)) = (it.run, ruled::asked(&it.argv, it.held)) else { return Ok(Vec::new()) };
        let (layers, scene) = self.rules_and_scene(run, it.cwd).await?;
        let guards = self.guards.clone();
        let explained = spawn_blocking(move || guards.explain(layers, &asked, &scene));
        let explained = explained.await.map_err(|error| Refusal::new(Code::Trouble, error.to_string(), "ask again"))?;
        let mut touches: Vec<Touch> = Vec::new();
        for judged in explained.map(|it| it.actions).unwrap_or_default() {
            let Ruling { said, rule, why, .. } = ruling(judged.said);
            let touch = Touch { words: judged.told, said, rule, why };
            if !touches.iter().any(|known| known.words == touch.words) {
                touches.push(touch);
            }
        }
        touches.sort_by_key(|it| it.said == Said::Allow);
        Ok(touches)
    }
}

type Judge<'a> = &'a dyn Fn(Vec<Layer>, &Asked, &Scene) -> Ruling;
type Otherwise = (Judged, Ruling, Ruling);

/// What is wrong with the text, and which of the cases it judges otherwise than what stands.
fn compare(
    place: &Place,
    text: &str,
    plain: &[Layer],
    cases: Vec<(Judged, Vec<Layer>, Scene)>,
    stands: Judge<'_>,
) -> Result<(RulesTried, Vec<Otherwise>), Refusal> {
    let (rules, examples) = counted(text);
    let mut tried =
        RulesTried { faults: Vec::new(), rules, examples, looked: 0, left: 0, since: None, changes: Vec::new() };
    let mut layers = plain.to_vec();
    place.put(&mut layers, text);
    let first = verdicts::guard(1, verdicts::own_worker())?;
    tried.faults = faults(place, text, first.reload(layers.clone()));
    if !tried.faults.is_empty() {
        return Ok((tried, Vec::new()));
    }
    let mut guards = vec![(layers, first)];
    let until = Instant::now() + WITHIN;
    let mut changed = Vec::new();
    for (it, now, scene) in cases {
        let Some(asked) = ruled::asked(&it.argv, it.held) else { continue };
        let mut then = now.clone();
        place.put(&mut then, text);
        if !guards.iter().any(|(layers, _)| *layers == then) && guards.len() < SETS && Instant::now() < until {
            let guard = verdicts::guard(1, verdicts::own_worker())?;
            guard.reload(then.clone());
            guards.push((then.clone(), guard));
        }
        let guard = guards.iter().find(|(layers, _)| *layers == then).map(|(_, guard)| guard);
        let Some(guard) = guard.filter(|_| Instant::now() < until) else {
            tried.left += 1;
            continue;
        };
        tried.looked += 1;
        tried.since = Some(tried.since.map_or(it.at, |since| since.min(it.at)));
        let (before, after) = (stands(now, &asked, &scene), ruling(guard.judge(&asked, &scene)));
        if before.said != after.said {
            changed.push((it, before, after));
        }
    }
    Ok((tried, changed))
}

fn named(office: &Office, (it, before, after): Otherwise) -> OtherVerdict {
    let run = office.runs.get(&it.run);
    let shown = match it.argv.as_slice() {
        [sh, c, line] if sh == "sh" && c == "-c" => office_core::approval::shown(std::slice::from_ref(line)),
        words => office_core::approval::shown(words),
    };
    OtherVerdict {
        at: it.at,
        times: it.times,
        desk: run.map(|run| run.desk),
        task: run.and_then(|run| run.task),
        shown,
        before,
        after,
    }
}

/// Rules and examples in a text that reads.
fn counted(text: &str) -> (u32, u32) {
    let Ok(table) = toml::from_str::<toml::Table>(text) else { return (0, 0) };
    let rules = table.values().filter_map(toml::Value::as_array).flatten();
    let many = |value: Option<&toml::Value>| match value {
        Some(toml::Value::Array(all)) => all.len(),
        Some(_) => 1,
        None => 0,
    };
    rules.fold((0, 0), |(rules, examples), rule| {
        let more = many(rule.get("match")) + many(rule.get("not_match"));
        (rules + 1, examples + u32::try_from(more).unwrap_or(u32::MAX))
    })
}

/// The guard's faults of this file, each at the line where it is seen best: an example's own.
fn faults(place: &Place, text: &str, found: Vec<String>) -> Vec<RuleFault> {
    let name = format!("{}:", place.path.display());
    let fault = |fault: &String| {
        let Some(rest) = fault.strip_prefix(&name) else {
            // Another file has one; this one can still be mended.
            return fault.starts_with("rules:").then(|| RuleFault { line: 0, what: fault.clone() });
        };
        let (line, what) = rest.split_once(": ").unwrap_or(("0", rest));
        let line = line.parse().unwrap_or(0);
        Some(RuleFault { line: example_line(text, line, what).unwrap_or(line), what: what.to_owned() })
    };
    found.iter().filter_map(fault).collect()
}

/// The line of the example that a fault is about, within the rule that begins at `line`.
fn example_line(text: &str, line: u32, what: &str) -> Option<u32> {
    let from = what.find('"')?;
    let to = what.rfind('"').filter(|to| *to > from)?;
    let example = what.get(from + 1..to)?.replace("\\\"", "\"").replace("\\\\", "\\");
    let escaped = example.replace('\\', "\\\\").replace('"', "\\\"");
    let first = usize::try_from(line).ok()?.saturating_sub(1);
    let rule =
        text.lines().enumerate().skip(first).take_while(|(at, it)| *at == first || !it.trim_start().starts_with("[["));
    let mut hits = rule.filter(|(_, it)| it.contains(&example) || it.contains(&escaped));
    hits.find_map(|(at, _)| u32::try_from(at + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_rules_can_be_named() {
        let office = Path::new("/office");
        let named = |file: &str| place(office, file).map(|it| (it.path, it.origin, it.of));
        assert_eq!(named("mine.toml").unwrap(), (PathBuf::from("/office/guard/mine.toml"), Origin::Owner, None));
        let shop = named("projects/shop.toml").unwrap();
        assert_eq!((shop.1, shop.2.as_deref()), (Origin::Project, Some("shop")));
        for odd in [
            "",
            "mine",
            ".toml",
            "../mine.toml",
            "projects/../../x.toml",
            "projects/a/b.toml",
            "/etc/x.toml",
            "interlocks.toml",
            "shipped/git.toml",
            "projects/.x.toml",
            "roles/a\n.toml",
        ] {
            assert!(place(office, odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_fault_is_shown_at_the_line_of_its_example() {
        let place = place(Path::new("/o"), "mine.toml").unwrap();
        let text = "[[rule]]\nid = \"a\"\nmatch = [\n  \"ls\",\n  'say \"hi\"',\n]\n\n[[rule]]\nid = \"b\"\nmatch = [\"ls\"]\n";
        let said = |line: u32, what: &str| format!("/o/guard/mine.toml:{line}: {what}");
        let found = vec![
            said(2, "a: it should fit \"ls\", and does not"),
            said(2, "a: it should fit \"say \\\"hi\\\"\", and does not"),
            said(9, "b: it should fit \"ls\", and does not"),
            said(2, "a: say which category of risk this is"),
            "/o/guard/other.toml:1: broken".to_owned(),
        ];
        let lines: Vec<u32> = faults(&place, text, found).iter().map(|it| it.line).collect();
        assert_eq!(lines, [4, 5, 10, 2]);
        assert_eq!(counted(text), (2, 3));
    }

    #[test]
    fn a_shape_is_of_one_plain_command() {
        let shape = shape_of("git push origin release/*").unwrap();
        assert_eq!(shape, ("git push".to_owned(), vec!["origin".to_owned(), "release/*".to_owned()]));
        for odd in ["", "git push; rm -rf /", "git push $(x)", "echo 'a b'", "* push"] {
            assert!(shape_of(odd).is_err(), "{odd}");
        }
    }
}
