//! Two desks that work on the same files: told apart by what they hold right now, committed or not, and by nothing that is kept.

#![allow(clippy::unwrap_used, reason = "a desk that cannot be made fails its test")]

mod world;

use std::path::PathBuf;

use office_git::*;
use world::*;

async fn desk(world: &World, office: &OfficeRepo, name: &str) -> (PathBuf, Side) {
    let (dest, branch) = (world.root.join(name), Branch::parse(&format!("office/{name}")).unwrap());
    let base = world.main();
    let spec = CheckoutSpec {
        base: base.clone(),
        start: base.clone(),
        branch: branch.clone(),
        dest: dest.clone(),
        identity: owner_identity(),
    };
    office.make_checkout(&spec).await.unwrap();
    (dest.clone(), Side::Checkout { path: dest, branch, base })
}

fn lines(first: &str, last: &str) -> String {
    format!("{first}\n2\n3\n4\n5\n6\n7\n8\n{last}\n")
}

#[tokio::test]
async fn what_two_desks_hold_is_compared_as_it_is_and_nothing_of_it_is_kept() {
    let world = World::new();
    world.owner_commit("a", &lines("1", "9"));
    let office = world.office().await;
    let (ada, of_ada) = desk(&world, &office, "ada").await;
    let (bo, of_bo) = desk(&world, &office, "bo").await;
    assert!(office.would_collide(&of_ada, &of_bo).await.unwrap().is_empty(), "nothing is touched");

    // The same file in other places: both touch it, and both go together.
    write(&ada, "a", &lines("ada", "9"));
    write(&bo, "a", &lines("1", "bo"));
    let Side::Checkout { branch, base, .. } = &of_ada else { unreachable!() };
    let touched = office.touched(&ada, branch, base).await.unwrap();
    assert_eq!(touched.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a"]);
    assert!(office.would_collide(&of_ada, &of_bo).await.unwrap().is_empty());

    // The same lines, once committed and once not; and a file that both made.
    world.git_in(&ada, &["commit", "-qam", "mine"]);
    write(&bo, "a", &lines("bo", "9"));
    write(&ada, "new", "of ada\n");
    write(&bo, "new", "of bo\n");
    let files = office.would_collide(&of_ada, &of_bo).await.unwrap();
    assert_eq!(files.iter().map(ToString::to_string).collect::<Vec<_>>(), ["a", "new"]);

    // Against what was collected it is the same, and a look leaves nothing behind.
    let collected = office.collect(&CollectRequest { branch: branch.clone(), ..world.request(&ada) }).await.unwrap();
    let before = world.git_in(&world.root, &["--git-dir", &office.dir().to_string_lossy(), "count-objects"]);
    let files = office.would_collide(&Side::Commit(collected.tip), &of_bo).await.unwrap();
    assert_eq!(files.len(), 2);
    let after = world.git_in(&world.root, &["--git-dir", &office.dir().to_string_lossy(), "count-objects"]);
    assert_eq!(before, after);
    assert_eq!(std::fs::read_dir(office.dir().join("tmp")).unwrap().count(), 0);
    assert_eq!(read(&bo, "new"), "of bo\n");
}
