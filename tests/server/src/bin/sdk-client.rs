//! AWS's SDK for Rust against a service: `sdk-client URL FUNCTION…`, of which each function is a process.

use server_tests::sdk::{Function, client};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().ok_or("which service?")?;
    for name in arguments {
        let function = Function::new(client(&endpoint), &name);
        function.check().await?;
        function.crashes().await?;
        println!("{name}: all is as it has to be for AWS's SDK for Rust");
    }
    Ok(())
}
