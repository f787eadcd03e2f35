;; Gets a page, and says what came: the calls by hand.
(module
  (import "env" "return_result"
    (func $return_result (param i32 i32 i32)))
  (import "env" "fetch_url"
    (func $fetch_url (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "get_ffi_result"
    (func $get_ffi_result (param i32 i32) (result i32)))

  (memory (export "memory") 1)
  (data (i32.const 16) "@here@/echo")

  (func (export "run_e") (param $in i32) (param $n i32) (param $ident i32)
    (local $size i32)
    ;; 0 is GET; no body.
    (local.set $size
      (call $fetch_url (i32.const 0) (i32.const 16) (i32.const @size@)
        (i32.const 0) (i32.const 0) (local.get $ident)))
    (if (i32.or (i32.lt_s (local.get $size) (i32.const 0))
          (call $get_ffi_result (i32.const 4096) (local.get $ident)))
      (then (unreachable)))
    (call $return_result (i32.const 4096) (local.get $size)
      (local.get $ident)))

  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "deallocate") (param i32 i32)))
