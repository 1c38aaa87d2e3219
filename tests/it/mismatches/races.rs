//! Contenders that are gone, or others.

use durable::race;

use super::*;

edited! { a_race_with_fewer_contenders:
    {
        race((
            async {
                sleep(seconds(1)).await;
                1
            },
            async {
                sleep(seconds(100)).await;
                2
            },
            async {
                sleep(seconds(100)).await;
                3
            },
        ))
        .named("race")
        .await
    }
    {
        race((
            async {
                sleep(seconds(100)).await;
                1
            },
            async {
                sleep(seconds(100)).await;
                2
            },
        ))
        .named("race")
        .await
    }
    says "operation 3 of this context is recorded as child context `race-2`, but the code returns without performing it"
}

edited! { a_decided_race_with_fewer_contenders:
    {
        let quick = async { 1 };
        let (slow, slower) = (async { sleep(days(1)).await; 2 }, async { sleep(days(2)).await; 3 });
        let first = race((quick.named("quick"), slow.named("slow"), slower.named("slower"))).named("race").await;
        sleep(seconds(1)).await;
        first
    }
    {
        let quick = async { 1 };
        let slow = async { sleep(days(1)).await; 2 };
        let first = race((quick.named("quick"), slow.named("slow"))).named("race").await;
        sleep(seconds(1)).await;
        first
    }
    says "operation 3 of this context is recorded as child context `slower`, but the code returns without performing it"
}

edited! { a_decided_race_with_other_contenders:
    {
        let (quick, slow) = (async { 1 }, async { sleep(days(1)).await; 2 });
        let first = race((quick.named("quick"), slow.named("slow"))).named("race").await;
        sleep(seconds(1)).await;
        first
    }
    {
        let (quick, slow) = (async { 1 }, async { sleep(days(1)).await; 2 });
        let first = race((slow.named("slow"), quick.named("quick"))).named("race").await;
        sleep(seconds(1)).await;
        first
    }
    says "operation 1 of this context is recorded as child context `quick`, but the code performs child context `slow`"
}

mod decided_at_once {
    use std::panic::catch_unwind;

    use durable::testing::{History, TestEngine, assert_replays};

    use super::*;

    mod before {
        use super::*;

        #[durable(name = "f")]
        pub(super) async fn f() -> u32 {
            let quick = async {
                sleep(seconds(1)).await;
                1
            };
            let (slow, slower) = (
                async {
                    sleep(days(1)).await;
                    2
                },
                async {
                    sleep(days(2)).await;
                    3
                },
            );
            race((quick.named("quick"), slow.named("slow"), slower.named("slower"))).named("race").await
        }
    }

    mod after {
        use super::*;

        #[durable(name = "f")]
        pub(super) async fn f() -> u32 {
            let quick = async {
                sleep(seconds(1)).await;
                1
            };
            let slow = async {
                sleep(days(1)).await;
                2
            };
            race((quick.named("quick"), slow.named("slow"))).named("race").await
        }
    }

    /// As it stands when the first contender has ended, and nobody has written down that it won.
    #[tokio::test]
    async fn a_race_with_fewer_contenders_is_a_mismatch_with_its_place() {
        let run = TestEngine::new().run(before::f()).await;
        let events: Vec<_> = run.history().events().cloned().collect();
        let won = events.iter().position(|event| event.kind.event_type() == "ContextSucceeded").unwrap();
        let undecided = events.into_iter().take(won + 1).collect();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("undecided.json");
        let name = durable::model::Name::new("f").unwrap();
        History::of_events(name, ExecutionId::generate(), undecided).save(&file).unwrap();
        let file = file.to_str().unwrap().to_owned();

        assert_replays(&file, before::f);
        let panic = catch_unwind(|| assert_replays(&file, after::f)).unwrap_err();
        let said = panic.downcast_ref::<String>().cloned().unwrap_or_default();
        let mismatch =
            "operation 3 of this context is recorded as child context `slower`, but the code returns without";
        assert!(said.contains(mismatch) && said.contains("at tests/it/mismatches/"), "{said}");
    }
}
