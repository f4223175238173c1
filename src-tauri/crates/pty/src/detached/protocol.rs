//! What host and client say to each other. Names and fields here, and those of `host` and `spec` that they carry, are
//! frozen: one may be added with a default, in a new version; none is renamed or removed while it is spoken.
//! Version 1 has no `revive` and no `held`; version 2 adds both.

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::revive::Revive;
use crate::host::{Ended, Exit, OutputEnd, SessionId, SessionInfo, Signal, Spawned, ViewFrom};
use crate::spec::{SpawnSpec, TermSize};

/// The newest version this program speaks.
pub const PROTOCOL: u32 = 2;
/// The oldest version this program speaks: the one before.
pub const OLDEST_PROTOCOL: u32 = 1;

/// The client's first frame. Understood by every version, past and future.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Oldest version the client speaks.
    pub(super) oldest: u32,
    /// Newest version the client speaks.
    pub(super) newest: u32,
    /// The client's program, for messages.
    #[serde(default)]
    pub(super) program: String,
}

/// The host's first frame.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Greeting {
    /// Questions may be asked, in this version.
    Welcome {
        protocol: u32,
        /// Names this host's life: sessions of another are gone.
        instance: String,
    },
    /// No version in common; nothing follows.
    Refused { message: String },
}

/// The version both speak, or what to say if there is none.
pub(super) fn agree(hello: &Hello, ours: u32) -> Result<u32, String> {
    let our_oldest = OLDEST_PROTOCOL.min(ours);
    let Hello { oldest, newest, program } = hello;
    let speaks = |oldest: u32, newest: u32| {
        if oldest == newest { format!("version {newest}") } else { format!("versions {oldest} to {newest}") }
    };
    let program = if program.is_empty() { "the client" } else { program };
    let (we, theirs) = (speaks(our_oldest, ours), speaks(*oldest, *newest));
    if *newest < our_oldest {
        return Err(format!(
            "{program} speaks {theirs} of the host's protocol, this host speaks {we}: update {program}"
        ));
    }
    if *oldest > ours {
        return Err(format!(
            "this host speaks {we} of its protocol, {program} needs {theirs}: the host is to be updated; let its \
             programs end or end them with the program that started them, then the host leaves and a new one starts"
        ));
    }
    Ok(ours.min(*newest))
}

/// A session together with what only the host can know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The session.
    pub info: SessionInfo,
    /// The key under which it was spawned.
    pub key: String,
    /// When it was spawned, in milliseconds since the Unix epoch.
    pub spawned_unix_ms: u64,
    /// When its main process ended, likewise.
    pub exited_unix_ms: Option<u64>,
}

/// A question, or something said that needs no answer (then `id` is 0).
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Question {
    pub(super) id: u64,
    pub(super) ask: Ask,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(super) enum Ask {
    /// Start this unless `key` was started already; then the answer is about that one.
    Spawn {
        key: String,
        spec: Box<SpawnSpec>,
    },
    /// Send output on `stream`, at most `credit` bytes until more is granted.
    Attach {
        stream: u32,
        session: SessionId,
        from: ViewFrom,
        credit: u64,
    },
    /// Unanswered.
    Grant {
        stream: u32,
        bytes: u64,
    },
    /// Unanswered.
    Detach {
        stream: u32,
    },
    /// Nobody waits for the answer to `question` any more. Unanswered.
    Withdraw {
        question: u64,
    },
    Recorded {
        session: SessionId,
        offset: u64,
        max: u64,
    },
    StderrTail {
        session: SessionId,
    },
    CloseInput {
        session: SessionId,
    },
    Resize {
        session: SessionId,
        size: TermSize,
    },
    Signal {
        session: SessionId,
        signal: Signal,
    },
    Terminate {
        session: SessionId,
        grace_ms: u64,
    },
    Exited {
        session: SessionId,
    },
    OutputEnded {
        session: SessionId,
    },
    Session {
        session: SessionId,
    },
    Sessions,
    Forget {
        session: SessionId,
    },
    /// Version 2: all sessions with keys and wall-clock times.
    Held,
    /// Version 2: what to start if the client dies while programs run.
    Revive {
        revive: Option<Revive>,
    },
}

/// What the host says. Raw frames carry output and bytes read back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(super) enum Told {
    Answer { id: u64, answer: Answer },
    Fault { id: u64, fault: Fault },
    Gap { stream: u32, from: u64, to: u64 },
    End { stream: u32, end: OutputEnd },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Done,
    Spawned(Spawned),
    Attached { offset: u64 },
    Exit(Exit),
    OutputEnd(OutputEnd),
    Ended(Ended),
    Session(SessionInfo),
    Sessions(Vec<SessionInfo>),
    Held(Vec<Held>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_that_both_speak_is_spoken_and_a_refusal_names_the_side_to_update() {
        let hello = |oldest, newest| Hello { oldest, newest, program: "office 9".to_owned() };
        assert_eq!(agree(&hello(OLDEST_PROTOCOL, PROTOCOL), PROTOCOL), Ok(PROTOCOL));
        assert_eq!(agree(&hello(PROTOCOL, PROTOCOL + 1), PROTOCOL), Ok(PROTOCOL));
        assert_eq!(agree(&hello(OLDEST_PROTOCOL - 1, OLDEST_PROTOCOL), PROTOCOL), Ok(OLDEST_PROTOCOL));
        let old = agree(&hello(0, OLDEST_PROTOCOL - 1), PROTOCOL).unwrap_err();
        assert!(old.ends_with("update office 9"), "{old}");
        let new = agree(&hello(PROTOCOL + 1, PROTOCOL + 2), PROTOCOL).unwrap_err();
        assert!(new.contains("the host is to be updated"), "{new}");
    }

    #[test]
    fn a_spawn_as_version_1_wrote_it_is_still_read() {
        let text = r#"{"id":1,"ask":{"do":"spawn","key":"17/1","spec":{"label":"17","argv":[{"Unix":[115,104]}],
            "cwd":"/tmp","env":[[{"Unix":[65]},{"Unix":[66]}]],"mode":{"pipes":"merged"},"size":{"cols":80,"rows":24},
            "stdin":{"bytes":[104,105]},"marker":{"key":{"Unix":[77]},"value":{"Unix":[49]}},"secrets":["s"],
            "ring_bytes":4096,"recording":{"path":"/r","cap_bytes":1,"started_unix":null,"title":null}}}}"#;
        let Question { id: 1, ask: Ask::Spawn { key, spec } } = serde_json::from_str(text).unwrap() else { panic!() };
        assert_eq!((key.as_str(), spec.label.as_str(), spec.ring_bytes), ("17/1", "17", 4096));
        let text = r#"{"id":0,"ask":{"do":"attach","stream":3,"session":1,"from":{"offset":9},"credit":5}}"#;
        let question: Question = serde_json::from_str(text).unwrap();
        assert!(matches!(question.ask, Ask::Attach { stream: 3, session: SessionId(1), .. }));
    }
}
