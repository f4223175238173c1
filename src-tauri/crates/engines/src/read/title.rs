//! Titles in a terminal's bytes (OSC 0 and 2), cut at any point, and what an engine file says a title means. Titles can lie:
//! they are trusted least but the screen itself.

use office_core::DeskState;

use crate::spec::EngineSpec;

/// A title longer than this is cut.
const LONGEST: usize = 512;

/// Finds titles in a stream of bytes.
#[derive(Clone, Debug, Default)]
pub struct TitleReader {
    state: At,
    number: u32,
    text: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum At {
    #[default]
    Text,
    Escape,
    Number,
    /// In a sequence, and whether it is a title; a title may be ended by ESC \.
    Title {
        ours: bool,
        escape: bool,
    },
}

impl TitleReader {
    /// Reads on; the last title that ended within these bytes.
    pub fn read(&mut self, bytes: &[u8]) -> Option<String> {
        let mut last = None;
        for byte in bytes {
            self.state = match (self.state, byte) {
                (At::Text, 0x1b) => At::Escape,
                (At::Text, _) => At::Text,
                (At::Escape, b']') => self.number(),
                (At::Escape, 0x1b) => At::Escape,
                (At::Escape, _) => At::Text,
                (At::Number, b';') => {
                    self.text.clear();
                    At::Title { ours: matches!(self.number, 0 | 2), escape: false }
                }
                (At::Number, b'0'..=b'9') if self.number < 100_000 => {
                    self.number = self.number * 10 + u32::from(*byte - b'0');
                    At::Number
                }
                (At::Number, 0x1b) => At::Escape,
                (At::Number, _) => At::Text,
                (At::Title { ours, .. }, 0x07) | (At::Title { ours, escape: true }, b'\\') => {
                    if ours {
                        last = Some(self.title());
                    }
                    At::Text
                }
                // Any other sequence breaks the title off.
                (At::Title { escape: true, .. }, b']') => self.number(),
                (At::Title { escape: true, .. }, _) => At::Text,
                (At::Title { ours, .. }, 0x1b) => At::Title { ours, escape: true },
                (At::Title { ours, .. }, byte) => {
                    if ours && self.text.len() < LONGEST {
                        self.text.push(*byte);
                    }
                    At::Title { ours, escape: false }
                }
            };
        }
        last
    }

    fn number(&mut self) -> At {
        self.number = 0;
        At::Number
    }

    fn title(&self) -> String {
        String::from_utf8_lossy(&self.text).chars().filter(|c| !c.is_control()).collect()
    }
}

/// What the engine's file says of a title.
pub fn state_of_title(spec: &EngineSpec, title: &str) -> Option<DeskState> {
    let says = |rule: &&crate::spec::TitleRule| {
        rule.starts.iter().any(|start| title.starts_with(start.as_str()))
            || rule.holds.iter().any(|part| title.contains(part.as_str()))
    };
    spec.titles.iter().find(says).map(|rule| rule.state)
}
