//! What the owner wishes while they are away: when a held command parks its task, which kinds of risk are denied after a while,
//! who is told when, and when the desktop keeps quiet. Time may say no where the owner wished so; it never says yes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval::Approval;
use crate::refusal::Refusal;
use crate::time::At;

/// Minutes after which a held command parks its task, unless the owner says otherwise.
const PARK_AFTER: u32 = 15;
/// Nobody is away for longer.
const HOURS_MAX: u32 = 24 * 14;
/// Steps of one path.
const STEPS_MAX: usize = 8;
/// The role of whoever leads the desks.
pub const COORDINATOR: &str = "coordinator";
/// The kinds of risk, as in docs/GUARD.md.
pub const CATEGORIES: &[&str] = &[
    "destructive",
    "spend",
    "publish",
    "scope",
    "secrets",
    "network",
    "system",
    "git-history",
    "dependency",
    "human-facing",
];

/// What the owner wishes while they are away.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Unattended {
    /// So many minutes after it was asked a held command parks its task, and the desk takes other work; never if none.
    pub park_after_mins: Option<u32>,
    /// Kinds of risk that are denied after so many hours; the others wait.
    #[serde(default)]
    pub deny_after_hours: BTreeMap<String, u32>,
    /// Whom a kind of risk goes to, and when; the owner at once where none is named.
    #[serde(default)]
    pub path: BTreeMap<String, Vec<Step>>,
    /// Kinds of risk that a notification alone does not approve: they are looked at first.
    #[serde(default)]
    pub look_first: Vec<String>,
    /// Kinds of risk that are told at once, whatever else was told.
    #[serde(default)]
    pub urgent: Vec<String>,
    /// Minutes of the owner's day between which the desktop is told nothing that is not urgent.
    #[serde(default)]
    pub quiet: Option<Quiet>,
    /// At most one notification in so many seconds; what comes meanwhile is told together.
    #[serde(default = "minute")]
    pub tell_every_secs: u32,
}

fn minute() -> u32 {
    60
}

impl Default for Unattended {
    fn default() -> Self {
        let look_first = ["destructive", "publish", "secrets", "spend"];
        Self {
            park_after_mins: Some(PARK_AFTER),
            deny_after_hours: BTreeMap::new(),
            path: BTreeMap::new(),
            look_first: look_first.map(str::to_owned).to_vec(),
            urgent: Vec::new(),
            quiet: None,
            tell_every_secs: minute(),
        }
    }
}

/// One step of the way an ask goes. It tells somebody; it lets nobody decide who may not.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Step {
    /// Who.
    pub to: Whom,
    /// So many minutes after it was asked.
    pub after_mins: u32,
    /// Whether their desktop is told.
    #[serde(default)]
    pub notify: bool,
}

/// Somebody an ask goes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// The owner.
    Owner,
    /// Whoever leads the desks for the owner. They may look at it and reply; only the owner decides.
    Coordinator,
}

/// From when to when, in minutes of the day; over midnight where it ends before it begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Quiet {
    /// From.
    pub from: u16,
    /// To.
    pub to: u16,
}

impl Quiet {
    /// Whether that minute of the day is within.
    pub fn holds(self, minute: u16) -> bool {
        if self.from <= self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

impl Unattended {
    /// Whether it can be kept to.
    ///
    /// # Errors
    /// What does not fit.
    pub fn fits(&self) -> Result<(), Refusal> {
        let named = self.deny_after_hours.keys().chain(self.path.keys()).chain(&self.look_first).chain(&self.urgent);
        if let Some(odd) = named.into_iter().find(|name| !CATEGORIES.contains(&name.as_str())) {
            let way_out = format!("the kinds are {}", CATEGORIES.join(", "));
            return Err(Refusal::invalid(format!("'{odd}' is no kind of risk"), way_out));
        }
        let hours = self.deny_after_hours.values().all(|hours| (1..=HOURS_MAX).contains(hours));
        let minutes = |minutes: u32| minutes <= HOURS_MAX * 60;
        let steps = self
            .path
            .values()
            .all(|steps| (1..=STEPS_MAX).contains(&steps.len()) && steps.iter().all(|step| minutes(step.after_mins)));
        let owner = self.path.values().all(|steps| steps.iter().any(|step| step.to == Whom::Owner));
        let pace = self.tell_every_secs <= 24 * 3600;
        let quiet = self.quiet.is_none_or(|quiet| quiet.from < 24 * 60 && quiet.to < 24 * 60);
        if !hours
            || !steps
            || !quiet
            || !pace
            || !self.park_after_mins.is_none_or(minutes)
            || self.park_after_mins == Some(0)
        {
            let way_out = format!("hours are 1 to {HOURS_MAX}, minutes at least 1, a way has 1 to {STEPS_MAX} steps");
            return Err(Refusal::invalid("these times cannot be kept to", way_out));
        }
        if !owner {
            let way_out = "end it with a step to the owner, such as owner:10:notify";
            return Err(Refusal::invalid("a way that never comes to the owner would never be answered", way_out));
        }
        Ok(())
    }

    fn path_of(&self, it: &Approval) -> Option<&Vec<Step>> {
        self.path.get(it.ruling.as_ref()?.category.as_ref()?)
    }

    /// When the owner's desktop is to be told of it; never if none. `leads`: whether somebody leads the desks now. Whoever has seen it
    /// stops its way; but what is urgent an agent does not keep from the owner.
    pub fn told_at(&self, it: &Approval, leads: bool) -> Option<At> {
        if it.acknowledged.is_some_and(|seen| seen.by == Actor::Owner || !self.is_urgent(it)) {
            return None;
        }
        let Some(path) = self.path_of(it) else { return Some(it.asked) };
        let told = stepped(path, leads).into_iter().filter(|step| step.to == Whom::Owner && step.notify);
        told.map(|step| it.asked.plus_seconds(step.after_mins.saturating_mul(60))).min()
    }

    /// When whoever leads the desks is to be told of it; never if none.
    pub fn escalated_at(&self, it: &Approval) -> Option<At> {
        if it.acknowledged.is_some() || it.escalated.is_some() {
            return None;
        }
        let step =
            self.path_of(it)?.iter().filter(|step| step.to == Whom::Coordinator).min_by_key(|it| it.after_mins)?;
        Some(it.asked.plus_seconds(step.after_mins.saturating_mul(60)))
    }

    /// When it is denied, as the owner wished; it waits if none.
    pub fn denied_at(&self, it: &Approval) -> Option<At> {
        let hours = self.deny_after_hours.get(it.ruling.as_ref()?.category.as_ref()?)?;
        Some(it.asked.plus_seconds(hours.saturating_mul(3600)))
    }

    /// Whether a notification alone must not approve it.
    pub fn is_looked_at_first(&self, it: &Approval) -> bool {
        it.ruling
            .as_ref()
            .and_then(|it| it.category.as_ref())
            .is_some_and(|category| self.look_first.contains(category))
    }

    /// Whether it is told at once.
    pub fn is_urgent(&self, it: &Approval) -> bool {
        it.ruling.as_ref().and_then(|it| it.category.as_ref()).is_some_and(|category| self.urgent.contains(category))
    }
}

/// The steps of a way in their order, as they can be taken: where nobody leads the desks, the next step is taken at once instead.
fn stepped(path: &[Step], leads: bool) -> Vec<Step> {
    let mut steps = path.to_vec();
    steps.sort_by_key(|step| step.after_mins);
    let mut instead = None;
    steps.retain_mut(|step| {
        if step.to == Whom::Coordinator && !leads {
            instead = instead.or(Some(step.after_mins));
            return false;
        }
        step.after_mins = instead.take().unwrap_or(step.after_mins);
        true
    });
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_go_over_midnight() {
        let night = Quiet { from: 22 * 60, to: 7 * 60 };
        assert!(night.holds(23 * 60) && night.holds(0) && night.holds(6 * 60 + 59));
        assert!(!night.holds(7 * 60) && !night.holds(21 * 60 + 59));
        let noon = Quiet { from: 12 * 60, to: 13 * 60 };
        assert!(noon.holds(12 * 60) && !noon.holds(13 * 60) && !noon.holds(0));
    }

    #[test]
    fn a_way_that_never_comes_to_the_owner_and_a_kind_that_is_none_are_refused() {
        let step = |to| Step { to, after_mins: 0, notify: true };
        let way =
            |steps: Vec<Step>| Unattended { path: [("publish".to_owned(), steps)].into(), ..Unattended::default() };
        assert!(way(vec![step(Whom::Coordinator)]).fits().is_err());
        assert!(way(vec![step(Whom::Coordinator), step(Whom::Owner)]).fits().is_ok());
        let odd = Unattended { look_first: vec!["danger".to_owned()], ..Unattended::default() };
        assert!(odd.fits().unwrap_err().message.contains("danger"));
        assert!(Unattended::default().fits().is_ok());
    }
}
