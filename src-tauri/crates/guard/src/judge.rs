//! The judge: a command or an edit in, a verdict out. Pure but for looking at files through `World`. It has no deadline:
//! whoever must not wait or die asks through the worker process.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::action::{Action, Arg, Change};
use crate::path::{self, Scene};
use crate::rules::{Judged, Policy};
use crate::shell;
use crate::spec::Specs;
use crate::standing::Shape;
use crate::verdict::{Said, Verdict};
use crate::world::{Paper, World};

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Asked {
    /// A command line for bash.
    Run {
        /// The line.
        run: String,
    },
    /// A change of a file by an editor.
    Write {
        /// The file.
        write: String,
        /// How it is changed; none where the word for it is not known, and then it may be any of them.
        #[serde(default = "modified", deserialize_with = "change_said", serialize_with = "change_shown")]
        change: Option<Change>,
        /// How many lines are changed.
        #[serde(default)]
        lines: Option<u64>,
    },
    /// A call of one of an agent's own tools.
    Tool {
        /// Its name, as its engine says it.
        tool: String,
        /// Its arguments.
        #[serde(default)]
        input: serde_json::Value,
    },
}

fn modified() -> Option<Change> {
    Some(Change::Modified)
}

/// The word that a tool has for a change, whichever it takes; none where nobody knows what it means.
fn change_said<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Change>, D::Error> {
    Ok(match serde_json::Value::deserialize(from)? {
        serde_json::Value::Null => modified(),
        serde_json::Value::String(text) if is_the_change(&text) => modified(),
        serde_json::Value::String(word) => Change::said(&word),
        _ => None,
    })
}

/// Whether it is no word for a change but the text of one: what is written, or a patch; none that takes the file away.
fn is_the_change(text: &str) -> bool {
    let takes_away = Change::said(text.split_whitespace().next().unwrap_or_default()) == Some(Change::Deleted)
        || ["+++ /dev/null", "*** Delete File", "deleted file mode"].iter().any(|part| text.contains(part));
    (text.contains('\n') || text.split_whitespace().count() > 3) && !takes_away
}

fn change_shown<S: Serializer>(change: &Option<Change>, to: S) -> Result<S::Ok, S::Error> {
    match change {
        Some(change) => change.serialize(to),
        None => to.serialize_str("unknown"),
    }
}

/// The verdict with all that led to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Explained {
    /// The verdict.
    #[serde(flatten)]
    pub said: Said,
    /// What was said of each action.
    pub actions: Vec<Judged>,
}

/// Says verdicts.
#[derive(Clone, Debug)]
pub struct Judge {
    policy: Policy,
}

impl Judge {
    /// By these rules.
    pub fn new(policy: Policy) -> Self {
        Self { policy }
    }

    /// The rules.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The verdict.
    pub fn judge(&self, asked: &Asked, scene: &Scene, world: &dyn World) -> Said {
        self.policy.together(&actions(asked, scene, world))
    }

    /// The verdict, action by action and rule by rule.
    pub fn explain(&self, asked: &Asked, scene: &Scene, world: &dyn World) -> Explained {
        let actions = actions(asked, scene, world);
        let said = self.policy.together(&actions);
        Explained { said, actions: actions.iter().map(|action| self.policy.judge(action)).collect() }
    }

    /// The first of these shapes that covers all that is asked about in it; nothing covers what is refused.
    pub fn covered(&self, asked: &Asked, scene: &Scene, world: &dyn World, shapes: &[Shape]) -> Option<usize> {
        let actions = actions(asked, scene, world);
        shapes.iter().position(|shape| shape.covers(&actions, &self.policy))
    }

    /// Whether it would be allowed, in short.
    pub fn allows(&self, asked: &Asked, scene: &Scene, world: &dyn World) -> bool {
        self.judge(asked, scene, world).verdict == Verdict::Allow
    }
}

/// What a command or an edit comes to.
pub fn actions(asked: &Asked, scene: &Scene, world: &dyn World) -> Vec<Action> {
    match asked {
        Asked::Tool { tool, input } => crate::tool::actions(tool, input, scene, world),
        Asked::Run { run } => shell::actions(run, scene, world, Specs::shipped()),
        Asked::Write { write, change, lines } => {
            let cwd = path::follow(&scene.cwd, world);
            let named = match write.strip_prefix("~/") {
                Some(rest) => scene.home.join(rest).to_string_lossy().into_owned(),
                None => write.clone(),
            };
            let place = path::place(&Arg::lit(named), Some(&cwd), &path::Roots::of(scene, world), world);
            // A change of which nobody knows what it is may be each of them.
            let all = [Change::Modified, Change::Created, Change::Deleted];
            let may_be = change.as_ref().map_or(&all[..], std::slice::from_ref);
            let one = |change: &Change| match change {
                Change::Deleted => {
                    Action::Delete { place: place.clone(), recursive: false, lines: Some(lines.unwrap_or(0)) }
                }
                change => Action::Write { place: place.clone(), change: Some(*change), lines: *lines },
            };
            may_be.iter().map(one).collect()
        }
    }
}

/// The place that examples of rules are judged in.
pub fn example_scene() -> Scene {
    let checkout = PathBuf::from("/srv/office/checkouts/7-round-prices");
    Scene::new(checkout.clone(), checkout, "/home/you")
}

/// The actions of an example: a command line, or an edit as JSON.
pub(crate) fn example(text: &str) -> Result<Vec<Action>, String> {
    let asked = if text.starts_with("{\"") {
        serde_json::from_str(text).map_err(|error| format!("it is neither a command nor an edit: {error}"))?
    } else {
        Asked::Run { run: text.to_owned() }
    };
    Ok(actions(&asked, &example_scene(), &Paper::default()))
}
