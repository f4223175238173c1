//! A standing grant: the owner's yes in advance to one shape of command, so many times, until a moment; or to the very same
//! command again within one task. It answers what the rules ask about, never what they refuse, and every use is an approval of
//! its own. Whether a command is of the shape is the guard's to say.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::actor::Actor;
use crate::approval::Held;
use crate::event::Event;
use crate::ids::{ApprovalId, DeskId, GrantId, ProjectId, RoleName, TaskId};
use crate::office::Office;
use crate::refusal::{Code, Refusal};
use crate::time::At;

/// Grants that may be in force at once.
const MOST: usize = 100;
/// The longest text of a shape, and the most patterns.
const LONGEST: usize = 400;
const PATTERNS: usize = 32;
/// The most uses of one.
const USES: u32 = 1000;

/// What a grant covers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Covers {
    /// Commands of a shape.
    Shape {
        /** Program and subcommands. */
        run: String,
        /** Patterns; every further word must fit one of them. */
        words: Vec<String>,
    },
    /// The very same words again.
    Same {
        /** What the words are. */
        held: Held,
        /** The words. */
        argv: Vec<String>,
        /** The same in one line. */
        shown: String,
    },
}

/// A standing grant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Grant {
    /// Its number.
    pub id: GrantId,
    /// What it covers.
    pub covers: Covers,
    /// In this project only.
    pub project: Option<ProjectId>,
    /// For desks of this role only.
    pub role: Option<RoleName>,
    /// At this desk only.
    pub desk: Option<DeskId>,
    /// For this task only.
    pub task: Option<TaskId>,
    /// At most so many times; as often as it comes, if none.
    pub times: Option<u32>,
    /// So many times it was used.
    pub used: u32,
    /// Until then; if none, until it is revoked.
    pub until: Option<At>,
    /// The owner's words.
    pub note: Option<String>,
    /// When it was given.
    pub given: At,
    /// When it was revoked.
    pub revoked: Option<At>,
}

impl Grant {
    /// Whether it can still answer something.
    pub fn is_in_force(&self, now: At) -> bool {
        self.revoked.is_none()
            && self.times.is_none_or(|times| self.used < times)
            && self.until.is_none_or(|until| now < until)
    }
}

/// A grant as the owner gives it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct NewGrant {
    /// Program and subcommands.
    pub run: String,
    /// Patterns; every further word must fit one of them.
    #[serde(default)]
    pub words: Vec<String>,
    /// In this project only.
    #[serde(default)]
    pub project: Option<ProjectId>,
    /// For desks of this role only.
    #[serde(default)]
    pub role: Option<RoleName>,
    /// At this desk only.
    #[serde(default)]
    pub desk: Option<DeskId>,
    /// At most so many times.
    #[serde(default)]
    pub times: Option<u32>,
    /// Until then.
    #[serde(default)]
    pub until: Option<At>,
    /// The owner's words.
    #[serde(default)]
    pub note: Option<String>,
}

/// What may be asked of grants.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum GrantCommand {
    /// Gives one.
    Give {
        /** How. */
        new: Box<NewGrant>,
    },
    /// Takes one back.
    Revoke {
        /** Which. */
        grant: GrantId,
    },
}

/// What happened to grants.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Type)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GrantEvent {
    /// Given.
    Given {
        /** The new grant. */
        grant: Box<Grant>,
    },
    /// It answered something.
    Used {
        /** Which. */
        grant: GrantId,
        /** What it answered. */
        approval: ApprovalId,
    },
    /// Taken back.
    Revoked {
        /** Which. */
        grant: GrantId,
    },
}

impl GrantEvent {
    /// The grant it is about.
    pub fn grant(&self) -> GrantId {
        match self {
            Self::Given { grant } => grant.id,
            Self::Used { grant, .. } | Self::Revoked { grant } => *grant,
        }
    }
}

/// Decides a grant command. Only the owner gives and revokes: no agent, and not the office for one.
pub fn decide(office: &Office, actor: Actor, command: &GrantCommand, now: At) -> Result<Vec<Event>, Refusal> {
    if actor != Actor::Owner {
        let way_out = "ask for what you need; it is held until the owner answers";
        return Err(Refusal::new(Code::NotAllowed, "only the owner gives and revokes standing grants", way_out));
    }
    match command {
        GrantCommand::Give { new } => {
            let grant = given(office, new, now)?;
            Ok(vec![Event::Grant(GrantEvent::Given { grant: Box::new(grant) })])
        }
        GrantCommand::Revoke { grant } => {
            let it = office.grant(*grant)?;
            if it.revoked.is_some() {
                let message = format!("grant {grant} is revoked already");
                return Err(Refusal::new(Code::WrongState, message, "`office grant list --all` shows when"));
            }
            Ok(vec![Event::Grant(GrantEvent::Revoked { grant: *grant })])
        }
    }
}

fn given(office: &Office, new: &NewGrant, now: At) -> Result<Grant, Refusal> {
    let run: Vec<&str> = new.run.split_whitespace().collect();
    let long: usize = new.run.len() + new.words.iter().map(String::len).sum::<usize>();
    if run.is_empty() || run.iter().any(|word| word.contains(['*', '?', '\0'])) {
        let way_out = "name program and subcommands as they are, as in `office grant add --times 3 -- git push origin`";
        return Err(Refusal::invalid("a grant is for a program that it names", way_out));
    }
    if long > LONGEST || new.words.len() > PATTERNS {
        let message = format!("the shape has {long} bytes and {} patterns", new.words.len());
        return Err(Refusal::new(Code::Limit, message, format!("at most {LONGEST} bytes and {PATTERNS} patterns")));
    }
    if new.times.is_none() && new.until.is_none() {
        let way_out = "say how often with --times, until when with --until, or both";
        return Err(Refusal::invalid("a grant ends: by a count, by a moment, or by both", way_out));
    }
    if new.times.is_some_and(|times| !(1..=USES).contains(&times)) || new.until.is_some_and(|until| until <= now) {
        let way_out = format!("give 1 to {USES} times, and a moment that is still to come");
        return Err(Refusal::invalid("this grant would never answer anything, or never end", way_out));
    }
    if office.grants.values().filter(|grant| grant.is_in_force(now)).count() >= MOST {
        let message = format!("{MOST} grants are in force already");
        return Err(Refusal::new(Code::Limit, message, "`office grant revoke` those that nobody needs"));
    }
    if let Some(project) = new.project {
        office.project(project)?;
    }
    if let Some(desk) = new.desk {
        office.desk(desk)?;
    }
    if let Some(role) = &new.role {
        office.role(role)?;
    }
    let note = new.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
    Ok(Grant {
        id: office.next.grant,
        covers: Covers::Shape { run: run.join(" "), words: new.words.clone() },
        project: new.project,
        role: new.role.clone(),
        desk: new.desk,
        task: None,
        times: new.times,
        used: 0,
        until: new.until,
        note: note.map(|note| crate::text::body("note", note)).transpose()?,
        given: now,
        revoked: None,
    })
}

/// Applies a grant event.
pub fn apply(office: &mut Office, event: &GrantEvent, at: At) {
    match event {
        GrantEvent::Given { grant } => {
            office.next.grant = GrantId(grant.id.0 + 1);
            office.put_grant((**grant).clone());
        }
        GrantEvent::Used { grant, .. } => office.change_grant(*grant, |it| it.used = it.used.saturating_add(1)),
        GrantEvent::Revoked { grant } => office.change_grant(*grant, |it| it.revoked = Some(at)),
    }
}

impl Office {
    /// The grant.
    pub fn grant(&self, id: GrantId) -> Result<&Grant, Refusal> {
        self.grants.get(&id).ok_or_else(|| Refusal::not_found(format!("grant {id}"), "office grant list --all"))
    }

    /// Grants that may answer what is asked at this desk for this task, oldest first.
    pub fn grants_for(&self, desk: DeskId, task: Option<TaskId>, now: At) -> impl Iterator<Item = &Grant> {
        let at = self.desks.get(&desk);
        let project =
            task.and_then(|task| self.tasks.get(&task)).map(|task| task.project).or(at.and_then(|at| at.project));
        self.grants.values().filter(move |grant| {
            grant.is_in_force(now)
                && grant.project.is_none_or(|it| Some(it) == project)
                && grant.role.as_ref().is_none_or(|it| at.is_some_and(|at| at.role == *it))
                && grant.desk.is_none_or(|it| it == desk)
                && grant.task.is_none_or(|it| Some(it) == task)
        })
    }
}
