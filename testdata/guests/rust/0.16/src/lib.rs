//! The suite with this version's way to register a function.

use suborbital::plugin::{HostErr, RunErr, Plugin};
use suborbital::Plugin;

include!("suite.rs");

#[derive(Plugin)]
struct Suite {}

impl Plugin for Suite {
    fn run(&self, input: Vec<u8>) -> Result<Vec<u8>, RunErr> {
        suite(input)
    }
}
