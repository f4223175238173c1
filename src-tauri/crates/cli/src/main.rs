//! `office`: (being built)
fn main() {}
