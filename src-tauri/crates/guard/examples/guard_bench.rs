//! How long a verdict takes in-process, over lines of the corpus. One JSON line per figure.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a bench that cannot go on says so by ending")]

use std::time::Instant;

use office_guard::judge::example_scene;
use office_guard::world::Disk;
use office_guard::{Asked, Judge, Policy};

const ROUNDS: usize = 40;
/// What one verdict may take, in milliseconds, for all but one in a hundred.
const GOAL: f64 = 0.2;

fn main() {
    let judge = Judge::new(Policy::shipped().unwrap());
    let scene = example_scene();
    let corpora = [include_str!("../tests/corpus/routine.txt"), include_str!("../tests/corpus/risky.txt")];
    let lines =
        corpora.iter().flat_map(|corpus| corpus.lines()).filter(|line| !line.is_empty() && !line.starts_with("# "));
    let asked: Vec<Asked> = lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| Asked::Run { run: line.replace('⏎', "\n") }))
        .collect();
    let mut took: Vec<f64> = Vec::with_capacity(asked.len() * ROUNDS);
    for round in 0..=ROUNDS {
        for one in &asked {
            let since = Instant::now();
            std::hint::black_box(judge.judge(one, &scene, &Disk));
            // The first round warms up.
            if round > 0 {
                took.push(since.elapsed().as_secs_f64() * 1000.0);
            }
        }
    }
    took.sort_by(f64::total_cmp);
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    let row = |name: &str, value: f64, limit: f64, goal: &str, met: bool| {
        let row = serde_json::json!({
            "name": name, "value": (value * 10_000.0).round() / 10_000.0, "unit": "ms", "limit": limit,
            "ratio": (value / limit * 1000.0).round() / 1000.0, "goal": goal, "met": met,
        });
        println!("{row}");
    };
    row("guard verdict, p50", at(0.5), GOAL, "<= 0.2 ms", at(0.5) <= GOAL);
    row("guard verdict, p99", at(0.99), GOAL, "<= 0.2 ms", at(0.99) <= GOAL);
}
