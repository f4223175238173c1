//! Files that go with mail: copied out of the sender's checkout as it is sent, never through a link, kept by the hash of what is in
//! them, and laid out where whoever reads the mail can open them. Which mail names what is `core`'s.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use office_core::mail::Mail;
use office_core::{Actor, Code, Office, Refusal, RunId};
use office_git::{RepoPath, read_planted};
use sha2::{Digest, Sha256};
use tokio::task::spawn_blocking;

use crate::paths::private_dir;
use crate::world::World;

/// Bytes of one file, of those of one mail, and of all that are kept.
const ONE: u64 = 1 << 20;
const ALL: usize = 4 << 20;
const KEPT: u64 = 256 << 20;
/// What was taken this lately may be on its way into a mail.
const ON_ITS_WAY: Duration = Duration::from_secs(3600);
/// Where a run finds them, below its own folder; in a sandbox among its temporary files.
const INBOX: &str = "inbox";
const INBOX_INSIDE: &str = "/tmp/inbox";

/// A file as it was taken: its path in the checkout, and what is in it.
type Taken = (String, Vec<u8>);

impl World {
    /// Takes copies of files in the sender's checkout; says what they are kept under. None for whoever has no checkout.
    pub(crate) async fn enclose(&self, actor: Actor, files: &[String]) -> Result<Option<String>, Refusal> {
        let Actor::Agent { run, .. } = actor else { return Ok(None) };
        if files.is_empty() {
            return Ok(None);
        }
        let place = move |office: &Office| office.runs.get(&run).and_then(|it| it.workplace.clone());
        let Some(place) = self.handle.read(place).await? else { return Ok(None) };
        let needed = |office: &Office| -> BTreeSet<String> {
            office.mails.values().filter(|it| it.state.is_open()).filter_map(|it| it.enclosed.clone()).collect()
        };
        let needed = self.handle.read(needed).await?;
        let (files, store, fresh) = (files.to_vec(), self.dir.enclosed(), self.ids.token());
        let kept = spawn_blocking(move || {
            let taken = take(Path::new(&place.path), &files)?;
            keep(&store, &taken, &needed, &fresh)
        });
        kept.await.map_err(|error| trouble(&error))?.map(Some)
    }

    /// Says of each file where it can be read: laid out for an agent, whose mail it is; kept in the office for its owner. What is no
    /// longer kept has its name alone.
    pub(crate) async fn laid_out(&self, actor: Actor, mails: Vec<Mail>) -> Result<Vec<Mail>, Refusal> {
        if mails.iter().all(|it| it.enclosed.is_none()) {
            return Ok(mails);
        }
        let store = self.dir.enclosed();
        let reader = match actor {
            Actor::Agent { run, .. } => {
                let (at, inside) = (self.laid_at(run), self.is_inside(run));
                let boxes = self.handle.read(move |office| office.mailboxes_of(actor)).await?;
                Some((at, inside, boxes))
            }
            Actor::Owner | Actor::Office => None,
        };
        let lay = move || {
            let one = |mut mail: Mail| {
                let Some(kept) = mail.enclosed.as_ref().map(|name| store.join(name)) else { return mail };
                let shown = match &reader {
                    None => kept,
                    // What somebody sent is theirs to read where they have it.
                    Some((.., boxes)) if !boxes.contains(&mail.to) => return mail,
                    Some((at, inside, _)) => {
                        let id = mail.id.to_string();
                        lay(&kept, &at.join(&id), &mail.files);
                        let shown = if *inside { Path::new(INBOX_INSIDE) } else { at.as_path() };
                        shown.join(id)
                    }
                };
                let there = reader.as_ref().map_or(shown.clone(), |(at, ..)| at.join(mail.id.to_string()));
                for file in &mut mail.files {
                    if there.join(&*file).is_file() {
                        *file = shown.join(&*file).display().to_string();
                    }
                }
                mail
            };
            mails.into_iter().map(one).collect()
        };
        spawn_blocking(lay).await.map_err(|error| trouble(&error))
    }

    /// Where a run's are laid out; the office alone writes there.
    pub(crate) fn laid_at(&self, run: RunId) -> PathBuf {
        self.dir.run(run).join(INBOX)
    }

    fn is_inside(&self, run: RunId) -> bool {
        self.enforcement_known(run).is_some_and(|it| it.hard)
    }
}

/// Where a run's are shown in a sandbox.
pub(crate) fn inbox_inside() -> PathBuf {
    PathBuf::from(INBOX_INSIDE)
}

fn trouble(why: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(Code::Trouble, why.to_string(), "send it again, or without its files")
}

/// Reads what is named, as it is now.
fn take(checkout: &Path, files: &[String]) -> Result<Vec<Taken>, Refusal> {
    let way_out = "name plain files of your checkout, by their paths in it; put the gist of it into the words";
    let mut taken: Vec<Taken> = Vec::new();
    for file in files {
        let unread =
            |why: String| Refusal::new(Code::Unavailable, format!("'{file}' cannot go with it: {why}"), way_out);
        let path = RepoPath::new(file.as_str()).map_err(|error| unread(error.to_string()))?;
        let bytes = read_planted(checkout, &path, ONE).map_err(|error| unread(error.to_string()))?;
        let bytes = bytes.ok_or_else(|| unread("it is not there".to_owned()))?;
        if taken.iter().all(|(known, _)| known != file) {
            taken.push((file.clone(), bytes));
        }
    }
    let all: usize = taken.iter().map(|(_, bytes)| bytes.len()).sum();
    if all > ALL {
        let message = format!("the files have {all} bytes together; at most {ALL} go with a mail");
        return Err(Refusal::new(Code::Limit, message, "name the ones that matter, or commit them and say where"));
    }
    Ok(taken)
}

/// Puts them away under the hash of all of them; there already, they stay as they are.
fn keep(store: &Path, taken: &[Taken], needed: &BTreeSet<String>, fresh: &str) -> Result<String, Refusal> {
    let mut hash = Sha256::new();
    for (path, bytes) in taken {
        for part in [path.as_bytes(), bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    let name: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let place = store.join(&name);
    private_dir(store).map_err(|why| trouble(&why))?;
    if place.is_dir() {
        return Ok(name);
    }
    make_room(store, needed)?;
    let new = store.join(format!(".{fresh}"));
    for (path, bytes) in taken {
        let file = new.join(path);
        if let Some(folder) = file.parent() {
            private_dir(folder).map_err(|why| trouble(&why))?;
        }
        let written = private(&file).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
        written.map_err(|error| trouble(&format!("{}: {error}", file.display())))?;
    }
    match std::fs::rename(&new, &place) {
        Ok(()) => Ok(name),
        // Somebody sent the very same in this moment.
        Err(_) if place.is_dir() => {
            let _ = std::fs::remove_dir_all(&new);
            Ok(name)
        }
        Err(error) => Err(trouble(&format!("{}: {error}", place.display()))),
    }
}

fn private(file: &Path) -> std::io::Result<std::fs::File> {
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)
}

/// Where too much is kept, what no open mail needs goes, the oldest first.
fn make_room(store: &Path, needed: &BTreeSet<String>) -> Result<(), Refusal> {
    let mut kept: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
    for entry in std::fs::read_dir(store).into_iter().flatten().flatten() {
        let since = entry.metadata().and_then(|facts| facts.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        kept.push((since, entry.path(), bytes_in(&entry.path())));
    }
    let mut all: u64 = kept.iter().map(|(_, _, bytes)| bytes).sum();
    kept.sort();
    for (since, place, bytes) in kept {
        if all <= KEPT {
            break;
        }
        let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let young = since.elapsed().map_or(true, |age| age < ON_ITS_WAY);
        if !young && !needed.contains(&name) && std::fs::remove_dir_all(&place).is_ok() {
            all -= bytes;
        }
    }
    if all <= KEPT {
        return Ok(());
    }
    let message = format!("the files of mail that is open take {} MiB already", all >> 20);
    Err(Refusal::new(Code::Limit, message, "commit the files and name the commit; acknowledge what was acted upon"))
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| match entry.metadata() {
        Ok(facts) if facts.is_dir() => bytes_in(&entry.path()),
        Ok(facts) => facts.len(),
        Err(_) => 0,
    });
    bytes.sum()
}

/// Copies them to where they are read; what is there already was laid out before.
fn lay(kept: &Path, to: &Path, files: &[String]) {
    for file in files {
        let (from, to) = (kept.join(file), to.join(file));
        let Some(folder) = to.parent().filter(|_| !to.exists()) else { continue };
        let copied = private_dir(folder).and_then(|()| {
            let bytes = std::fs::read(&from).map_err(|error| error.to_string())?;
            let mut file = private(&to).map_err(|error| error.to_string())?;
            file.write_all(&bytes).map_err(|error| error.to_string())
        });
        if let Err(why) = copied {
            tracing::warn!(file = %from.display(), why, "a file of a mail could not be laid out");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(files: &[&str]) -> Vec<String> {
        files.iter().map(|file| (*file).to_owned()).collect()
    }

    #[test]
    fn plain_files_of_the_checkout_are_taken_and_nothing_through_a_link() {
        let root = tempfile::tempdir().unwrap();
        let checkout = root.path().join("checkout");
        std::fs::create_dir_all(checkout.join("notes")).unwrap();
        std::fs::write(root.path().join("secret"), "hush").unwrap();
        std::fs::write(checkout.join("notes/plan.md"), "first").unwrap();
        std::os::unix::fs::symlink(root.path().join("secret"), checkout.join("link")).unwrap();
        std::os::unix::fs::symlink(root.path(), checkout.join("out")).unwrap();
        std::fs::write(checkout.join("large"), vec![0; usize::try_from(ONE).unwrap() + 1]).unwrap();
        assert_eq!(take(&checkout, &named(&["notes/plan.md"])).unwrap(), [("notes/plan.md".into(), b"first".to_vec())]);
        for bad in ["link", "out/secret", "large", "notes", "gone", "../secret"] {
            assert!(take(&checkout, &named(&[bad])).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_sent_twice_is_kept_once_and_what_an_open_mail_needs_is_never_dropped() {
        let root = tempfile::tempdir().unwrap();
        let taken = vec![("a.txt".to_owned(), b"a".to_vec())];
        let first = keep(root.path(), &taken, &BTreeSet::new(), "one").unwrap();
        assert_eq!(keep(root.path(), &taken, &BTreeSet::new(), "two").unwrap(), first);
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
        let to = root.path().join("laid");
        lay(&root.path().join(&first), &to, &named(&["a.txt"]));
        lay(&root.path().join(&first), &to, &named(&["a.txt"]));
        assert_eq!(std::fs::read_to_string(to.join("a.txt")).unwrap(), "a");
        std::fs::remove_dir_all(&to).unwrap();

        // A file of holes is as large as it says.
        let old = SystemTime::UNIX_EPOCH;
        for name in ["needed", "not-needed"] {
            let folder = root.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            std::fs::File::create(folder.join("x")).unwrap().set_len(KEPT / 2 + 1).unwrap();
            std::fs::File::open(&folder).unwrap().set_modified(old).unwrap();
        }
        let needed = BTreeSet::from(["needed".to_owned()]);
        make_room(root.path(), &needed).unwrap();
        assert!(root.path().join("needed").is_dir() && !root.path().join("not-needed").exists());
        assert!(root.path().join(&first).is_dir(), "what was taken just now may be on its way");
    }
}
