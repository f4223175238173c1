//! What the rules say at the door: of what an agent is about to do, of what it wants held, and once more before it begins. Which
//! files are rules, and how a worker is started, is in `verdicts.rs`; what is done with an *ask* is the approvals'.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use office_core::approval::{ApprovalCommand, Deed, Held, Ruling, Said};
use office_core::grant::Covers;
use office_core::role::Role;
use office_core::team::Interlock;
use office_core::{Actor, ApprovalId, Code, GrantId, Office, Refusal, RunId, TaskState};
use office_guard::standing::Shape;
use office_guard::wire::Layer;
use office_guard::{Asked, Explained, Guard, Scene};
use tokio::task::spawn_blocking;

use crate::stood;
use crate::verdicts::{self, RulesOf};
use crate::world::{World, lock};

/// Verdicts that are found at once under one set of rules.
const WORKERS: usize = 2;
/// Sets of rules whose workers are kept; the one that was used longest ago makes room.
const SETS: usize = 16;
/// Places whose last good rules are remembered.
const PLACES: usize = 512;

/// The guards, each with one set of rules. A set is known by what its files say, not by where they lie: checkouts that came with the
/// same rules share their workers.
#[derive(Default)]
pub(crate) struct Guards {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    sets: HashMap<Key, (Arc<Set>, u64)>,
    /// The last rules of a place that had no fault: of a file that does not read, what it said before stays in force.
    good: HashMap<PathBuf, (Vec<Layer>, u64)>,
    /// Grows with every use.
    clock: u64,
}

/// What the files say, and what they said before where they have a fault now.
type Key = (Vec<Layer>, Option<Vec<Layer>>);

#[derive(Default)]
struct Set {
    made: OnceLock<Result<Made, Refusal>>,
}

struct Made {
    guard: Guard,
    faults: Vec<String>,
}

/// Whose action it is, and where.
struct Doer {
    of: RulesOf,
    checkout: PathBuf,
    home: PathBuf,
    hosts: Vec<String>,
    /// What is held until a task is through.
    held: Vec<Interlock>,
    /// Paths that others have for themselves, with who they are.
    leased: Vec<(String, Vec<String>)>,
    /// The role it holds.
    role: Option<Role>,
    /// Tasks that are through: what was held for them is held no more.
    done: BTreeSet<u32>,
}

impl Guards {
    /// What is said by these rules. It waits for a worker, so it is called where waiting is allowed.
    pub(crate) fn judge(&self, layers: Vec<Layer>, asked: &Asked, scene: &Scene) -> Ruling {
        let set = self.set(&scene.checkout, layers);
        let made = match set.made() {
            Ok(made) => made,
            Err(why) => return cannot_say(&why),
        };
        let ruling = ruling(made.guard.judge(asked, scene));
        match made.faults.first() {
            // A rule that does not read may be the one that would have said no.
            Some(fault) if ruling.said == Said::Allow => cannot_say(&format!("rules do not read: {fault}")),
            _ => ruling,
        }
    }

    /// What led to it, action by action; none where no worker starts.
    pub(crate) fn explain(&self, layers: Vec<Layer>, asked: &Asked, scene: &Scene) -> Option<Explained> {
        let set = self.set(&scene.checkout, layers);
        set.made().ok().map(|made| made.guard.explain(asked, scene))
    }

    /// Which of these shapes covers what the rules ask about in it.
    fn covered(&self, layers: Vec<Layer>, asked: &Asked, scene: &Scene, shapes: &[Shape]) -> Option<usize> {
        let set = self.set(&scene.checkout, layers);
        let made = set.made().ok()?;
        // A rule that does not read may be the one that would have said no.
        made.faults.is_empty().then(|| made.guard.covered(asked, scene, shapes)).flatten()
    }

    /// The set of these rules, with its workers.
    fn set(&self, place: &Path, layers: Vec<Layer>) -> Arc<Set> {
        let set = self.kept((layers.clone(), None));
        let made = set.made.get_or_init(|| Made::new(None, &layers));
        match made {
            Ok(made) if made.faults.is_empty() => {
                lock(&self.kept).remember(place, layers);
                return set;
            }
            Ok(_) => {}
            Err(_) => {
                // It may start the next time.
                lock(&self.kept).sets.remove(&(layers, None));
                return set;
            }
        }
        let Some(before) = lock(&self.kept).good.get(place).map(|(good, _)| good.clone()) else { return set };
        let with = self.kept((layers.clone(), Some(before.clone())));
        with.made.get_or_init(|| Made::new(Some(&before), &layers));
        with
    }

    fn kept(&self, key: Key) -> Arc<Set> {
        let mut kept = lock(&self.kept);
        kept.clock += 1;
        let now = kept.clock;
        if let Some((set, used)) = kept.sets.get_mut(&key) {
            *used = now;
            return set.clone();
        }
        if kept.sets.len() >= SETS
            && let Some(oldest) = kept.sets.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| key.clone())
        {
            kept.sets.remove(&oldest);
        }
        let set = Arc::new(Set::default());
        kept.sets.insert(key, (set.clone(), now));
        set
    }
}

impl Kept {
    fn remember(&mut self, place: &Path, layers: Vec<Layer>) {
        let now = self.clock;
        if self.good.len() >= PLACES
            && !self.good.contains_key(place)
            && let Some(oldest) = self.good.iter().min_by_key(|(_, (_, used))| *used).map(|(place, _)| place.clone())
        {
            self.good.remove(&oldest);
        }
        self.good.insert(place.to_owned(), (layers, now));
    }
}

impl Set {
    fn made(&self) -> Result<&Made, String> {
        match self.made.get() {
            Some(Ok(made)) => Ok(made),
            Some(Err(refusal)) => Err(refusal.message.clone()),
            None => Err("the guard's worker does not start".to_owned()),
        }
    }
}

impl Made {
    fn new(before: Option<&[Layer]>, layers: &[Layer]) -> Result<Self, Refusal> {
        let guard = verdicts::guard(WORKERS, verdicts::own_worker())?;
        if let Some(before) = before {
            guard.reload(before.to_vec());
        }
        let faults = if layers.is_empty() { Vec::new() } else { guard.reload(layers.to_vec()) };
        Ok(Self { guard, faults })
    }
}

/// The guard's words as the door tells them.
pub(crate) fn ruling(said: office_guard::Said) -> Ruling {
    Ruling {
        said: match said.verdict {
            office_guard::Verdict::Allow => Said::Allow,
            office_guard::Verdict::Ask => Said::Ask,
            office_guard::Verdict::Deny => Said::Deny,
        },
        category: said.category.map(|category| category.as_str().to_owned()),
        rule: said.rule,
        why: said.reason,
    }
}

/// Nothing could be said, so it is asked.
fn cannot_say(why: &str) -> Ruling {
    Ruling { said: Said::Ask, category: Some("scope".to_owned()), rule: "guard".to_owned(), why: why.to_owned() }
}

impl World {
    /// What the rules say of something that this actor is about to do. The owner's own doings are nobody's to judge.
    pub(crate) async fn rule_on(
        &self,
        actor: Actor,
        argv: Vec<String>,
        cwd: String,
        held: Held,
    ) -> Result<Ruling, Refusal> {
        let Actor::Agent { run, .. } = actor else {
            let why = "the owner does as they like".to_owned();
            return Ok(Ruling { said: Said::Allow, category: None, rule: "owner".to_owned(), why });
        };
        let over = self.handle.read(move |office| office_core::task::limit::denied(office, run));
        if let Some(why) = over.await? {
            return Ok(Ruling { said: Said::Deny, category: Some("scope".to_owned()), rule: "limit".to_owned(), why });
        }
        if !cwd.starts_with('/') {
            return Err(Refusal::invalid(
                "the directory it would be done in must be an absolute path",
                "give it whole",
            ));
        }
        let asked = match asked(&argv, held) {
            Some(asked) => asked,
            None => return Ok(cannot_say("it is neither a command nor a tool with its input")),
        };
        let (layers, scene) = self.rules_and_scene(run, cwd).await?;
        let guards = self.guards.clone();
        let judged = spawn_blocking(move || guards.judge(layers, &asked, &scene));
        let said = judged.await.unwrap_or_else(|error| cannot_say(&error.to_string()));
        let role =
            move |office: &Office| office.roles.get(&office.desks.get(&office.runs.get(&run)?.desk)?.role).cloned();
        Ok(match self.handle.read(role).await? {
            Some(role) => within(&role, &argv, held, said),
            None => said,
        })
    }

    /// Whose rules hold for a run; none where it has no checkout.
    pub(crate) async fn rules_of(&self, run: RunId) -> Result<Option<RulesOf>, Refusal> {
        self.handle.read(move |office| doer(office, run).map(|doer| doer.of)).await
    }

    /// The same for whoever is about to do it: what is allowed and is the office's to do is asked for all the same, and then
    /// goes ahead without an answer.
    pub(crate) async fn judged(
        &self,
        actor: Actor,
        argv: Vec<String>,
        cwd: String,
        held: Held,
    ) -> Result<Ruling, Refusal> {
        let said = self.rule_on(actor, argv.clone(), cwd.clone(), held).await?;
        if let (Actor::Agent { run, .. }, Said::Allow) = (actor, said.said)
            && self.deed(run, &argv, &cwd, held).await.is_ok_and(|deed| deed.is_some())
        {
            return Ok(Ruling { said: Said::Ask, why: "the office does it itself".to_owned(), ..said });
        }
        Ok(said)
    }

    /// The rules that hold for a run, and where it acts.
    pub(crate) async fn rules_and_scene(&self, run: RunId, cwd: String) -> Result<(Vec<Layer>, Scene), Refusal> {
        let office = self.dir.root().to_owned();
        let found = self.handle.read(move |office| doer(office, run)).await?;
        let Some(mut doer) = found else {
            let message = format!("run {run} has no checkout to act in");
            return Err(Refusal::new(Code::WrongState, message, "end here; the office has taken the desk back"));
        };
        doer.home = self.home_of(run).unwrap_or(doer.home);
        let read = spawn_blocking(move || {
            let mut scene = Scene::new(cwd, doer.checkout, doer.home);
            scene.hosts = doer.hosts;
            let mut layers = verdicts::layers(&office, &doer.of);
            layers.extend(doer.role.as_ref().and_then(verdicts::scope_of));
            layers.extend(verdicts::interlocks(&office, &doer.done));
            layers.extend(verdicts::held(&doer.held));
            layers.extend(verdicts::leased(&doer.leased));
            (layers, scene)
        });
        read.await.map_err(|error| Refusal::new(Code::Trouble, error.to_string(), "ask again"))
    }

    /// The standing grant that covers what the rules ask about, if any.
    async fn granted(&self, run: RunId, argv: &[String], cwd: &str, held: Held) -> Result<Option<GrantId>, Refusal> {
        let now = self.clock.now();
        let found = self.handle.read(move |office| {
            let it = office.runs.get(&run)?;
            Some(office.grants_for(it.desk, it.task, now).cloned().collect::<Vec<_>>())
        });
        let grants = found.await?.unwrap_or_default();
        let same = grants.iter().find(
            |grant| matches!(&grant.covers, Covers::Same { held: of, argv: words, .. } if *of == held && words == argv),
        );
        if let Some(grant) = same {
            return Ok(Some(grant.id));
        }
        let mut ids = Vec::new();
        let mut shapes = Vec::new();
        for grant in &grants {
            if let Covers::Shape { run, words } = &grant.covers {
                ids.push(grant.id);
                shapes.push(Shape { run: run.clone(), words: words.clone(), in_order: false });
            }
        }
        let Some(asked) = asked(argv, held).filter(|_| held == Held::Command && !shapes.is_empty()) else {
            return Ok(None);
        };
        let (layers, scene) = self.rules_and_scene(run, cwd.to_owned()).await?;
        let guards = self.guards.clone();
        let found = spawn_blocking(move || guards.covered(layers, &asked, &scene, &shapes));
        Ok(found.await.ok().flatten().and_then(|at| ids.get(at).copied()))
    }

    /// The state of the checkout a run acts in.
    async fn stands(&self, run: RunId) -> Result<String, Refusal> {
        let place = move |office: &Office| office.runs.get(&run).and_then(|run| run.workplace.clone());
        let Some(place) = self.handle.read(place).await? else { return Ok("unknown".to_owned()) };
        let state = spawn_blocking(move || stood::state(std::path::Path::new(&place.path)));
        // Not known, it is never the same as before: what is bound to it is asked again.
        Ok(state.await.ok().flatten().unwrap_or_else(|| format!("unknown-{}", self.ids.token())))
    }

    /// A command about approvals as it may be decided: what is to be held has what the rules say of it, whatever its sender
    /// wrote there; what the rules refuse is not held, and does not begin.
    pub(crate) async fn ruled(&self, actor: Actor, command: ApprovalCommand) -> Result<ApprovalCommand, Refusal> {
        match command {
            ApprovalCommand::Ask { argv, cwd, reason, held, .. } => {
                let by = match actor {
                    Actor::Agent { run, .. } if held != Held::Words && cwd.starts_with('/') => Some(run),
                    _ => None,
                };
                let (mut ruling, mut stands, mut grant, mut deed) = (None, None, None, None);
                if let Some(run) = by {
                    self.remember(run, &argv, &cwd, held);
                    let mut said = self.rule_on(actor, argv.clone(), cwd.clone(), held).await?;
                    refused(Some(&said))?;
                    grant = self.granted(run, &argv, &cwd, held).await?;
                    deed = self.deed(run, &argv, &cwd, held).await?;
                    let publishes = said.category.as_deref() == Some("publish") && held == Held::Command;
                    if deed.is_none() && publishes && self.enforcement_known(run).is_some_and(|it| it.hard) {
                        // Whoever approves it must not expect it to arrive.
                        said.why.push_str("; its desk does it, which has none of your credentials");
                    }
                    if deed.is_none() && stood::matters(said.category.as_deref()) {
                        stands = Some(self.stands(run).await?);
                    }
                    ruling = Some(said);
                }
                Ok(ApprovalCommand::Ask { argv, cwd, reason, held, ruling, stands, grant, deed })
            }
            ApprovalCommand::Claim { approval, .. } => {
                let (mut stands, mut deed) = (None, None);
                let found = self.handle.read(move |office| words(office, approval)).await?;
                if let Some((argv, cwd, held, bound)) = found {
                    // The rules may have changed while it was held.
                    refused(Some(&self.rule_on(actor, argv.clone(), cwd.clone(), held).await?))?;
                    let does =
                        move |office: &Office| office.approvals.get(&approval).filter(|it| it.deed.is_some())?.run;
                    if let Some(run) = self.handle.read(does).await? {
                        deed = self.deed(run, &argv, &cwd, held).await?;
                        if deed.is_none() {
                            let message = format!("what approval {approval} holds is no longer the office's to do");
                            return Err(Refusal::new(Code::WrongState, message, "withdraw it and ask again"));
                        }
                    } else if let (true, Actor::Agent { run, .. }) = (bound, actor) {
                        stands = Some(self.stands(run).await?);
                    }
                }
                Ok(ApprovalCommand::Claim { approval, stands, deed })
            }
            ApprovalCommand::Approve { approval, note, mut terms } if actor == Actor::Owner => {
                // While its task is parked nobody works in its checkout; the office itself may have put it in order since.
                let parked = move |office: &Office| {
                    office.approvals.get(&approval).filter(|it| it.parked.is_some()).and_then(|it| it.run)
                };
                terms.stands = match self.handle.read(parked).await? {
                    Some(run) => Some(self.stands(run).await?),
                    None => None,
                };
                terms.deed = match &terms.edit {
                    Some(line) => self.may_be_edited(approval, line).await?,
                    None => None,
                };
                if let Some(rule) = &terms.rule {
                    if terms.edit.is_some() {
                        let way_out = "change it and approve that once, or settle it as it is";
                        return Err(Refusal::invalid("what is changed is not settled for good with it", way_out));
                    }
                    self.keep_rule(approval, rule, Said::Allow).await?;
                }
                Ok(ApprovalCommand::Approve { approval, note, terms })
            }
            ApprovalCommand::Deny { approval, note, terms } if actor == Actor::Owner => {
                if let Some(rule) = &terms.rule {
                    self.keep_rule(approval, rule, Said::Deny).await?;
                }
                Ok(ApprovalCommand::Deny { approval, note, terms })
            }
            other => Ok(other),
        }
    }

    /// What the owner made of a command is judged as well: what the rules refuse is not approved by changing into it.
    async fn may_be_edited(&self, approval: ApprovalId, line: &str) -> Result<Option<Box<Deed>>, Refusal> {
        let argv = office_core::approval::words_of_line(line);
        let found = self.handle.read(move |office| {
            let it = office.approvals.get(&approval)?;
            let run = it.run?;
            Some((Actor::Agent { desk: it.desk?, run }, run, it.cwd.clone(), it.held))
        });
        let Some((actor, run, cwd, held)) = found.await? else { return Ok(None) };
        refused(Some(&self.rule_on(actor, argv.clone(), cwd.clone(), held).await?))?;
        self.deed(run, &argv, &cwd, held).await
    }

    /// The home that programs of a run are given.
    fn home_of(&self, run: RunId) -> Option<PathBuf> {
        let own = self.dir.run(run).join("home");
        own.is_dir().then_some(own)
    }
}

/// What is beyond the grants of a role is refused, whatever else would be said of it: it is not the owner's to be asked.
fn within(role: &Role, argv: &[String], held: Held, said: Ruling) -> Ruling {
    let refused = |what: String| Ruling {
        said: Said::Deny,
        category: said.category.clone().or_else(|| Some("scope".to_owned())),
        rule: format!("role.{}.grants", role.name),
        why: what,
    };
    let tool = argv.first().filter(|_| held == Held::Tool).filter(|tool| !tool.starts_with("mcp__office__"));
    if let (Some(tool), Some(granted)) = (tool, &role.grants.tools)
        && !granted.iter().any(|one| office_guard::pattern::fits_words(one, tool))
    {
        return refused(format!("the role '{}' uses {} only, not {tool}", role.name, granted.join(", ")));
    }
    match (&said.category, &role.grants.asks) {
        (Some(category), Some(granted)) if said.said == Said::Ask && !granted.contains(category) => {
            let may = if granted.is_empty() { "nothing".to_owned() } else { granted.join(", ") };
            refused(format!("the role '{}' may ask about {may}, and this is {category}: {}", role.name, said.why))
        }
        _ => said,
    }
}

fn refused(ruling: Option<&Ruling>) -> Result<(), Refusal> {
    match ruling {
        Some(Ruling { said: Said::Deny, rule, why, .. }) => Err(Refusal::new(
            Code::NotAllowed,
            format!("the rules refuse it: {why} [{rule}]"),
            "do without it; only the owner changes the rules",
        )),
        _ => Ok(()),
    }
}

/// What is held, and whether it is bound to a state of its checkout.
fn words(office: &Office, id: ApprovalId) -> Option<(Vec<String>, String, Held, bool)> {
    let it = office.approvals.get(&id).filter(|it| it.held != Held::Words)?;
    Some((it.argv.clone(), it.cwd.clone(), it.held, it.stands.is_some()))
}

/// What is asked of the guard; a line that was given to a shell is that line.
pub(crate) fn asked(argv: &[String], held: Held) -> Option<Asked> {
    match (held, argv) {
        (Held::Command, [sh, c, line]) if sh == "sh" && c == "-c" => Some(Asked::Run { run: line.clone() }),
        (Held::Command, words) => {
            let words: Vec<String> = words.iter().map(|word| office_guard::tool::quoted(word)).collect();
            Some(Asked::Run { run: words.join(" ") })
        }
        (Held::Tool, [tool]) => Some(Asked::Tool { tool: tool.clone(), input: serde_json::Value::Null }),
        (Held::Tool, [tool, input]) => {
            let input = if input.is_empty() { Ok(serde_json::Value::Null) } else { serde_json::from_str(input) };
            Some(Asked::Tool { tool: tool.clone(), input: input.ok()? })
        }
        _ => None,
    }
}

fn doer(office: &Office, run: RunId) -> Option<Doer> {
    let run = office.runs.get(&run)?;
    let desk = office.desks.get(&run.desk)?;
    let project = office.projects.get(&run.project)?;
    let checkout = PathBuf::from(&run.workplace.as_ref()?.path);
    let of = RulesOf {
        project: Some(project.name.clone()),
        role: Some(desk.role.to_string()),
        desk: Some(desk.name.clone()),
        checkout: Some(checkout.clone()),
    };
    let home = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/nonexistent"), PathBuf::from);
    let through = office.tasks.values().filter(|task| task.state == TaskState::Done);
    let done = through.map(|task| task.id.0).collect();
    let held = office.interlocks.clone();
    let others = office.leases.iter().filter(|lease| lease.run != run.id && lease.project == run.project);
    let name = |desk| office.desks.get(&desk).map_or_else(|| "another desk".to_owned(), |desk| desk.name.clone());
    let leased = others.map(|lease| (name(lease.desk), lease.paths.clone())).collect();
    Some(Doer {
        of,
        checkout,
        home,
        hosts: project.sandbox.reach.clone(),
        role: office.roles.get(&desk.role).cloned(),
        held,
        leased,
        done,
    })
}

#[cfg(test)]
mod tests {
    use office_guard::Origin;

    use super::*;

    fn planted(text: &str) -> Vec<Layer> {
        vec![Layer { name: ".office/guard.toml".into(), origin: Origin::Checkout, text: text.into() }]
    }

    /// A set that needs no worker.
    fn made(guards: &Guards, layers: Vec<Layer>) -> Arc<Set> {
        guards.kept((layers, None))
    }

    #[test]
    fn what_is_beyond_a_roles_grants_is_refused_and_nothing_is_allowed_by_them() {
        use office_core::role::Grants;
        let of = |asks: Option<&[&str]>, tools: Option<&[&str]>| {
            let list = |it: Option<&[&str]>| it.map(|it| it.iter().map(|word| (*word).to_owned()).collect());
            Role { name: "r".into(), grants: Grants { asks: list(asks), tools: list(tools) }, ..Role::default() }
        };
        let said = |said, category: &str| Ruling {
            said,
            category: Some(category.to_owned()),
            rule: "x".to_owned(),
            why: "it pushes".to_owned(),
        };
        let push = [String::from("git push")];
        let within = |role: &Role, argv: &[String], held, it| within(role, argv, held, it).said;
        assert_eq!(within(&of(None, None), &push, Held::Command, said(Said::Ask, "publish")), Said::Ask);
        let narrow = of(Some(&["network"]), Some(&["Read", "mcp__docs__*"]));
        assert_eq!(within(&narrow, &push, Held::Command, said(Said::Ask, "publish")), Said::Deny);
        assert_eq!(within(&narrow, &push, Held::Command, said(Said::Ask, "network")), Said::Ask, "granted is no yes");
        assert_eq!(within(&narrow, &push, Held::Command, said(Said::Allow, "publish")), Said::Allow);
        let tool = |name: &str| [name.to_owned(), "{}".to_owned()];
        assert_eq!(within(&narrow, &tool("Write"), Held::Tool, said(Said::Allow, "scope")), Said::Deny);
        assert_eq!(within(&narrow, &tool("mcp__docs__find"), Held::Tool, said(Said::Allow, "scope")), Said::Allow);
        assert_eq!(
            within(&narrow, &tool("mcp__office__task_done"), Held::Tool, said(Said::Allow, "scope")),
            Said::Allow
        );
    }

    #[test]
    fn checkouts_with_the_same_rules_share_their_workers() {
        let guards = Guards::default();
        let first = made(&guards, planted("# one"));
        for _ in 0..3 * SETS {
            assert!(Arc::ptr_eq(&first, &made(&guards, planted("# one"))), "wherever the checkout is");
        }
        assert!(!Arc::ptr_eq(&first, &made(&guards, planted("# two"))), "other rules, other workers");
    }

    #[test]
    fn the_rules_used_longest_ago_make_room_and_those_in_use_stay() {
        let guards = Guards::default();
        let used = made(&guards, planted("# used"));
        for other in 0..3 * SETS {
            made(&guards, planted(&format!("# {other}")));
            assert!(Arc::ptr_eq(&used, &made(&guards, planted("# used"))), "after {other} others");
        }
        assert_eq!(lock(&guards.kept).sets.len(), SETS);
    }

    #[test]
    fn of_the_places_with_good_rules_only_so_many_are_remembered() {
        let guards = Guards::default();
        for place in 0..2 * PLACES {
            let mut kept = lock(&guards.kept);
            kept.clock += 1;
            kept.remember(Path::new(&format!("/{place}")), planted("# good"));
        }
        assert_eq!(lock(&guards.kept).good.len(), PLACES);
    }
}
