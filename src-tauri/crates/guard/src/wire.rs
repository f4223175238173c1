//! What the office and its worker say to each other: frames of a length and JSON, over pipes. The worker answers one question
//! at a time.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::judge::{Asked, Explained};
use crate::path::Scene;
use crate::rules::Origin;
use crate::standing::Shape;
use crate::verdict::Said;

/// Longer frames are refused; the longest line that is read fits with room for its escapes.
pub const LONGEST_FRAME: usize = 1 << 20;

/// A file of rules, as text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Layer {
    /// The file's name, for messages.
    pub name: String,
    /// Whose it is.
    pub origin: Origin,
    /// The rules.
    pub text: String,
}

/// A question to the worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Use these rules beside the shipped ones; of a file with a fault, its last good form is kept.
    Load(Vec<Layer>),
    /// What is said of this?
    Judge(Asked, Scene),
    /// And why?
    Explain(Asked, Scene),
    /// Which of these shapes covers all that is asked about in this, if any?
    Covered(Asked, Scene, Vec<Shape>),
}

/// Its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The rules are in force; the faults of the files that are not.
    Loaded(Vec<String>),
    /// The verdict.
    Said(Said),
    /// The verdict with all that led to it.
    Explained(Explained),
    /// The place of the shape that covers it.
    Covered(Option<usize>),
    /// The worker cannot say.
    Failed(String),
}

/// Writes a frame.
///
/// # Errors
/// What the pipe says, or that the frame is too long.
pub fn write(to: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_vec(what)?;
    let length = u32::try_from(text.len()).ok().filter(|length| *length as usize <= LONGEST_FRAME);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a frame that is too long"))?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(&text)?;
    to.flush()
}

/// Reads a frame; none at the end.
///
/// # Errors
/// What the pipe says, or that the frame is none.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    let mut head = [0; 4];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let length = u32::from_be_bytes(head) as usize;
    if length > LONGEST_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame that is too long"));
    }
    let mut text = vec![0; length];
    from.read_exact(&mut text)?;
    Ok(Some(serde_json::from_slice(&text)?))
}
