//! Moves objects from one repository to another as a stream, checked on arrival: every object is hashed anew,
//! passes git's strict checks and finds all it refers to. Nothing is copied as a file. Deliberately not here:
//! refs, which decide what the objects mean.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::call::{Call, Git, Place, read_bounded};
use crate::error::{GitError, Result, safe_text};
use crate::name::Oid;

/// From how many objects on they are kept as one pack.
const AS_A_PACK: u32 = 200;

/// Sends what `want` reaches and `have` does not from one place to another. Returns how many objects went.
pub(crate) async fn send(git: &Git, from: Place, to: Place, want: &Oid, have: &[&Oid], limit: u64) -> Result<u32> {
    let mut revs = format!("{want}\n");
    for oid in have {
        revs.push_str(&format!("^{oid}\n"));
    }
    let target = to.objects.clone().unwrap_or_else(|| to.git_dir.join("objects"));
    let packer =
        Call::new(git, "pack-objects", from).args(["--revs", "--stdout", "--thin", "-q", "--delta-base-offset"]);
    let mut packer = packer.config("pack.threads=1").start_fed()?;
    let (input, output, packer_err) =
        (packer.child.stdin.take(), packer.child.stdout.take(), packer.child.stderr.take());
    let (Some(mut input), Some(mut output)) = (input, output) else {
        return Err(broken("pack-objects has no pipe"));
    };
    let sent = async {
        // Small enough for the pipe; closing it is what starts the packing.
        let _ = input.write_all(revs.as_bytes()).await;
        drop(input);
        let mut header = [0; 12];
        output.read_exact(&mut header).await.ok()?;
        Some(header)
    };
    let header = match tokio::time::timeout(packer.timeout, sent).await {
        Err(_) => return Err(packer.timed_out("the machine may be overloaded")),
        Ok(header) => header,
    };
    let Some(header) = header else {
        let said = read_bounded(packer_err, 64 << 10).await.unwrap_or_default();
        return Err(refused(&said, &target));
    };
    let count = u32::from_be_bytes([header[8], header[9], header[10], header[11]]);
    if count == 0 {
        packer.wait().await?;
        return Ok(0);
    }
    let unpacker = if count < AS_A_PACK {
        Call::new(git, "unpack-objects", to).args(["--strict", "-q"])
    } else {
        Call::new(git, "index-pack", to).args(["--stdin", "--fix-thin", "--strict"]).config("pack.threads=1")
    };
    let mut unpacker = unpacker.start_fed()?;
    let (sink, unpacker_out, unpacker_err) =
        (unpacker.child.stdin.take(), unpacker.child.stdout.take(), unpacker.child.stderr.take());
    let Some(mut sink) = sink else { return Err(broken("unpack-objects has no pipe")) };
    // Owns both ends, so that the receiver sees the end of the stream when it is done.
    let copy = async move {
        let mut total = 0_u64;
        let mut buffer = vec![0; 64 << 10];
        if sink.write_all(&header).await.is_err() {
            return true;
        }
        loop {
            let n = match output.read(&mut buffer).await {
                Ok(0) | Err(_) => return true,
                Ok(n) => n,
            };
            total += u64::try_from(n).unwrap_or(0);
            if total > limit {
                return false;
            }
            // A receiver that gave up says why on its standard error.
            if sink.write_all(&buffer[..n]).await.is_err() {
                return true;
            }
        }
    };
    let all = async {
        tokio::join!(
            copy,
            read_bounded(unpacker_out, 64 << 10),
            read_bounded(unpacker_err, 64 << 10),
            read_bounded(packer_err, 64 << 10)
        )
    };
    let Ok((within, _, unpacker_said, packer_said)) = tokio::time::timeout(unpacker.timeout, all).await else {
        return Err(unpacker.timed_out("the work may be very large"));
    };
    if !within {
        return Err(GitError::TooLarge {
            what: "the work as a pack".to_owned(),
            limit: format!("{} MiB", limit >> 20),
        });
    }
    let (packed, unpacked) = (packer.wait().await?, unpacker.wait().await?);
    if packed != Some(0) {
        return Err(refused(&packer_said.unwrap_or_default(), &target));
    }
    if unpacked != Some(0) {
        return Err(refused(&unpacker_said.unwrap_or_default(), &target));
    }
    Ok(count)
}

fn broken(what: &'static str) -> GitError {
    GitError::io("moving objects", std::path::Path::new("git"), std::io::Error::other(what))
}

/// A full or read-only disk keeps its name; anything else is about the objects.
fn refused(stderr: &[u8], place: &std::path::Path) -> GitError {
    match GitError::from_stderr("unpack-objects", String::new(), stderr, place).said() {
        Ok(why) => GitError::RefusedObjects { why: safe_text(&why, 600) },
        Err(other) => other,
    }
}
