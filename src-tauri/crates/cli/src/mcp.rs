//! `office mcp`: the office's tools for an agent, over standard input and output. The tools are in `mcp/tools.rs`; the
//! connection, which outlives a restart of the office, is in `mcp/link.rs`.

mod link;
mod memory;
mod plan;
mod team;
mod tools;
mod work;

use rmcp::ServiceExt;

use self::link::Link;
use self::tools::{Known, OfficeTools};
use crate::fail::Fail;
use crate::session::{Done, Session};

/// Beside the run's signals: the agent knows the tools. `office-hook` waits for it; the office, which may see no more of a sandbox, reads
/// the same among the signals.
const TOOLS_KNOWN: &str = "tools-known";

/// Serves until the agent closes its end.
pub(crate) async fn carry_out(s: &Session<'_>) -> Done {
    let link = Link::new(s.dir.clone(), s.around.token.clone(), s.around.task);
    let signals = std::env::var_os("OFFICE_SIGNALS").map(std::path::PathBuf::from);
    let known = signals.and_then(|file| Some(Known { mark: file.parent()?.join(TOOLS_KNOWN), signals: file }));
    serve(link, known, rmcp::transport::stdio()).await
}

async fn serve<R, W>(link: Link, known: Option<Known>, pipes: (R, W)) -> Done
where
    R: tokio::io::AsyncRead + Send + Unpin + 'static,
    W: tokio::io::AsyncWrite + Send + Unpin + 'static,
{
    let trouble = |error: String| {
        Fail::usage(
            format!("no agent spoke MCP on standard input: {error}"),
            "an agent starts this by itself, from its settings; people use `office task ...`",
        )
    };
    let serving = OfficeTools::new(link, known).serve(pipes).await.map_err(|error| trouble(error.to_string()))?;
    serving.waiting().await.map_err(|error| trouble(error.to_string()))?;
    Ok(())
}

/// For tests: the tools, served over the given pipes to an office in `dir`.
#[doc(hidden)]
pub async fn serve_for_test(
    dir: &std::path::Path,
    task: Option<office_core::TaskId>,
    patience: std::time::Duration,
    pipe: tokio::io::DuplexStream,
) -> Result<(), Fail> {
    let link = Link::new(dir.to_owned(), None, task).patient_for(patience);
    serve(link, None, tokio::io::split(pipe)).await
}
