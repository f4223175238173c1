//! The shipped rules load, which tries every example in them.

use office_guard::rules::{Origin, Policy, SHIPPED, read_all};

#[test]
fn the_shipped_rules_load_and_fit_their_examples() {
    let faults: Vec<String> = SHIPPED
        .iter()
        .flat_map(|(name, text)| read_all(text, name, Origin::Shipped).1)
        .map(|fault| fault.to_string())
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(Policy::shipped().is_ok());
}
