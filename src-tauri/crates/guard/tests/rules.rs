//! Files of rules: what is wrong with them is said with its line, who may say what, and what several of them come to.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by ending")]

use office_guard::judge::example_scene;
use office_guard::world::Paper;
use office_guard::{Asked, Judge, Origin, Policy, Verdict};

const ALLOW: &str =
    "[[rule]]\nid = \"mine\"\nrun = \"frobnicate\"\nverdict = \"allow\"\nwhy = \"mine\"\nmatch = [\"frobnicate x\"]\n";

fn fault(text: &str, origin: Origin) -> String {
    Policy::default().add(text, "a.toml", origin).unwrap_err().to_string()
}

fn verdict(policy: Policy, line: &str) -> Verdict {
    let asked = Asked::Run { run: line.to_owned() };
    Judge::new(policy).judge(&asked, &example_scene(), &Paper::default()).verdict
}

#[test]
fn a_fault_is_said_with_its_line() {
    assert!(fault("\n\n[[rule]\n", Origin::Owner).starts_with("a.toml:3: "));
    let wrong_word = ALLOW.replace("run =", "ran =");
    assert!(
        fault(&format!("\n{wrong_word}"), Origin::Owner).starts_with("a.toml:3: mine: unknown field"),
        "{}",
        fault(&wrong_word, Origin::Owner)
    );
    let wrong_example = ALLOW.replace("frobnicate x", "echo x");
    assert!(fault(&wrong_example, Origin::Owner).contains("a.toml:2: mine: it should fit \"echo x\""));
    assert!(fault(&ALLOW.replace("\"allow\"", "\"ask\""), Origin::Owner).contains("say which category"));
    assert!(fault(&format!("{ALLOW}{ALLOW}"), Origin::Owner).contains("a.toml:8: a rule is called mine already"));
    assert!(
        fault(&ALLOW.replace("run = \"frobnicate\"\n", "").replace("match = [\"frobnicate x\"]\n", ""), Origin::Owner)
            .contains("say what it is about")
    );
}

#[test]
fn an_example_goes_through_the_real_parser() {
    let rule = ALLOW.replace("frobnicate x", "X=frob; ${X}nicate x");
    assert!(Policy::default().add(&rule, "a.toml", Origin::Owner).is_ok());
    let quoted = ALLOW.replace("frobnicate x", "echo frobnicate");
    assert!(fault(&quoted, Origin::Owner).contains("it should fit"));
}

#[test]
fn a_checkout_may_forbid_but_never_allow() {
    assert!(fault(ALLOW, Origin::Checkout).contains("a checkout may ask or deny, never allow"));
    let mut policy = Policy::shipped().unwrap();
    let deny = ALLOW.replace("frobnicate", "ls").replace("\"allow\"", "\"deny\"\ncategory = \"scope\"");
    policy.add(&deny, "guard.toml", Origin::Checkout).unwrap();
    assert_eq!(verdict(policy, "ls x"), Verdict::Deny);
}

#[test]
fn only_the_owner_overrides() {
    let rule = "[[rule]]\nid = \"mine\"\nrun = \"npm install\"\nverdict = \"allow\"\nwhy = \"mine\"\noverrides = [\"dependency.add\"]\n";
    assert!(fault(rule, Origin::Project).contains("only the owner's own rules may override"));
    let mut policy = Policy::shipped().unwrap();
    assert_eq!(verdict(policy.clone(), "npm install left-pad"), Verdict::Ask);
    policy.add(rule, "owner.toml", Origin::Owner).unwrap();
    assert_eq!(verdict(policy, "npm install left-pad"), Verdict::Allow);
}

#[test]
fn the_strictest_wins_and_what_is_only_perhaps_so_is_asked() {
    let mut policy = Policy::shipped().unwrap();
    policy.add(ALLOW, "owner.toml", Origin::Owner).unwrap();
    assert_eq!(verdict(policy.clone(), "frobnicate x"), Verdict::Allow);
    assert_eq!(verdict(policy.clone(), "frobnicate x && git push"), Verdict::Ask);
    assert_eq!(verdict(policy.clone(), "frobnicate x && rm -rf ~ && git push"), Verdict::Deny);
    // Deny on certainty only: an unknown target may be harmless.
    assert_eq!(verdict(policy.clone(), "rm -rf \"$D\""), Verdict::Ask);
    assert_eq!(verdict(policy.clone(), "git push $FLAGS"), Verdict::Ask);
    assert_eq!(verdict(policy, "git push -f $FLAGS"), Verdict::Deny);
}

#[test]
fn a_role_may_be_kept_to_its_files() {
    let rule = "[[rule]]\nid = \"tester\"\nwrite = [\"checkout\"]\nno_path = [\"tests/**\"]\nverdict = \"ask\"\ncategory = \"scope\"\nwhy = \"testers write tests\"\nmatch = [\"echo x > src/a.rs\"]\nnot_match = [\"echo x > tests/a.rs\"]\n";
    let mut policy = Policy::shipped().unwrap();
    policy.add(rule, "roles/tester.toml", Origin::Role).unwrap();
    assert_eq!(verdict(policy.clone(), "echo x > tests/a.rs"), Verdict::Allow);
    assert_eq!(verdict(policy, "echo x > src/a.rs"), Verdict::Ask);
}
