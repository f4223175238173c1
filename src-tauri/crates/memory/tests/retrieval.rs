//! How well searching finds what was meant, on the set in `data/`, beside SQLite FTS5 with porter stems. Half of the queries,
//! by a hash, are held out: nothing is tuned on them. The floors are what was reached, less a little.

#![allow(clippy::unwrap_used, reason = "a set that cannot be read fails its test")]

use std::collections::BTreeMap;

use office_core::{At, Seq};
use office_memory::eval::{Asked, Figures, Passage, figures};
use office_memory::{Doc, Index, Kind, Worth};
use office_store::Fts;

const LOOKED: usize = 10;

/// Slice, whether held out, and the rank by our search and by SQLite's.
type Ranked = (String, bool, Option<usize>, Option<usize>);

async fn ranked() -> Vec<Ranked> {
    let read = |text: &'static str| text.lines();
    let passages: Vec<Passage> =
        read(include_str!("data/passages.jsonl")).map(|line| serde_json::from_str(line).unwrap()).collect();
    let asked: Vec<Asked> =
        read(include_str!("data/queries.jsonl")).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(passages.len() >= 1000 && asked.len() >= 200, "{} passages, {} queries", passages.len(), asked.len());
    let index = Index::in_memory().unwrap();
    for (id, passage) in (0..).zip(&passages) {
        let Passage { title, text, .. } = passage.clone();
        let at = At::from_millis(0);
        index
            .upsert(&Doc { kind: Kind::Note, id, title, text, tags: Vec::new(), at, worth: Worth::default() })
            .unwrap();
    }
    index.commit(Seq(1)).unwrap();
    let texts = passages.iter().map(|it| (it.title.as_str(), it.text.as_str()));
    let mut fts = Fts::over(texts).await.unwrap();
    let mut ranked = Vec::new();
    for Asked { q, id, slice } in asked {
        let held_out = q.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % 2 == 1;
        let hits = index.search(&q, &[], LOOKED).unwrap();
        let ours = hits.iter().position(|hit| passages[hit.id as usize].id == id);
        let theirs = fts.search(&q, u32::try_from(LOOKED).unwrap()).await.unwrap();
        let theirs = theirs.iter().position(|place| passages[*place].id == id);
        ranked.push((slice.unwrap(), held_out, ours, theirs));
    }
    ranked
}

#[tokio::test]
async fn what_was_meant_is_found_better_than_by_fts5_in_every_slice() {
    let ranked = ranked().await;
    let both = |chosen: &dyn Fn(&Ranked) -> bool| -> (Figures, Figures) {
        let chosen: Vec<&Ranked> = ranked.iter().filter(|it| chosen(it)).collect();
        (figures(chosen.iter().map(|it| it.2)), figures(chosen.iter().map(|it| it.3)))
    };
    // Slice: least MRR@10 and recall@5, over all of its queries.
    let floors = BTreeMap::from([
        ("code token", (0.97, 0.98)),
        ("paraphrase", (0.47, 0.60)),
        ("partial", (0.98, 0.98)),
        ("typo", (0.95, 0.98)),
    ]);
    for (slice, (mrr10, recall5)) in floors {
        for held_out in [false, true] {
            let (ours, theirs) = both(&|it| it.0 == slice && it.1 == held_out);
            println!("{slice}, held out {held_out}: {ours:?}, fts5 {theirs:?}");
        }
        let (ours, theirs) = both(&|it| it.0 == slice);
        assert!(ours.mrr10 >= mrr10 && ours.recall5 >= recall5, "{slice}: {ours:?}");
        assert!(slice == "code token" || ours.mrr10 >= theirs.mrr10 + 0.09, "{slice}: {ours:?}, fts5 {theirs:?}");
    }
    for held_out in [false, true] {
        let (ours, theirs) = both(&|it| it.1 == held_out);
        assert!(ours.mrr10 >= theirs.mrr10 + 0.10, "held out {held_out}: {ours:?}, fts5 {theirs:?}");
    }
}
