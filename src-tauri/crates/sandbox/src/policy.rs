//! What one program may see and use. Written by the office, read by the launcher; it holds no secrets: what the program finds
//! in its environment is the launcher's own environment.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Something of the machine that the program sees.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bind {
    /// Where it is on the machine.
    pub from: PathBuf,
    /// Where the program finds it.
    pub to: PathBuf,
    /// Whether the program may change it.
    #[serde(default)]
    pub write: bool,
    /// Whether its absence is no error.
    #[serde(default)]
    pub optional: bool,
}

impl Bind {
    /// Seen where it is, and never changed.
    pub fn read(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { from: path.clone(), to: path, write: false, optional: false }
    }

    /// The program's own.
    pub fn write(path: impl Into<PathBuf>) -> Self {
        Self { write: true, ..Self::read(path) }
    }

    /// Found somewhere else.
    #[must_use]
    pub fn at(mut self, to: impl Into<PathBuf>) -> Self {
        self.to = to.into();
        self
    }

    /// Left out where it is not there.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// What a program may use up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Processes and threads at once.
    pub processes: u64,
    /// Bytes of the largest file it may write.
    pub file_bytes: u64,
    /// Bytes that lie only in memory: /dev/shm and the folders named in `scratch`.
    pub memory_files: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { processes: 4096, file_bytes: 16 << 30, memory_files: 1 << 30 }
    }
}

/// Everything about the sandbox of one program. What is not named is not there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// What is seen besides the system itself.
    pub binds: Vec<Bind>,
    /// Folders that begin empty and are gone with the program.
    #[serde(default)]
    pub scratch: Vec<PathBuf>,
    /// Small files that are made for it: path and text.
    #[serde(default)]
    pub files: Vec<(PathBuf, String)>,
    /// Where it starts.
    pub cwd: PathBuf,
    /// Its home.
    pub home: PathBuf,
    /// The folder with its own door, seen at [`crate::DOOR`].
    #[serde(default)]
    pub door: Option<PathBuf>,
    /// Whether [`crate::NET`] in its door leads outside: a program that forwards to it, by its path.
    #[serde(default)]
    pub forwarder: Option<PathBuf>,
    /// Ports of the owner's loopback that it reaches under their own numbers, through the forwarder.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Ports of its own loopback that lead to a socket in its door, through the forwarder.
    #[serde(default)]
    pub straight: Vec<(u16, String)>,
    /// Whether it has a terminal of its own, on which it controls its jobs.
    #[serde(default)]
    pub terminal: bool,
    /// What it may use up.
    #[serde(default)]
    pub limits: Limits,
    /// Who it runs as where the office runs as root; nobody needs to have that number.
    #[serde(default)]
    pub run_as: Option<u32>,
    /// A variable by which its processes are found from outside.
    #[serde(default)]
    pub marker: Option<String>,
}

impl Policy {
    /// A program that sees the system and nothing else, works in `cwd` and has a home.
    pub fn new(cwd: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        Self {
            binds: Vec::new(),
            scratch: Vec::new(),
            files: Vec::new(),
            cwd: cwd.into(),
            home: home.into(),
            door: None,
            forwarder: None,
            ports: Vec::new(),
            straight: Vec::new(),
            terminal: false,
            limits: Limits::default(),
            run_as: None,
            marker: None,
        }
    }
}
