//! `office door`: passes what goes over standard input and output on to the door of the office on this machine, for
//! `office --host` on another one. It neither reads nor changes a byte.

use office_door::{ClientError, line};
use tokio::io::{AsyncWriteExt, copy};

use crate::session::{Done, Session};

pub(crate) async fn carry_out(s: &mut Session<'_>) -> Done {
    s.here("`door`")?;
    let door = line(&s.dir).await?;
    let (mut from, mut to) = door.into_split();
    let (mut input, mut output) = (tokio::io::stdin(), tokio::io::stdout());
    let there = async {
        copy(&mut input, &mut to).await?;
        to.shutdown().await
    };
    let back = async {
        // Each piece as it comes: `copy` flushes whenever there is nothing more to read.
        copy(&mut from, &mut output).await?;
        output.flush().await
    };
    // Either end that goes takes the other with it.
    let ended = tokio::select! {
        ended = there => ended,
        ended = back => ended,
    };
    ended.map_err(|error| ClientError::Lost(error.to_string()).into())
}
