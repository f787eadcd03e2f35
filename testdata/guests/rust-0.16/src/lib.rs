use suborbital::plugin::{Plugin, RunErr};
use suborbital::Plugin;

#[derive(Plugin)]
struct Hello {}

impl Plugin for Hello {
    fn run(&self, input: Vec<u8>) -> Result<Vec<u8>, RunErr> {
        let name = String::from_utf8(input)
            .map_err(|_| RunErr::new(400, "the input is not UTF-8"))?;
        Ok(format!("hello {name}").into_bytes())
    }
}
