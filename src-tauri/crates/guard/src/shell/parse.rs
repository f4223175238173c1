//! The grammar, behind its limits. Whoever calls this in a process that must live keeps a deadline as well: the grammar can
//! take for ever, and where it overflows its stack the process is gone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use brush_parser::ast::Program;
use brush_parser::{Parser, ParserOptions};

use crate::limits;

/// Reads a script.
pub(crate) fn script(text: &str) -> Result<Program, String> {
    if let Some(why) = limits::refused(text) {
        return Err(why.to_owned());
    }
    let options = ParserOptions::default();
    // It panics on a here-document that does not end inside a substitution.
    let parsed = catch_unwind(AssertUnwindSafe(|| Parser::new(text.as_bytes(), &options).parse_program()));
    match parsed {
        Ok(Ok(program)) => Ok(program),
        Ok(Err(_)) => Err("it is not shell as the grammar knows it".to_owned()),
        Err(_) => Err("the grammar failed on it".to_owned()),
    }
}
