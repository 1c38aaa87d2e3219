//! What code left out whose operations are recorded among those of other code.

use super::*;

edited! { removed_in_a_flat_item:
    {
        let all = map([1, 2], async |n: u32| {
            #[step]
            let a = one().await;
            sleep(seconds(1)).await;
            a + n
        });
        all.flat().await.len() as u32
    }
    {
        let all = map([1, 2], async |n: u32| {
            #[step]
            let a = one().await;
            a + n
        });
        all.flat().await.len() as u32
    }
    says "wait `sleep` is recorded, but the code returns without performing it"
}

edited! { renamed_in_a_flat_item:
    {
        let all = map([1, 2], async |n: u32| {
            #[step(name = "old")]
            let a = one().await;
            sleep(seconds(1)).await;
            a + n
        });
        all.flat().await.len() as u32
    }
    {
        let all = map([1, 2], async |n: u32| {
            sleep(seconds(1)).await;
            n
        });
        all.flat().await.len() as u32
    }
    says "operation 1 of this context is recorded as step `old`, but the code performs wait `sleep`"
}

edited! { a_flat_batch_with_fewer_items:
    {
        let all = map([1, 2], async |n: u32| {
            sleep(seconds(1)).await;
            n
        });
        all.flat().await.len() as u32
    }
    {
        let all = map([1], async |n: u32| {
            sleep(seconds(1)).await;
            n
        });
        all.flat().await.len() as u32
    }
    says "is recorded as wait `sleep`, but the code returns without performing it"
}

edited! { a_keyed_operation_removed_in_a_flat_group:
    {
        let group = child(async || {
            #[step(key = "a")]
            let a = one().await;
            sleep(seconds(1)).key("b").await;
            a
        });
        group.named("group").flat().await
    }
    {
        let group = child(async || {
            #[step(key = "a")]
            let a = one().await;
            a
        });
        group.named("group").flat().await
    }
    says "wait `sleep` is recorded, but the code returns without performing it"
}

edited! { a_keyed_operation_removed_in_a_flat_item:
    {
        let all = map([1, 2], async |n: u32| {
            #[step(key = n)]
            let a = one().await;
            sleep(seconds(1)).await;
            a + n
        });
        all.flat().await.len() as u32
    }
    {
        let all = map([1, 2], async |n: u32| {
            sleep(seconds(1)).await;
            n
        });
        all.flat().await.len() as u32
    }
    says "operation 1 of this context is recorded as step `one`, but the code performs wait `sleep`"
}

edited! { a_group_removed_in_a_flat_group:
    {
        let group = child(async || {
            let inner = child(async || {
                #[step(key = "a")]
                let a = one().await;
                sleep(seconds(1)).key("b").await;
                a
            });
            inner.named("inner").flat().await
        });
        group.named("group").flat().await
    }
    {
        child(async || 1).named("group").flat().await
    }
    says "step `one` is recorded, but the code returns without performing it"
}

edited! { a_flat_batch_that_ends_early_with_fewer_items:
    {
        let all = map([1, 2, 3], async |n: u32| {
            sleep(seconds(n.into())).await;
            n
        });
        all.settled().min_successful(1).flat().await.total_count() as u32
    }
    {
        let all = map([1, 2], async |n: u32| {
            sleep(seconds(n.into())).await;
            n
        });
        all.settled().min_successful(1).flat().await.total_count() as u32
    }
    says "operation 3 of this context is recorded as wait `sleep`, but the code returns without performing it"
}

edited! { a_large_flat_batch_that_ended_early_with_fewer_items:
    {
        let all = map([1, 2, 3], async |n: u32| {
            #[step]
            let text = large().await;
            if n == 3 {
                sleep(days(1)).await;
            }
            text
        });
        let all = all.settled().min_successful(2).flat().await;
        sleep(seconds(1)).await;
        all.total_count() as u32
    }
    {
        let all = map([1, 2], async |n: u32| {
            #[step]
            let text = large().await;
            if n == 3 {
                sleep(days(1)).await;
            }
            text
        });
        let all = all.settled().min_successful(2).flat().await;
        sleep(seconds(1)).await;
        all.total_count() as u32
    }
    says "operation 3 of this context is recorded as step `large`, but the code returns without performing it"
}
