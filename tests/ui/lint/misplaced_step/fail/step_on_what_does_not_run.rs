use durable::prelude::*;

struct Mail {
    to: u32,
}

#[durable]
async fn total(order: u32) -> u32 {
    #[step]
    println!("{order}");
    #[step]
    let later;
    #[step]
    let closure = || 1;
    later = match order {
        #[step]
        0 => 1,
        _ => closure(),
    };
    let mail = Mail {
        #[step]
        to: order,
    };
    later + mail.to
}

fn main() {
    let _ = total(1);
}
