//! What reads what strangers wrote, each with how long it may take and what must hold of it besides that it comes back: the command
//! guard with its worker, its rules, frames of the door, recordings of terminals, notes in Markdown, transcripts of engines.

use std::process::{Command, Stdio};
use std::time::Duration;

use office_guard::judge::example_scene;
use office_guard::rules::read_all;
use office_guard::{Asked, Guard, Origin, Verdict};
use office_memory::note::Note;

type Read = Box<dyn Fn(&[u8])>;

/// A reader.
pub struct Reader {
    pub name: &'static str,
    /// What one input may take. Machines under load are slow; what never ends is what is looked for.
    pub patience: Duration,
    pub read: Read,
}

/// Words that mean something to a reader.
pub fn words(name: &str) -> Vec<&'static [u8]> {
    let list: &[&'static str] = match name {
        "shell" => &[
            "git push",
            "$(",
            "${",
            "((",
            "))",
            "`",
            "'",
            "\"",
            "\\",
            "<<E\n",
            "\nE\n",
            "| ",
            "&& ",
            "; ",
            "if ",
            "then ",
            "fi",
            "for x in ",
            "do ",
            "done",
            "case x in ",
            "esac",
            "{ ",
            "}",
            "xargs ",
            "find . -exec ",
            "eval ",
            "bash -c ",
            "sudo ",
            "env -i ",
            "perl -ne ",
            "*",
            "~",
            "[[ ",
            "]]",
            "function f ",
            "<(",
            ">(",
            "2>&1",
            "$'\\x67'",
            "{a,b}",
            "!",
            "select ",
            "coproc ",
        ],
        "rules" => &[
            "[[rule]]\n",
            "id = \"x\"\n",
            "run = ",
            "[\"",
            "\"]",
            "verdict = \"allow\"\n",
            "match = ",
            "overrides = ",
            "[[quiet]]\n",
            "'''",
            "\"\"\"",
        ],
        "frames" => &["\0\0\0\0", "\u{1}\0\0\0", "{\"id\":1,\"ask\":", "{\"ask\":\"submit\"", "null", "[[[[", "}"],
        "recording" => &["\0\0\0\0\0\0\0\0", "[0.1,\"o\",\"", "\"]\n"],
        "note" => &["---\n", "title: ", "tags:\n- ", "\n---\n", "# ", "created: "],
        "transcript" => &["{\"type\":\"", "\"message\":{", "\"usage\":{", "null", "1e999", "[", "]"],
        _ => &[],
    };
    list.iter().map(|word| word.as_bytes()).collect()
}

/// All of them.
pub fn readers() -> Vec<Reader> {
    let reader = |name, secs, read: Read| Reader { name, patience: Duration::from_secs(secs), read };
    vec![
        // A worker that does not answer is killed after 200 ms, and the next one started.
        reader("shell", 5, shell()),
        reader("rules", 5, Box::new(rules)),
        reader("frames", 2, Box::new(frames)),
        reader("recording", 5, Box::new(recording)),
        reader("note", 2, Box::new(note)),
        reader("transcript", 2, Box::new(transcript)),
    ]
}

/// Whatever follows a command that is refused or held, it is not allowed by that.
#[expect(clippy::disallowed_methods, reason = "the guard's worker, which the guard ends")]
fn shell() -> Read {
    let program = office_tests::office_bin().with_file_name("office-guard");
    let start = move || {
        let mut command = Command::new(&program);
        command.env_clear().current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    };
    let guard = Guard::new(Box::new(start), 1).unwrap();
    Box::new(move |input| {
        let line = String::from_utf8_lossy(input).into_owned();
        let said = guard.judge(&Asked::Run { run: line.clone() }, &example_scene());
        assert!(!said.rule.is_empty(), "a verdict names its rule");
        let after = guard.judge(&Asked::Run { run: format!("git push\n{line}") }, &example_scene());
        assert_ne!(after.verdict, Verdict::Allow, "a push, and then this");
    })
}

/// Rules of a checkout never allow, whatever is written there.
fn rules(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    // Its examples go through the grammar, which may never end: in the office that is the worker's to bear.
    if text.contains("match") {
        return;
    }
    let (rules, faults) = read_all(&text, "x.toml", Origin::Checkout);
    // A file with a fault is refused whole.
    assert!(!faults.is_empty() || rules.iter().all(|rule| rule.verdict != Verdict::Allow), "a checkout allows");
}

/// What was read of frames is no more than what arrived.
fn frames(input: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut reader = office_door::FrameReader::new(input);
        while let Ok(Some(frame)) = reader.next().await {
            let length = match &frame {
                office_door::Frame::Control(json) => {
                    // It may be anything; what counts is that it comes back.
                    let _ = office_door::frame::understand::<office_door::wire::Request>(json);
                    json.len()
                }
                office_door::Frame::Bytes { bytes, .. } => bytes.len(),
            };
            assert!(length <= input.len(), "a frame is longer than what arrived");
        }
        assert!(reader.held() <= 4 * input.len() + 64 * 1024, "it holds {} bytes of {}", reader.held(), input.len());
    });
}

fn recording(input: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("recording");
    std::fs::write(&path, input).unwrap();
    let Ok(mut recording) = office_pty::Recording::open(&path) else { return };
    let end = recording.end();
    for from in [0, end / 2, end.saturating_sub(1), end, u64::MAX] {
        let Ok(back) = recording.read(from, 4096) else { continue };
        assert!(back.bytes.len() <= 4096, "more than was asked for");
    }
    recording.gaps();
}

/// A note that is read is written so that it reads the same.
fn note(input: &[u8]) {
    let Ok(note) = Note::from_markdown(&String::from_utf8_lossy(input)) else { return };
    let again = Note::from_markdown(&note.to_markdown()).unwrap();
    assert_eq!(again.to_markdown(), note.to_markdown(), "it reads the same");
}

fn transcript(input: &[u8]) {
    use office_engines::read::{Reader, Source};
    for reader in [Reader::Claude, Reader::Codex, Reader::Opencode, Reader::Gemini] {
        for line in input.split(|byte| *byte == b'\n') {
            reader.line(Source::Transcript, line);
            if let Ok(value) = serde_json::from_slice(line) {
                reader.hook(&value);
            }
        }
    }
}
