//! Recorded runs of the real CLIs (`npm run test:engines -- --record`), read back: each says what it is known to have been.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use std::path::Path;

use office_core::DeskState;
use office_engines::estimate::Estimator;
use office_engines::read::{Reader, Signal, Source, What};
use office_engines::spec::Prices;
use office_engines::spend::{Ledger, price};

fn lines(file: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(file);
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

fn stream(reader: Reader, file: &str) -> Vec<Signal> {
    lines(file).iter().flat_map(|line| reader.line(Source::Protocol, line.as_bytes())).collect()
}

/// What the hooks wrote down, with its time.
fn hooks(reader: Reader, file: &str) -> Vec<(i64, Signal)> {
    let read = |line: &String| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let at = line["at"].as_i64().unwrap();
        reader.hook(&line["payload"]).into_iter().map(move |signal| (at, signal)).collect::<Vec<_>>()
    };
    lines(file).iter().flat_map(read).collect()
}

const ALL: &[DeskState] = DeskState::ALL;

/// The states a run goes through, each once in a row.
fn states(signals: &[(i64, Signal)]) -> Vec<DeskState> {
    let mut estimator = Estimator::new(ALL, signals[0].0);
    let mut seen = vec![estimator.at(signals[0].0).state];
    for (at, signal) in signals {
        estimator.hear(signal, *at);
        seen.push(estimator.at(*at).state);
    }
    seen.dedup();
    seen
}

#[test]
fn claude_works_through_a_turn_and_is_idle_after_it() {
    use DeskState::{Finished, Idle, Starting, Thinking, Working};
    assert_eq!(
        states(&hooks(Reader::Claude, "claude/approved.hooks.jsonl")),
        [Starting, Idle, Thinking, Working, Thinking, Idle, Finished]
    );
}

#[test]
fn codex_works_through_a_turn_and_is_idle_after_it() {
    use DeskState::{Idle, Starting, Thinking, Working};
    let seen = states(&hooks(Reader::Codex, "codex/approved.hooks.jsonl"));
    assert_eq!(seen, [Starting, Idle, Thinking, Working, Thinking, Idle]);
}

#[test]
fn a_subagent_is_a_visitor_and_changes_nothing_else() {
    let signals = hooks(Reader::Claude, "claude/subagent.hooks.jsonl");
    let mut estimator = Estimator::new(ALL, signals[0].0);
    let mut most = 0;
    for (at, signal) in &signals {
        let before = estimator.at(*at);
        estimator.hear(signal, *at);
        most = most.max(estimator.at(*at).visitors);
        if signal.agent.is_some() {
            assert_eq!(estimator.at(*at).state, before.state, "{signal:?}");
        }
    }
    assert_eq!((most, estimator.at(signals.last().unwrap().0).visitors), (1, 0));
}

#[test]
fn a_usage_limit_is_read_with_its_end() {
    let signals = stream(Reader::Claude, "claude/limited.stream.jsonl");
    assert!(signals.iter().any(|it| it.what == What::Limited { until: Some(1_795_231_108) }));
    let mut estimator = Estimator::new(ALL, 0);
    signals.iter().for_each(|signal| estimator.hear(signal, 1_795_000_000_000));
    assert_eq!(estimator.at(1_795_000_000_000).state, DeskState::Limited);
    assert_eq!(estimator.limit_ends(), Some(1_795_231_108_000));
    assert_eq!(estimator.at(1_795_231_108_000).state, DeskState::Idle);
}

#[test]
fn a_login_that_ran_out_is_no_finished_turn() {
    for (reader, file) in [(Reader::Claude, "claude/login.stream.jsonl"), (Reader::Codex, "codex/login.stream.jsonl")] {
        let mut estimator = Estimator::new(ALL, 0);
        stream(reader, file).iter().for_each(|signal| estimator.hear(signal, 1));
        assert_eq!(estimator.at(2).state, DeskState::LoginNeeded, "{file}");
    }
}

#[test]
fn retries_are_heard() {
    let signals = stream(Reader::Claude, "claude/retried.stream.jsonl");
    assert_eq!(signals.iter().filter(|it| matches!(it.what, What::Retries { status: Some(429) })).count(), 2);
}

#[test]
fn a_cut_stream_is_no_finished_turn_that_was_paid_in_full() {
    let signals = stream(Reader::Claude, "claude/cut.stream.jsonl");
    assert!(!signals.is_empty());
}

fn spent(reader: Reader, file: &str) -> office_engines::read::Spent {
    let mut ledger = Ledger::default();
    for signal in stream(reader, file) {
        if let What::Spent(spent) = &signal.what {
            ledger.hear(spent);
        }
    }
    ledger.total()
}

/// The script of this run said 1000 + 2000 in, 100 + 50 out, 5000 and 300 of memory.
#[test]
fn claude_tokens_add_up_by_kind_and_the_price_is_what_it_says_itself() {
    let total = spent(Reader::Claude, "claude/usage.stream.jsonl");
    assert_eq!((total.input, total.output, total.cache_read, total.cache_write), (3000, 150, 5000, 300));
    let prices = Prices { input: 5.0, output: 25.0, cache_read: 0.5, cache_write: 6.25, cache_write_hour: None };
    assert!((price(&total, prices) - total.dollars.unwrap()).abs() < 1e-9, "{total:?}");
}

/// Here 1000 (600 of them from memory) + 2000 in, 100 + 50 out.
#[test]
fn codex_tokens_add_up_by_kind() {
    let total = spent(Reader::Codex, "codex/usage.stream.jsonl");
    assert_eq!((total.input, total.output, total.cache_read), (2400, 150, 600));
}
