//! The function.  What it may ask for is in runnable.rs.

mod runnable;

use runnable::{log, RunErr};

/// Say hello to whoever the input names.
fn run(input: Vec<u8>) -> Result<Vec<u8>, RunErr> {
    let name = String::from_utf8(input)
        .map_err(|_| RunErr::new(400, "the input is not UTF-8"))?;
    if name.is_empty() {
        return Err(RunErr::new(400, "the input is empty: send a name"));
    }
    log::info("saying hello");
    Ok(format!("hello {name}").into_bytes())
}
