//! How well searching finds what was meant, as two figures over many queries. Which searches are compared is for others.

use serde::{Deserialize, Serialize};

/// Something to be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Any name of it.
    pub id: String,
    /// Its title; may be empty.
    #[serde(default)]
    pub title: String,
    /// Its text.
    pub text: String,
}

/// What somebody asks who means one passage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What is asked.
    pub q: String,
    /// The passage that is meant.
    pub id: String,
    /// Which slice of the set it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<String>,
}

/// Figures over some queries.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Figures {
    /// The mean of one over the rank of what was meant, 0 where it is not among the first ten.
    pub mrr10: f64,
    /// In what part of the queries it is among the first five.
    pub recall5: f64,
    /// Over how many queries.
    pub queries: usize,
}

/// The figures of these ranks, one for each query, the first being 0.
pub fn figures(ranks: impl IntoIterator<Item = Option<usize>>) -> Figures {
    let mut sum = Figures::default();
    for rank in ranks {
        sum.queries += 1;
        sum.mrr10 += rank.filter(|rank| *rank < 10).map_or(0.0, |rank| 1.0 / (rank + 1) as f64);
        sum.recall5 += f64::from(u8::from(rank.is_some_and(|rank| rank < 5)));
    }
    let over = sum.queries.max(1) as f64;
    Figures { mrr10: sum.mrr10 / over, recall5: sum.recall5 / over, queries: sum.queries }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_become_figures() {
        let found = figures([Some(0), Some(3), Some(9), Some(10), None]);
        assert!((found.mrr10 - (1.0 + 0.25 + 0.1) / 5.0).abs() < 1e-9, "{found:?}");
        assert!((found.recall5 - 0.4).abs() < 1e-9, "{found:?}");
        assert_eq!(figures([]), Figures::default());
    }
}
