//! Has the system start the office again after a reboot: a systemd user unit, a launchd agent or a Windows task, each as
//! data: one file, and the commands that make it known. Which runs it takes up then is `office run --take-up`'s to say.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use office_core::{Code, Refusal};

/// What starts the office: program and directory, whole paths.
#[derive(Debug, Clone)]
pub struct Autostart {
    /// The `office` program.
    pub program: PathBuf,
    /// The office.
    pub office: PathBuf,
    /// Where agents' programs are found.
    pub path: String,
    /// The owner's home.
    pub home: PathBuf,
    /// Where the owner's settings are.
    pub config: PathBuf,
}

/// What one system wants: a file, and commands.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    file: PathBuf,
    text: String,
    on: Vec<Vec<String>>,
    off: Vec<Vec<String>>,
    /// Ends with 0 when it is on.
    status: Vec<String>,
    /// Ends with 0 where this system's way of starting programs answers at all.
    there: Vec<String>,
    /// What else there is to know.
    note: &'static str,
}

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether the system starts the office.
    pub on: bool,
    /// The file that says so.
    pub file: PathBuf,
    /// What else there is to know.
    pub note: String,
    /// Why it cannot be had here.
    pub cannot: Option<Refusal>,
}

impl Autostart {
    /// Of the office in `dir`, started by this program.
    ///
    /// # Errors
    /// When this program does not know where it is, or a path has what no such file can hold.
    pub fn of(dir: &Path) -> Result<Self, Refusal> {
        let unusable = |why: String| Refusal::new(Code::Unavailable, why, "move it to a path of plain characters");
        let program = std::env::current_exe().map_err(|error| unusable(error.to_string()))?;
        let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|dir| dir.is_absolute());
        let config = config.unwrap_or_else(|| home.join(".config"));
        let path = std::env::var("PATH").unwrap_or_default();
        for text in [program.to_str(), dir.to_str(), Some(&path)] {
            if text.is_none_or(|text| text.chars().any(char::is_control)) {
                return Err(unusable("a path holds what no line of text can".to_owned()));
            }
        }
        Ok(Self { program, office: dir.to_owned(), path, home, config })
    }

    /// A name of its own for each office.
    fn name(&self) -> String {
        let hash = office_core::audit::digest(self.office.to_string_lossy().as_bytes());
        format!("afterhours-{}", hash.get(..8).unwrap_or("office"))
    }

    fn plan(&self, os: &str) -> Result<Plan, Refusal> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let name = self.name();
        match os {
            "linux" => {
                let unit = format!("{name}.service");
                Ok(Plan {
                    file: self.config.join("systemd/user").join(&unit),
                    text: self.systemd_unit(),
                    on: vec![
                        words(&["systemctl", "--user", "daemon-reload"]),
                        words(&["systemctl", "--user", "enable", &unit]),
                    ],
                    off: vec![words(&["systemctl", "--user", "disable", &unit])],
                    status: words(&["systemctl", "--user", "is-enabled", "--quiet", &unit]),
                    there: words(&["systemctl", "--user", "show-environment"]),
                    note: "it starts when you log in; `loginctl enable-linger` has it start without that",
                })
            }
            "macos" => {
                let file = self.home.join("Library/LaunchAgents").join(format!("org.{name}.plist"));
                let path = file.display().to_string();
                let label = format!("org.{name}");
                Ok(Plan {
                    text: self.launch_agent(&label),
                    on: vec![words(&["launchctl", "load", "-w", &path])],
                    off: vec![words(&["launchctl", "unload", "-w", &path])],
                    status: words(&["launchctl", "list", &label]),
                    there: words(&["launchctl", "managername"]),
                    file,
                    note: "it starts when you log in",
                })
            }
            "windows" => {
                let file = self.office.join("autostart.xml");
                let path = file.display().to_string();
                Ok(Plan {
                    text: self.windows_task(),
                    on: vec![words(&["schtasks", "/Create", "/F", "/TN", &name, "/XML", &path])],
                    off: vec![words(&["schtasks", "/Delete", "/F", "/TN", &name])],
                    status: words(&["schtasks", "/Query", "/TN", &name]),
                    there: words(&["schtasks", "/Query", "/?"]),
                    file,
                    note: "it starts when you log in",
                })
            }
            other => Err(Refusal::new(Code::Unavailable, format!("there is no autostart for {other} yet"), BY_HAND)),
        }
    }

    fn systemd_unit(&self) -> String {
        let (program, office) = (systemd(&self.program.to_string_lossy()), systemd(&self.office.to_string_lossy()));
        let environment = systemd(&format!("PATH={}", self.path)).replace("$$", "$");
        format!(
            "[Unit]\nDescription=Afterhours, an office of coding agents\n\n[Service]\nEnvironment={environment}\n\
             ExecStart={program} --office {office} run --take-up\n\
             ExecStop={program} --office {office} quit --leave-desks\n\
             # Desks are held by a host of their own and outlive a restart.\nKillMode=process\n\
             Restart=on-failure\nRestartSec=5\n\n[Install]\nWantedBy=default.target\n"
        )
    }

    fn launch_agent(&self, label: &str) -> String {
        let words = [self.program.to_string_lossy(), "--office".into(), self.office.to_string_lossy()];
        let words = words.into_iter().chain(["run".into(), "--take-up".into()]);
        let words: String = words.map(|word| format!("    <string>{}</string>\n", xml(&word))).collect();
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\">\n<dict>\n  <key>Label</key>\n  \
             <string>{}</string>\n  <key>ProgramArguments</key>\n  <array>\n{words}  </array>\n  \
             <key>EnvironmentVariables</key>\n  <dict>\n    <key>PATH</key>\n    <string>{}</string>\n  </dict>\n  \
             <key>RunAtLoad</key>\n  <true/>\n  <key>AbandonProcessGroup</key>\n  <true/>\n</dict>\n</plist>\n",
            xml(label),
            xml(&self.path)
        )
    }

    fn windows_task(&self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n  <Triggers>\n    \
             <LogonTrigger/>\n  </Triggers>\n  <Settings>\n    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>\n    \
             <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>\n  </Settings>\n  <Actions>\n    <Exec>\n      \
             <Command>{}</Command>\n      <Arguments>--office \"{}\" run --take-up</Arguments>\n    </Exec>\n  </Actions>\n\
             </Task>\n",
            xml(&self.program.to_string_lossy()),
            xml(&self.office.to_string_lossy())
        )
    }

    /// Has the system start the office from the next start of the machine on.
    ///
    /// # Errors
    /// When the system has nothing that could; nothing is left behind then.
    pub fn on(&self) -> Result<Standing, Refusal> {
        let plan = self.plan(std::env::consts::OS)?;
        let io = |error: std::io::Error| {
            let message = format!("{}: {error}", plan.file.display());
            Refusal::new(Code::Unavailable, message, "see that the directory is yours and writable")
        };
        if let Some(parent) = plan.file.parent() {
            std::fs::create_dir_all(parent).map_err(io)?;
        }
        std::fs::write(&plan.file, &plan.text).map_err(io)?;
        for command in &plan.on {
            if let Err(why) = said(command) {
                // What nobody reads is better not there.
                let _ = std::fs::remove_file(&plan.file);
                return Err(nothing_here(command, &why));
            }
        }
        Ok(Standing { on: true, file: plan.file, note: plan.note.to_owned(), cannot: None })
    }

    /// Has the system start it no more. What runs goes on.
    ///
    /// # Errors
    /// When it cannot be undone.
    pub fn off(&self) -> Result<Standing, Refusal> {
        let plan = self.plan(std::env::consts::OS)?;
        let note = "what runs now goes on";
        if !plan.file.exists() {
            return Ok(Standing { on: false, file: plan.file, note: note.to_owned(), cannot: None });
        }
        for command in &plan.off {
            said(command).map_err(|why| {
                let message = format!("`{}`: {why}", command.join(" "));
                Refusal::new(Code::Unavailable, message, format!("remove {} by hand", plan.file.display()))
            })?;
        }
        std::fs::remove_file(&plan.file).map_err(|error| {
            Refusal::new(Code::Unavailable, format!("{}: {error}", plan.file.display()), "remove it by hand")
        })?;
        Ok(Standing { on: false, file: plan.file, note: note.to_owned(), cannot: None })
    }

    /// How it stands now.
    ///
    /// # Errors
    /// Where there is no such thing.
    pub fn standing(&self) -> Result<Standing, Refusal> {
        let plan = self.plan(std::env::consts::OS)?;
        let on = plan.file.exists() && said(&plan.status).is_ok();
        let cannot = if on { None } else { said(&plan.there).err().map(|why| nothing_here(&plan.there, &why)) };
        Ok(Standing { on, file: plan.file, note: plan.note.to_owned(), cannot })
    }
}

fn nothing_here(asked: &[String], why: &str) -> Refusal {
    let message = format!("nothing here starts programs for you: `{}`: {why}", asked.join(" "));
    Refusal::new(Code::Unavailable, message, BY_HAND)
}

const BY_HAND: &str =
    "have whatever starts programs here run `office run --take-up` (cron's @reboot, a container's entry point)";

/// Runs one command of the system; what it said when it did not do it.
#[expect(clippy::disallowed_methods, reason = "the system's own command, waited for; no office runs here")]
fn said(command: &[String]) -> Result<(), String> {
    let words: Vec<OsString> = command.iter().map(Into::into).collect();
    let Some((program, args)) = words.split_first() else { return Ok(()) };
    let output = Command::new(program).args(args).stdin(Stdio::null()).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(if text.is_empty() { output.status.to_string() } else { text })
}

/// One word of a unit: quoted, and nothing in it stands for anything else.
fn systemd(word: &str) -> String {
    let plain = word.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    format!("\"{plain}\"")
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn odd() -> Autostart {
        Autostart {
            program: "/opt/a \"b\"/office".into(),
            office: "/srv/100% <night> & $HOME".into(),
            path: "/usr/bin:/opt/$x".to_owned(),
            home: "/h".into(),
            config: "/h/.config".into(),
        }
    }

    #[test]
    fn a_unit_keeps_each_word_as_it_is() {
        let plan = odd().plan("linux").unwrap();
        assert!(plan.text.contains(
            "ExecStart=\"/opt/a \\\"b\\\"/office\" --office \"/srv/100%% <night> & $$HOME\" run --take-up\n"
        ));
        assert!(plan.text.contains("Environment=\"PATH=/usr/bin:/opt/$x\"\n"), "no $ is special there");
        assert!(plan.text.contains("quit --leave-desks\n") && plan.text.contains("KillMode=process\n"));
        assert_eq!(plan.file.parent().unwrap(), Path::new("/h/.config/systemd/user"));
        let unit = plan.file.file_name().unwrap().to_str().unwrap();
        assert_eq!(plan.on[1], ["systemctl", "--user", "enable", unit]);
    }

    #[test]
    fn an_agent_and_a_task_keep_each_word_as_it_is() {
        let plan = odd().plan("macos").unwrap();
        assert!(plan.text.contains("<string>/srv/100% &lt;night&gt; &amp; $HOME</string>\n    <string>run</string>"));
        assert!(plan.file.starts_with("/h/Library/LaunchAgents"));
        let plan = odd().plan("windows").unwrap();
        assert!(plan.text.contains("<Arguments>--office \"/srv/100% &lt;night&gt; &amp; $HOME\" run --take-up"));
        assert!(plan.on[0].starts_with(&["schtasks".to_owned(), "/Create".to_owned()]));
        assert_eq!(odd().plan("plan9").unwrap_err().code, Code::Unavailable);
    }

    #[test]
    fn two_offices_have_two_names() {
        let other = Autostart { office: "/srv/other".into(), ..odd() };
        assert_ne!(other.plan("linux").unwrap().file, odd().plan("linux").unwrap().file);
    }
}
