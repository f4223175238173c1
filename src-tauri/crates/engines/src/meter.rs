//! Where an engine's calls go, and whether the office's meter can stand between: by the engine's file and what its owner has set.
//! Standing between is not done here.

use crate::spec::{EngineSpec, Speaks};

/// Where calls go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upstream {
    /// Scheme, host, and what stands before every path.
    pub address: String,
    /// How they are spelled.
    pub speaks: Speaks,
}

/// What a run's calls took, as a meter read it from the model's own answers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Metered {
    /// Tokens that were read, and not from the provider's memory.
    pub input: u64,
    /// Tokens that were written.
    pub output: u64,
    /// Tokens that were read from the provider's memory.
    pub cache_read: u64,
    /// Tokens that were put into it.
    pub cache_write: u64,
    /// Millionths of a dollar; none where a model has no known price.
    pub micro_dollars: Option<u64>,
    /// What keeps calls from being answered.
    pub trouble: Option<Trouble>,
}

/// What keeps calls from being answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// In words.
    pub words: String,
    /// Whether it is a limit: too many calls, or all that the account allows.
    pub limited: bool,
    /// When that ends, in seconds since 1970, where the server said so.
    pub until: Option<i64>,
}

impl EngineSpec {
    /// Where its calls go if a meter stands between; or why none can. `owner` tells the owner's variables,
    /// `lent` whether a login is lent to it.
    ///
    /// # Errors
    /// In words, for people.
    pub fn upstream(&self, owner: &dyn Fn(&str) -> Option<String>, lent: bool) -> Result<Upstream, String> {
        let title = &self.title;
        if let Some(tool) = &self.wrapper {
            return Err(format!("{title} runs elsewhere: {}", tool.title));
        }
        let (proxy, speaks) = self
            .proxy
            .as_ref()
            .and_then(|proxy| Some((proxy, proxy.speaks?)))
            .ok_or_else(|| format!("the file of {title} names no address that could be another"))?;
        if !proxy.with.is_empty() && !proxy.with.iter().any(|name| owner(name).is_some_and(|value| !value.is_empty())) {
            return Err(format!(
                "{title} uses a login of its own; only with {} its calls can be led",
                proxy.with.join(" or ")
            ));
        }
        if proxy.unless_lent && lent {
            return Err(format!("{title} uses the login that is lent to it, and its calls are led with a key only"));
        }
        let said = proxy.upstream_from.as_ref().and_then(|name| owner(name)).filter(|value| !value.is_empty());
        let address = said.or_else(|| proxy.upstream.clone());
        let address = address.ok_or_else(|| format!("the file of {title} does not say where its calls go"))?;
        Ok(Upstream { address: address.trim_end_matches('/').to_owned(), speaks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;

    fn engine(name: &str) -> EngineSpec {
        let (file, text) = shipped().iter().find(|(file, _)| *file == format!("{name}.toml")).copied().unwrap();
        EngineSpec::parse(file, text).unwrap()
    }

    #[test]
    fn calls_are_led_with_a_key_and_left_alone_with_another_login() {
        let owner = |set: &'static [(&str, &str)]| {
            move |name: &str| set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let claude = engine("claude");
        let with = claude.upstream(&owner(&[("ANTHROPIC_API_KEY", "k")]), true).unwrap();
        assert_eq!((with.address.as_str(), with.speaks), ("https://api.anthropic.com", Speaks::Anthropic));
        let elsewhere = owner(&[("ANTHROPIC_AUTH_TOKEN", "k"), ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9/x/")]);
        assert_eq!(claude.upstream(&elsewhere, false).unwrap().address, "http://127.0.0.1:9/x");
        let why =
            claude.upstream(&owner(&[("CLAUDE_CODE_OAUTH_TOKEN", "k"), ("ANTHROPIC_API_KEY", "")]), false).unwrap_err();
        assert!(why.contains("a login of its own"), "{why}");
        let (codex, key) = (engine("codex"), owner(&[("OPENAI_API_KEY", "k")]));
        let with = codex.upstream(&key, false).unwrap();
        assert_eq!((with.address.as_str(), with.speaks), ("https://api.openai.com/v1", Speaks::Responses));
        let why = codex.upstream(&key, true).unwrap_err();
        assert!(why.contains("the login that is lent"), "{why}");
        for name in ["shell", "custom", "gemini", "aider"] {
            assert!(engine(name).upstream(&key, false).is_err(), "{name}");
        }
    }
}
