//! The main road: a checkout, work in it, its collection, the merge, the owner's branch moved.

mod world;

use office_git::*;
use world::*;

#[tokio::test]
async fn work_goes_from_a_checkout_into_the_owners_branch() {
    let world = World::new();
    let office = world.office().await;
    for round in 0..5 {
        let desk = world.desk_at(&office, &format!("desk{round}"), &world.main()).await;
        write(&desk, "src/a.txt", &format!("one\n2 {round}\nthree\n"));
        write(&desk, &format!("new {round}.txt"), "new\n");
        if round > 2 {
            world.git_in(&desk, &["add", "-A"]);
            world.git_in(&desk, &["commit", "-qm", "by the agent"]);
        }
        office.delete_branch(&branch()).await.unwrap();
        let got = office.collect(&world.request(&desk)).await.unwrap();
        assert_eq!(got.commits, 1);
        assert_eq!(got.leftover_committed, round <= 2);
        assert_eq!(got.changes.len(), 2);
        let commit = merged(&office, &world.merge_request(&got.tip)).await;
        let done = office.advance_base(&world.advance_request(&commit)).await.unwrap();
        assert_eq!(done, Advance::Advanced { work_tree: Some(world.owner.clone()) });
        assert_eq!(world.main(), commit);
        assert_eq!(world.owner_git("status --porcelain"), "");
        assert_eq!(read(&world.owner, &format!("new {round}.txt")), "new\n");
        assert_eq!(office.reclaim(&desk, &branch(), &got.tip, &got.tip).await.unwrap(), Reclaimed::Removed);
        assert!(!desk.exists());
    }
}
