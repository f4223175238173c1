//! `office ask-approval`: holds a command at the door until the owner answers, then runs it here, at most once: in its own
//! directory, environment and terminal. It outlives the runtime: whoever waits goes on waiting when the office is back.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use clap::Args;
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use office_core::approval::{ApprovalCommand, Held};
use office_core::run::Exit;
use office_core::{Approval, ApprovalState, Code, CommandBody, Noun, Refusal};
use office_door::ClientError;
use office_door::wire::{Answer, Ask};
use tokio::signal::unix::SignalKind;

use crate::fail::{Fail, exit};
use crate::print;
use crate::session::{Done, Session, command_id, unexpected};

/// The first and the longest pause between two tries to reach an office that is away.
const PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// How long an office that is away is waited for, to tell it how the command ended.
const REPORT_TIME: Duration = Duration::from_secs(60);
/// How long taking it back may take when whoever waits is interrupted.
const WITHDRAW_TIME: Duration = Duration::from_secs(2);

/// What to hold.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  office ask-approval -- git push origin main
  office ask-approval --reason 'the checks are green' -- sh -c './release.sh && git tag v1.2'

The command is given to the system as it stands, without a shell. Its exit code is this command's own; 77 is said when the \
owner denied it, 78 when it was taken back, 79 when the owner asks something first, 126 and 127 when it could not be started, 128 and its number when a signal ended \
it. While it is held nothing runs, and Ctrl-C takes it back. The owner answers with `office approval approve` or `deny`.")]
pub(crate) struct AskArgs {
    /// Why, for the owner
    #[arg(long, value_name = "WHY")]
    reason: Option<String>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) async fn carry_out(s: &mut Session<'_>, args: AskArgs) -> Done {
    let argv = args.command.into_iter().map(|word| text(word, "the command")).collect::<Result<Vec<_>, _>>()?;
    let cwd = text(std::env::current_dir()?.into_os_string(), "this directory's name")?;
    // Listened for before anything is asked, so that no signal falls between.
    let mut signals = Signals::listen()?;
    let id = command_id();
    let ask = ApprovalCommand::Ask {
        argv,
        cwd,
        reason: args.reason,
        held: Held::Command,
        ruling: None,
        stands: None,
        grant: None,
        deed: None,
    };
    let mut line = Line { session: s, away: false, seen: false };
    let mut claims = 0_u32;
    let it = tokio::select! {
        it = line.submit(&id, ask, None) => it?,
        signal = signals.next() => return Err(Fail::Said(128 + signal)),
    };
    line.say(&format!("held as approval {} until the owner answers: {}", it.id, it.shown))?;
    let (it, words) = loop {
        let answered = tokio::select! {
            it = line.answered(&it) => Ok(it?),
            signal = signals.next() => Err(signal),
        };
        let it = match answered {
            Ok(it) => it,
            Err(signal) => return line.take_back(&it, signal).await,
        };
        let words = it.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
        match it.state {
            ApprovalState::Approved => {}
            ApprovalState::Waiting => {
                line.say(&sent_away(&it))?;
                return Err(Fail::Said(exit::ASKED_BACK));
            }
            ApprovalState::Denied => {
                line.say(&format!("approval {} is denied{words}", it.id))?;
                return Err(Fail::Said(exit::DENIED));
            }
            ApprovalState::Withdrawn => {
                line.say(&format!("approval {} is withdrawn{words}", it.id))?;
                return Err(Fail::Said(exit::WITHDRAWN));
            }
            ApprovalState::Running | ApprovalState::Ran | ApprovalState::Uncertain => {
                let message = format!("approval {} is {} by another hand", it.id, it.state);
                return Err(
                    Refusal::new(Code::WrongState, message, "it runs once; ask again if you need it again").into()
                );
            }
        }
        // The same id each time: a claim whose answer was lost is answered again, and never given to a second.
        let claim_id = format!("{id}-claim-{claims}");
        claims += 1;
        let claim = ApprovalCommand::Claim { approval: it.id, stands: None, deed: None };
        let claimed = tokio::select! {
            it = line.submit(&claim_id, claim, None) => it?,
            signal = signals.next() => return line.not_begun(&it, signal).await,
        };
        match claimed.state {
            ApprovalState::Running => break (claimed, words),
            ApprovalState::Waiting => line.say(&format!("approval {} waits again: its checkout has changed", it.id))?,
            state => {
                let message = format!("approval {} is {state} before its command began", it.id);
                return Err(Refusal::new(Code::WrongState, message, "it did not run; ask again").into());
            }
        }
    };
    if it.asked_as.is_some() {
        line.say(&format!("the owner changed it: {}", it.shown))?;
    }
    if let Some(deed) = &it.deed {
        line.say(&format!("approval {} is given{words}. {}", it.id, deed.says))?;
        return line.office_does(&it).await;
    }
    line.say(&format!("approval {} is given{words}; it runs now", it.id))?;
    let (exit, code) = run(&it.argv, &mut signals).await;
    if let Exit::NotStarted { why } = &exit {
        line.say(&format!("it could not be started: {why}"))?;
    }
    let report = ApprovalCommand::Report { approval: it.id, exit };
    if let Err(Fail::Refused(refusal)) = line.submit(&format!("{id}-report"), report, Some(REPORT_TIME)).await {
        line.say(&format!("how it ended could not be reported: {}", refusal.message))?;
    }
    if code == exit::OK { Ok(()) } else { Err(Fail::Said(code)) }
}

/// What is said where nobody is to wait any more, and it stays held.
fn sent_away(it: &Approval) -> String {
    let id = it.id;
    match it.open_question() {
        Some(question) => format!(
            "approval {id} is not answered yet; the owner asks first: {}\nreply with `office approval reply {id} 'YOUR WORDS'`, \
             then ask exactly the same again: it stays before the owner",
            question.text
        ),
        None => format!("approval {id} is not answered yet, and its task is parked until it is; end your turn now"),
    }
}

fn text(words: OsString, what: &str) -> Result<String, Fail> {
    words
        .into_string()
        .map_err(|_| Fail::usage(format!("{what} is not UTF-8 and cannot be shown to the owner"), "spell it otherwise"))
}

/// The line to the office: it may be cut and comes back.
struct Line<'l, 's> {
    session: &'l mut Session<'s>,
    /// It was said that the office is away.
    away: bool,
    /// The office was there once: from then on it is waited for.
    seen: bool,
}

impl Line<'_, '_> {
    fn say(&self, words: &str) -> Done {
        Ok(self.session.around.err.text_block(&print::line(words))?)
    }

    /// Asks until there is an answer; what was asked before the line was cut is asked again as the same.
    async fn ask(&mut self, ask: Ask, patience: Option<Duration>) -> Result<Answer, Fail> {
        let mut pause = PAUSE.0;
        let mut waited = Duration::ZERO;
        loop {
            let error = match self.session.try_ask(ask.clone()).await {
                Ok(answer) => {
                    if std::mem::take(&mut self.away) {
                        self.say("the office is back")?;
                    }
                    self.seen = true;
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let gone = match &error {
                ClientError::Lost(_) => true,
                ClientError::NoOffice { .. } => self.seen,
                ClientError::Refused(refusal) => refusal.code == Code::NoOffice && self.seen,
            };
            if !gone || patience.is_some_and(|patience| waited >= patience) {
                return Err(error.into());
            }
            self.seen = true;
            if !std::mem::replace(&mut self.away, true) {
                self.say("the office is away; it is waited for, and what is held stays held")?;
            }
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = (pause * 2).min(PAUSE.1);
        }
    }

    async fn submit(&mut self, id: &str, body: ApprovalCommand, patience: Option<Duration>) -> Result<Approval, Fail> {
        let ask = Ask::Submit { command_id: id.to_owned(), body: CommandBody::Approval(body) };
        match self.ask(ask, patience).await? {
            Answer::Changed(Noun::Approval(it)) => Ok(*it),
            _ => Err(unexpected()),
        }
    }

    async fn answered(&mut self, it: &Approval) -> Result<Approval, Fail> {
        match self.ask(Ask::AwaitApproval { approval: it.id }, None).await? {
            Answer::Approval(it) => Ok(*it),
            _ => Err(unexpected()),
        }
    }

    /// The office does it itself: what came of it is this command's own end.
    async fn office_does(&mut self, it: &Approval) -> Done {
        let it = self.answered(it).await?;
        if !it.output.is_empty() {
            self.session.around.out.text_block(&print::block(&it.output))?;
        }
        match (&it.state, &it.exit) {
            (ApprovalState::Ran, Some(Exit::Code { code: 0 })) => Ok(()),
            (ApprovalState::Ran, Some(Exit::Code { code })) => {
                Err(Fail::Said(u8::try_from(*code).unwrap_or(exit::REFUSED)))
            }
            (state, ended) => {
                let note = it.note.clone().or_else(|| ended.as_ref().map(ToString::to_string)).unwrap_or_default();
                self.say(&format!("approval {} is {state}: {note}", it.id))?;
                Err(Fail::Said(exit::REFUSED))
            }
        }
    }

    /// Whoever waits was interrupted: nothing is to run any more.
    async fn take_back(&mut self, it: &Approval, signal: u8) -> Done {
        let body = CommandBody::Approval(ApprovalCommand::Withdraw { approval: it.id });
        let asked = self.session.try_ask(Ask::Submit { command_id: command_id(), body });
        match tokio::time::timeout(WITHDRAW_TIME, asked).await {
            Ok(Ok(_)) => self.say(&format!("approval {} is taken back", it.id))?,
            Ok(Err(ClientError::Refused(refusal))) => self.say(&refusal.message)?,
            Ok(Err(_)) | Err(_) => self.say(&format!(
                "the office is away: `office approval withdraw {}` takes it back; nobody runs it any more",
                it.id
            ))?,
        }
        Err(Fail::Said(128 + signal))
    }

    /// Interrupted while the claim was on its way: given or not, it did not begin.
    async fn not_begun(&mut self, it: &Approval, signal: u8) -> Done {
        let exit = Exit::NotStarted { why: "whoever asked was interrupted".to_owned() };
        let body = CommandBody::Approval(ApprovalCommand::Report { approval: it.id, exit });
        let asked = self.session.try_ask(Ask::Submit { command_id: command_id(), body });
        match tokio::time::timeout(WITHDRAW_TIME, asked).await {
            Ok(Ok(_)) => Err(Fail::Said(128 + signal)),
            Ok(Err(_)) | Err(_) => self.take_back(it, signal).await,
        }
    }
}

/// Runs the command to its end; how it ended, and the code to end with.
#[expect(clippy::disallowed_methods, reason = "the approved command is this command's own child and is waited for")]
async fn run(argv: &[String], signals: &mut Signals) -> (Exit, u8) {
    let mut words = argv.iter();
    let mut command = tokio::process::Command::new(words.next().map_or("", String::as_str));
    let mut child = match command.args(words).spawn() {
        Ok(child) => child,
        Err(error) => {
            let code = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
            return (Exit::NotStarted { why: error.to_string() }, code);
        }
    };
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
    let ended = loop {
        tokio::select! {
            ended = child.wait() => break ended,
            signal = signals.next() => {
                // Ctrl-C reaches it by itself, as it has the terminal too.
                if let (Some(pid), Ok(signal)) = (pid, Signal::try_from(i32::from(signal)))
                    && signal != Signal::SIGINT
                {
                    // It may have ended just now.
                    let _ = nix::sys::signal::kill(pid, signal);
                }
            }
        }
    };
    match ended {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => (Exit::Code { code }, u8::try_from(code).unwrap_or(exit::REFUSED)),
            (None, Some(signal)) => (Exit::Signal { signal }, u8::try_from(128 + signal).unwrap_or(exit::REFUSED)),
            (None, None) => (Exit::Code { code: 1 }, exit::REFUSED),
        },
        Err(error) => (Exit::NotStarted { why: error.to_string() }, 126),
    }
}

/// The signals that end a waiting command.
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: tokio::signal::unix::signal(SignalKind::interrupt())?,
            terminate: tokio::signal::unix::signal(SignalKind::terminate())?,
            hangup: tokio::signal::unix::signal(SignalKind::hangup())?,
        })
    }

    /// The number of the next one.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            _ = self.hangup.recv() => 1,
        }
    }
}
