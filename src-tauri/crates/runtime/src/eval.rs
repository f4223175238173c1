//! Holds our search and SQLite's against the same passages and queries, so that anybody can try it on data of their own.
//! No office is needed, and nothing is kept.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use office_core::{At, Code, Refusal, Seq};
pub use office_memory::eval::Figures;
use office_memory::eval::{Asked, Passage, figures};
use office_memory::{Doc, Index, Kind, Worth};
use office_store::Fts;
use serde::de::DeserializeOwned;

/// Hits that are looked at.
const LOOKED: u32 = 10;

/// Both searches over the same queries.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// How many passages there were.
    pub passages: usize,
    /// Our search, over all queries.
    pub office: Figures,
    /// SQLite FTS5 with porter stems, over all queries.
    pub fts5: Figures,
    /// The same for each slice that the queries name.
    pub slices: Vec<Slice>,
}

/// Both over one slice.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Its name.
    pub name: String,
    /// Our search.
    pub office: Figures,
    /// SQLite FTS5.
    pub fts5: Figures,
}

/// Reads both files (JSON lines: `{id,title,text}` and `{q,id}`, a query may name its `slice`) and compares.
///
/// # Errors
/// A refusal that names the file and the line, when one cannot be read.
pub async fn compare_files(passages: &Path, queries: &Path) -> Result<Compared, Refusal> {
    let passages: Vec<Passage> = lines(passages, "{\"id\":\"a\",\"title\":\"...\",\"text\":\"...\"}")?;
    let asked: Vec<Asked> = lines(queries, "{\"q\":\"...\",\"id\":\"a\"}")?;
    let mut places = HashMap::new();
    for (place, passage) in passages.iter().enumerate() {
        if places.insert(passage.id.as_str(), place).is_some() {
            return Err(invalid(format!("two passages have the id '{}'", passage.id), "give each an id of its own"));
        }
    }
    if let Some(lost) = asked.iter().find(|asked| !places.contains_key(asked.id.as_str())) {
        let message = format!("the query '{}' means passage '{}', and there is none", lost.q, lost.id);
        return Err(invalid(message, "let every query name the id of a passage"));
    }
    let means: Vec<usize> = asked.iter().filter_map(|asked| places.get(asked.id.as_str()).copied()).collect();
    compare(passages, asked, means).await
}

async fn compare(passages: Vec<Passage>, asked: Vec<Asked>, means: Vec<usize>) -> Result<Compared, Refusal> {
    let trouble = |why: String| Refusal::new(Code::Trouble, why, "see what it says, and try again");
    let texts = passages.iter().map(|it| (it.title.as_str(), it.text.as_str()));
    let mut fts = Fts::over(texts).await.map_err(|error| trouble(error.to_string()))?;
    let mut theirs = Vec::new();
    for (asked, means) in asked.iter().zip(&means) {
        let found = fts.search(&asked.q, LOOKED).await.map_err(|error| trouble(error.to_string()))?;
        theirs.push(found.iter().position(|place| place == means));
    }
    let count = passages.len();
    let queries: Vec<String> = asked.iter().map(|asked| asked.q.clone()).collect();
    let ours = tokio::task::spawn_blocking(move || ranks(&passages, &queries, &means));
    let ours = ours.await.map_err(|error| trouble(error.to_string()))?.map_err(|error| trouble(error.to_string()))?;

    let mut by_slice: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, asked) in asked.iter().enumerate() {
        if let Some(slice) = &asked.slice {
            by_slice.entry(slice).or_default().push(index);
        }
    }
    let of = |ranks: &[Option<usize>], among: &[usize]| figures(among.iter().filter_map(|at| ranks.get(*at).copied()));
    let slice = |(name, among): (&str, Vec<usize>)| Slice {
        name: name.to_owned(),
        office: of(&ours, &among),
        fts5: of(&theirs, &among),
    };
    Ok(Compared {
        passages: count,
        office: figures(ours.iter().copied()),
        fts5: figures(theirs.iter().copied()),
        slices: by_slice.into_iter().map(slice).collect(),
    })
}

/// Where our search finds what each query means.
fn ranks(
    passages: &[Passage],
    queries: &[String],
    means: &[usize],
) -> Result<Vec<Option<usize>>, office_memory::MemoryError> {
    let index = Index::in_memory()?;
    for (place, passage) in (0..).zip(passages) {
        let (title, text) = (passage.title.clone(), passage.text.clone());
        // All of one moment: only their words count.
        let at = At::from_millis(0);
        index.upsert(&Doc {
            kind: Kind::Note,
            id: place,
            title,
            text,
            tags: Vec::new(),
            at,
            worth: Worth::default(),
        })?;
    }
    index.commit(Seq(1))?;
    let mut ranks = Vec::new();
    for (query, means) in queries.iter().zip(means) {
        let hits = index.search(query, &[], LOOKED as usize)?;
        ranks.push(hits.iter().position(|hit| usize::try_from(hit.id).is_ok_and(|id| id == *means)));
    }
    Ok(ranks)
}

fn lines<T: DeserializeOwned>(path: &Path, like: &str) -> Result<Vec<T>, Refusal> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| invalid(format!("{shown} cannot be read: {error}"), "name a file of JSON lines"))?;
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let value = serde_json::from_str(line).map_err(|error| {
            invalid(format!("{shown}, line {number}: {error}"), format!("write one value to a line, like {like}"))
        })?;
        found.push(value);
    }
    if found.is_empty() {
        return Err(invalid(format!("{shown} is empty"), format!("write one value to a line, like {like}")));
    }
    Ok(found)
}

fn invalid(message: impl Into<String>, way_out: impl Into<String>) -> Refusal {
    Refusal::invalid(message, way_out)
}
