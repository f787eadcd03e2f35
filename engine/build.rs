use std::{env, fs, path::Path};

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for e in fs::read_dir(from).unwrap() {
        let e = e.unwrap();
        let dst = to.join(e.file_name());
        if e.file_type().unwrap().is_dir() {
            copy(&e.path(), &dst)
        } else {
            fs::copy(e.path(), dst).map(drop).unwrap()
        }
    }
}

fn main() {
    let inc = env::var("DEP_WASMTIME_C_API_INCLUDE").unwrap();
    println!("cargo:rerun-if-env-changed=ENGINE_PREFIX");
    println!("cargo:rerun-if-env-changed=DEP_WASMTIME_C_API_INCLUDE");
    if let Ok(p) = env::var("ENGINE_PREFIX") {
        copy(Path::new(&inc), &Path::new(&p).join("include"))
    }
}
