//! A budget: the most that may be spent in the whole office, on a project, by a role, at a desk or on a task, in money or tokens. What a run
//! with a meter takes is held to it before each call, by the meter; here stands what is allowed, what was spent, and what follows
//! when it is. A run without a meter is stopped once it is seen to be over.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::event::Event;
use crate::hold::{Hold, HoldReason};
use crate::ids::{DeskId, ProjectId, RoleName, TaskId};
use crate::office::{Office, OfficeEvent};
use crate::refusal::{Code, Refusal};
use crate::run::{self, Run, StopWhy};
use crate::seen::{Denied, Spent};
use crate::task::{Task, TaskEvent, TaskState};
use crate::time::At;

/// What a budget is of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum BudgetOf {
    /// The whole office.
    Office,
    /// A project.
    Project(ProjectId),
    /// All desks of a role together.
    Role(RoleName),
    /// A desk.
    Desk(DeskId),
    /// A task, over all its attempts.
    Task(TaskId),
}

impl fmt::Display for BudgetOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Office => f.write_str("office"),
            Self::Project(id) => write!(f, "project {id}"),
            Self::Role(name) => write!(f, "role {name}"),
            Self::Desk(id) => write!(f, "desk {id}"),
            Self::Task(id) => write!(f, "task {id}"),
        }
    }
}

impl FromStr for BudgetOf {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "office" {
            return Ok(Self::Office);
        }
        let (noun, id) = text.split_once(' ').ok_or(())?;
        if noun == "role" {
            return Ok(Self::Role(RoleName(id.to_owned())));
        }
        let number = id.parse().map_err(|_| ())?;
        match noun {
            "project" => Ok(Self::Project(ProjectId(number))),
            "desk" => Ok(Self::Desk(DeskId(number))),
            "task" => Ok(Self::Task(TaskId(number))),
            _ => Err(()),
        }
    }
}

/// Amounts in what budgets are counted in; in a limit, none is no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct Limits {
    /// Millionths of a dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[specta(type = Option<u32>)]
    pub micro_dollars: Option<u64>,
    /// Tokens of all kinds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[specta(type = Option<u32>)]
    pub tokens: Option<u64>,
    /// Tokens that are read, without what the provider remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[specta(type = Option<u32>)]
    pub input: Option<u64>,
    /// Tokens that are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[specta(type = Option<u32>)]
    pub output: Option<u64>,
}

/// The most that may be spent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct Budget {
    /// Of what.
    pub of: BudgetOf,
    /// How much.
    pub limits: Limits,
    /// When it was set or changed last.
    pub set: At,
}

/// What was spent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Type)]
pub struct Sum {
    /// Millionths of a dollar, so far as it is known.
    #[specta(type = u32)]
    pub micro_dollars: u64,
    /// Tokens of all kinds.
    #[specta(type = u32)]
    pub tokens: u64,
    /// Tokens that were read, without what the provider remembered.
    #[serde(default)]
    #[specta(type = u32)]
    pub input: u64,
    /// Tokens that were written.
    #[specta(type = u32)]
    pub output: u64,
}

impl Sum {
    /// What a run took.
    pub fn of(spent: Option<&Spent>) -> Self {
        spent.map_or_else(Self::default, |spent| Self {
            micro_dollars: spent.micro_dollars.unwrap_or(0),
            tokens: [spent.input, spent.output, spent.cache_read, spent.cache_write]
                .into_iter()
                .fold(0, u64::saturating_add),
            input: spent.input.saturating_add(spent.cache_write),
            output: spent.output,
        })
    }

    fn and(self, other: Self) -> Self {
        Self {
            micro_dollars: self.micro_dollars.saturating_add(other.micro_dollars),
            tokens: self.tokens.saturating_add(other.tokens),
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
        }
    }
}

/// A budget as it stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Type)]
pub struct BudgetView {
    /// Of what.
    pub of: BudgetOf,
    /// The most.
    pub limits: Limits,
    /// Whose it is, in words.
    pub name: String,
    /// What was spent.
    pub spent: Sum,
    /// Whether it is.
    pub reached: bool,
    /// The command that raises it.
    pub raise: String,
}

impl Limits {
    /// Whether so much is all of it, or more.
    pub fn reached(&self, sum: &Sum) -> bool {
        let over = |limit: Option<u64>, is: u64| limit.is_some_and(|limit| is >= limit);
        over(self.micro_dollars, sum.micro_dollars)
            || over(self.tokens, sum.tokens)
            || over(self.input, sum.input)
            || over(self.output, sum.output)
    }
}

impl Office {
    /// Whether a run counts in a budget.
    pub fn counts_in(&self, of: &BudgetOf, run: &Run) -> bool {
        match of {
            BudgetOf::Office => true,
            BudgetOf::Project(id) => run.project == *id,
            BudgetOf::Role(name) => self.desks.get(&run.desk).is_some_and(|desk| desk.role == *name),
            BudgetOf::Desk(id) => run.desk == *id,
            BudgetOf::Task(id) => run.task == Some(*id),
        }
    }

    /// What the files of roles say that those who hold them may spend.
    fn said_by_roles(&self) -> impl Iterator<Item = Budget> {
        let said = self.roles.values().filter_map(|role| Some((role.name.clone(), role.budget?)));
        said.map(|(name, limits)| Budget { of: BudgetOf::Role(name), limits, set: At::from_millis(0) })
    }

    /// Takes what roles say where their owner set nothing else. What is in force is read far more often than it changes.
    pub(crate) fn put_budgets_in_force(&mut self) {
        let said: Vec<Budget> =
            self.said_by_roles().filter(|it| !self.budgets.iter().any(|own| own.of == it.of)).collect();
        self.in_force = self.budgets.iter().cloned().chain(said).collect();
    }

    /// What was spent of it so far.
    pub fn spent_of(&self, of: &BudgetOf) -> Sum {
        let runs = self.runs.values().filter(|run| self.counts_in(of, run));
        runs.fold(Sum::default(), |sum, run| sum.and(Sum::of(run.spent.as_ref())))
    }

    /// Each budget as it stands.
    pub fn budget_views(&self) -> Vec<BudgetView> {
        let view = |budget: &Budget| {
            let spent = self.spent_of(&budget.of);
            BudgetView {
                of: budget.of.clone(),
                limits: budget.limits,
                name: self.budget_name(&budget.of),
                spent,
                reached: budget.limits.reached(&spent),
                raise: self.budget_raise(budget),
            }
        };
        self.in_force.iter().map(view).collect()
    }

    /// Whose it is, in words.
    pub fn budget_name(&self, of: &BudgetOf) -> String {
        match of {
            BudgetOf::Office => "the office".to_owned(),
            BudgetOf::Project(id) => {
                format!("project {}", self.projects.get(id).map_or(String::new(), |it| it.name.clone()))
            }
            BudgetOf::Role(name) => format!("role {name}"),
            BudgetOf::Desk(id) => format!("desk {}", self.desks.get(id).map_or(String::new(), |it| it.name.clone())),
            BudgetOf::Task(id) => format!("task #{id}"),
        }
    }

    /// The command that raises it.
    pub fn budget_raise(&self, budget: &Budget) -> String {
        let whose = match &budget.of {
            BudgetOf::Office => String::new(),
            BudgetOf::Project(id) => {
                format!(" --project {}", self.projects.get(id).map_or(String::new(), |it| it.name.clone()))
            }
            BudgetOf::Role(name) => format!(" --role {name}"),
            BudgetOf::Desk(id) => {
                format!(" --desk {}", self.desks.get(id).map_or(String::new(), |it| it.name.clone()))
            }
            BudgetOf::Task(id) => format!(" --task {id}"),
        };
        let limits = &budget.limits;
        let much = if limits.micro_dollars.is_some() {
            "--money 5"
        } else if limits.tokens.is_some() {
            "--tokens 5M"
        } else if limits.input.is_some() {
            "--input-tokens 1M"
        } else {
            "--output-tokens 200k"
        };
        format!("office budget raise{whose} {much}")
    }

    /// The budget that keeps work on `task` at `desk` from beginning, if one does. Read off `budgets`, as they are or will be.
    fn spent_for<'a>(&self, budgets: &'a [Budget], desk: Option<DeskId>, task: &Task) -> Option<&'a Budget> {
        let role = desk.and_then(|desk| self.desks.get(&desk)).map(|desk| &desk.role).or(task.role.as_ref());
        let counts = |of: &BudgetOf| match of {
            BudgetOf::Office => true,
            BudgetOf::Project(id) => task.project == *id,
            BudgetOf::Role(name) => role == Some(name),
            BudgetOf::Desk(id) => desk == Some(*id),
            BudgetOf::Task(id) => task.id == *id,
        };
        budgets.iter().find(|it| counts(&it.of) && it.limits.reached(&self.spent_of(&it.of)))
    }

    /// Whether a spent budget keeps work on `task` at `desk` from beginning.
    pub(crate) fn has_no_budget(&self, desk: DeskId, task: &Task) -> bool {
        !self.in_force.is_empty() && self.spent_for(&self.in_force, Some(desk), task).is_some()
    }

    /// The spent budget that keeps everything at a desk from beginning.
    pub(crate) fn desk_has_no_budget(&self, desk: DeskId) -> Option<&Budget> {
        let role = self.desks.get(&desk).map(|desk| &desk.role);
        let all = |of: &BudgetOf| match of {
            BudgetOf::Office => true,
            BudgetOf::Role(name) => role == Some(name),
            BudgetOf::Desk(id) => *id == desk,
            BudgetOf::Project(_) | BudgetOf::Task(_) => false,
        };
        self.in_force.iter().find(|it| all(&it.of) && it.limits.reached(&self.spent_of(&it.of)))
    }
}

/// Whether there is what it would be of.
pub(crate) fn of_something(office: &Office, of: &BudgetOf) -> Result<(), Refusal> {
    match of {
        BudgetOf::Office => {}
        BudgetOf::Project(id) => drop(office.project(*id)?),
        BudgetOf::Role(name) if office.roles.contains_key(name) => {}
        BudgetOf::Role(name) => {
            let known = office.roles.keys().map(|it| it.0.as_str()).collect::<Vec<_>>().join(", ");
            return Err(Refusal::new(
                Code::NotFound,
                format!("there is no role '{name}'"),
                format!("there are {known}"),
            ));
        }
        BudgetOf::Desk(id) => drop(office.desk(*id)?),
        BudgetOf::Task(id) => drop(office.task(*id)?),
    }
    Ok(())
}

/// Decides to set a budget, or to raise it to so much more than was spent. What is not named stays as it is.
pub fn set(office: &Office, of: BudgetOf, wanted: &Limits, more: bool, now: At) -> Result<Vec<Event>, Refusal> {
    of_something(office, &of)?;
    if *wanted == Limits::default() {
        return Err(Refusal::invalid(
            "a budget needs a limit",
            "say --money, --tokens, --input-tokens or --output-tokens",
        ));
    }
    let spent = if more { office.spent_of(&of) } else { Sum::default() };
    let known = office.in_force.iter().find(|it| it.of == of).map(|it| it.limits).unwrap_or_default();
    let limit =
        |wanted: Option<u64>, spent: u64, known: Option<u64>| wanted.map(|it| it.saturating_add(spent)).or(known);
    let limits = Limits {
        micro_dollars: limit(wanted.micro_dollars, spent.micro_dollars, known.micro_dollars),
        tokens: limit(wanted.tokens, spent.tokens, known.tokens),
        input: limit(wanted.input, spent.input, known.input),
        output: limit(wanted.output, spent.output, known.output),
    };
    let mut budgets: Vec<Budget> = office.in_force.iter().filter(|it| it.of != of).cloned().collect();
    let budget = Budget { of, limits, set: now };
    budgets.push(budget.clone());
    let mut events = vec![Event::Office(OfficeEvent::BudgetSet { budget })];
    events.extend(let_go(office, &budgets));
    Ok(events)
}

/// Decides to do without a budget.
pub fn remove(office: &Office, of: BudgetOf) -> Result<Vec<Event>, Refusal> {
    if !office.budgets.iter().any(|it| it.of == of) {
        let message = format!("there is no budget of {}", office.budget_name(&of));
        if office.in_force.iter().any(|it| it.of == of) {
            let way_out = "its file says how much; change that, or set a budget of your own, which counts instead";
            return Err(Refusal::new(Code::NotFound, format!("{message} of yours"), way_out));
        }
        return Err(Refusal::new(Code::NotFound, message, "`office budget` lists those that there are"));
    }
    let mut budgets: Vec<Budget> = office.in_force.iter().filter(|it| it.of != of).cloned().collect();
    budgets.extend(office.said_by_roles().filter(|it| it.of == of));
    let mut events = vec![Event::Office(OfficeEvent::BudgetRemoved { of })];
    events.extend(let_go(office, &budgets));
    Ok(events)
}

/// Tasks that a budget parked go on where none of these keeps them any more.
fn let_go(office: &Office, budgets: &[Budget]) -> Vec<Event> {
    let parked = office.tasks.values().filter(|task| {
        let by_budget = task.hold.as_ref().is_some_and(|hold| hold.reason == HoldReason::BudgetSpent);
        task.state == TaskState::Parked && by_budget && office.spent_for(budgets, task.desk, task).is_none()
    });
    parked.map(|task| Event::Task(TaskEvent::Unparked { task: task.id, note: None })).collect()
}

/// What follows when a call of a run was denied, or it is seen to have spent so much: its task is parked, and its program ended.
pub(crate) fn park(office: &Office, run: &Run, budget: &Budget, now: At) -> Vec<Event> {
    let task = run.task.and_then(|id| office.tasks.get(&id));
    let Some(task) = task
        .filter(|task| task.lease == Some(run.id) && matches!(task.state, TaskState::Starting | TaskState::Running))
    else {
        return Vec::new();
    };
    let hold = Hold {
        reason: HoldReason::BudgetSpent,
        since: now,
        until: None,
        release: office.budget_raise(budget),
        what: Some(format!("The budget of {} is spent.", office.budget_name(&budget.of))),
    };
    let mut events = vec![Event::Task(TaskEvent::Parked { task: task.id, hold })];
    events.extend(run::stop(office, Some(run.id), StopWhy::TaskTaken));
    events
}

/// The budget by which a meter denied a call.
pub(crate) fn named<'a>(office: &'a Office, denied: &Denied) -> Option<&'a Budget> {
    let of: BudgetOf = denied.budget.parse().ok()?;
    office.in_force.iter().find(|it| it.of == of)
}

/// The budget that a run without a meter has passed once it took `spent`.
pub(crate) fn passed<'a>(office: &'a Office, run: &Run, spent: &Spent) -> Option<&'a Budget> {
    let metered = run.enforcement.as_ref().and_then(|it| it.metering.as_ref()).is_some_and(|it| it.on);
    let (before, now) = (Sum::of(run.spent.as_ref()), Sum::of(Some(spent)));
    office.in_force.iter().filter(|it| !metered && office.counts_in(&it.of, run)).find(|it| {
        let all = office.spent_of(&it.of).and(now);
        it.limits.reached(&Sum {
            micro_dollars: all.micro_dollars.saturating_sub(before.micro_dollars),
            tokens: all.tokens.saturating_sub(before.tokens),
            input: all.input.saturating_sub(before.input),
            output: all.output.saturating_sub(before.output),
        })
    })
}
