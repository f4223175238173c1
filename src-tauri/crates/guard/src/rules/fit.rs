//! Whether a rule fits an action: yes, no, or perhaps, where the action is not known in full.

use std::collections::{BTreeSet, HashMap};

use super::{Conditions, Rule};
use crate::action::{Action, Arg, Run};
use crate::path::{Class, Place};
use crate::pattern::{fits, fits_words};
use crate::spec::Specs;
use crate::verdict::Fit;

impl Rule {
    /// Whether the rule fits the action.
    pub fn fit(&self, action: &Action) -> Fit {
        let when = &self.when;
        match action {
            Action::Run(run) if !when.run.is_empty() => when.run_fit(run),
            Action::Read { place } if !when.read.is_empty() => in_classes(place, &when.read).and(when.place_fit(place)),
            Action::Write { place, change, lines } if !when.write.is_empty() => in_classes(place, &when.write)
                .and(when.place_fit(place))
                .and(Fit::of(when.change.is_empty() || change.is_some_and(|change| when.change.contains(&change))))
                .and(when.lines_fit(*lines)),
            Action::Delete { place, recursive, lines } if !when.delete.is_empty() => in_classes(place, &when.delete)
                .and(when.place_fit(place))
                .and(Fit::of(when.recursive.is_none_or(|wanted| wanted == *recursive)))
                .and(when.lines_fit(*lines)),
            Action::Reach { host, class } if !when.host.is_empty() => {
                let hit = when.host.iter().any(|one| one == class.as_str() || fits_words(one, host));
                Fit::of(hit)
            }
            Action::Does { deed, .. } => Fit::of(when.does.contains(deed)),
            Action::PipeTo { .. } => Fit::of(when.feeds),
            Action::Interpret { .. } => Fit::of(when.interprets),
            Action::Use { tool } => Fit::of(when.tool.iter().any(|one| fits_words(one, tool))),
            Action::Opaque { .. } => Fit::of(when.opaque),
            _ => Fit::No,
        }
    }
}

impl Conditions {
    fn run_fit(&self, run: &Run) -> Fit {
        if self.unheard && !run.unheard {
            return Fit::No;
        }
        let mut fit = self.programs.get_or_init(|| Programs::of(&self.run)).fit(run);
        if fit == Fit::No {
            return Fit::No;
        }
        if self.bare {
            fit = fit.and(Fit::of(run.name.len() == 1));
        }
        let open = if run.flags_open && !self.takes_any { Fit::Maybe } else { Fit::No };
        if !self.any_flag.is_empty() {
            fit = fit.and(Fit::of(self.any_flag.iter().any(|flag| run.flags.contains(flag))).or(open));
        }
        if !self.no_flag.is_empty() {
            fit = fit.and(!Fit::of(self.no_flag.iter().any(|flag| run.flags.contains(flag))).or(open));
        }
        if self.known_flags {
            fit = fit.and(if run.strange.is_empty() { Fit::Yes } else { Fit::Maybe }).and(!open);
        }
        let operand = |list: &[String], arg: &Arg| {
            let fits =
                |one: &String| if one == "@packages" { Fit::of(is_known_package(arg)) } else { word_fit(one, arg) };
            list.iter().map(fits).max().unwrap_or(Fit::No)
        };
        if !self.operand.is_empty() {
            let any = run.operands.iter().map(|arg| operand(&self.operand, arg)).max();
            fit = fit.and(any.unwrap_or(Fit::No));
        }
        if !self.operands.is_empty() {
            let all = run.operands.iter().map(|arg| operand(&self.operands, arg)).min();
            fit = fit.and(all.unwrap_or(Fit::Yes));
        }
        let many = run.operands.iter().any(|arg| matches!(arg, Arg::Unknown { many: true, .. } | Arg::Glob(_)));
        if let Some(most) = self.operands_at_most {
            fit = fit.and(if run.operands.len() > most {
                Fit::No
            } else if many {
                Fit::Maybe
            } else {
                Fit::Yes
            });
        }
        if let Some(least) = self.operands_at_least {
            let enough = run.operands.len() >= least;
            fit = fit.and(if enough {
                Fit::Yes
            } else if many {
                Fit::Maybe
            } else {
                Fit::No
            });
        }
        let words =
            |list: &[String]| run.argv.iter().skip(1).map(|arg| listed_fit(list, arg, false)).max().unwrap_or(Fit::No);
        if !self.word.is_empty() {
            fit = fit.and(words(&self.word));
        }
        if fit == Fit::No {
            return fit;
        }
        if !self.no_word.is_empty() {
            let holds = |list: &str, word: &str| Specs::shipped().patterns(list).is_some_and(|all| all.fit_words(word));
            let sounds = self.no_word.iter().any(|one| matches!(one.as_str(), "@risky-goals" | "@risky-of-own"));
            // Of what is not known, the name says as much as its words.
            let names = run.name.iter().skip(usize::from(!self.unheard)).cloned().map(Arg::Lit).collect::<Vec<_>>();
            let built = sounds || self.no_word.iter().any(|one| one == "@risky-args");
            let about_tests = sounds.then(|| tests_from(run)).flatten();
            let count = names.len();
            let said = names.iter().chain(&run.operands).enumerate();
            // What tests are about is no goal, nor is a file, nor how it is built.
            let said = said.filter(|(_, arg)| !(built && is_kind_of_build(run, arg)));
            let said = said.filter(|(at, arg)| {
                let word = arg.known().map(str::to_lowercase).unwrap_or_default();
                let after = about_tests.is_some_and(|test| *at >= test);
                let script = *at == count && run.name.first().is_some_and(|name| name.starts_with('<'));
                let path = *at >= count && !script && (word.contains('/') || word.contains(' '));
                let topic = holds("risky-topics", &word);
                let setting = *at >= count
                    && word.split_once('=').is_some_and(|(name, _)| {
                        name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
                    });
                let switched_off =
                    setting && (word.ends_with("=false") || word.ends_with("=0") || word.ends_with("=no"));
                let of_tests =
                    switched_off || path && (word.contains("test") || word.contains("spec")) && !word.ends_with("sh");
                !(sounds
                    && arg.known().is_some()
                    && ((after || path) && topic && !is_more(&word) || (after || switched_off) && of_tests))
            });
            let said = said.map(|(_, arg)| (arg, false));
            let flags = run.flags.iter().cloned().map(Arg::Lit).collect::<Vec<_>>();
            let said = said.chain(flags.iter().map(|arg| (arg, true)));
            let said = said.filter(|(arg, _)| {
                let plain = arg.known().map(str::to_lowercase);
                let variant = |word: &str| holds("build-variants", word) && !holds("variant-deeds", word);
                !(sounds && plain.is_some_and(|word| holds("harmless-goals", &word) || variant(&word)))
            });
            let said = said.filter(|(arg, _)| !(self.takes_any && matches!(arg, Arg::Unknown { .. })));
            let hit = said.map(|(arg, flag)| listed_fit(&self.no_word, arg, flag));
            fit = fit.and(!hit.max().unwrap_or(Fit::No));
        }
        if !self.no_via.is_empty() {
            fit = fit.and(Fit::of(!run.via.iter().any(|via| self.no_via.contains(via))));
        }
        if !self.via.is_empty() {
            fit = fit.and(Fit::of(run.via.iter().any(|via| self.via.contains(via))));
        }
        fit
    }

    fn place_fit(&self, place: &Place) -> Fit {
        let mut fit = Fit::Yes;
        let tagged = |tags: &[String]| {
            let hit = Fit::of(tags.iter().any(|tag| place.tags.contains(tag)));
            hit.or(if place.tags_open { Fit::Maybe } else { Fit::No })
        };
        if !self.tag.is_empty() {
            fit = fit.and(tagged(&self.tag));
        }
        if !self.no_tag.is_empty() {
            fit = fit.and(!tagged(&self.no_tag));
        }
        let at = |patterns: &[String]| match &place.inside {
            Some(inside) if !place.shown.contains(['*', '?', '[']) => {
                Fit::of(patterns.iter().any(|pattern| fits(pattern, inside)))
            }
            // A pattern of names below one folder: certain only where all of the folder is meant.
            Some(inside) => {
                let all = patterns.iter().any(|pattern| {
                    pattern.strip_suffix("/**").is_some_and(|folder| {
                        inside == folder || inside.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
                    })
                });
                if all { Fit::Yes } else { Fit::Maybe }
            }
            None if place.tags_open => Fit::Maybe,
            None => Fit::No,
        };
        if !self.path.is_empty() {
            fit = fit.and(at(&self.path));
        }
        if !self.no_path.is_empty() {
            fit = fit.and(!at(&self.no_path));
        }
        fit
    }

    fn lines_fit(&self, lines: Option<u64>) -> Fit {
        match (self.lines_over, lines) {
            (None, _) => Fit::Yes,
            (Some(most), Some(lines)) => Fit::of(lines > most),
            // A shell writes as much as it writes; size is judged where it is known.
            (Some(_), None) => Fit::No,
        }
    }
}

/// Whether a word names a package that everybody knows, in whichever version, or the project itself.
fn is_known_package(arg: &Arg) -> bool {
    let Some(word) = arg.known() else { return false };
    if matches!(word, "." | "./") || word.starts_with(".[") || word.starts_with("./") && !word.contains("..") {
        return true;
    }
    let name =
        word.split(['[', '=', '<', '>', '~', '!', ';']).next().unwrap_or_default().to_lowercase().replace('_', "-");
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._[]=<>~!*, ".contains(letter);
    word.chars().all(plain) && Specs::shipped().patterns("known-packages").is_some_and(|all| all.fit_words(&name))
}

/// Where the words begin that say what is tested: `npm run test:e2e -- login`.
fn tests_from(run: &Run) -> Option<usize> {
    let tests = [
        "list",
        "ls",
        "show",
        "routes",
        "report",
        "help",
        "test",
        "tests",
        "spec",
        "specs",
        "lint",
        "check",
        "e2e",
        "jest",
        "vitest",
        "unit",
        "typecheck",
        "bench",
        "phpunit",
        "rspec",
    ];
    let words = run
        .name
        .iter()
        .skip(1)
        .map(String::as_str)
        .chain(run.operands.iter().map(|arg| arg.known().unwrap_or_default()));
    words.enumerate().find_map(|(at, word)| {
        let first = word.split([':', '-', '_']).next().unwrap_or_default();
        tests.contains(&first).then_some(at)
    })
}

/// `build --profile release`: what follows the option is no goal.
fn is_kind_of_build(run: &Run, arg: &Arg) -> bool {
    const OPTIONS: [&str; 9] = [
        "--profile",
        "--configuration",
        "--config",
        "--build-type",
        "--buildtype",
        "--mode",
        "-c",
        "-C",
        "--build-config",
    ];
    matches!(
        arg.known(),
        Some("release" | "Release" | "prod" | "production" | "relwithdebinfo" | "RelWithDebInfo" | "minsizerel")
    ) && run.argv.windows(2).any(|pair| pair[1] == *arg && pair[0].known().is_some_and(|flag| OPTIONS.contains(&flag)))
}

/// Whether a word that is about something risky is also a deed.
fn is_more(word: &str) -> bool {
    Specs::shipped().patterns("risky-deeds").is_some_and(|all| all.fit_words(word))
}

/// Whether a word fits one of a list; `@name` stands for a list of the specs. Of an option, only what is written like one counts.
fn listed_fit(list: &[String], arg: &Arg, option: bool) -> Fit {
    let mut best = Fit::No;
    for one in list {
        let all = one.strip_prefix('@').and_then(|name| Specs::shipped().patterns(name));
        best = best.or(match (all, arg) {
            (Some(all), Arg::Lit(word)) if !option => {
                let lower = word.to_lowercase();
                Fit::of(all.fit_words(&lower) || lower != *word && all.fit_words(word))
            }
            (Some(all), _) => {
                let counted = all.iter().filter(|one| one.starts_with('-') || !option);
                counted.map(|one| word_fit(one, arg)).max().unwrap_or(Fit::No)
            }
            (None, _) if option && !one.starts_with('-') => Fit::No,
            (None, _) => word_fit(one, arg),
        });
        if best == Fit::Yes {
            break;
        }
    }
    best
}

fn word_fit(pattern: &str, arg: &Arg) -> Fit {
    match arg {
        Arg::Lit(word) => {
            Fit::of(pattern == "*" || fits_words(pattern, &word.to_lowercase()) || fits_words(pattern, word))
        }
        Arg::Glob(_) if pattern == "<glob>" => Fit::Yes,
        _ if pattern == "*" => Fit::Yes,
        // An unknown word may be anything; a pattern of files is as good as its letters.
        Arg::Glob(word) => Fit::of(fits_words(pattern, word)).or(Fit::No),
        Arg::Unknown { head, many, .. } => {
            let start = pattern.split(['*', '?']).next().unwrap_or_default();
            let agrees = *many || start.starts_with(head.as_str()) || head.starts_with(start);
            let certain = fits_words(pattern, head) && pattern.ends_with('*') && !pattern.starts_with('*');
            match (certain, agrees) {
                (true, _) => Fit::Yes,
                (false, true) => Fit::Maybe,
                (false, false) => Fit::No,
            }
        }
    }
}

/// The programs that a rule is about, by their first words.
#[derive(Clone, Debug, Default)]
pub(super) struct Programs {
    by_name: HashMap<String, Vec<Vec<String>>>,
    any: Vec<Vec<String>>,
}

impl Programs {
    fn of(patterns: &[String]) -> Self {
        let mut programs = Self::default();
        for pattern in patterns {
            let words: Vec<String> = pattern.split_whitespace().map(str::to_owned).collect();
            match words.first() {
                Some(first) if !first.contains('*') => programs.by_name.entry(first.clone()).or_default().push(words),
                _ => programs.any.push(words),
            }
        }
        programs
    }

    fn fit(&self, run: &Run) -> Fit {
        let own = run.name.first().and_then(|name| self.by_name.get(name));
        own.into_iter().flatten().chain(&self.any).map(|words| named(words, run)).max().unwrap_or(Fit::No)
    }
}

/// Whether the words of a pattern are the first words of a program's name and operands.
fn named(words: &[String], run: &Run) -> Fit {
    let mut have = run.name.iter();
    let mut operands = run.operands.iter();
    let mut fit = Fit::Yes;
    for word in words {
        let next = match have.next() {
            Some(name) => Fit::of(word == "*" || word == name || (word.contains('*') && fits_words(word, name))),
            None if run.name_open => return fit.and(Fit::Maybe),
            None => match operands.next() {
                Some(arg) => word_fit(word, arg),
                None => Fit::No,
            },
        };
        fit = fit.and(next);
        if fit == Fit::No {
            return Fit::No;
        }
    }
    fit
}

fn in_classes(place: &Place, classes: &[Class]) -> Fit {
    let wanted: BTreeSet<Class> = classes.iter().copied().collect();
    if place.classes.is_subset(&wanted) {
        return Fit::Yes;
    }
    Fit::of(!place.classes.is_disjoint(&wanted)).and(Fit::Maybe)
}
