//! A scripted stand-in for an agent's command line: it prints, asks, hangs, floods, crashes, forks and commits on
//! request. Knows nothing of the office; talks to it only through the `office` program, as an agent would.
//!
//! `fake-agent FILE`, `fake-agent -` (script on stdin, up to a line `end`; what follows is there for `ask`), or
//! `fake-agent -e LINE [-e LINE ...]`. One command a line; `#` opens a comment line; `"two words"` is one word;
//! `${NAME}` is an environment variable; in TEXT and BODY, `\n \r \t \e \\` mean what they say. TEXT is the rest of
//! the line. A script that does not parse exits 2 and names its lines; a command that fails exits 1.
//!
//! | command | does |
//! |---|---|
//! | `print TEXT` | prints TEXT and a line end |
//! | `print-raw TEXT` | prints TEXT alone |
//! | `print-bytes HEX` | prints these bytes |
//! | `count FROM TO EVERY_MS` | prints the numbers, one a line |
//! | `flood BYTES` | prints so many bytes in lines of 64 (`k`, `m`, `g` allowed) |
//! | `ask PROMPT` | prints PROMPT, waits for a line, prints `got: LINE`; fails at the end of input |
//! | `expect-answer TEXT` | fails unless the last `ask` got TEXT |
//! | `sleep MS` | waits |
//! | `cd PATH` | goes on in PATH |
//! | `write PATH TEXT`, `append PATH TEXT` | a file and the folders above it; a line end is added |
//! | `remove PATH` | a file, gone |
//! | `wait-file PATH` | waits until PATH is there |
//! | `commit MESSAGE` | `git add --all` and `git commit` |
//! | `run WORDS...` | runs a program, prints its output and `exit: N` |
//! | `office WORDS...` | the same with the program in OFFICE_BIN, or `office` on the PATH |
//! | `expect-exit N` | fails unless the last `run` or `office` exited N |
//! | `env NAME` | prints `NAME=value`, or `NAME is not set` |
//! | `crash` | ends by SIGABRT |
//! | `exit N` | ends |
//! | `ignore SIGNAL...` | ignores HUP, INT, TERM, QUIT ..., and so do its children |
//! | `fork-child SECONDS` | a child in its process group that outlives it; prints `child: PID` |
//! | `daemonise SECONDS [holding]` | a grandchild in a session of its own, `holding` its output open or not; prints `daemon: PID` |
//! | `hold-pipe SECONDS` | a child in a group of its own that does nothing but keep the output open |
//! | `hang` | waits for ever |
//! | `fail-until FILE N` | exits 1 the first N times; FILE counts |
//! | `alt-screen`, `main-screen` | switches the screen |
//! | `title TEXT` | sets the window's title |

use std::io::{Read, Write};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::sys::signal::{SigHandler, Signal, signal};

/// One line of a script.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Print(String),
    PrintRaw(String),
    PrintBytes(Vec<u8>),
    Count { from: u64, to: u64, every: Duration },
    Flood(u64),
    Ask(String),
    ExpectAnswer(String),
    Wait(Duration),
    Cd(String),
    Write(String, String),
    Append(String, String),
    Remove(String),
    WaitFile(String),
    Commit(String),
    Run(Vec<String>),
    Office(Vec<String>),
    ExpectExit(i32),
    Env(String),
    Crash,
    Exit(u8),
    Ignore(Vec<Signal>),
    ForkChild(u64),
    Daemonise { seconds: u64, holding: bool },
    HoldPipe(u64),
    Hang,
    FailUntil(String, u64),
    AltScreen,
    MainScreen,
    Title(String),
}

/// What later commands want to know of earlier ones.
#[derive(Default)]
struct Memory {
    answer: Option<String>,
    exit: Option<i32>,
}

/// Reads a whole script; every line that is wrong is named.
fn parse(script: &str) -> Result<Vec<Step>> {
    let (mut steps, mut wrong) = (Vec::new(), Vec::new());
    for (index, line) in script.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match step(line) {
            Ok(step) => steps.push(step),
            Err(why) => wrong.push(format!("line {}: {why:#}: {line}", index + 1)),
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(steps)
}

fn step(line: &str) -> Result<Step> {
    let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim_start();
    let words = || words(rest);
    let text = || unescape(rest);
    let number = |word: &str| word.parse::<u64>().with_context(|| format!("`{word}` is not a number"));
    let one = || -> Result<String> {
        let words = words()?;
        ensure!(words.len() == 1, "takes one word");
        words.into_iter().next().context("takes one word")
    };
    let path_and_text = || -> Result<(String, String)> {
        let (path, text) = first_word(rest)?.context("takes a path and a text")?;
        Ok((path, unescape(text.trim_start())?))
    };
    let nothing = |step: Step| if rest.is_empty() { Ok(step) } else { Err(anyhow!("takes nothing")) };
    let some_text = |make: fn(String) -> Step| {
        ensure!(!rest.is_empty(), "takes a text");
        Ok(make(text()?))
    };
    match command {
        "print" => Ok(Step::Print(text()?)),
        "print-raw" => some_text(Step::PrintRaw),
        "print-bytes" => Ok(Step::PrintBytes(bytes(rest)?)),
        "count" => match words()?.as_slice() {
            [from, to, every] => {
                Ok(Step::Count { from: number(from)?, to: number(to)?, every: Duration::from_millis(number(every)?) })
            }
            _ => bail!("takes FROM TO EVERY_MS"),
        },
        "flood" => Ok(Step::Flood(size(&one()?)?)),
        "ask" => some_text(Step::Ask),
        "expect-answer" => Ok(Step::ExpectAnswer(text()?)),
        "sleep" => Ok(Step::Wait(Duration::from_millis(number(&one()?)?))),
        "cd" => Ok(Step::Cd(one()?)),
        "write" => path_and_text().map(|(path, text)| Step::Write(path, text)),
        "append" => path_and_text().map(|(path, text)| Step::Append(path, text)),
        "remove" => Ok(Step::Remove(one()?)),
        "wait-file" => Ok(Step::WaitFile(one()?)),
        "commit" => some_text(Step::Commit),
        "run" => {
            let words = words()?;
            ensure!(!words.is_empty(), "takes a program");
            Ok(Step::Run(words))
        }
        "office" => Ok(Step::Office(words()?)),
        "expect-exit" => one()?.parse().map(Step::ExpectExit).context("takes a number"),
        "env" => Ok(Step::Env(one()?)),
        "crash" => nothing(Step::Crash),
        "exit" => one()?.parse().map(Step::Exit).context("takes a number from 0 to 255"),
        "ignore" => {
            let words = words()?;
            ensure!(!words.is_empty(), "takes signals");
            let signal = |word: &String| format!("SIG{word}").parse().map_err(|_| anyhow!("`{word}` is no signal"));
            Ok(Step::Ignore(words.iter().map(signal).collect::<Result<_>>()?))
        }
        "fork-child" => Ok(Step::ForkChild(number(&one()?)?)),
        "daemonise" => match words()?.as_slice() {
            [seconds] => Ok(Step::Daemonise { seconds: number(seconds)?, holding: false }),
            [seconds, word] if word == "holding" => Ok(Step::Daemonise { seconds: number(seconds)?, holding: true }),
            _ => bail!("takes SECONDS [holding]"),
        },
        "hold-pipe" => Ok(Step::HoldPipe(number(&one()?)?)),
        "hang" => nothing(Step::Hang),
        "fail-until" => match words()?.as_slice() {
            [file, times] => Ok(Step::FailUntil(file.clone(), number(times)?)),
            _ => bail!("takes FILE N"),
        },
        "alt-screen" => nothing(Step::AltScreen),
        "main-screen" => nothing(Step::MainScreen),
        "title" => some_text(Step::Title),
        _ => bail!("no such command"),
    }
}

/// The first word of a line, with what follows it.
fn first_word(line: &str) -> Result<Option<(String, &str)>> {
    let line = line.trim_start();
    if line.is_empty() {
        return Ok(None);
    }
    let Some(quote) = line.chars().next().filter(|first| matches!(first, '"' | '\'')) else {
        let end = line.find(char::is_whitespace).unwrap_or(line.len());
        return Ok(Some((line[..end].to_owned(), &line[end..])));
    };
    let (word, rest) = line[1..].split_once(quote).context("a quote is not closed")?;
    Ok(Some((word.to_owned(), rest)))
}

fn words(mut line: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    while let Some((word, rest)) = first_word(line)? {
        words.push(word);
        line = rest;
    }
    Ok(words)
}

fn unescape(text: &str) -> Result<String> {
    let (mut plain, mut letters) = (String::new(), text.chars());
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next() {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some('e') => '\u{1b}',
                Some('\\') => '\\',
                other => bail!("`\\{}` means nothing here", other.map(String::from).unwrap_or_default()),
            },
            other => other,
        });
    }
    Ok(plain)
}

fn bytes(hex: &str) -> Result<Vec<u8>> {
    let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    ensure!(!digits.is_empty() && digits.len().is_multiple_of(2), "takes pairs of hex digits");
    let pair = |pair: &[u8]| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?);
    digits.chunks(2).map(pair).collect::<Result<_>>().context("takes pairs of hex digits")
}

fn size(word: &str) -> Result<u64> {
    let lower = word.to_lowercase();
    let (digits, factor) = match lower.char_indices().last() {
        Some((at, 'k')) => (&lower[..at], 1 << 10),
        Some((at, 'm')) => (&lower[..at], 1 << 20),
        Some((at, 'g')) => (&lower[..at], 1 << 30),
        _ => (lower.as_str(), 1),
    };
    let count: u64 = digits.parse().with_context(|| format!("`{word}` is not a size"))?;
    count.checked_mul(factor).context("too many bytes")
}

/// Puts environment variables in, when the step runs.
fn expand(text: &str) -> Result<String> {
    let (mut whole, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').context("`${` is not closed")?;
        whole.push_str(before);
        whole.push_str(&std::env::var(name).with_context(|| format!("{name} is not set"))?);
        rest = after;
    }
    whole.push_str(rest);
    Ok(whole)
}

fn say(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

fn say_line(line: &str) -> Result<()> {
    say(format!("{line}\n").as_bytes())
}

/// A line of stdin, byte by byte, so that nothing after it is swallowed; `None` at its end.
fn read_line() -> Result<Option<String>> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while std::io::stdin().lock().read(&mut byte)? == 1 {
        if byte[0] == b'\n' {
            return Ok(Some(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()));
        }
        line.push(byte[0]);
    }
    Ok(if line.is_empty() { None } else { Some(String::from_utf8_lossy(&line).into_owned()) })
}

#[expect(clippy::disallowed_methods, reason = "an agent starts programs; being tracked is what is tested")]
fn command(program: &str) -> std::process::Command {
    std::process::Command::new(program)
}

/// This program again, with a script of one line.
fn myself(line: &str) -> Result<std::process::Command> {
    let mut again = command(std::env::current_exe()?.to_str().context("a path that is not UTF-8")?);
    again.args(["-e", line]).stdin(Stdio::null());
    Ok(again)
}

/// Runs a program to its end, and shows its output and how it ended; by a signal counts as 128 and more.
fn run(words: &[String]) -> Result<i32> {
    use std::os::unix::process::ExitStatusExt;
    let words = words.iter().map(|word| expand(word)).collect::<Result<Vec<_>>>()?;
    let (program, arguments) = words.split_first().context("no program")?;
    let status = command(program).args(arguments).status().with_context(|| format!("start {program}"))?;
    let code = status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
    say_line(&format!("exit: {code}"))?;
    Ok(code)
}

/// Waits until the script says otherwise.
fn wait(time: Duration) {
    // waits for: nothing; taking time is what the script asked for
    std::thread::sleep(time);
}

fn flood(mut left: u64) -> Result<()> {
    let line = [b"0123456789abcdef".repeat(4).get(..63).unwrap_or_default(), b"\n"].concat();
    let block = line.repeat(1024);
    let mut out = std::io::stdout().lock();
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
        out.write_all(&block[..now])?;
        left -= now as u64;
    }
    Ok(out.flush()?)
}

fn write_file(path: &str, text: &str, append: bool) -> Result<()> {
    let (path, text) = (expand(path)?, expand(text)?);
    if let Some(folder) = std::path::Path::new(&path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(append).write(true).truncate(!append);
    let mut file = options.open(&path).with_context(|| format!("write {path}"))?;
    Ok(writeln!(file, "{text}")?)
}

/// How many times `file` says this failed before; counts one more while that is under `times`.
fn fails_again(file: &str, times: u64) -> Result<bool> {
    let file = expand(file)?;
    let before: u64 = std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    if before >= times {
        return Ok(false);
    }
    std::fs::write(&file, format!("{}\n", before + 1))?;
    Ok(true)
}

#[expect(unsafe_code, reason = "no handler is installed: ignoring a signal is sound in any program")]
fn ignore(which: Signal) -> Result<()> {
    // SAFETY: SIG_IGN runs no code of ours.
    unsafe { signal(which, SigHandler::SigIgn) }.with_context(|| format!("ignore {which}"))?;
    Ok(())
}

/// Does one step; `Some(code)` ends the agent.
fn act(step: &Step, memory: &mut Memory) -> Result<Option<u8>> {
    match step {
        Step::Print(text) => say_line(&expand(text)?)?,
        Step::PrintRaw(text) => say(expand(text)?.as_bytes())?,
        Step::PrintBytes(bytes) => say(bytes)?,
        Step::Count { from, to, every } => {
            for number in *from..=*to {
                say_line(&number.to_string())?;
                wait(*every);
            }
        }
        Step::Flood(bytes) => flood(*bytes)?,
        Step::Ask(prompt) => {
            say(format!("{} ", expand(prompt)?).as_bytes())?;
            let answer = read_line()?.context("the input ended before an answer")?;
            say_line(&format!("got: {answer}"))?;
            memory.answer = Some(answer);
        }
        Step::ExpectAnswer(text) => {
            let (wanted, got) = (expand(text)?, memory.answer.as_deref());
            ensure!(got == Some(wanted.as_str()), "the answer was {got:?}, not {wanted:?}");
        }
        Step::Wait(time) => wait(*time),
        Step::Cd(path) => std::env::set_current_dir(expand(path)?)?,
        Step::Write(path, text) => write_file(path, text, false)?,
        Step::Append(path, text) => write_file(path, text, true)?,
        Step::Remove(path) => std::fs::remove_file(expand(path)?)?,
        Step::WaitFile(path) => {
            let path = expand(path)?;
            while !std::path::Path::new(&path).exists() {
                wait(Duration::from_millis(10));
            }
        }
        Step::Commit(message) => {
            for arguments in [vec!["add", "--all"], vec!["commit", "--message", &expand(message)?]] {
                let status = command("git").args(&arguments).status().context("start git")?;
                ensure!(status.success(), "git {} failed", arguments[0]);
            }
        }
        Step::Run(words) => memory.exit = Some(run(words)?),
        Step::Office(words) => {
            let office = std::env::var("OFFICE_BIN").unwrap_or_else(|_| "office".to_owned());
            memory.exit = Some(run(&[vec![office], words.clone()].concat())?);
        }
        Step::ExpectExit(wanted) => {
            ensure!(memory.exit == Some(*wanted), "it exited {:?}, not {wanted}", memory.exit);
        }
        Step::Env(name) => match std::env::var_os(name) {
            Some(value) => say_line(&format!("{name}={}", value.to_string_lossy()))?,
            None => say_line(&format!("{name} is not set"))?,
        },
        Step::Crash => {
            // Nobody wants the core file.
            nix::sys::resource::setrlimit(nix::sys::resource::Resource::RLIMIT_CORE, 0, 0)?;
            std::process::abort()
        }
        Step::Exit(code) => return Ok(Some(*code)),
        Step::Ignore(signals) => signals.iter().copied().try_for_each(ignore)?,
        Step::ForkChild(seconds) => {
            let child = myself(&format!("sleep {}", seconds * 1000))?.spawn()?;
            say_line(&format!("child: {}", child.id()))?;
        }
        Step::Daemonise { seconds, holding } => {
            let mut between = myself(&format!("sleep {}", seconds * 1000))?;
            between.arg("--as-daemon");
            between.stdout(Stdio::piped()).stderr(if *holding { Stdio::inherit() } else { Stdio::null() });
            let out = between.output().context("start the process between")?;
            say(&out.stdout)?;
        }
        Step::HoldPipe(seconds) => {
            use std::os::unix::process::CommandExt;
            myself(&format!("sleep {}", seconds * 1000))?.process_group(0).spawn()?;
        }
        Step::Hang => loop {
            wait(Duration::from_secs(3600));
        },
        Step::FailUntil(file, times) => {
            if fails_again(file, *times)? {
                say_line("failing once more")?;
                return Ok(Some(1));
            }
        }
        Step::AltScreen => say(b"\x1b[?1049h\x1b[2J\x1b[H")?,
        Step::MainScreen => say(b"\x1b[?1049l")?,
        Step::Title(text) => say(format!("\x1b]0;{}\x07", expand(text)?).as_bytes())?,
    }
    Ok(None)
}

/// The process between: takes a session of its own, starts the script again below it and ends, so that nobody waits
/// for the daemon. Its stderr, held or not, is the daemon's whole output.
fn become_daemon(line: &str) -> Result<()> {
    use std::os::fd::AsFd;
    nix::unistd::setsid()?;
    let held = std::io::stderr().as_fd().try_clone_to_owned()?;
    let daemon = myself(line)?.stdout(Stdio::from(held)).spawn()?;
    say_line(&format!("daemon: {}", daemon.id()))
}

/// The script that the arguments name, or lead to.
fn script(arguments: &[String]) -> Result<String> {
    match arguments {
        [only] if only == "-" => {
            let mut lines = Vec::new();
            while let Some(line) = read_line()?.filter(|line| line.trim() != "end") {
                lines.push(line);
            }
            Ok(lines.join("\n"))
        }
        [file] if !file.starts_with('-') => std::fs::read_to_string(file).with_context(|| format!("read {file}")),
        pairs
            if !pairs.is_empty()
                && pairs.len().is_multiple_of(2)
                && pairs.iter().step_by(2).all(|flag| flag == "-e") =>
        {
            Ok(pairs.iter().skip(1).step_by(2).cloned().collect::<Vec<_>>().join("\n"))
        }
        _ => bail!("usage: fake-agent FILE | - | -e LINE [-e LINE ...]"),
    }
}

fn main() -> ExitCode {
    let complain = |why: anyhow::Error, code: u8| {
        // Where to complain may be gone too; the exit code still says it.
        drop(writeln!(std::io::stderr(), "fake-agent: {why:#}"));
        ExitCode::from(code)
    };
    let arguments: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    if let [_, line, flag] = arguments.as_slice()
        && flag == "--as-daemon"
    {
        return become_daemon(line).map_or_else(|why| complain(why, 1), |()| ExitCode::SUCCESS);
    }
    let steps = match script(&arguments).and_then(|script| parse(&script)) {
        Ok(steps) => steps,
        Err(why) => return complain(why, 2),
    };
    let mut memory = Memory::default();
    for step in &steps {
        match act(step, &mut memory) {
            Ok(None) => {}
            Ok(Some(code)) => return ExitCode::from(code),
            Err(why) => return complain(why.context(format!("{step:?}")), 1),
        }
    }
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_line_by_line() {
        let steps = parse("# a comment\n\nprint hello  there\ncount 1 3 10\nexit 3\n").unwrap();
        let count = Step::Count { from: 1, to: 3, every: Duration::from_millis(10) };
        assert_eq!(steps, [Step::Print("hello  there".into()), count, Step::Exit(3)]);
    }

    #[test]
    fn every_wrong_line_is_named() {
        let why = parse("print fine\nfly away\ncount 1 x 3\nexit 300\n").unwrap_err().to_string();
        for part in ["line 2: no such command: fly away", "line 3: `x` is not a number", "line 4:"] {
            assert!(why.contains(part), "{part} is not in:\n{why}");
        }
        assert!(!why.contains("line 1"), "{why}");
    }

    #[test]
    fn words_may_be_quoted_and_text_is_the_rest() {
        assert_eq!(step("write \"a b/c\" x \\ty").unwrap(), Step::Write("a b/c".into(), "x \ty".into()));
        let words = ["task", "add", "two words", "it's"].map(String::from).to_vec();
        assert_eq!(step("office task add 'two words' \"it's\"").unwrap(), Step::Office(words));
        assert!(step("office 'open").is_err());
        assert!(step("print \\q").is_err());
    }

    #[test]
    fn sizes_bytes_and_signals_are_read() {
        assert_eq!(step("flood 2k").unwrap(), Step::Flood(2048));
        assert_eq!(step("print-bytes ff 00").unwrap(), Step::PrintBytes(vec![255, 0]));
        assert_eq!(step("ignore HUP TERM").unwrap(), Step::Ignore(vec![Signal::SIGHUP, Signal::SIGTERM]));
        for wrong in ["flood x", "print-bytes f", "print-bytes zz", "ignore NOTHING", "ignore", "hang on", "ask"] {
            assert!(step(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn it_fails_as_often_as_it_should() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("count").to_string_lossy().into_owned();
        let runs: Vec<bool> = (0..4).map(|_| fails_again(&file, 2).unwrap()).collect();
        assert_eq!(runs, [true, true, false, false]);
    }

    #[test]
    fn variables_are_put_in() {
        assert_eq!(expand("a${PATH}b").unwrap(), format!("a{}b", std::env::var("PATH").unwrap()));
        assert!(expand("${OFFICE_NOT_SET_ANYWHERE}").is_err());
        assert!(expand("${open").is_err());
    }
}
