//! Reordered and renamed code in the contexts that other operations open.

use super::*;

edited! { renamed_submitter:
    {
        let answered = wait_for_callback(async |_id| {}).timeout(seconds(1)).named("signature").await_callback::<u32>();
        answered.unwrap_or(0)
    }
    {
        let answered = wait_for_callback(async |_id| {}).timeout(seconds(1)).named("approval").await_callback::<u32>();
        answered.unwrap_or(0)
    }
    says "is recorded as wait for callback `signature`, but the code performs wait for callback `approval`"
}

edited! { reordered_in_a_contender_of_try_join:
    {
        let both = try_join((
            async {
                #[step(name = "a")]
                one().await;
                sleep(seconds(1)).await;
                Ok::<u32, String>(1)
            },
            async { Ok::<u32, String>(2) },
        ));
        both.await.unwrap().0
    }
    {
        let both = try_join((
            async {
                sleep(seconds(1)).await;
                #[step(name = "a")]
                one().await;
                Ok::<u32, String>(1)
            },
            async { Ok::<u32, String>(2) },
        ));
        both.await.unwrap().0
    }
    says "operation 1 of this context is recorded as step `a`, but the code performs wait `sleep`"
}

edited! { renamed_in_a_contender_of_select_ok:
    {
        let first = select_ok((
            async {
                #[step(name = "a")]
                one().await;
                sleep(seconds(1)).await;
                Ok::<u32, String>(1)
            },
            async {
                sleep(hours(1)).await;
                Ok::<u32, String>(2)
            },
        ));
        first.await.unwrap()
    }
    {
        let first = select_ok((
            async {
                #[step(name = "b")]
                one().await;
                sleep(seconds(1)).await;
                Ok::<u32, String>(1)
            },
            async {
                sleep(hours(1)).await;
                Ok::<u32, String>(2)
            },
        ));
        first.await.unwrap()
    }
    says "operation 1 of this context is recorded as step `a`, but the code performs step `b`"
}

edited! { reordered_in_a_called_function:
    {
        #[durable(name = "part")]
        async fn part() -> u32 {
            #[step(name = "a")]
            one().await;
            sleep(seconds(1)).await;
            1
        }
        part().await
    }
    {
        #[durable(name = "part")]
        async fn part() -> u32 {
            sleep(seconds(1)).await;
            #[step(name = "a")]
            one().await;
            1
        }
        part().await
    }
    says "operation 1 of this context is recorded as step `a`, but the code performs wait `sleep`"
}

edited! { reordered_in_a_child:
    {
        child(async || {
            #[step(name = "a")]
            one().await;
            #[step(name = "b")]
            one().await;
            sleep(seconds(1)).await;
            1
        })
        .named("group")
        .await
    }
    {
        child(async || {
            #[step(name = "b")]
            one().await;
            #[step(name = "a")]
            one().await;
            sleep(seconds(1)).await;
            1
        })
        .named("group")
        .await
    }
    says "operation 1 of this context is recorded as step `a`, but the code performs step `b`"
}
