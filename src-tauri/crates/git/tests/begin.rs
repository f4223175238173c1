//! A repository that the office begins is an ordinary one: clean, with one commit, and of use to the owner's git.

mod world;

use office_git::*;
use world::*;

const FILES: &[(&str, &str)] =
    &[("read me.md", "hello\n"), (".gitignore", "out/\n"), ("a/b/run.sh", "#!/bin/sh\ntrue\n")];

#[tokio::test]
async fn what_is_begun_is_clean_and_ready_for_tasks() {
    let world = World::new();
    let dest = world.root.join("demo");
    let commit = begin(&world.git, &dest, FILES, &owner_identity(), date(), "Begin").await.unwrap();
    assert_eq!(world.git_in(&dest, &["rev-parse", "HEAD"]), commit.as_str());
    assert_eq!(world.git_in(&dest, &["status", "--porcelain"]), "");
    assert_eq!(world.git_in(&dest, &["symbolic-ref", "HEAD"]), "refs/heads/main");
    assert_eq!(world.git_in(&dest, &["ls-files", "-s", "a/b/run.sh"]).split(' ').next(), Some("100755"));
    let facts = inspect(&world.git, &dest, "office").await.unwrap();
    facts.ready("office", None).unwrap();
    assert_eq!(facts.tracked_changes, 0);
}

#[tokio::test]
async fn nothing_that_is_there_is_replaced_and_no_name_leads_out() {
    let world = World::new();
    let dest = world.root.join("demo");
    begin(&world.git, &dest, FILES, &owner_identity(), date(), "Begin").await.unwrap();
    let again = begin(&world.git, &dest, FILES, &owner_identity(), date(), "Begin").await.unwrap_err();
    assert!(matches!(again, GitError::AlreadyThere { .. }), "{again:?}");
    for name in ["../out.txt", "/out.txt", ".git/hooks/post-checkout"] {
        let bad = begin(&world.git, &world.root.join("bad"), &[(name, "x")], &owner_identity(), date(), "Begin").await;
        assert!(bad.is_err(), "{name}");
        assert!(!world.root.join("out.txt").exists() && !world.root.join("bad").exists());
    }
}
