//! What the owner settles for good out of the inbox: the rule that is proposed for what is held, and keeping the one that they made
//! of it: tried first, by its examples and by the very thing that was asked, then written into the owner's own file of rules.

use std::path::{Path, PathBuf};

use office_core::approval::{Held, Said};
use office_core::{Approval, ApprovalId, Code, Refusal};
use office_guard::standing;
use office_guard::wire::Layer;
use office_guard::{Origin, Verdict};
use tokio::task::spawn_blocking;

use crate::verdicts;
use crate::world::World;

/// The owner's file of what they settled in the inbox.
const FILE: &str = "guard/settled.toml";

impl World {
    /// The rule that would always say this of what is held.
    pub(crate) async fn propose_rule(&self, id: ApprovalId, said: Said) -> Result<String, Refusal> {
        let it = self.held_now(id).await?;
        let now = self.clock.now().to_string();
        let day = now.split('T').next().unwrap_or_default();
        let (word, allow) = match said {
            Said::Allow => ("always", true),
            Said::Deny => ("never", false),
            Said::Ask => {
                return Err(Refusal::invalid("what is asked about is asked about already", "always, or never"));
            }
        };
        let name = format!("{word}.{id}");
        let why = format!("settled by its owner on {day}, asked as approval {id}");
        let category =
            it.ruling.as_ref().and_then(|ruling| ruling.category.clone()).unwrap_or_else(|| "scope".to_owned());
        let proposed = match it.held {
            Held::Command => standing::proposal(&name, &it.argv, allow, &category, &why),
            Held::Tool => tool_rule(&name, &it, allow, &category, &why),
            Held::Words => Err("it is no command: say it in words, each time".to_owned()),
        };
        proposed.map_err(|why| Refusal::invalid(format!("no rule can be proposed for approval {id}"), why))
    }

    async fn held_now(&self, id: ApprovalId) -> Result<Approval, Refusal> {
        self.handle.read(move |office| office.approval(id).cloned()).await?
    }

    /// Keeps the rule that the owner made of an answer. Refused, nothing is kept and nothing answered.
    pub(crate) async fn keep_rule(&self, id: ApprovalId, rule: &str, said: Said) -> Result<(), Refusal> {
        let it = self.held_now(id).await?;
        if it.state != office_core::ApprovalState::Waiting {
            let message = format!("approval {id} is {} already", it.state);
            return Err(Refusal::new(Code::WrongState, message, "write the rule into a file of rules instead"));
        }
        one_rule(rule, said)?;
        let _turn = self.rules_turn.lock().await;
        let file = self.dir.root().join(FILE);
        let old = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => HEAD.to_owned(),
            Err(error) => return Err(unwritten(&file, &error)),
        };
        let text = format!("{}\n\n{}\n", old.trim_end(), rule.trim());
        let asked = crate::ruled::asked(&it.argv, it.held);
        let (mut layers, scene) = match it.run {
            Some(run) => self.rules_and_scene(run, it.cwd.clone()).await?,
            None => {
                let way_out = "write the rule yourself (docs/GUARD.md)";
                return Err(Refusal::invalid("what the owner asks themselves is judged by no rule", way_out));
            }
        };
        let name = file.display().to_string();
        layers.retain(|layer| layer.name != name);
        layers.push(Layer { name, origin: Origin::Owner, text: text.clone() });
        let tried = spawn_blocking(move || {
            let guard = verdicts::guard(1, verdicts::own_worker())?;
            let faults = guard.reload(layers);
            let judged = asked.map(|asked| guard.judge(&asked, &scene));
            Ok::<_, Refusal>((faults, judged))
        });
        let (faults, judged) =
            tried.await.map_err(|error| Refusal::new(Code::Trouble, error.to_string(), "try it again"))??;
        if let Some(fault) = faults.first() {
            return Err(Refusal::invalid(format!("the rule does not hold: {fault}"), "mend it, or its examples"));
        }
        let wanted = if said == Said::Allow { Verdict::Allow } else { Verdict::Deny };
        match judged {
            Some(judged) if judged.verdict == wanted => {}
            Some(judged) => {
                let found = judged.verdict.as_str();
                let message =
                    format!("with this rule, what is asked is still *{found}*: {} [{}]", judged.reason, judged.rule);
                return Err(Refusal::invalid(message, "make the rule fit what was asked; a deny is never overridden"));
            }
            None => return Err(Refusal::invalid("what is asked is judged by no rule", "approve it once")),
        }
        spawn_blocking(move || write(&file, &text).map_err(|error| unwritten(&file, &error)))
            .await
            .map_err(|error| Refusal::new(Code::Trouble, error.to_string(), "try it again"))?
    }
}

const HEAD: &str =
    "# What you settled in the inbox, always or never. Yours to change; docs/GUARD.md says how rules are written.";

fn unwritten(file: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(Code::Unavailable, format!("{}: {error}", file.display()), "see that the file is yours and plain")
}

/// One rule, and one that says what is answered: nothing else slips into the owner's file beside it.
fn one_rule(text: &str, said: Said) -> Result<(), Refusal> {
    let wrong = |what: &str| Refusal::invalid(what.to_owned(), "keep to one [[always]] or one [[rule]]");
    let table: toml::Table =
        toml::from_str(text).map_err(|error| wrong(&format!("it is no TOML: {}", error.message())))?;
    let of = |name: &str| table.get(name).and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let (rules, always) = (of("rule"), of("always"));
    if table.keys().any(|key| key != "rule" && key != "always") || rules.len() + always.len() != 1 {
        return Err(wrong("it is not one rule"));
    }
    let verdict = rules.first().and_then(|rule| rule.get("verdict")).and_then(toml::Value::as_str);
    let fits = match said {
        Said::Allow => !always.is_empty() || verdict == Some("allow"),
        _ => verdict == Some("deny"),
    };
    if fits { Ok(()) } else { Err(wrong("the rule says something else than the answer")) }
}

/// Writes a file of rules whole or not at all.
pub(crate) fn write(file: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft: PathBuf = file.with_extension("draft");
    std::fs::write(&draft, text)?;
    std::fs::File::open(&draft)?.sync_all()?;
    std::fs::rename(&draft, file)
}

/// A rule about a tool by its name; what an edit touches is better said by hand.
fn tool_rule(name: &str, it: &Approval, allow: bool, category: &str, why: &str) -> Result<String, String> {
    let tool = it.argv.first().map_or("", String::as_str);
    if !tool.starts_with("mcp__") || tool.contains(['*', '?', '"', '\\']) {
        return Err("an edit is settled by a rule about files: write it yourself (docs/GUARD.md)".to_owned());
    }
    let text = |text: &str| toml::Value::from(text).to_string();
    let example = |tool: &str| text(&serde_json::json!({"tool": tool}).to_string());
    let verdict = if allow {
        "verdict = \"allow\"".to_owned()
    } else {
        format!("verdict = \"deny\"\ncategory = {}", text(category))
    };
    let known = it.ruling.as_ref().map(|ruling| ruling.rule.as_str()).filter(|rule| !matches!(*rule, "none" | "guard"));
    let overrides = known.filter(|_| allow).map(|rule| format!("overrides = [{}]\n", text(rule))).unwrap_or_default();
    Ok(format!(
        "[[rule]]\nid = {}\ntool = {}\n{verdict}\n{overrides}why = {}\nmatch = [{}]\nnot_match = [{}]\n",
        text(name),
        text(tool),
        text(why),
        example(tool),
        example(&format!("{tool}_else")),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_rule_that_says_what_is_answered_is_kept() {
        let always = "[[always]]\nid = \"a\"\nrun = \"git push\"\nwhy = \"x\"\n";
        let deny =
            "[[rule]]\nid = \"b\"\nrun = \"git push\"\nverdict = \"deny\"\ncategory = \"publish\"\nwhy = \"x\"\n";
        assert!(one_rule(always, Said::Allow).is_ok() && one_rule(deny, Said::Deny).is_ok());
        for (text, said) in [
            (always, Said::Deny),
            (deny, Said::Allow),
            ("", Said::Allow),
            ("[[quiet]]\nid = \"q\"\n", Said::Allow),
            ("[[rule", Said::Deny),
        ] {
            assert!(one_rule(text, said).is_err(), "{text}");
        }
        assert!(one_rule(&format!("{always}{deny}"), Said::Allow).is_err(), "one at a time");
    }
}
