//! The self-test of an engine: one call that nobody allowed, answered by us in place of a model, with no hook there. What is
//! launched, what the stand-in says, and what it saw: bytes in, meaning out. Starting it and listening is in `runtime`.

use std::collections::BTreeMap;

use office_core::EngineName;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::plan::{LaunchPlan, fill};
use crate::spec::{EngineError, EngineSpec};

/// What the engine is told to do; whatever it is, the stand-in answers with the call.
const PROMPT: &str = "Leave a mark.";
/// A file of this name anywhere in the scratch directory means that the call ran.
pub const CANARY: &str = "canary";
/// What the hooks' program is called; there is none.
const NO_HOOK: &str = "no-hook";

/// How an engine is tried, from its file.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SelfTest {
    /// How it speaks with its model.
    pub speaks: Speaks,
    /// After the address, where its calls go to a path of their own.
    #[serde(default)]
    pub path: String,
    /// The tool that is called.
    pub tool: String,
    /// With this, as JSON: it leaves a file named `canary` below the scratch directory.
    pub input: String,
    /// Variables in place of a login, with placeholders.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Arguments that stand where its argument list says `{proxy}`.
    #[serde(default)]
    pub args: Vec<String>,
}

/// How a model is spoken with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaks {
    /// Anthropic Messages.
    Anthropic,
    /// OpenAI Responses.
    Responses,
}

/// Where an engine is tried. All paths are absolute and lie in a scratch directory of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scratch<'a> {
    /// Its private files.
    pub run_dir: &'a str,
    /// Where it works.
    pub checkout: &'a str,
    /// In the form of a UUID.
    pub session: &'a str,
    /// The program `office`, whose tools it is given.
    pub office: &'a str,
    /// Where the stand-in listens.
    pub base_url: &'a str,
}

/// What a request to the stand-in showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Saw {
    /// A call of its own, without tools: a title, say.
    Aside,
    /// It offers tools, and the one we call is not among them.
    NoSuchTool,
    /// It was given the call.
    Called,
    /// It says what came of the call.
    Answered {
        /// In its words.
        words: String,
    },
}

impl EngineSpec {
    /// What is launched for the self-test: as without a terminal, with every hook naming a program that is not there.
    ///
    /// # Errors
    /// When its file has no self-test, or no launch without a terminal.
    pub fn canary(&self, at: &Scratch<'_>) -> Result<LaunchPlan, EngineError> {
        let cannot = |what: &str| EngineError::Cannot { engine: self.name.clone(), what: what.to_owned() };
        let test = self.self_test.as_ref().ok_or_else(|| cannot("be tried: its file has no [self_test]"))?;
        let launch = self.headless.as_ref().ok_or_else(|| cannot("work without a terminal"))?;
        let base_url = format!("{}{}", at.base_url, test.path);
        let hook = |verb: &str| format!("{} {verb}", shell_words::quote(&format!("{}/{NO_HOOK}", at.run_dir)));
        let value = |name: &str| -> Option<String> {
            Some(match name {
                "prompt" | "title" | "body" => PROMPT.to_owned(),
                "checkout" => at.checkout.to_owned(),
                "session" => at.session.to_owned(),
                "run_dir" => at.run_dir.to_owned(),
                "hook" => format!("{}/{NO_HOOK}", at.run_dir),
                "office" => at.office.to_owned(),
                "gate_command" => hook("gate"),
                "tell_command" => hook("tell"),
                "rules_file" => format!("{}/rules.md", at.run_dir),
                "base_url" => base_url.clone(),
                "hold_seconds" => "1".to_owned(),
                "command" | "script" | "briefing" | "task" | "branch" | "desk" | "port_base" | "shell" | "rules"
                | "proxy" => String::new(),
                _ => return crate::codex::placeholder(name, at.run_dir, &hook("gate"), &hook("tell")),
            })
        };
        let mut words = Vec::new();
        for word in &launch.argv {
            let many = match (word.as_str(), &self.proxy) {
                ("{proxy}", Some(proxy)) => proxy.args.iter().chain(&test.args).cloned().collect(),
                ("{proxy}", None) => test.args.clone(),
                // What is proven is its own.
                ("{inside}", _) => Vec::new(),
                _ => vec![word.clone()],
            };
            for part in many {
                words.push(fill(self, &part, &value)?);
            }
        }
        let mut files = vec![("rules.md".to_owned(), String::new())];
        for file in &self.files {
            files.push((file.path.clone(), fill(self, &file.text, &value)?));
        }
        let mut env = Vec::new();
        let set = test.environment.iter().chain(&self.set);
        for (name, text) in set.chain(self.proxy.iter().flat_map(|proxy| &proxy.set)) {
            env.push((name.clone(), fill(self, text, &value)?));
        }
        Ok(LaunchPlan { argv: words, env, files, prompt: crate::plan::Delivery::Given })
    }
}

impl SelfTest {
    /// What the stand-in answers to a request, and what the request showed. The answer is a stream of events, or one JSON object
    /// where no stream was asked for.
    pub fn answer(&self, body: &Value) -> (Saw, String) {
        if let Some(words) = self.speaks.result(body) {
            return (Saw::Answered { words }, self.speaks.says("It is over."));
        }
        let tools = self.speaks.tools(body);
        if tools.is_empty() {
            let whole = body["stream"] != true && self.speaks == Speaks::Anthropic;
            return (Saw::Aside, if whole { whole_message() } else { self.speaks.says("A mark") });
        }
        if !tools.contains(&self.tool.as_str()) {
            return (Saw::NoSuchTool, self.speaks.says("There is nothing to do."));
        }
        (Saw::Called, self.speaks.calls(&self.tool, &self.input))
    }
}

impl Speaks {
    fn tools(self, body: &Value) -> Vec<&str> {
        let tools = body["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
        tools.iter().filter_map(|tool| tool["name"].as_str()).collect()
    }

    fn result(self, body: &Value) -> Option<String> {
        let words = |content: &Value| match content {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match self {
            Self::Anthropic => {
                let messages = body["messages"].as_array()?.iter();
                let parts = messages.filter_map(|message| message["content"].as_array()).flatten();
                parts.filter(|part| part["type"] == "tool_result").map(|part| words(&part["content"])).next_back()
            }
            Self::Responses => {
                let items = body["input"].as_array()?.iter();
                items
                    .filter(|item| item["type"] == "function_call_output")
                    .map(|item| words(&item["output"]))
                    .next_back()
            }
        }
    }

    fn says(self, text: &str) -> String {
        match self {
            Self::Anthropic => {
                anthropic(json!({"type": "text", "text": ""}), json!({"type": "text_delta", "text": text}), "end_turn")
            }
            Self::Responses => {
                let content = json!([{"type": "output_text", "text": text, "annotations": []}]);
                responses(
                    &json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}),
                )
            }
        }
    }

    fn calls(self, tool: &str, input: &str) -> String {
        match self {
            Self::Anthropic => anthropic(
                json!({"type": "tool_use", "id": "toolu_1", "name": tool, "input": {}}),
                json!({"type": "input_json_delta", "partial_json": input}),
                "tool_use",
            ),
            Self::Responses => {
                responses(&json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": tool,
                "arguments": input, "status": "completed"}))
            }
        }
    }
}

fn event(out: &mut String, mut value: Value, kind: &str) {
    value["type"] = kind.into();
    out.push_str(&format!("event: {kind}\ndata: {value}\n\n"));
}

#[expect(clippy::needless_pass_by_value, reason = "both are made for this call")]
fn anthropic(block: Value, delta: Value, stop: &str) -> String {
    let usage = json!({"input_tokens": 1, "output_tokens": 1});
    let message = json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "self-test", "content": [],
        "stop_reason": null, "stop_sequence": null, "usage": usage});
    let mut out = String::new();
    event(&mut out, json!({"message": message}), "message_start");
    event(&mut out, json!({"index": 0, "content_block": block}), "content_block_start");
    event(&mut out, json!({"index": 0, "delta": delta}), "content_block_delta");
    event(&mut out, json!({"index": 0}), "content_block_stop");
    event(&mut out, json!({"delta": {"stop_reason": stop, "stop_sequence": null}, "usage": usage}), "message_delta");
    event(&mut out, json!({}), "message_stop");
    out
}

fn whole_message() -> String {
    let content = json!([{"type": "text", "text": "A mark"}]);
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "self-test", "content": content, "stop_reason": "end_turn",
        "stop_sequence": null, "usage": {"input_tokens": 1, "output_tokens": 1}})
    .to_string()
}

fn responses(item: &Value) -> String {
    let whole = json!({"id": "resp_1", "object": "response", "created_at": 0, "model": "self-test", "status": "completed",
        "output": [item], "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}});
    let mut begun = whole.clone();
    (begun["status"], begun["output"], begun["usage"]) = ("in_progress".into(), json!([]), Value::Null);
    let mut out = String::new();
    event(&mut out, json!({"response": begun}), "response.created");
    event(&mut out, json!({"output_index": 0, "item": item}), "response.output_item.added");
    event(&mut out, json!({"output_index": 0, "item": item}), "response.output_item.done");
    event(&mut out, json!({"response": whole}), "response.completed");
    out
}

/// How a version stands to those that were tried. None where it cannot be read as numbers.
pub fn compare(version: &str, with: &str) -> Option<std::cmp::Ordering> {
    let numbers = |text: &str| -> Option<Vec<u64>> {
        let plain = text.split(['-', '+']).next().unwrap_or_default();
        plain.split('.').map(|part| part.parse().ok()).collect()
    };
    Some(numbers(version)?.cmp(&numbers(with)?))
}

/// What an engine's version and its file come to, in words for its owner; an error where it is too old to be started.
///
/// # Errors
/// With what to do.
pub fn version_words(spec: &EngineSpec, version: Option<&str>) -> Result<Option<String>, String> {
    let Some(probe) = &spec.version else { return Ok(None) };
    let Some(version) = version else {
        return Ok(Some(format!("does not say its version ({} {})", name_of(&spec.name), probe.args.join(" "))));
    };
    if let Some(oldest) = probe.oldest.as_deref().filter(|it| compare(version, it) == Some(std::cmp::Ordering::Less)) {
        return Err(format!("{version} is too old, {oldest} or newer is needed: {}", spec.install));
    }
    if spec.tried.is_empty() {
        return Ok(Some("not tried with this office".to_owned()));
    }
    let newer = |tried: &String| compare(version, tried) == Some(std::cmp::Ordering::Greater);
    let tried = spec.tried.join(", ");
    Ok(match spec.tried.iter().any(|it| it == version) {
        true => None,
        false if spec.tried.iter().all(newer) => Some(format!("newer than tried ({tried})")),
        false => Some(format!("another version than tried ({tried})")),
    })
}

fn name_of(name: &EngineName) -> &str {
    &name.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;

    fn spec(name: &str) -> EngineSpec {
        let file = format!("{name}.toml");
        EngineSpec::parse(&file, shipped().iter().find(|(known, _)| *known == file).unwrap().1).unwrap()
    }

    const AT: Scratch<'static> = Scratch {
        run_dir: "/s/run",
        checkout: "/s/checkout",
        session: "0-0",
        office: "/opt/office",
        base_url: "http://127.0.0.1:1/x",
    };

    #[test]
    fn what_is_tried_is_the_launch_itself_without_a_hook() {
        for name in ["claude", "codex"] {
            let plan = spec(name).canary(&AT).unwrap();
            let all = format!("{:?} {:?}", plan.argv, plan.files);
            assert!(all.contains("/s/run/no-hook gate"), "{all}");
            assert!(format!("{:?} {:?}", plan.argv, plan.env).contains("http://127.0.0.1:1/x"), "{plan:?}");
        }
        let claude = spec("claude").canary(&AT).unwrap();
        assert!(claude.argv.windows(2).any(|words| words == ["--permission-mode", "dontAsk"]), "{:?}", claude.argv);
    }

    #[test]
    fn every_hard_engine_can_be_tried() {
        for (file, text) in shipped() {
            let spec = EngineSpec::parse(file, text).unwrap();
            assert_eq!(spec.gate.hard, spec.self_test.is_some(), "{file}");
            if let Some(test) = spec.self_test {
                assert!(serde_json::from_str::<Value>(&test.input).is_ok() && test.input.contains(CANARY), "{file}");
            }
        }
    }

    #[test]
    fn the_stand_in_calls_once_and_hears_what_came_of_it() {
        let test = spec("claude").self_test.unwrap();
        let asked = json!({"tools": [{"name": "Bash"}], "messages": [{"role": "user", "content": "Leave a mark."}]});
        let (saw, said) = test.answer(&asked);
        assert_eq!(saw, Saw::Called);
        assert!(said.contains("tool_use") && said.contains("canary"), "{said}");
        let result = json!([{"type": "tool_result", "tool_use_id": "toolu_1", "content": "denied", "is_error": true}]);
        let told = json!({"tools": [{"name": "Bash"}], "messages": [{"role": "user", "content": result}]});
        assert_eq!(test.answer(&told).0, Saw::Answered { words: "denied".to_owned() });
        assert_eq!(test.answer(&json!({"messages": []})).0, Saw::Aside);
        assert_eq!(test.answer(&json!({"tools": [{"name": "Other"}]})).0, Saw::NoSuchTool);
    }

    #[test]
    fn versions_are_compared_by_their_numbers() {
        use std::cmp::Ordering::{Equal, Greater, Less};
        for (one, other, is) in [("2.1.197", "2.1.9", Greater), ("2.1", "2.1.1", Less), ("0.169.0", "0.169.0", Equal)] {
            assert_eq!(compare(one, other), Some(is), "{one} {other}");
        }
        assert_eq!(compare("garbage", "1.0"), None);
        let read = crate::spec::VersionProbe::read;
        assert_eq!(read("codex-cli 0.169.0\n"), Some("0.169.0"));
        assert_eq!(read("7f\u{3}\u{fffd}.\u{1b}[31m 8\u{1}.2 1\u{fffd}.5"), None);
        let claude = spec("claude");
        assert_eq!(version_words(&claude, Some("2.1.197")), Ok(None));
        assert!(version_words(&claude, Some("9.0.0")).unwrap().unwrap().contains("newer than tried"));
        assert!(version_words(&claude, Some("1.0.3")).unwrap_err().contains("too old"));
        assert!(version_words(&claude, None).unwrap().unwrap().contains("does not say its version"));
    }
}
