//! One call after the other in a run's account: set aside before it begins, settled when it is over, whatever way it ends. How calls
//! travel is in `serve.rs` and `flow.rs`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::MeterError;
use crate::account::{Account, Denied, Trouble, TroubleKind, place};
use crate::budget::{self, May, Places};
use crate::config::{Config, Model};
use crate::read::{Asked, Reader};
use crate::usage::{Sum, Usage, micro, prices_of};

/// What is left of a budget is set aside for other calls: looked again so often, and so many times.
const LOOK: Duration = Duration::from_millis(50);
const LOOKS: u32 = 2400;

/// A run's account, kept.
pub(crate) struct Book {
    run: u32,
    models: Vec<Model>,
    places: Places,
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    account: Account,
    next: u64,
    /// Why the account could not be written; nothing begins then.
    broken: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "the meter is a process of its own: this is its only clock")]
pub(crate) fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

impl Book {
    pub(crate) fn open(config: &Config) -> Result<Self, MeterError> {
        let path = place(&config.runs, config.run);
        let mut account = Account::load(&path)?;
        // Set aside by one that was killed here before; nobody will settle it any more, and it may have cost as much.
        for sum in std::mem::take(&mut account.reserved).into_values() {
            account.guessed += 1;
            let rest = Usage { input: sum.tokens - sum.output.min(sum.tokens), output: sum.output, ..Usage::default() };
            let model = account.model.clone().unwrap_or_default();
            account.add(&config.models, &model, rest);
        }
        account.save(&path)?;
        let places = Places { budgets: config.budgets.clone(), lock: config.lock.clone(), runs: config.runs.clone() };
        let next = account.calls + 1;
        let inner = Mutex::new(Inner { account, next, broken: None });
        Ok(Self { run: config.run, models: config.models.clone(), places, path, inner })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets aside what a call may come to. Waits while what is left is set aside for others.
    pub(crate) async fn begin(self: &Arc<Self>, asked: Asked) -> Result<Call, String> {
        for _ in 0..LOOKS {
            let (book, wanted) = (self.clone(), asked.clone());
            let looked = tokio::task::spawn_blocking(move || book.try_begin(&wanted)).await;
            match looked.map_err(|error| error.to_string())?? {
                Some(number) => {
                    return Ok(Call { book: self.clone(), number, asked, sent: false, open: true });
                }
                // Other processes settle theirs; there is nothing to wait on but their files.
                None => tokio::time::sleep(LOOK).await,
            }
        }
        Err("what is left of the budget is set aside for calls that do not end; try again later".to_owned())
    }

    fn try_begin(&self, asked: &Asked) -> Result<Option<u64>, String> {
        let mut inner = self.inner();
        if let Some(why) = &inner.broken {
            return Err(why.clone());
        }
        let prices = prices_of(&self.models, &asked.model);
        #[expect(clippy::cast_precision_loss, reason = "tokens are far below 2^53")]
        let cost = prices.map(|it| asked.read as f64 * it.dearest_read() + asked.written as f64 * it.output);
        let tokens = asked.read.saturating_add(asked.written);
        let most = Sum { micro_dollars: cost.map_or(0, micro), tokens, input: asked.read, output: asked.written };
        let number = inner.next;
        let taken = budget::begin(&self.places, self.run, &mut inner.account, prices.is_some(), |account| {
            account.reserved.insert(number, most);
            account.save(&self.path).inspect_err(|_| {
                account.reserved.remove(&number);
            })
        });
        let (key, why) = match taken {
            Ok(May::Begin) => {
                inner.next += 1;
                return Ok(Some(number));
            }
            Ok(May::Wait) => return Ok(None),
            Ok(May::Not { key, why }) => (key, why),
            Err(error) => (String::new(), format!("the office's budgets cannot be read, so no call begins: {error}")),
        };
        let times = inner.account.denied.as_ref().map_or(0, |denied| denied.times) + 1;
        inner.account.denied = Some(Denied { at: now(), times, key, why: why.clone() });
        self.save(&mut inner);
        Err(why)
    }

    fn save(&self, inner: &mut Inner) {
        if let Err(error) = inner.account.save(&self.path) {
            // What was spent would be forgotten: so nothing more is.
            inner.broken = Some(format!("what is spent cannot be written down, so no call begins: {error}"));
        }
    }

    /// Whether a budget stands in the way of calls that nobody can count.
    pub(crate) fn has_budgets(&self) -> bool {
        let found = budget::Budgets::load(&self.places.budgets);
        found.map_or(true, |all| all.budgets.iter().any(|it| it.runs.iter().any(|counted| counted.run == self.run)))
    }

    pub(crate) fn trouble(&self, kind: TroubleKind, status: Option<u16>, until: Option<i64>) {
        let mut inner = self.inner();
        let same = inner.account.trouble.as_ref().filter(|it| it.kind == kind && it.status == status);
        let since = same.map_or_else(now, |it| it.since);
        let trouble = Trouble { kind, status, since, until };
        if inner.account.trouble.as_ref() != Some(&trouble) {
            inner.account.trouble = Some(trouble);
            self.save(&mut inner);
        }
    }

    pub(crate) fn all_well(&self) {
        let mut inner = self.inner();
        if inner.account.trouble.take().is_some() {
            self.save(&mut inner);
        }
    }

    fn settle(&self, number: u64, model: &str, usage: Usage, guessed: bool) {
        let mut inner = self.inner();
        if inner.account.reserved.remove(&number).is_none() {
            return;
        }
        inner.account.calls += 1;
        inner.account.guessed += u64::from(guessed);
        inner.account.model = Some(model.to_owned());
        inner.account.add(&self.models, model, usage);
        self.save(&mut inner);
    }

    fn let_go(&self, number: u64) {
        let mut inner = self.inner();
        inner.account.reserved.remove(&number);
        self.save(&mut inner);
    }
}

/// A call that has begun. Settled when it ends, at the latest when it is dropped.
pub(crate) struct Call {
    book: Arc<Book>,
    number: u64,
    asked: Asked,
    sent: bool,
    open: bool,
}

impl Call {
    pub(crate) fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// It is on its way: from now on it may cost.
    pub(crate) fn sent(&mut self) {
        self.sent = true;
    }

    /// It cost nothing: the server refused it, or was never reached.
    pub(crate) fn free(mut self) {
        self.open = false;
        self.book.let_go(self.number);
    }

    /// Its answer is over, or broke off.
    pub(crate) fn over(&mut self, reader: &Reader) {
        if !std::mem::replace(&mut self.open, false) {
            return;
        }
        let (said, last) = reader.said();
        let (usage, guessed) = match said {
            Some(usage) if last => (usage, false),
            _ => (reader.guess(&self.asked), true),
        };
        // Counted under the name it was asked by; a server may answer with another that no price is known of.
        let model = [Some(self.asked.model.as_str()), reader.model()].into_iter().flatten();
        let priced = model.clone().find(|name| prices_of(&self.book.models, name).is_some());
        let model = priced.unwrap_or(&self.asked.model).to_owned();
        self.book.settle(self.number, &model, usage, guessed);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.open {
            // Gone before the first word came back: it was read by then, for all that is known.
            let usage = Usage { input: self.asked.read, ..Usage::default() };
            let model = self.asked.model.clone();
            self.book.settle(self.number, &model, if self.sent { usage } else { Usage::default() }, true);
        }
    }
}
