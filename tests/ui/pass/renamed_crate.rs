//! The library under another name, and durable functions in modules and written by macros.
#![deny(warnings)]

extern crate durable as lasting;

mod durable {
    //! Not the library.
}

mod inner {
    use lasting::prelude::*;

    #[step(crate = "::lasting")]
    async fn price(id: u32) -> u32 {
        id
    }

    #[lasting::durable(crate = "::lasting")]
    pub(crate) async fn total(ids: Vec<u32>, first: Option<u32>) -> Result<u32, String> {
        let mut total = first.unwrap_or_default();
        for id in &ids {
            #[lasting::step]
            let doubled = u32::saturating_mul(*id, 2);
            total += price(doubled).await;
        }
        let branch = async { price(total).await }.await;
        assert!(branch > 0, "{}", price(0).named("last").await);
        Ok(total)
    }
}

macro_rules! waiting {
    ($name:ident, $seconds:expr, $body:block) => {
        #[lasting::durable(crate = "::lasting")]
        async fn $name(ctx: u32) -> u32 {
            lasting::sleep(lasting::seconds($seconds)).await;
            let value: u32 = $body;
            value + ctx
        }
    };
}

waiting!(short, 1, { 2 });
waiting!(long, 100, { 3 });

fn main() {
    let _ = (inner::total(vec![], None), short(1), long(2));
    assert_eq!(lasting::plan(short).name(), "short");
}
