//! What a search costs at 1,000 and 100,000 notes beside SQLite FTS5 on the same data, and what filling the index anew costs
//! while it is searched. One JSON row per figure. Runs in the temporary directory, or in `OFFICE_BENCH_DIR`.
//! The long form, with a million notes as well: `cargo run --release -p office-memory --example memory_bench -- long`.

#![expect(clippy::print_stdout, reason = "its rows are read from there")]

use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use office_core::{At, Seq};
use office_memory::eval::{Asked, Passage};
use office_memory::{Doc, Index, Kind, Worth};
use office_store::Fts;

type Done<T> = Result<T, Box<dyn Error>>;

const ASKED: usize = 300;

/// The same notes each time: a few passages of the retrieval set in one, and a name that no other has.
fn notes(passages: &[Passage], count: u32) -> Vec<(String, String)> {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or_default()
    };
    let mut note = |id: u32| {
        let mut pick = || &passages[next() % passages.len()];
        let title = pick().title.clone();
        let text = format!("{} {} See module_{id}.", pick().text, pick().text);
        (title, text)
    };
    (0..count).map(&mut note).collect()
}

fn fill(index: &Index, notes: &[(String, String)]) -> Done<()> {
    for (id, (title, text)) in (0..).zip(notes) {
        let (title, text, at) = (title.clone(), text.clone(), At::from_millis(i64::from(id)));
        index.upsert(&Doc { kind: Kind::Note, id, title, text, tags: Vec::new(), at, worth: Worth::default() })?;
        // As the office does: some hundred at a time, found as they come.
        if id % 5000 == 4999 {
            index.commit(Seq(id + 1))?;
        }
    }
    Ok(index.commit(Seq(u32::try_from(notes.len())?))?)
}

fn times(mut one: impl FnMut(&str) -> Done<()>, asked: &[Asked]) -> Done<Vec<Duration>> {
    let mut all = Vec::new();
    for asked in asked {
        let start = Instant::now();
        one(&asked.q)?;
        all.push(start.elapsed());
    }
    all.sort_unstable();
    Ok(all)
}

fn millis(sorted: &[Duration], part: f64) -> f64 {
    let at = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |it| it.as_secs_f64() * 1000.0)
}

fn row(name: &str, value: f64, unit: &str, limit: f64, goal: &str, met: bool) {
    let ratio = if limit > 0.0 { value / limit } else { 0.0 };
    println!(
        "{}",
        serde_json::json!({ "name": name, "value": value, "unit": unit, "limit": limit, "ratio": ratio, "goal": goal, "met": met })
    );
}

/// What this process holds, in MiB; 0 where the system does not say.
fn held() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done<()> {
    let read = |name: &str| std::fs::read_to_string(format!("{}/tests/data/{name}.jsonl", env!("CARGO_MANIFEST_DIR")));
    let lines = |text: String| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let passages =
        lines(read("passages")?).iter().map(|line| serde_json::from_str(line)).collect::<Result<Vec<Passage>, _>>()?;
    let asked =
        lines(read("queries")?).iter().map(|line| serde_json::from_str(line)).collect::<Result<Vec<Asked>, _>>()?;
    // All slices: they stand apart in the file.
    let asked: Vec<Asked> = asked.iter().step_by((asked.len() / ASKED).max(1)).cloned().collect();
    let place = std::env::var_os("OFFICE_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = tempfile::tempdir_in(place)?;
    let long = std::env::args().any(|word| word == "long");
    let sizes = [("1k", 1_000_u32, 10.0), ("100k", 100_000, 10.0), ("1M", 1_000_000, 30.0)];
    for (name, count, most) in sizes.into_iter().take(if long { 3 } else { 2 }) {
        let notes = notes(&passages, count);
        let before = held();
        let (index, _) = Index::open(&dir.path().join(name))?;
        let start = Instant::now();
        let filled = AtomicBool::new(false);
        let mut meanwhile = Vec::new();
        std::thread::scope(|scope| -> Done<()> {
            let filling = scope.spawn(|| {
                let done = fill(&index, &notes).map_err(|error| error.to_string());
                filled.store(true, Ordering::Release);
                done
            });
            for asked in asked.iter().cycle() {
                let start = Instant::now();
                index.search(&asked.q, &[], 10)?;
                meanwhile.push(start.elapsed());
                if filled.load(Ordering::Acquire) {
                    break;
                }
                std::thread::yield_now();
            }
            Ok(filling.join().map_err(|_| "filling panicked")??)
        })?;
        let took = start.elapsed().as_secs_f64();
        meanwhile.sort_unstable();
        let grown = held() - before;
        for query in &asked {
            index.search(&query.q, &[], 10)?;
        }
        let ours = times(|query| Ok(index.search(query, &[], 10).map(drop)?), &asked)?;
        let mut fts = Fts::over(notes.iter().map(|(title, text)| (title.as_str(), text.as_str()))).await?;
        let mut theirs = Vec::new();
        for query in &asked {
            let start = Instant::now();
            fts.search(&query.q, 10).await?;
            theirs.push(start.elapsed());
        }
        theirs.sort_unstable();
        let (p50, p99) = (millis(&ours, 0.5), millis(&ours, 0.99));
        let (fts50, fts99) = (millis(&theirs, 0.5), millis(&theirs, 0.99));
        row(&format!("search p50, {name} notes"), p50, "ms", fts50, "not slower than FTS5", p50 <= fts50.max(1.0));
        let goal = format!("p99 at most {most} ms, and not slower than FTS5 (or 1 ms)");
        row(&format!("search p99, {name} notes"), p99, "ms", fts99, &goal, p99 <= most && p99 <= fts99.max(1.0));
        if count == 100_000 {
            row("index of 100k notes built anew, searched meanwhile", took, "s", 20.0, "at most 20 s", took <= 20.0);
            let slowest = millis(&meanwhile, 0.99);
            row("search p99 while it is built", slowest, "ms", 100.0, "at most 100 ms", slowest <= 100.0);
            row("memory that building and searching takes", grown, "MiB", 200.0, "at most 200 MiB", grown <= 200.0);
        }
        index.close()?;
    }
    Ok(())
}
