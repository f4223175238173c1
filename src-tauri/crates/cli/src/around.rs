//! What is around the command: its environment, its terminal, where it writes. Tests make one by hand.

use std::io::IsTerminal;
use std::path::PathBuf;

use office_core::TaskId;

use crate::out::Out;
use crate::print::Paint;

/// The surroundings of one call.
#[derive(Clone, Debug)]
pub struct Around {
    /// `OFFICE_DIR`: the office, where `--office` is not given.
    pub office: Option<PathBuf>,
    /// `OFFICE_TOKEN`: the token of the desk run this command is called in.
    pub token: Option<String>,
    /// `OFFICE_TASK`: the task of that desk.
    pub task: Option<TaskId>,
    /// The office where nothing is said.
    pub usual: PathBuf,
    /// Whether both ends of the terminal are there.
    pub terminal: bool,
    /// Columns of the terminal that is written to; none when it is none.
    pub columns: Option<usize>,
    /// Colour.
    pub paint: Paint,
    /// Answers go here.
    pub out: Out,
    /// Refusals go here.
    pub err: Out,
}

impl Around {
    /// What the system says.
    pub fn here() -> Self {
        let set = |value: Option<std::ffi::OsString>| value.filter(|value| !value.is_empty());
        let text = |value: Option<std::ffi::OsString>| set(value).and_then(|value| value.into_string().ok());
        let shown = std::io::stdout().is_terminal();
        let plain = set(std::env::var_os("NO_COLOR")).is_some()
            || text(std::env::var_os("TERM")).is_some_and(|terminal| terminal == "dumb");
        Self {
            office: set(std::env::var_os("OFFICE_DIR")).map(PathBuf::from),
            token: text(std::env::var_os("OFFICE_TOKEN")),
            task: text(std::env::var_os("OFFICE_TASK")).and_then(|task| task.parse().ok()),
            usual: office_door::place::usual(),
            terminal: shown && std::io::stdin().is_terminal(),
            columns: shown.then(|| crate::raw::size().map_or(80, |(columns, _)| usize::from(columns))),
            paint: Paint { on: shown && !plain },
            out: Out::Stdout,
            err: Out::Stderr,
        }
    }

    /// Whether a person's terminal shows what is written.
    pub fn is_shown(&self) -> bool {
        self.columns.is_some()
    }
}
