//! Gets a page, and says what came.

mod runnable;

use runnable::{http, RunErr};

fn run(_: Vec<u8>) -> Result<Vec<u8>, RunErr> {
    http::get("@here@/echo", &[])
}
