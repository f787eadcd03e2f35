use suborbital::runnable::*;

struct Hello {}

impl Runnable for Hello {
    fn run(&self, input: Vec<u8>) -> Result<Vec<u8>, RunErr> {
        let name = String::from_utf8(input).unwrap_or_default();
        Ok(format!("hello {name}").into_bytes())
    }
}

static RUNNABLE: &Hello = &Hello {};

#[no_mangle]
pub extern "C" fn _start() {
    use_runnable(RUNNABLE);
}
