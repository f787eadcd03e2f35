//! Between the function and its host: runnable(7).
//!
//! Not for editing: the function is in lib.rs.
#![allow(dead_code)]

use std::alloc::{alloc, dealloc, Layout};
use std::fmt;
use std::sync::atomic::{AtomicI32, Ordering};

mod env {
    #[link(wasm_import_module = "env")]
    extern "C" {
        pub fn return_result(p: *const u8, n: i32, ident: i32);
        pub fn return_error(code: i32, p: *const u8, n: i32, ident: i32);
        pub fn return_abort(
            p: *const u8,
            n: i32,
            file: *const u8,
            nfile: i32,
            line: i32,
            column: i32,
            ident: i32,
        );
        pub fn log_msg(p: *const u8, n: i32, level: i32, ident: i32);
        pub fn get_ffi_result(p: *mut u8, ident: i32) -> i32;
        pub fn request_get_field(
            kind: i32,
            key: *const u8,
            n: i32,
            ident: i32,
        ) -> i32;
        pub fn request_set_field(
            kind: i32,
            key: *const u8,
            nkey: i32,
            value: *const u8,
            nvalue: i32,
            ident: i32,
        ) -> i32;
        pub fn resp_set_header(
            key: *const u8,
            nkey: i32,
            value: *const u8,
            nvalue: i32,
            ident: i32,
        );
        pub fn cache_get(key: *const u8, n: i32, ident: i32) -> i32;
        pub fn cache_set(
            key: *const u8,
            nkey: i32,
            value: *const u8,
            nvalue: i32,
            ttl_s: i32,
            ident: i32,
        ) -> i32;
        pub fn get_static_file(name: *const u8, n: i32, ident: i32) -> i32;
        pub fn get_secret_value(key: *const u8, n: i32, ident: i32) -> i32;
        pub fn fetch_url(
            method: i32,
            url: *const u8,
            nurl: i32,
            body: *const u8,
            nbody: i32,
            ident: i32,
        ) -> i32;
        pub fn graphql_query(
            endpoint: *const u8,
            nendpoint: i32,
            query: *const u8,
            nquery: i32,
            ident: i32,
        ) -> i32;
        pub fn add_ffi_var(
            name: *const u8,
            nname: i32,
            value: *const u8,
            nvalue: i32,
            ident: i32,
        ) -> i32;
        pub fn db_exec(kind: i32, name: *const u8, n: i32, ident: i32) -> i32;
    }
}

/// What a function, or a call to the host, fails with.
#[derive(Debug, Clone)]
pub struct RunErr {
    pub code: i32,
    pub message: String,
}

impl RunErr {
    pub fn new(code: i32, message: &str) -> Self {
        RunErr { code, message: message.to_string() }
    }
}

impl fmt::Display for RunErr {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for RunErr {}

pub type Answer = Result<Vec<u8>, RunErr>;

static IDENT: AtomicI32 = AtomicI32::new(0);

fn ident() -> i32 {
    IDENT.load(Ordering::Relaxed)
}

/// What the host holds ready for us.  size: bytes of the answer, or minus
/// those of an error's text; -1 alone means that there is nothing to fetch.
fn answer(size: i32) -> Answer {
    let unknown = || RunErr::new(500, "the host gave no reason");
    if size == -1 {
        return Err(unknown());
    }
    let mut v = vec![0u8; size.unsigned_abs() as usize];
    if unsafe { env::get_ffi_result(v.as_mut_ptr(), ident()) } != 0 {
        return Err(unknown());
    }
    if size < 0 {
        return Err(RunErr::new(500, &String::from_utf8_lossy(&v)));
    }
    Ok(v)
}

/// Stop here and now: an error with code -1 that names the place.
#[track_caller]
pub fn give_up(message: &str) -> ! {
    let at = std::panic::Location::caller();
    let (m, f) = (message.as_bytes(), at.file().as_bytes());
    let (line, column) = (at.line() as i32, at.column() as i32);
    let id = ident();
    unsafe {
        env::return_abort(
            m.as_ptr(),
            len(m),
            f.as_ptr(),
            len(f),
            line,
            column,
            id,
        );
    }
    std::process::abort()
}

fn len(s: &[u8]) -> i32 {
    s.len() as i32
}

pub mod log {
    fn say(level: i32, m: &str) {
        unsafe {
            super::env::log_msg(
                m.as_ptr(),
                m.len() as i32,
                level,
                super::ident(),
            )
        }
    }
    pub fn error(message: &str) {
        say(1, message)
    }
    pub fn warn(message: &str) {
        say(2, message)
    }
    pub fn info(message: &str) {
        say(3, message)
    }
    pub fn debug(message: &str) {
        say(4, message)
    }
}

/// The request: empty when there is no such field.
pub mod req {
    use super::{answer, env, ident, len, RunErr};

    const META: i32 = 0;
    const BODY: i32 = 1;
    const HEADER: i32 = 2;
    const PARAM: i32 = 3;
    const STATE: i32 = 4;
    const QUERY: i32 = 5;

    fn bytes(kind: i32, key: &str) -> Vec<u8> {
        let k = key.as_bytes();
        let size = unsafe {
            env::request_get_field(kind, k.as_ptr(), len(k), ident())
        };
        answer(size).unwrap_or_default()
    }
    fn text(kind: i32, key: &str) -> String {
        String::from_utf8_lossy(&bytes(kind, key)).into_owned()
    }
    pub fn method() -> String {
        text(META, "method")
    }
    pub fn url() -> String {
        text(META, "url")
    }
    pub fn id() -> String {
        text(META, "id")
    }
    pub fn body() -> Vec<u8> {
        bytes(META, "body")
    }
    /// A text of a JSON body.
    pub fn body_field(key: &str) -> String {
        text(BODY, key)
    }
    pub fn header(name: &str) -> String {
        text(HEADER, name)
    }
    /// Of the route: /hello/:name.
    pub fn url_param(name: &str) -> String {
        text(PARAM, name)
    }
    /// Of the URL: ?name=value.
    pub fn query_param(name: &str) -> String {
        text(QUERY, name)
    }
    pub fn state(key: &str) -> String {
        text(STATE, key)
    }
    pub fn state_raw(key: &str) -> Vec<u8> {
        bytes(STATE, key)
    }
    fn set(kind: i32, key: &str, value: &[u8]) -> Result<(), RunErr> {
        let k = key.as_bytes();
        let size = unsafe {
            env::request_set_field(
                kind,
                k.as_ptr(),
                len(k),
                value.as_ptr(),
                len(value),
                ident(),
            )
        };
        answer(size).map(|_| ())
    }
    /// What later steps of the request see.
    pub fn set_method(method: &str) -> Result<(), RunErr> {
        set(META, "method", method.as_bytes())
    }
    pub fn set_url(url: &str) -> Result<(), RunErr> {
        set(META, "url", url.as_bytes())
    }
    pub fn set_body(body: &[u8]) -> Result<(), RunErr> {
        set(META, "body", body)
    }
    pub fn set_body_field(key: &str, value: &str) -> Result<(), RunErr> {
        set(BODY, key, value.as_bytes())
    }
    pub fn set_header(name: &str, value: &str) -> Result<(), RunErr> {
        set(HEADER, name, value.as_bytes())
    }
    pub fn set_url_param(name: &str, value: &str) -> Result<(), RunErr> {
        set(PARAM, name, value.as_bytes())
    }
    pub fn set_state(key: &str, value: &[u8]) -> Result<(), RunErr> {
        set(STATE, key, value)
    }
}

pub mod resp {
    use super::{env, ident, len};

    pub fn set_header(name: &str, value: &str) {
        let (k, v) = (name.as_bytes(), value.as_bytes());
        unsafe {
            env::resp_set_header(
                k.as_ptr(),
                len(k),
                v.as_ptr(),
                len(v),
                ident(),
            )
        }
    }
    pub fn content_type(value: &str) {
        set_header("Content-Type", value)
    }
}

pub mod cache {
    use super::{answer, env, ident, len, Answer, RunErr};

    pub fn get(key: &str) -> Answer {
        let k = key.as_bytes();
        answer(unsafe { env::cache_get(k.as_ptr(), len(k), ident()) })
    }
    /// ttl in seconds; 0 is for ever.
    pub fn set(key: &str, value: &[u8], ttl: i32) -> Result<(), RunErr> {
        let k = key.as_bytes();
        let code = unsafe {
            env::cache_set(
                k.as_ptr(),
                len(k),
                value.as_ptr(),
                len(value),
                ttl,
                ident(),
            )
        };
        match code {
            0 => Ok(()),
            _ => Err(RunErr::new(500, "the host refused")),
        }
    }
}

pub mod http {
    use super::{answer, env, ident, len, Answer};

    type Headers<'a> = &'a [(&'a str, &'a str)];

    fn fetch(method: i32, url: &str, body: &[u8], headers: Headers) -> Answer {
        let mut u = url.to_string();
        for (name, value) in headers {
            u += &format!("::{name}:{value}");
        }
        answer(unsafe {
            env::fetch_url(
                method,
                u.as_ptr(),
                len(u.as_bytes()),
                body.as_ptr(),
                len(body),
                ident(),
            )
        })
    }
    pub fn get(url: &str, headers: Headers) -> Answer {
        fetch(0, url, b"", headers)
    }
    pub fn head(url: &str, headers: Headers) -> Answer {
        fetch(1, url, b"", headers)
    }
    pub fn options(url: &str, headers: Headers) -> Answer {
        fetch(2, url, b"", headers)
    }
    pub fn post(url: &str, body: &[u8], headers: Headers) -> Answer {
        fetch(3, url, body, headers)
    }
    pub fn put(url: &str, body: &[u8], headers: Headers) -> Answer {
        fetch(4, url, body, headers)
    }
    pub fn patch(url: &str, body: &[u8], headers: Headers) -> Answer {
        fetch(5, url, body, headers)
    }
    pub fn delete(url: &str, headers: Headers) -> Answer {
        fetch(6, url, b"", headers)
    }
}

pub mod graphql {
    use super::{answer, env, ident, len, Answer};

    pub fn query(endpoint: &str, query: &str) -> Answer {
        let (e, q) = (endpoint.as_bytes(), query.as_bytes());
        answer(unsafe {
            env::graphql_query(
                e.as_ptr(),
                len(e),
                q.as_ptr(),
                len(q),
                ident(),
            )
        })
    }
}

/// Queries of the Directive by their names; variables in order.
pub mod db {
    use super::{answer, env, ident, len, Answer};

    type Vars<'a> = &'a [(&'a str, &'a str)];

    fn exec(kind: i32, query: &str, vars: Vars) -> Answer {
        for (name, value) in vars {
            let (n, v) = (name.as_bytes(), value.as_bytes());
            unsafe {
                env::add_ffi_var(
                    n.as_ptr(),
                    len(n),
                    v.as_ptr(),
                    len(v),
                    ident(),
                );
            }
        }
        let q = query.as_bytes();
        answer(unsafe { env::db_exec(kind, q.as_ptr(), len(q), ident()) })
    }
    pub fn insert(query: &str, vars: Vars) -> Answer {
        exec(0, query, vars)
    }
    pub fn select(query: &str, vars: Vars) -> Answer {
        exec(1, query, vars)
    }
    pub fn update(query: &str, vars: Vars) -> Answer {
        exec(2, query, vars)
    }
    pub fn delete(query: &str, vars: Vars) -> Answer {
        exec(3, query, vars)
    }
}

pub mod file {
    use super::{answer, env, ident, len, Answer};

    pub fn get_static(name: &str) -> Answer {
        let n = name.as_bytes();
        answer(unsafe { env::get_static_file(n.as_ptr(), len(n), ident()) })
    }
}

pub mod secrets {
    use super::{answer, env, ident, len, Answer};

    pub fn get(key: &str) -> Answer {
        let k = key.as_bytes();
        answer(unsafe { env::get_secret_value(k.as_ptr(), len(k), ident()) })
    }
}

// What the host calls.

fn layout(n: i32) -> Layout {
    Layout::from_size_align(n.max(1) as usize, 8).unwrap()
}

#[no_mangle]
extern "C" fn allocate(n: i32) -> *mut u8 {
    unsafe { alloc(layout(n)) }
}

#[no_mangle]
unsafe extern "C" fn deallocate(p: *mut u8, n: i32) {
    dealloc(p, layout(n))
}

#[no_mangle]
unsafe extern "C" fn run_e(p: *const u8, n: i32, id: i32) {
    IDENT.store(id, Ordering::Relaxed);
    let input = std::slice::from_raw_parts(p, n as usize).to_vec();
    match super::run(input) {
        Ok(v) => env::return_result(v.as_ptr(), len(&v), id),
        Err(e) => {
            let m = e.message.as_bytes();
            env::return_error(e.code, m.as_ptr(), len(m), id)
        }
    }
}
