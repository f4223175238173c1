//! The worker's side: reads questions, answers them, and may be killed at any moment. Its stack is large and its memory
//! limited, so that a hostile line ends the worker and nothing else.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::sys::resource::{Resource, setrlimit};

use crate::judge::{Asked, Judge, example_scene};
use crate::rules::{Policy, read_all};
use crate::wire::{self, Answer, Layer, Question};
use crate::world::Disk;

const STACK: usize = 64 << 20;
const MEMORY: u64 = 2 << 30;

/// Answers questions until there are no more; gives back whether all went well.
pub fn main() -> bool {
    // Where it cannot be limited, the deadline still holds.
    let _ = setrlimit(Resource::RLIMIT_AS, MEMORY, MEMORY);
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
    // What a line makes the grammar say is nobody's business; the answer says that it failed.
    std::panic::set_hook(Box::new(|_| {}));
    let serving = std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(|| serve(&mut io::stdin().lock(), &mut io::stdout().lock()));
    serving.is_ok_and(|thread| thread.join().is_ok_and(|done| done.is_ok()))
}

/// Answers the questions of a stream.
///
/// # Errors
/// What the streams say.
pub fn serve(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let shipped = Policy::shipped().map_err(|error| io::Error::other(error.to_string()))?;
    let mut judge = Judge::new(shipped);
    let mut good: BTreeMap<String, Layer> = BTreeMap::new();
    // All that is read once is read before the first question, whose time is short.
    let scene = example_scene();
    judge.judge(&Asked::Run { run: "ls a | wc -l > b".to_owned() }, &scene, &Disk);
    while let Some(question) = wire::read::<Question>(from)? {
        let answer = catch_unwind(AssertUnwindSafe(|| match question {
            Question::Load(layers) => {
                let (policy, faults) = layered(layers, &mut good);
                policy.map_or_else(Answer::Failed, |policy| {
                    judge = Judge::new(policy);
                    Answer::Loaded(faults)
                })
            }
            Question::Judge(asked, scene) => Answer::Said(judge.judge(&asked, &scene, &Disk)),
            Question::Covered(asked, scene, shapes) => Answer::Covered(judge.covered(&asked, &scene, &Disk, &shapes)),
            Question::Explain(asked, scene) => Answer::Explained(judge.explain(&asked, &scene, &Disk)),
        }));
        let answer = answer.unwrap_or_else(|_| Answer::Failed("the grammar failed on it".to_owned()));
        wire::write(to, &answer)?;
    }
    Ok(())
}

/// The shipped rules with these layers; of a file with a fault the last good form stays.
pub fn layered(layers: Vec<Layer>, good: &mut BTreeMap<String, Layer>) -> (Result<Policy, String>, Vec<String>) {
    let mut policy = match Policy::shipped() {
        Ok(policy) => policy,
        Err(error) => return (Err(error.to_string()), Vec::new()),
    };
    let mut faults = Vec::new();
    let mut kept = BTreeMap::new();
    for layer in layers {
        let added = policy.add(&layer.text, &layer.name, layer.origin);
        match added {
            Ok(()) => {
                kept.insert(layer.name.clone(), layer);
            }
            Err(fault) => {
                let all = read_all(&layer.text, &layer.name, layer.origin).1;
                // What it clashes with is no fault of its own.
                let all = if all.is_empty() { vec![fault] } else { all };
                faults.extend(all.iter().map(ToString::to_string));
                if let Some(last) = good.get(&layer.name)
                    && policy.add(&last.text, &last.name, last.origin).is_ok()
                {
                    kept.insert(layer.name, last.clone());
                }
            }
        }
    }
    *good = kept;
    (Ok(policy), faults)
}
