//! What calls and answers say of models and tokens: bytes in, figures out, wherever the stream was cut into pieces. An answer is
//! read on its way and not kept; what cannot be read is said to be so.

use serde::Deserialize;
use serde_json::Value;

use crate::config::Speaks;
use crate::usage::Usage;

/// A line, or an answer without a stream, that is longer than this is not read.
const LONGEST: usize = 16 * 1024 * 1024;
/// A call that does not say how much may be written is taken to allow so much.
const MOST_WRITTEN: u64 = 128_000;
/// Bytes of a call that make one token at least; in practice three or four.
const BYTES_A_TOKEN: u64 = 2;

/// What a path stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A call that costs.
    Metered,
    /// One that is known to cost nothing.
    Free,
    /// One that nobody here knows.
    Unknown,
}

/// What a call is, by its method and the path behind the secret.
pub fn kind(speaks: Speaks, method: &str, path: &str) -> Kind {
    let path = path.split('?').next().unwrap_or_default();
    if matches!(method, "GET" | "HEAD" | "OPTIONS") {
        return Kind::Free;
    }
    let metered: &[&str] = match speaks {
        Speaks::Anthropic => &["/messages"],
        Speaks::Responses => &["/responses", "/responses/compact"],
    };
    if method == "POST" && metered.iter().any(|end| path.ends_with(end)) {
        Kind::Metered
    } else if method == "POST" && path.ends_with("/messages/count_tokens") {
        Kind::Free
    } else {
        Kind::Unknown
    }
}

/// What a call asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The model.
    pub model: String,
    /// Tokens it may come to at most, read and written.
    pub read: u64,
    /// See above.
    pub written: u64,
}

#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    max_tokens: Option<u64>,
    max_output_tokens: Option<u64>,
}

/// Reads a call; none where it is not JSON or names no model.
pub fn asked(body: &[u8]) -> Option<Asked> {
    let said: Body = serde_json::from_slice(body).ok()?;
    let written = said.max_tokens.or(said.max_output_tokens).unwrap_or(MOST_WRITTEN);
    Some(Asked { model: said.model?, read: body.len() as u64 / BYTES_A_TOKEN + 1, written })
}

/// Reads one answer as it passes.
#[derive(Debug)]
pub struct Reader {
    speaks: Speaks,
    streams: bool,
    /// A line that has begun, or the answer so far.
    begun: Vec<u8>,
    too_long: bool,
    said: Option<Usage>,
    model: Option<String>,
    whole: bool,
    /// Bytes that passed, for a guess at what was written by then.
    passed: u64,
}

impl Reader {
    /// Of an answer that is a stream of events, or one text.
    pub fn new(speaks: Speaks, streams: bool) -> Self {
        Self { speaks, streams, begun: Vec::new(), too_long: false, said: None, model: None, whole: false, passed: 0 }
    }

    /// Takes what came next.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.passed += bytes.len() as u64;
        if !self.streams {
            self.keep(bytes);
            return;
        }
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end);
            if self.begun.is_empty() && !self.too_long {
                self.line(line);
            } else {
                self.keep(line);
                let line = std::mem::take(&mut self.begun);
                if !std::mem::take(&mut self.too_long) {
                    self.line(&line);
                }
            }
            rest = &after[1..];
        }
        self.keep(rest);
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.too_long || self.begun.len() + bytes.len() > LONGEST {
            self.begun = Vec::new();
            self.too_long = true;
        } else {
            self.begun.extend_from_slice(bytes);
        }
    }

    /// The answer is over.
    pub fn end(&mut self) {
        let rest = std::mem::take(&mut self.begun);
        if self.streams {
            self.line(&rest);
        } else if let Ok(value) = serde_json::from_slice::<Value>(&rest) {
            self.heard(&value, true);
        }
    }

    fn line(&mut self, line: &[u8]) {
        let Some(data) = line.strip_prefix(b"data:") else { return };
        // Nearly all of a stream are words of the model, which are none of ours.
        if memchr::memmem::find(data, b"\"usage\"").is_none() {
            return;
        }
        let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
        match (self.speaks, value["type"].as_str()) {
            (Speaks::Anthropic, Some("message_start")) => self.heard(&value["message"], false),
            (Speaks::Anthropic, Some("message_delta")) => self.heard(&value, true),
            (Speaks::Responses, Some("response.completed" | "response.incomplete" | "response.failed")) => {
                self.heard(&value["response"], true);
            }
            _ => {}
        }
    }

    fn heard(&mut self, value: &Value, whole: bool) {
        if let Some(model) = value["model"].as_str() {
            self.model = Some(model.to_owned());
        }
        let usage = &value["usage"];
        if !usage.is_object() {
            return;
        }
        let known = self.said.unwrap_or_default();
        self.said = Some(match self.speaks {
            Speaks::Anthropic => anthropic(usage, known),
            Speaks::Responses => responses(usage),
        });
        self.whole |= whole;
    }

    /// What the server said so far, and whether that was its last word.
    pub fn said(&self) -> (Option<Usage>, bool) {
        (self.said, self.whole)
    }

    /// The model that answered, where it says.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// What a call came to whose answer broke off or cannot be read: what was said, and for what was written by then a guess that
    /// is rather too high.
    pub fn guess(&self, asked: &Asked) -> Usage {
        let said = self.said.unwrap_or(Usage { input: asked.read, ..Usage::default() });
        let written = (self.passed / if self.streams { 8 } else { 2 } + 1).min(asked.written);
        Usage { output: said.output.max(written), ..said }
    }
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_default()
}

/// Figures are of the whole answer so far: what is said again replaces what was known, and what is left out stays.
fn anthropic(usage: &Value, known: Usage) -> Usage {
    let said = |value: &Value, name: &str, known: u64| value[name].as_u64().unwrap_or(known);
    Usage {
        input: said(usage, "input_tokens", known.input),
        output: said(usage, "output_tokens", known.output),
        cache_read: said(usage, "cache_read_input_tokens", known.cache_read),
        cache_write: said(usage, "cache_creation_input_tokens", known.cache_write),
        cache_write_hour: said(&usage["cache_creation"], "ephemeral_1h_input_tokens", known.cache_write_hour),
    }
}

/// What came from memory is counted within what was read.
fn responses(usage: &Value) -> Usage {
    let cached = number(&usage["input_tokens_details"], "cached_tokens");
    Usage {
        input: number(usage, "input_tokens").saturating_sub(cached),
        output: number(usage, "output_tokens"),
        cache_read: cached,
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the servers send them, with the words left out.
    const MESSAGES: &str = concat!(
        "event: message_start\r\n",
        "data: {\"type\":\"message_start\",\"message\":{\"model\":\"claude-opus-4-8\",\"usage\":{\"input_tokens\":1200,",
        "\"cache_creation_input_tokens\":300,\"cache_read_input_tokens\":9000,\"cache_creation\":",
        "{\"ephemeral_5m_input_tokens\":200,\"ephemeral_1h_input_tokens\":100},\"output_tokens\":1}}}\r\n\r\n",
        "event: ping\r\ndata: {\"type\": \"ping\"}\r\n\r\n",
        "event: content_block_delta\r\n",
        "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"\\\"usage\\\": {\\\"output_tokens\\\": 9}\"}}\r\n\r\n",
        "event: message_delta\r\n",
        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":77}}\r\n\r\n",
        "event: message_stop\r\ndata: {\"type\":\"message_stop\"}\r\n\r\n",
    );
    const RESPONSES: &str = concat!(
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"usage\":null}}\n\n",
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"ünï\"}\n\n",
        "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"model\":\"gpt-5\",\"usage\":",
        "{\"input_tokens\":500,\"input_tokens_details\":{\"cached_tokens\":400},\"output_tokens\":33}}}\n\n",
    );

    fn messages() -> Usage {
        Usage { input: 1200, output: 77, cache_read: 9000, cache_write: 300, cache_write_hour: 100 }
    }

    fn read(speaks: Speaks, streams: bool, pieces: &[&[u8]]) -> (Option<Usage>, bool, Option<String>) {
        let mut reader = Reader::new(speaks, streams);
        pieces.iter().for_each(|piece| reader.feed(piece));
        reader.end();
        let (said, whole) = reader.said();
        (said, whole, reader.model().map(str::to_owned))
    }

    #[test]
    fn a_stream_is_read_the_same_wherever_it_is_cut_in_two() {
        let responses = Usage { input: 100, output: 33, cache_read: 400, ..Usage::default() };
        let streams = [
            (Speaks::Anthropic, MESSAGES, messages(), "claude-opus-4-8"),
            (Speaks::Responses, RESPONSES, responses, "gpt-5"),
        ];
        for (speaks, text, usage, model) in streams {
            for at in 0..=text.len() {
                let (left, right) = text.as_bytes().split_at(at);
                let expected = (Some(usage), true, Some(model.to_owned()));
                assert_eq!(read(speaks, true, &[left, right]), expected, "cut at {at}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_stream_is_read_the_same_in_any_pieces(mut cuts in proptest::collection::vec(0..MESSAGES.len(), 0..40)) {
            cuts.extend([0, MESSAGES.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|it| &MESSAGES.as_bytes()[it[0]..it[1]]).collect();
            prop_assert_eq!(read(Speaks::Anthropic, true, &pieces).0, Some(messages()));
        }

        #[test]
        fn garbage_is_no_figure_and_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), streams: bool) {
            for speaks in [Speaks::Anthropic, Speaks::Responses] {
                let (said, whole, _) = read(speaks, streams, &[&bytes]);
                prop_assert!(said.is_none() && !whole);
            }
        }

        /// A stream that ends anywhere before its last figures is never taken for whole, and never counts for less than was said.
        #[test]
        fn a_stream_that_breaks_off_is_a_guess(at in 0..MESSAGES.len()) {
            let mut reader = Reader::new(Speaks::Anthropic, true);
            reader.feed(&MESSAGES.as_bytes()[..at]);
            reader.end();
            let asked = Asked { model: "m".to_owned(), read: 4000, written: 100 };
            let (guess, (said, whole)) = (reader.guess(&asked), reader.said());
            let last = MESSAGES.find("77}}").unwrap() + 4;
            prop_assert_eq!(whole, at >= last);
            prop_assert!(guess.output >= 1 && guess.tokens() >= said.unwrap_or_default().tokens());
            prop_assert!(guess.output <= 100);
        }
    }

    #[test]
    fn an_answer_in_one_piece_is_read_at_its_end() {
        let text = br#"{"id":"x","model":"m","usage":{"input_tokens":5,"output_tokens":6}}"#;
        let usage = Usage { input: 5, output: 6, ..Usage::default() };
        assert_eq!(
            read(Speaks::Anthropic, false, &[&text[..9], &text[9..]]),
            (Some(usage), true, Some("m".to_owned()))
        );
        assert_eq!(read(Speaks::Responses, false, &[&text[..40]]), (None, false, None));
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let mut reader = Reader::new(Speaks::Anthropic, true);
        let piece = vec![b'x'; 1024 * 1024];
        for _ in 0..40 {
            reader.feed(&piece);
        }
        assert!(reader.begun.capacity() <= LONGEST);
        reader.feed(b"\n");
        reader.feed(MESSAGES.as_bytes());
        assert_eq!(reader.said(), (Some(messages()), true));
    }

    #[test]
    fn a_call_says_its_model_and_how_much_it_may_write() {
        let body = br#"{"model":"m","max_tokens":32000,"messages":[{"content":"\"model\""}]}"#;
        let said = asked(body).unwrap();
        assert_eq!((said.model.as_str(), said.written), ("m", 32_000));
        assert!(said.read >= body.len() as u64 / 2);
        assert_eq!(asked(br#"{"model":"m"}"#).unwrap().written, MOST_WRITTEN);
        for wrong in [&b"{}"[..], b"", b"[]", b"{\"model\":7}", b"{\"model\":\"m\"", b"\xff"] {
            assert_eq!(asked(wrong), None);
        }
    }

    #[test]
    fn what_costs_is_known_by_its_path_and_what_nobody_knows_is_said_to_be_so() {
        let it = |method, path| kind(Speaks::Anthropic, method, path);
        assert_eq!(it("POST", "/v1/messages?beta=true"), Kind::Metered);
        assert_eq!(it("POST", "/v1/messages/count_tokens"), Kind::Free);
        assert_eq!(it("POST", "/v1/messages/batches"), Kind::Unknown);
        assert_eq!(it("DELETE", "/v1/messages"), Kind::Unknown);
        assert_eq!(it("GET", "/v1/models"), Kind::Free);
        assert_eq!(kind(Speaks::Responses, "POST", "/v1/responses"), Kind::Metered);
        assert_eq!(kind(Speaks::Responses, "POST", "/v1/messages"), Kind::Unknown);
    }
}
