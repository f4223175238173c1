//! `office-hook`: what engines' hooks run. All of it is in the library, so that its parts can be tested by themselves.

use std::process::ExitCode;

fn main() -> ExitCode {
    office_hook::main()
}
