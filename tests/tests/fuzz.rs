//! Hostile input for whatever reads what strangers wrote. Every file under tests/corpora is given to its reader here; `npm run
//! test:fuzz -- SECONDS` goes on from them with inputs of its own making, and keeps what made a reader fail beside them.
//! Inputs are mutated by chance, not led by coverage: that needs a nightly compiler, and this runs wherever the tests do.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail loudly, and says what it did")]

#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/readers.rs"]
mod readers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mutate::Chance;
use readers::{Reader, readers};

fn corpus(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora").join(name)
}

/// What is in a corpus, in one order on every machine.
fn entries(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(corpus(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// What the reader said against it: it panicked, or took too long.
fn tried(reader: &Reader, input: &[u8]) -> Option<String> {
    let began = Instant::now();
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (reader.read)(input))) {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
        return Some(words.unwrap_or_else(|| "it panicked".to_owned()));
    }
    let took = began.elapsed();
    (took > reader.patience).then(|| format!("it took {took:?}, and may take {:?}", reader.patience))
}

#[test]
fn what_is_in_the_corpora_makes_no_reader_fail() {
    for reader in readers() {
        let entries = entries(reader.name);
        assert!(!entries.is_empty(), "tests/corpora/{} is empty", reader.name);
        for (path, input) in entries {
            assert_eq!(tried(&reader, &input), None, "{} on {}", reader.name, path.display());
        }
    }
}

#[test]
fn a_reader_that_fails_is_found() {
    let planted = Reader {
        name: "planted",
        patience: Duration::from_secs(1),
        read: Box::new(|input| assert!(!input.windows(2).any(|pair| pair == b"!!"), "two of them")),
    };
    let mut chance = Chance::new(7);
    let seeds = vec![b"a!b!c".to_vec()];
    let found = (0..20_000).find_map(|_| tried(&planted, &chance.input(&seeds, &[b"!"])));
    assert_eq!(found.as_deref(), Some("two of them"));
}

/// The long run: `OFFICE_FUZZ_SECONDS` in all, shared by the readers (or `OFFICE_FUZZ_ONLY`), from `OFFICE_FUZZ_SEED`.
#[test]
#[ignore = "runs as long as it is told to: npm run test:fuzz -- SECONDS"]
fn whatever_is_made_of_them_makes_no_reader_fail() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seconds = number("OFFICE_FUZZ_SECONDS").unwrap_or(10);
    let seed = number("OFFICE_FUZZ_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let only = std::env::var("OFFICE_FUZZ_ONLY").ok();
    let chosen: Vec<Reader> =
        readers().into_iter().filter(|reader| only.as_deref().is_none_or(|only| only == reader.name)).collect();
    assert!(!chosen.is_empty(), "there is no reader of that name");
    let share = Duration::from_secs(seconds) / u32::try_from(chosen.len()).unwrap();
    println!("seed {seed} (OFFICE_FUZZ_SEED={seed} does the same again), {share:?} for each of {}", chosen.len());
    let mut failed = Vec::new();
    for reader in &chosen {
        let seeds: Vec<Vec<u8>> = entries(reader.name).into_iter().map(|(_, input)| input).collect();
        let words = readers::words(reader.name);
        let (mut chance, began, mut inputs) = (Chance::new(seed), Instant::now(), 0_u64);
        while began.elapsed() < share {
            let input = chance.input(&seeds, &words);
            inputs += 1;
            if let Some(why) = tried(reader, &input) {
                let path = corpus(reader.name).join(format!("found-{:016x}", mutate::hash(&input)));
                std::fs::write(&path, &input).unwrap();
                failed.push(format!("{}: {why}; kept as {}", reader.name, path.display()));
                break;
            }
        }
        println!("{}: {inputs} inputs in {:.1} s", reader.name, began.elapsed().as_secs_f64());
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
