//! The office as a whole: making, running, watching, stopping, checking, backing up.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use office_core::news::Notify;
use office_core::office::{OfficeCommand, OfficeSettings};
use office_core::{Code, CommandBody, Noun, Refusal};
use office_door::wire::{Answer, Ask};
use tokio::signal::unix::{SignalKind, signal};

use crate::fail::Fail;
use crate::grammar::word;
use crate::home;
use crate::print::{self, Table};
use crate::prune::{kept, megabytes};
use crate::session::{Done, Session, unexpected};
use crate::shapes::{BackupMade, OfficeMade, OfficeRestored, RuntimeEnded, RuntimeReady};
use crate::status::screen;

/// How long `office quit` waits for the runtime to be gone.
const QUIT_TIME: Duration = Duration::from_secs(30);
/// Events that come together redraw the screen once.
const BREATH: Duration = Duration::from_millis(100);

/// Where to make an office.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office init                     in the usual place
  office init ~/night --name night")]
pub(crate) struct InitArgs {
    /// Its directory [default: as for `--office`]
    dir: Option<PathBuf>,
    /// How you call it [default: the directory's name]
    #[arg(long)]
    name: Option<String>,
}

/// How to show the status.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office status
  office status --watch     draws anew whenever something happens; Ctrl-C leaves
  office status --json | jq '.waits_for_you[].id'")]
pub(crate) struct StatusArgs {
    /// Draw anew whenever something happens
    #[arg(long)]
    watch: bool,
}

/// What to change.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office set --review-limit 20           let more pile up before you look
  office set --recordings-budget 5GB     keep so much of what runs left on disk; what waits for you is always kept
  office set --recordings-days 60 --recordings-budget none
  office set --notify needs-you          the desktop tells only that a command is held for you
  office set --usage-limits ignore       nothing is parked when an account has reached its usage limit")]
#[group(required = true, multiple = true)]
pub(crate) struct SetArgs {
    /// So many changes may wait for review before nothing new starts by itself (1 to 1000)
    #[arg(long, value_name = "N")]
    review_limit: Option<u32>,
    /// Keep so much of recordings, the newest: such as 5GB; `none` keeps all
    #[arg(long, value_name = "SIZE", value_parser = or_none(megabytes))]
    recordings_budget: Option<OrNone>,
    /// Keep recordings so many days; `none` keeps them for ever
    #[arg(long, value_name = "DAYS", value_parser = or_none(days))]
    recordings_days: Option<OrNone>,
    /// What the desktop tells you: `on` is both that a command is held and that a task waits for review
    #[arg(long, value_parser = word::<Notify>(&["on", "needs-you", "review", "off"]))]
    notify: Option<Notify>,
    /// Whether tasks whose engine's account has reached its usage limit are parked until it is over
    #[arg(long, value_enum, value_name = "WHAT")]
    usage_limits: Option<AtLimit>,
}

/// What is done about usage limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum AtLimit {
    /// Park what runs into one, start nothing against it, go on when it is over.
    Wait,
    /// Leave that to the engines.
    Ignore,
}

/// A number, or that there is to be none.
#[derive(Clone, Copy, Debug)]
struct OrNone(Option<u32>);

fn or_none(
    read: fn(&str) -> Result<u32, String>,
) -> impl Fn(&str) -> Result<OrNone, String> + Clone + Send + Sync + 'static {
    move |text| if text == "none" { Ok(OrNone(None)) } else { read(text).map(|number| OrNone(Some(number))) }
}

fn days(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|days| (1..=36_500).contains(days));
    number.ok_or_else(|| "say 1 to 36500 days, or none".to_owned())
}

/// What to stop.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office stop --all     tasks at work are parked; `office resume` goes on
  office desk stop ada     one desk only")]
pub(crate) struct StopArgs {
    /// Everything (said on purpose)
    #[arg(long, required = true)]
    all: bool,
}

/// How to end.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office quit                  what runs is ended; `office run` and `office resume` take it up again
  office quit --leave-desks    what runs goes on, for an upgrade: then start the new `office run`")]
pub(crate) struct QuitArgs {
    /// Let what runs at the desks go on without the runtime
    #[arg(long)]
    leave_desks: bool,
}

/// Where a backup goes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office backup
  office backup ~/night-before.db")]
pub(crate) struct BackupArgs {
    /// The file [default: a dated one in the office's directory]
    file: Option<PathBuf>,
}

/// Where a backup is.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office quit; office restore ~/night-before.db && office run")]
pub(crate) struct RestoreArgs {
    /// The file
    file: PathBuf,
}

pub(crate) async fn init(s: &mut Session<'_>, args: InitArgs) -> Done {
    s.here("`init`")?;
    let dir = std::path::absolute(args.dir.as_ref().unwrap_or(&s.dir))?;
    home::init(&dir, args.name.as_deref()).await?;
    let made = OfficeMade { dir: dir.display().to_string() };
    // Said only where it is needed: the usual place needs no name.
    let named = if dir == s.dir { String::new() } else { format!(" --office {}", made.dir) };
    s.show(&made, || print::line(&format!("made an office in {}; `office{named} run` runs it", made.dir)))
}

pub(crate) async fn run(s: &mut Session<'_>, args: home::RunArgs) -> Done {
    s.here("`run`")?;
    let dir = std::path::absolute(&s.dir)?;
    if args.apart {
        leave_session();
    }
    if args.init {
        match home::init(&dir, None).await {
            // It is there already: all the better.
            Err(refusal) if refusal.code == Code::Duplicate => {}
            made => made?,
        }
    }
    // Listened for before anything starts, so that no signal falls between.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    // A terminal that is closed ends what runs in it, in order; `nohup office run` asks to live on.
    let mut hangup = if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) };
    let closing = async move {
        let hung_up = async {
            match &mut hangup {
                Some(hangup) => drop(hangup.recv().await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = hung_up => {}
        }
    };
    let ready = RuntimeReady { ready: true, dir: dir.display().to_string(), pid: std::process::id() };
    let mut said = Ok(());
    let tell = || {
        said = s.show(&ready, || {
            print::line(&format!("office in {} is running (pid {}); Ctrl-C ends it", ready.dir, ready.pid))
        });
    };
    home::run(&dir, args, tell, closing).await?;
    match said {
        // An office whose starter went away ran all the same.
        Err(Fail::NobodyReads) => Ok(()),
        other => other,
    }
}

/// Leaves the session of whoever started this. It fails only for the first of a process group, which a shell made it: then it
/// has a group of its own, and what is left of the terminal is its hangup, which ends the office in order.
fn leave_session() {
    let _ = nix::unistd::setsid();
}

/// Whether whoever started us had hang-ups ignored; where the system does not tell, it had not.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // Bit 0 is signal 1, SIGHUP.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

pub(crate) async fn status(s: &mut Session<'_>, args: StatusArgs) -> Done {
    let mut view = s.status().await?;
    if !args.watch {
        return s.show(&view, || screen(&view, s.around));
    }
    let mut events = s.client().await?.events(view.seq).await?;
    loop {
        if s.around.is_shown() && !s.json {
            // Home, the screen, and only then what is left of the old one: nothing flickers.
            let drawn = screen(&view, s.around).replace('\n', "\x1b[K\r\n");
            s.around.out.bytes(format!("\x1b[H{drawn}\x1b[J").as_bytes())?;
        } else {
            s.show(&view, || screen(&view, s.around))?;
        }
        if let Err(error) = events.next_raw().await {
            if !s.cut(&error) {
                return Err(error.into());
            }
            view = s.status().await?;
            events = s.client().await?.events(view.seq).await?;
            continue;
        }
        // What belongs together comes together.
        let breath = tokio::time::sleep(BREATH);
        tokio::pin!(breath);
        loop {
            tokio::select! {
                () = &mut breath => break,
                // A cut is seen above.
                Ok(_) = events.next_raw() => {}
            }
        }
        view = s.status().await?;
    }
}

pub(crate) async fn stop(s: &mut Session<'_>, args: StopArgs) -> Done {
    let StopArgs { all: _ } = args;
    let Answer::Status(view) = s.ask(Ask::StopAll).await? else { return Err(unexpected()) };
    s.show(&view, || format!("everything is stopped; {} task(s) are parked; `office resume` goes on", view.held.len()))
}

pub(crate) async fn resume(s: &mut Session<'_>) -> Done {
    s.submit(CommandBody::Office(OfficeCommand::Resume)).await?;
    let view = s.status().await?;
    s.show(&view, || format!("the office goes on; {} task(s) are at work", view.at_work.len()))
}

pub(crate) async fn set(s: &mut Session<'_>, args: SetArgs) -> Done {
    let SetArgs { review_limit, recordings_budget, recordings_days, notify, usage_limits } = args;
    let find = Ask::Find { noun: "office".to_owned(), name: String::new() };
    let Answer::Changed(Noun::Office(facts)) = s.ask(find).await? else { return Err(unexpected()) };
    let known = facts.settings;
    let settings = OfficeSettings {
        review_limit: review_limit.unwrap_or(known.review_limit),
        recordings_mb: recordings_budget.map_or(known.recordings_mb, |it| it.0),
        recordings_days: recordings_days.map_or(known.recordings_days, |it| it.0),
        notify: notify.unwrap_or(known.notify),
        unattended: known.unattended,
        wait_out_limits: usage_limits.map_or(known.wait_out_limits, |it| it == AtLimit::Wait),
    };
    let body = CommandBody::Office(OfficeCommand::Set { settings: settings.clone() });
    s.submit(body).await?;
    s.show(&settings, || {
        let OfficeSettings { review_limit, recordings_mb, recordings_days, notify, unattended: _, wait_out_limits } =
            settings;
        let limits = if wait_out_limits { "waited out" } else { "left to the engines" };
        let told = match notify {
            Notify::On => "what is held and what waits for review",
            Notify::NeedsYou => "only what is held",
            Notify::Review => "only what waits for review",
            Notify::Off => "nothing",
        };
        format!(
            "{review_limit} changes may wait for review before nothing new starts by itself; recordings are kept {}; \
             the desktop tells you {told}; usage limits are {limits}",
            kept(recordings_mb, recordings_days)
        )
    })
}

pub(crate) async fn doctor(s: &mut Session<'_>) -> Done {
    let Answer::Health(lines) = s.ask(Ask::Doctor).await? else { return Err(unexpected()) };
    s.show(&lines, || {
        let mut table = Table::default();
        for line in &lines {
            let mark = if line.ok { "ok" } else { "NOT OK" };
            table.row([mark.to_owned(), line.name.clone(), line.found.clone()]);
            if !line.ok {
                table.row([String::new(), String::new(), line.way_out.clone()]);
            }
        }
        table.text(None)
    })?;
    let wrong = lines.iter().filter(|line| !line.ok).count();
    if wrong == 0 {
        return Ok(());
    }
    let message = format!("{wrong} of {} things are not as they should be", lines.len());
    Err(Refusal::new(Code::Unavailable, message, "the list says what to do about each").into())
}

pub(crate) async fn backup(s: &mut Session<'_>, args: BackupArgs) -> Done {
    // The runtime lives elsewhere: a path means what it means here.
    let to = args.file.map(|file| s.path(&file)).transpose()?;
    let Answer::Text(path) = s.ask(Ask::Backup { to }).await? else { return Err(unexpected()) };
    let made = BackupMade { path };
    s.show(&made, || print::line(&format!("the office's database is copied to {}", made.path)))
}

pub(crate) async fn restore(s: &mut Session<'_>, args: RestoreArgs) -> Done {
    s.here("`restore`")?;
    let dir = std::path::absolute(&s.dir)?;
    let said = home::restore(&dir, &std::path::absolute(args.file)?).await?;
    let restored = OfficeRestored { dir: dir.display().to_string(), said };
    s.show(&restored, || print::line(&restored.said))
}

pub(crate) async fn quit(s: &mut Session<'_>, args: QuitArgs) -> Done {
    let client = s.client().await?;
    client.ask(Ask::Quit { leave_desks: args.leave_desks }).await?;
    let ended = tokio::time::timeout(QUIT_TIME, client.closed()).await.is_ok();
    let told = RuntimeEnded { dir: client.welcome().dir.clone(), ended };
    let said = match (ended, args.leave_desks) {
        (false, _) => "the office is still busy ending",
        (true, true) => "the office has ended; its desks go on, and the next `office run` takes them up",
        (true, false) => "the office has ended",
    };
    s.show(&told, || said.to_owned())
}
