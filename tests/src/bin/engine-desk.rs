//! What the tests of real agent CLIs need of us: `engine-desk plan` prints the launch that a shipped engine file comes to,
//! for the JSON on standard input; `engine-desk hear ENGINE RUN_DIR` what the office makes of all that it wrote down so far; `engine-desk pty PROGRAM...` runs a program in a terminal, fed from standard input and
//! printed on standard output, and ends with it everything it started.

use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use office_engines::hearing::Hearing;
use office_engines::{Briefing, Delivery, EngineSpec, Setting, shipped};
use office_pty::{LocalHost, Piece, PtyHost, SpawnSpec, TermSize, ViewFrom};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["plan"] => plan(),
        ["hear", engine, run_dir] => hear(engine, Path::new(run_dir)),
        ["pty", program @ ..] if !program.is_empty() => pty(&words[1..]).await,
        _ => bail!("engine-desk plan | engine-desk hear ENGINE RUN_DIR | engine-desk pty PROGRAM [ARGUMENT...]"),
    }
}

fn spec(engine: &str) -> Result<EngineSpec> {
    let file = format!("{engine}.toml");
    let (_, toml) = shipped().into_iter().find(|(name, _)| *name == file).context("no such engine")?;
    Ok(EngineSpec::parse(&file, toml)?)
}

/// The states it went through by what it wrote down, each once in a row, and what it took by its transcripts.
fn hear(engine: &str, run_dir: &Path) -> Result<()> {
    let text = std::fs::read_to_string(run_dir.join("signals.jsonl")).unwrap_or_default();
    let at = |line: &str| serde_json::from_str::<Value>(line).ok().and_then(|line| line["at"].as_i64());
    // The last line may still be on its way.
    let lines: Vec<(i64, &str)> = text.lines().filter_map(|line| Some((at(line)?, line))).collect();
    let begun = lines.first().map_or(0, |(at, _)| *at);
    let mut hearing = Hearing::new(&spec(engine)?, begun).context("nobody reads this engine")?;
    let mut states = Vec::new();
    let mut now = begun;
    for (at, line) in &lines {
        now = now.max(*at);
        hearing.hook_line(line.as_bytes());
        states.extend(hearing.news(now).seen.map(|seen| seen.state.as_str()));
    }
    let transcripts: Vec<String> = hearing.transcripts().map(str::to_owned).collect();
    for line in transcripts
        .iter()
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
    {
        hearing.transcript_line(line.as_bytes(), now, false);
    }
    let news = hearing.news(now);
    states.extend(news.seen.as_ref().map(|seen| seen.state.as_str()));
    states.dedup();
    let said = json!({"states": states, "prompts": hearing.prompts(), "takes_input": hearing.takes_input(now),
        "session": news.session, "spent": news.spent, "evidence": news.seen.map(|seen| seen.evidence)});
    writeln!(std::io::stdout(), "{said}")?;
    Ok(())
}

fn plan() -> Result<()> {
    let mut asked = String::new();
    std::io::stdin().read_to_string(&mut asked)?;
    let asked: Value = serde_json::from_str(&asked)?;
    let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
    let spec = spec(&text("engine"))?;
    let at = "2026-11-21T22:00:00.000Z";
    let place = json!({"path": text("checkout"), "branch": "office/12/round", "base": "0"});
    let run = json!({"id": 1, "desk": 1, "task": 12, "project": 1, "engine": text("engine"), "attempt": 1, "state": "launching",
        "workplace": place, "pid": null, "began": at, "launched": null, "deadline": null, "ended": null, "exit": null, "stop": null});
    let desk = json!({"id": 1, "name": "ada", "role": "engineer", "project": null, "engine": null, "command": null, "hold": null,
        "run": 1, "last_run": null, "queue": [], "auto": true, "removed": false});
    let project = json!({"id": 1, "name": "shop", "path": text("checkout"), "base_branch": "main", "prefix": "office",
        "settings": {}, "acceptance": "owner", "notes": [], "base_checks": {}, "removed": false});
    let task = json!({"id": 12, "project": 1, "title": text("title"), "body": text("body"), "deliverable": "change", "checks": [],
        "priority": "normal", "depends_on": [], "waiting_for": [], "role": null, "attempts_max": 3, "attempts_used": 0,
        "time_limit_secs": null, "state": "running", "desk": 1, "lease": null, "last_run": null, "workplace": place, "claim": null,
        "work": null, "results": [], "marks": [], "hold": null, "why": null, "notes": [], "progress": null, "accepted": null,
        "merged": null, "added": at, "since": at});
    let briefing = Briefing {
        run: serde_json::from_value(run)?,
        desk: serde_json::from_value(desk)?,
        role: None,
        project: serde_json::from_value(project)?,
        task: if text("title").is_empty() { None } else { Some(serde_json::from_value(task)?) },
        checks: Vec::new(),
        port_base: 42_000,
        shell: "/bin/sh".to_owned(),
        learned: Vec::new(),
    };
    let setting = Setting {
        run_dir: text("run_dir"),
        session: text("session"),
        resume: asked["resume"] == true,
        inside: asked["inside"] == true,
        headless: asked["headless"] == true,
        takes_over: asked["takes_over"] == true,
        hook: text("hook"),
        office: text("office"),
        base_url: asked["base_url"].as_str().map(str::to_owned),
        opening: asked["opening"].as_str().map(str::to_owned),
        project_words: text("project_words"),
    };
    let plan = spec.plan_in(&briefing, &setting)?;
    let prompt = match plan.prompt {
        Delivery::Given => Value::Null,
        Delivery::Paste { text, enter_after_ms } => json!({"paste": text, "enter_after_ms": enter_after_ms}),
        Delivery::Stdin { text } => json!({"stdin": text}),
    };
    let said = json!({"argv": plan.argv, "env": plan.env, "files": plan.files, "prompt": prompt, "tried": spec.tried,
        "enter_after_ms": spec.input.as_ref().map_or(0, |input| input.enter_after_ms), "input_file": spec.input.and_then(|input| input.file)});
    writeln!(std::io::stdout(), "{said}")?;
    Ok(())
}

async fn pty(argv: &[String]) -> Result<()> {
    let host = LocalHost::new();
    let mut spec = SpawnSpec::new(argv, std::env::current_dir()?);
    spec.env = std::env::vars_os().collect();
    spec.size = TermSize { cols: 120, rows: 40 };
    // As the office does: whatever carries the mark is ended with the program.
    let spec = match std::env::var("OFFICE_RUN") {
        Ok(mark) => spec.marker("OFFICE_RUN", mark),
        Err(_) => spec,
    };
    let spawned = host.spawn(spec).await?;
    let mut view = host.attach(spawned.id, ViewFrom::Offset(0)).await?;
    view.grant(1 << 20);
    let mut stdin = tokio::io::stdin();
    let mut typed = vec![0; 64 * 1024];
    loop {
        tokio::select! {
            piece = view.next() => match piece {
                Some(Piece::Bytes { bytes, .. }) => {
                    view.grant(bytes.len() as u64);
                    let mut out = std::io::stdout().lock();
                    if out.write_all(&bytes).and_then(|()| out.flush()).is_err() {
                        break; // nobody reads any more
                    }
                }
                Some(Piece::End { .. }) | None => break,
                Some(_) => {}
            },
            read = stdin.read(&mut typed) => match read? {
                0 => break, // whoever typed is gone: so is the program
                count => host.write(spawned.id, typed[..count].to_vec()).await?,
            },
        }
    }
    host.terminate(spawned.id, Duration::from_secs(1)).await?;
    // What still waits for a key must not hold us up.
    std::process::exit(0);
}
