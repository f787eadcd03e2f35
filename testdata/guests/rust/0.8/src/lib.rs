//! The suite with this version's way to register a function.

use suborbital::runnable::{use_runnable, RunErr, Runnable};
#[cfg(feature = "results")]
type HostErr = RunErr;

include!("suite.rs");

struct Suite {}

impl Runnable for Suite {
    fn run(&self, input: Vec<u8>) -> Result<Vec<u8>, RunErr> {
        suite(input)
    }
}

static SUITE: &Suite = &Suite {};

#[no_mangle]
pub extern "C" fn init() {
    use_runnable(SUITE);
}
