//! A wrapper: an existing tool through which a desk's program runs elsewhere (ssh, a container). Data, and one pure
//! function from a command to the wrapped command. Each word of a shell line is quoted; nothing is ever pasted into one.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::spec::EngineError;

/// A wrapper, as its file says.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrapperSpec {
    /// Its name: the file's stem.
    #[serde(skip)]
    pub name: String,
    /// How people call it.
    pub title: String,
    /// The program to look for on the path.
    pub program: String,
    /// What to install when it is missing.
    pub install: String,
    /// What a desk must say to use it (a host, a container).
    pub needs: Vec<String>,
    /// Program and arguments. `{words}` is the wrapped command, `{line}` the shell line below, `{env.-e}` a `-e NAME=value` for
    /// each variable, `{NAME}` what the desk says.
    pub argv: Vec<String>,
    /// A line for a shell on the far side: `{words}` and `{env}` quoted word by word, `{sh.NAME}` what the desk says, quoted.
    #[serde(default)]
    pub line: Option<String>,
}

/// What is to be run elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Inner<'a> {
    /// Program and arguments.
    pub argv: &'a [String],
    /// Its variables.
    pub env: &'a [(String, String)],
}

impl WrapperSpec {
    /// Reads the text of `file`, named `<wrapper>.toml`. The error says the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, EngineError> {
        let wrong = |message: String| EngineError::File { file: file.to_owned(), message };
        let mut spec: Self = toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        spec.name = file.rsplit('/').next().and_then(|name| name.strip_suffix(".toml")).unwrap_or_default().to_owned();
        let example: BTreeMap<String, String> = spec.needs.iter().map(|need| (need.clone(), "x".to_owned())).collect();
        let word = ["true".to_owned()];
        spec.wrap(&example, &Inner { argv: &word, env: &[] }).map_err(|error| wrong(error.to_string()))?;
        Ok(spec)
    }

    /// The command that runs `inner` elsewhere; `said` is what the desk says of where.
    pub fn wrap(&self, said: &BTreeMap<String, String>, inner: &Inner<'_>) -> Result<Vec<String>, EngineError> {
        let wrong = |message: String| EngineError::File { file: self.name.clone(), message };
        for need in &self.needs {
            let value = said.get(need).map_or("", String::as_str);
            // A host that begins with a dash would be an option of the tool.
            if value.is_empty() || value.starts_with('-') || value.contains(['\0', '\n']) {
                return Err(wrong(format!(
                    "the wrapper '{}' needs `{need}`: not empty, no leading '-', one line",
                    self.name
                )));
            }
        }
        if let Some((name, _)) = inner.env.iter().find(|(name, _)| !is_name(name)) {
            return Err(wrong(format!("'{name}' is no name of a variable")));
        }
        let quoted = |words: &[String]| {
            words.iter().map(|word| shell_words::quote(word).into_owned()).collect::<Vec<_>>().join(" ")
        };
        let pairs: Vec<String> = inner.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let line = self.line.as_ref().map(|line| {
            // One pass, so that braces in what is filled in stay as they are.
            line.split('{').enumerate().fold(String::new(), |mut out, (at, piece)| {
                let known = (at > 0).then(|| piece.split_once('}')).flatten().and_then(|(name, rest)| {
                    let value = match name {
                        "words" => quoted(inner.argv),
                        "env" => quoted(&pairs),
                        name => shell_words::quote(said.get(name.strip_prefix("sh.")?)?).into_owned(),
                    };
                    Some(value + rest)
                });
                match known {
                    Some(text) => out.push_str(&text),
                    None if at == 0 => out.push_str(piece),
                    None => out.push_str(&format!("{{{piece}")),
                }
                out
            })
        });
        let mut argv = Vec::new();
        for word in &self.argv {
            let need = word.strip_prefix('{').and_then(|word| word.strip_suffix('}'));
            match need {
                Some("words") => argv.extend(inner.argv.iter().cloned()),
                Some("line") => {
                    argv.push(line.clone().ok_or_else(|| wrong("`{line}` is used, but there is no `line = ...`".to_owned()))?);
                }
                Some(name) if name.starts_with("env.") => {
                    argv.extend(pairs.iter().flat_map(|pair| [name["env.".len()..].to_owned(), pair.clone()]));
                }
                Some(name) => argv.push(
                    said.get(name)
                        .filter(|_| self.needs.iter().any(|need| need == name))
                        .cloned()
                        .ok_or_else(|| wrong(format!("there is no placeholder {{{name}}}; there are: words, line, env.FLAG and what `needs` names")))?,
                ),
                None => argv.push(word.clone()),
            }
        }
        Ok(argv)
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped_wrappers;

    fn said(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn every_shipped_wrapper_reads() {
        for (file, text) in shipped_wrappers() {
            assert!(WrapperSpec::parse(file, text).is_ok(), "{file}");
        }
    }

    #[test]
    fn each_word_arrives_as_it_was_on_the_far_side() {
        let text = shipped_wrappers().into_iter().find(|(file, _)| *file == "ssh.toml").unwrap().1;
        let ssh = WrapperSpec::parse("ssh.toml", text).unwrap();
        let argv = ["claude".to_owned(), "it's; rm -rf {sh.dir} {env} $HOME".to_owned()];
        let env = [("A".to_owned(), "b c".to_owned())];
        let out = ssh.wrap(&said(&[("host", "me@vm"), ("dir", "/w/a b")]), &Inner { argv: &argv, env: &env }).unwrap();
        let line = out.last().unwrap();
        let words = shell_words::split(line).unwrap();
        assert_eq!(
            words,
            ["cd", "/w/a b", "&&", "exec", "env", "A=b c", "claude", "it's; rm -rf {sh.dir} {env} $HOME"]
        );
        assert_eq!(out[out.len() - 2], "me@vm");
    }

    #[test]
    fn a_container_is_told_each_variable() {
        let text = shipped_wrappers().into_iter().find(|(file, _)| *file == "podman.toml").unwrap().1;
        let podman = WrapperSpec::parse("podman.toml", text).unwrap();
        let argv = ["a".to_owned()];
        let env = [("A".to_owned(), "1".to_owned()), ("B".to_owned(), "2".to_owned())];
        let out = podman.wrap(&said(&[("container", "c"), ("dir", "/w")]), &Inner { argv: &argv, env: &env }).unwrap();
        assert_eq!(out, ["podman", "exec", "-it", "-w", "/w", "-e", "A=1", "-e", "B=2", "--", "c", "a"]);
    }

    #[test]
    fn a_host_that_is_an_option_is_refused() {
        let ssh = WrapperSpec::parse(
            "ssh.toml",
            shipped_wrappers().into_iter().find(|(file, _)| *file == "ssh.toml").unwrap().1,
        )
        .unwrap();
        let argv = ["a".to_owned()];
        for host in ["-oProxyCommand=rm", "", "a\nb"] {
            assert!(
                ssh.wrap(&said(&[("host", host), ("dir", "/w")]), &Inner { argv: &argv, env: &[] }).is_err(),
                "{host:?}"
            );
        }
        assert!(ssh.wrap(&said(&[("host", "h")]), &Inner { argv: &argv, env: &[] }).is_err());
    }
}
