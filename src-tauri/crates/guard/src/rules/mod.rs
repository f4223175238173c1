//! Rules: data that says what is allowed, asked and denied. How they are read is in `load`, whether one fits an action in
//! `fit`, and what several of them come to together is here.

mod fit;
mod load;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::action::{Action, Change, Deed};
use crate::path::Class;
use crate::standing::Shape;
use crate::verdict::{Category, Fit, Said, Verdict};

pub use load::{Origin, RuleError, SHIPPED, read_all};

/// What a rule is about; everything that is said must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Conditions {
    /// Programs with their subcommands, as words; `*` is any word.
    pub run: Vec<String>,
    #[serde(skip)]
    programs: OnceLock<fit::Programs>,
    /// No subcommand follows.
    pub bare: bool,
    /// Nothing is known of the program.
    pub unheard: bool,
    /// One of these options is there, by its own name or the one that its spec gives it.
    pub any_flag: Vec<String>,
    /// None of these options is there.
    pub no_flag: Vec<String>,
    /// All options are known to the spec.
    pub known_flags: bool,
    /// One operand fits one of these.
    pub operand: Vec<String>,
    /// Every operand fits one of these.
    pub operands: Vec<String>,
    /// How many operands there may be.
    pub operands_at_most: Option<usize>,
    /// How many there must be.
    pub operands_at_least: Option<usize>,
    /// A word after the program fits one of these; `@name` is a list of the specs.
    pub word: Vec<String>,
    /// No subcommand and no operand does; what begins with a dash is an option.
    pub no_word: Vec<String>,
    /// Whatever is not known of its words is no option and none of those: it takes any.
    pub takes_any: bool,
    /// Reached through one of these.
    pub via: Vec<String>,
    /// Reached through none of these.
    pub no_via: Vec<String>,
    /// A file in one of these kinds of places is read.
    pub read: Vec<Class>,
    /// ... is written.
    pub write: Vec<Class>,
    /// ... is deleted.
    pub delete: Vec<Class>,
    /// It has one of these tags.
    pub tag: Vec<String>,
    /// It has none of these tags.
    pub no_tag: Vec<String>,
    /// Its path in the checkout fits one of these.
    pub path: Vec<String>,
    /// Its path in the checkout fits none of these.
    pub no_path: Vec<String>,
    /// How an edit changes it.
    pub change: Vec<Change>,
    /// More lines than this are changed.
    pub lines_over: Option<u64>,
    /// With all that is in it.
    pub recursive: Option<bool>,
    /// A host of one of these kinds, or with one of these names, is spoken to.
    pub host: Vec<String>,
    /// One of these deeds.
    pub does: Vec<Deed>,
    /// Tools of agents, by the names that engines give them.
    pub tool: Vec<String>,
    /// Unknown text is fed to an interpreter.
    pub feeds: bool,
    /// Code in another language runs.
    pub interprets: bool,
    /// Something cannot be seen through.
    pub opaque: bool,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// When it fits.
    pub when: Conditions,
    /// What it says.
    pub verdict: Verdict,
    /// What kind of risk.
    pub category: Option<Category>,
    /// Why, for a person.
    pub why: String,
    /// Rules that do not count where this one fits for certain.
    pub overrides: Vec<String>,
    /// Which layer it is from.
    pub origin: Origin,
    /// Examples it fits.
    pub matches: Vec<String>,
    /// Examples it does not fit.
    pub not_matches: Vec<String>,
}

/// A shape of command that the owner allows for good although a rule asks about it.
#[derive(Clone, Debug)]
pub struct Always {
    /// Its name.
    pub id: String,
    /// What it covers.
    pub shape: Shape,
    /// Why, for a person.
    pub why: String,
}

/// All rules that are in force.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    rules: Vec<Rule>,
    always: Vec<Always>,
}

/// What was said of one action.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Judged {
    /// The action, as rules and their authors name it.
    pub action: String,
    /// What it comes to, for a person.
    pub told: String,
    /// What is said of it.
    #[serde(flatten)]
    pub said: Said,
    /// Every rule that fits or may fit, with what it says.
    pub rules: Vec<String>,
}

impl Policy {
    /// The shipped rules.
    ///
    /// # Errors
    /// What is wrong with them; a test sees to it that nothing is.
    pub fn shipped() -> Result<Self, RuleError> {
        let mut policy = Self::default();
        for (name, text) in load::SHIPPED {
            policy.rules.extend(load::read(text, name, Origin::Shipped)?.0);
        }
        Ok(policy)
    }

    /// One more layer, from the text of a file; a file with a fault in it is refused whole.
    ///
    /// # Errors
    /// Where and what the fault is.
    pub fn add(&mut self, text: &str, name: &str, origin: Origin) -> Result<(), RuleError> {
        let (rules, always) = load::read(text, name, origin)?;
        let known: BTreeSet<&str> =
            self.rules.iter().map(|rule| &*rule.id).chain(self.always.iter().map(|it| &*it.id)).collect();
        let new = rules.iter().map(|rule| &*rule.id).chain(always.iter().map(|it| &*it.id));
        if let Some(twice) = new.into_iter().find(|id| known.contains(id)) {
            return Err(RuleError::new(name, 0, format!("a rule is called {twice} already: give it another id")));
        }
        self.rules.extend(rules);
        self.always.extend(always);
        Ok(())
    }

    /// The rules.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What the rules say of one action, with every rule that has a say in it.
    pub fn judge(&self, action: &Action) -> Judged {
        let fits = self.fitting(action);
        let overridden = overridden(&fits);
        let shown = |(rule, fit): &(&Rule, Fit)| {
            let gone = if overridden.contains(&*rule.id) { ", overridden" } else { "" };
            let fit = if *fit == Fit::Yes { "fits" } else { "may fit" };
            format!("{} {} ({fit}{gone})", rule.id, rule.verdict.as_str())
        };
        let rules = fits.iter().map(shown).collect();
        Judged { action: action.to_string(), told: action.told(), said: says(&fits, action), rules }
    }

    fn fitting(&self, action: &Action) -> Vec<(&Rule, Fit)> {
        let fits = self.rules.iter().map(|rule| (rule, rule.fit(action)));
        fits.filter(|(_, fit)| *fit != Fit::No).collect()
    }

    /// What the rules say of all of them together: the strictest; and what is asked about is allowed where the owner settled it.
    pub fn together(&self, actions: &[Action]) -> Said {
        let said = self.strictest(actions);
        let settled = || self.always.iter().find(|it| it.shape.covers(actions, self));
        match said.verdict {
            Verdict::Ask => settled().map_or(said, |it| Said {
                verdict: Verdict::Allow,
                category: None,
                rule: it.id.clone(),
                reason: it.why.clone(),
            }),
            _ => said,
        }
    }

    fn strictest(&self, actions: &[Action]) -> Said {
        let mut strictest: Option<Said> = None;
        for action in actions {
            let said = says(&self.fitting(action), action);
            // Of two that are as strict, one that a rule knows says more.
            let says_more = |known: &Said| said.verdict == known.verdict && known.rule == "none" && said.rule != "none";
            if strictest.as_ref().is_none_or(|known| said.verdict > known.verdict || says_more(known)) {
                strictest = Some(said);
            }
        }
        strictest.unwrap_or_else(|| Said {
            verdict: Verdict::Allow,
            category: None,
            rule: "nothing".to_owned(),
            reason: "it does nothing outside of its own shell".to_owned(),
        })
    }
}

fn overridden<'r>(fits: &[(&'r Rule, Fit)]) -> BTreeSet<&'r str> {
    let certain = fits.iter().filter(|(_, fit)| *fit == Fit::Yes);
    certain.flat_map(|(rule, _)| rule.overrides.iter().map(String::as_str)).collect()
}

/// What these rules say of an action.
fn says(fits: &[(&Rule, Fit)], action: &Action) -> Said {
    let overridden = overridden(fits);
    let mut best: Option<(Verdict, &Rule, Fit)> = None;
    for (rule, fit) in fits.iter().filter(|(rule, _)| !overridden.contains(&*rule.id)) {
        let verdict = match (rule.verdict, fit) {
            // Only what is certain is allowed, and only what is certain is refused.
            (Verdict::Allow, Fit::Yes) => Verdict::Allow,
            (Verdict::Allow, _) => continue,
            (Verdict::Deny, Fit::Yes) => Verdict::Deny,
            (Verdict::Deny | Verdict::Ask, _) => Verdict::Ask,
        };
        if best.is_none_or(|(strictest, _, _)| verdict > strictest) {
            best = Some((verdict, rule, *fit));
        }
    }
    match best {
        Some((verdict, rule, fit)) => {
            let unsure = if fit == Fit::Maybe { "perhaps " } else { "" };
            let category = if verdict == Verdict::Allow { None } else { rule.category };
            let told = verdict != Verdict::Allow
                && (fit == Fit::Maybe
                    || matches!(action, Action::Opaque { .. } | Action::PipeTo { .. } | Action::Interpret { .. }));
            let what = if told {
                match action {
                    Action::Opaque { reason } => format!(": {reason}"),
                    action => format!(": it {}", action.told()),
                }
            } else {
                String::new()
            };
            Said { verdict, category, rule: rule.id.clone(), reason: format!("{unsure}{}{what}", rule.why) }
        }
        None => Said {
            verdict: Verdict::Ask,
            category: Some(Category::Scope),
            rule: "none".to_owned(),
            reason: format!("no rule says anything about this: it {}", action.told()),
        },
    }
}
