//! `office-sandbox`: starts a program so that it sees and may do what a policy says. All of it is in the library.

fn main() -> std::process::ExitCode {
    office_sandbox::main()
}
