//! Tells meters what budgets there are and what was spent of them: one file, written anew whenever that changes. When this process
//! is gone its last word counts, and meters go on counting from there.

use std::sync::Arc;

use office_core::event::Event;
use office_core::office::OfficeEvent;
use office_core::run::{Run, RunEvent};
use office_core::{Office, budget as known};
use office_meter::budget::{Budget, Budgets, Counted, Limits};
use office_meter::usage::Sum;

use crate::world::World;

fn sum(it: known::Sum) -> Sum {
    Sum { micro_dollars: it.micro_dollars, tokens: it.tokens, input: it.input, output: it.output }
}

/// All budgets as meters are told. Every open run counts, whether it is known yet to have a meter or not: one that has none has no
/// account either.
fn of(office: &Office) -> Budgets {
    let one = |budget: &known::Budget| {
        let open = office.runs.values().filter(|run| run.is_open() && office.counts_in(&budget.of, run));
        let counted = |run: &Run| Counted { run: run.id.0, sum: sum(known::Sum::of(run.spent.as_ref())) };
        let limits = budget.limits;
        Budget {
            key: budget.of.to_string(),
            of: office.budget_name(&budget.of),
            way_out: format!("`{}` raises it.", office.budget_raise(budget)),
            limits: Limits {
                micro_dollars: limits.micro_dollars,
                tokens: limits.tokens,
                input: limits.input,
                output: limits.output,
            },
            known: sum(office.spent_of(&budget.of)),
            runs: open.map(counted).collect(),
        }
    };
    Budgets { budgets: office.budgets.iter().map(one).collect() }
}

/// Whether meters have to hear of it.
fn matters(event: &Event) -> bool {
    matches!(
        event,
        Event::Office(OfficeEvent::BudgetSet { .. } | OfficeEvent::BudgetRemoved { .. })
            | Event::Run(RunEvent::Began { .. } | RunEvent::Spent { .. } | RunEvent::Ended { .. })
    )
}

impl World {
    /// Writes down what budgets there are, unless that is what stands there.
    pub(crate) async fn tell_budgets(&self) -> Result<(), String> {
        // One after the other, so that the last word is the newest.
        let mut told = self.budgets_told.lock().await;
        let budgets = self.read(|office| Some(of(office))).await?;
        let file = self.dir.budgets();
        if told.as_ref() == Some(&budgets) && file.is_file() {
            return Ok(());
        }
        let text = serde_json::to_vec(&budgets).map_err(|error| error.to_string())?;
        let written = tokio::task::spawn_blocking(move || office_meter::account::replace(&file, &text)).await;
        match written.map_err(|error| error.to_string())? {
            Ok(()) => *told = Some(budgets),
            Err(error) => return Err(format!("what budgets there are cannot be written down: {error}")),
        }
        Ok(())
    }
}

/// Tells whenever something changed, until the office closes.
pub(crate) async fn keep_told(world: Arc<World>) {
    let mut feed = world.handle.subscribe();
    loop {
        if let Err(why) = world.tell_budgets().await
            && !world.closing.is_cancelled()
        {
            tracing::error!(why, "meters know an older word on budgets, and keep to that");
        }
        if world.next_that(&mut feed, matters).await.is_none() {
            return;
        }
    }
}
