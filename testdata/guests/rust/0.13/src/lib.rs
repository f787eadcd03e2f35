//! The suite with this version's way to register a function.

use suborbital::runnable::{HostErr, RunErr, Runnable};
use suborbital::Runnable;

include!("suite.rs");

#[derive(Runnable)]
struct Suite {}

impl Runnable for Suite {
    fn run(&self, input: Vec<u8>) -> Result<Vec<u8>, RunErr> {
        suite(input)
    }
}
