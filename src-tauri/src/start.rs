//! Starts `office run` for the window's office, in a session of its own, so that closing the window changes nothing, and
//! reads from its log why it did not start. Not here: when it is started, and finding out that it runs (`link.rs`).

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use office_core::{Code, Refusal};

use crate::which::Which;

/// A log beyond this begins anew.
const LARGE: u64 = 1024 * 1024;
/// So much of a failed start's words is read.
const WORDS: u64 = 64 * 1024;

/// Whether an office is there, as far as its directory shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found {
    /// There is one.
    Office,
    /// Nothing is there: one may be made.
    Nothing,
    /// The directory holds other things.
    OtherThings,
}

/// What stands in an office's directory.
pub fn look(dir: &Path) -> Found {
    if dir.join("office.db").exists() {
        return Found::Office;
    }
    match fs::read_dir(dir) {
        // The log of a start that failed is no reason to leave a folder alone.
        Ok(mut entries) => match entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == "logs")) {
            true => Found::Nothing,
            false => Found::OtherThings,
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nothing,
        Err(_) => Found::OtherThings,
    }
}

/// A runtime that was started here.
#[derive(Debug)]
pub struct Started {
    child: Child,
    log: PathBuf,
    /// Where its words begin in the log.
    from: u64,
}

/// Starts the runtime; an office is made first where there is none.
///
/// # Errors
/// In words for the owner, with what to do.
#[expect(
    clippy::disallowed_methods,
    reason = "the office it starts is meant to outlive the window; it is never ended here"
)]
pub fn start(which: &Which) -> Result<Started, Refusal> {
    let dir = &which.dir;
    if look(dir) == Found::OtherThings {
        let message = format!("there is no office in {}, and the folder is not empty", dir.display());
        let way_out =
            format!("`office --office {} init` makes one there all the same; or name another folder", dir.display());
        return Err(Refusal::new(Code::NotFound, message, way_out));
    }
    let unusable = |error: io::Error| {
        let message = format!("the office in {} cannot be started: {error}", dir.display());
        Refusal::new(Code::Unavailable, message, "see that the directory is yours, writable, and on a disk with space")
    };
    let (log, out, from) = open_log(dir).map_err(unusable)?;
    let mut command = Command::new(&which.program);
    command.arg("--office").arg(dir).args(["--json", "run", "--init", "--apart"]);
    // The desks' environment is made by the office; what is meant for this window alone must not reach it.
    command.env_remove("OFFICE_TOKEN").env_remove("OFFICE_TASK").env_remove("TAURI_WEBVIEW_AUTOMATION");
    command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(out);
    match command.spawn() {
        Ok(child) => Ok(Started { child, log, from }),
        Err(error) => {
            let message = format!("the program {} cannot be started: {error}", which.program.display());
            Err(Refusal::new(
                Code::Unavailable,
                message,
                "install Afterhours again, or set OFFICE_BIN to the program `office`",
            ))
        }
    }
}

impl Started {
    /// None while it runs; after its end, in its own words, why.
    pub fn ended(&mut self) -> Option<Refusal> {
        let how = match self.child.try_wait() {
            Ok(None) => return None,
            Ok(Some(status)) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let words = words(&self.log, self.from).unwrap_or_default();
        Some(said(&words).unwrap_or_else(|| {
            let last = words.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
            let message = format!("the office ended as it started ({how}): {}", last.trim());
            Refusal::new(Code::Trouble, message, format!("{} says more", self.log.display()))
        }))
    }
}

/// The refusal among what a runtime wrote.
fn said(words: &str) -> Option<Refusal> {
    words.lines().rev().find_map(|line| serde_json::from_str(line).ok())
}

fn open_log(dir: &Path) -> io::Result<(PathBuf, File, u64)> {
    let logs = dir.join("logs");
    DirBuilder::new().recursive(true).mode(0o700).create(&logs)?;
    let log = logs.join("start.log");
    if fs::metadata(&log).is_ok_and(|facts| facts.len() > LARGE) {
        fs::rename(&log, log.with_extension("log.1"))?;
    }
    let out = OpenOptions::new().create(true).append(true).mode(0o600).open(&log)?;
    let from = out.metadata()?.len();
    Ok((log, out, from))
}

fn words(log: &Path, from: u64) -> io::Result<String> {
    let mut file = File::open(log)?;
    file.seek(SeekFrom::Start(from))?;
    let mut words = Vec::new();
    file.take(WORDS).read_to_end(&mut words)?;
    Ok(String::from_utf8_lossy(&words).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_found_among_other_words() {
        let words = "warning: x\n{\"code\":\"held\",\"message\":\"this office is already run by process 7\",\"detail\":\"use it\"}\n\n";
        let refusal = said(words).unwrap();
        assert_eq!(refusal.code, Code::Held);
        assert_eq!(said("thread main panicked\n"), None);
    }

    #[test]
    fn a_folder_with_other_things_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        assert_eq!(look(&dir.join("none")), Found::Nothing);
        assert_eq!(look(dir), Found::Nothing);
        fs::create_dir(dir.join("logs")).unwrap();
        assert_eq!(look(dir), Found::Nothing);
        fs::write(dir.join("letter.txt"), "dear").unwrap();
        assert_eq!(look(dir), Found::OtherThings);
        fs::write(dir.join("office.db"), "").unwrap();
        assert_eq!(look(dir), Found::Office);
    }

    #[test]
    fn a_program_that_is_missing_or_fails_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let which = |program: &str| Which { dir: folder.path().join("o"), program: program.into(), there: None };
        let refusal = start(&which("none/office")).map(|_| ()).unwrap_err();
        assert!(refusal.message.contains("none/office") && refusal.detail.contains("OFFICE_BIN"), "{refusal:?}");
        let mut started = start(&which("/bin/false")).unwrap();
        started.child.wait().unwrap();
        let refusal = started.ended().unwrap();
        assert!(refusal.message.contains("it said nothing") && refusal.detail.contains("start.log"), "{refusal:?}");
    }
}
