//! What must hold whatever an engine says, in whatever order: readers never fail, titles survive any cut, the estimate is always
//! a state the engine can report, and only its own answer ends a waiting.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use office_core::DeskState;
use office_engines::estimate::Estimator;
use office_engines::read::{Reader, Signal, Source, Spent, TitleReader, What};
use office_engines::spend::Ledger;
use proptest::prelude::*;

fn signal() -> impl Strategy<Value = Signal> {
    let id = prop::sample::select(vec!["a", "b", ""]);
    let what = (0..15_usize, id).prop_map(|(which, id)| {
        let id = id.to_owned();
        match which {
            0 => What::SessionBegan,
            1 => What::SessionEnded,
            2 => What::PromptAccepted,
            3 => What::Active,
            4 => What::ToolStarted { id, name: "Bash".to_owned() },
            5 => What::ToolFinished { id, failed: false },
            6 => What::Waits { id, what: "x".to_owned(), options: Vec::new() },
            7 => What::TurnEnded,
            8 => What::Says(DeskState::Working),
            9 => What::Says(DeskState::Idle),
            10 => What::Limited { until: Some(50) },
            11 => What::LoginNeeded,
            12 => What::Compacts(true),
            13 => What::Answered { id },
            _ => What::Subagent { id, came: true },
        }
    });
    let source =
        prop::sample::select(vec![Source::Protocol, Source::Hook, Source::Transcript, Source::Title, Source::Screen]);
    (source, what, prop::option::weighted(0.2, "[a-c]")).prop_map(|(source, what, agent)| Signal {
        source,
        session: None,
        agent,
        what,
        evidence: "e".to_owned(),
    })
}

proptest! {
    #[test]
    fn the_state_is_one_the_engine_reports(signals in prop::collection::vec((signal(), 0..100_000_i64), 0..60)) {
        let reports = [DeskState::Starting, DeskState::Idle, DeskState::Working];
        let mut estimator = Estimator::new(&reports, 0);
        let mut now = 0;
        for (signal, pause) in signals {
            now += pause;
            estimator.hear(&signal, now);
            let seen = estimator.at(now);
            prop_assert!(reports.contains(&seen.state));
            prop_assert!(seen.since <= now && !seen.evidence.is_empty());
        }
    }

    #[test]
    fn nothing_is_typed_while_an_answer_is_waited_for(signals in prop::collection::vec(signal(), 0..40)) {
        let mut estimator = Estimator::new(DeskState::ALL, 0);
        let waits = Signal { source: Source::Hook, session: None, agent: None, evidence: "e".to_owned(),
            what: What::Waits { id: "mine".to_owned(), what: "x".to_owned(), options: Vec::new() } };
        estimator.hear(&waits, 0);
        for (at, signal) in signals.iter().enumerate() {
            // Titles, screens and other tools say what they like; only a new turn, or an end, is believed.
            let ends = matches!(signal.what, What::SessionBegan | What::SessionEnded | What::PromptAccepted | What::TurnEnded | What::Waits { .. });
            if ends && signal.agent.is_none() { continue; }
            estimator.hear(signal, at as i64);
            prop_assert!(!estimator.takes_input(at as i64));
        }
    }

    #[test]
    fn subagents_change_no_state(signals in prop::collection::vec(signal(), 0..40)) {
        let mut estimator = Estimator::new(DeskState::ALL, 0);
        for mut signal in signals {
            signal.agent = Some("sub".to_owned());
            estimator.hear(&signal, 1);
            prop_assert_eq!(estimator.at(1).state, DeskState::Starting);
        }
    }

    #[test]
    fn readers_read_anything(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "\\PC{0,200}") {
        for reader in [Reader::Claude, Reader::Codex, Reader::Opencode, Reader::Gemini] {
            reader.line(Source::Protocol, &bytes);
            let value = serde_json::json!({"type": text, "hook_event_name": text, "message": [text], "item": 3, "method": text});
            reader.line(Source::Protocol, value.to_string().as_bytes());
            reader.hook(&value);
        }
    }

    #[test]
    fn a_title_is_found_however_the_bytes_are_cut(title in "[^\\x00-\\x1f\\x7f-\\u{9f}]{1,40}", cut in 0..200_usize, noise in "[a-z\\]0;]{0,20}") {
        let bytes = format!("{noise}\u{1b}[31m\u{1b}]0;{title}\u{7}{noise}");
        let (one, two) = bytes.as_bytes().split_at(cut.min(bytes.len()));
        let mut reader = TitleReader::default();
        let found = reader.read(one);
        let found = reader.read(two).or(found);
        prop_assert_eq!(found.as_deref(), Some(title.as_str()));
    }

    #[test]
    fn what_is_said_twice_counts_once(figures in prop::collection::vec((0..5_u8, 0..1000_u64), 1..30)) {
        let mut once = Ledger::default();
        let mut twice = Ledger::default();
        for (message, tokens) in figures {
            let spent = Spent { message: Some(message.to_string()), input: tokens, ..Spent::default() };
            once.hear(&spent);
            twice.hear(&spent);
            twice.hear(&spent);
        }
        prop_assert_eq!(once.total(), twice.total());
        let before = once.total();
        once.begin();
        prop_assert_eq!(once.total().input, before.input);
    }
}

#[test]
fn a_lost_end_of_turn_is_put_right_by_the_title_after_a_while() {
    let say = |source, what| Signal { source, session: None, agent: None, what, evidence: "e".to_owned() };
    let mut estimator = Estimator::new(DeskState::ALL, 0);
    estimator.hear(&say(Source::Hook, What::PromptAccepted), 0);
    estimator.hear(&say(Source::Title, What::Says(DeskState::Idle)), 5_000);
    assert_eq!(estimator.at(5_000).state, DeskState::Thinking, "a title alone does not outdo a fresh hook");
    estimator.hear(&say(Source::Title, What::Says(DeskState::Idle)), 40_000);
    assert_eq!(estimator.at(40_000).state, DeskState::Idle);
}

#[test]
fn a_title_that_lies_changes_what_is_shown_after_a_while_and_never_has_anything_typed() {
    let title = |state| Signal {
        source: Source::Title,
        session: None,
        agent: None,
        what: What::Says(state),
        evidence: "t".to_owned(),
    };
    let mut estimator = Estimator::new(DeskState::ALL, 0);
    for at in (0..20 * 60_000).step_by(500) {
        estimator.hear(&title(DeskState::Idle), at);
        assert!(!estimator.takes_input(at), "typed by a title's word");
    }
    // Nor does a dialog that nobody knows: nothing is heard but the screen.
    let dialog = Signal { source: Source::Screen, ..title(DeskState::Idle) };
    let mut estimator = Estimator::new(DeskState::ALL, 0);
    estimator.hear(&dialog, 0);
    assert!(!estimator.takes_input(0) && !estimator.takes_input(3_600_000));
}

#[test]
fn silence_is_stuck_later_while_a_tool_runs() {
    let say = |what| Signal { source: Source::Hook, session: None, agent: None, what, evidence: "e".to_owned() };
    let mut estimator = Estimator::new(DeskState::ALL, 0);
    estimator.hear(&say(What::PromptAccepted), 0);
    assert_eq!(estimator.at(11 * 60_000).state, DeskState::Stuck);
    estimator.hear(&say(What::ToolStarted { id: "t".to_owned(), name: "Bash".to_owned() }), 0);
    assert_eq!(estimator.at(11 * 60_000).state, DeskState::Working);
    assert_eq!(estimator.at(61 * 60_000).state, DeskState::Stuck);
}
