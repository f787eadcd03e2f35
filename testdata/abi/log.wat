;; Logs its input at level 2, prints a line and half a line, and returns the
;; state key "who".
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (import "env" "log_msg" (func $log (param i32 i32 i32 i32)))
  (import "env" "request_get_field"
    (func $get (param i32 i32 i32 i32) (result i32)))
  (import "env" "get_ffi_result" (func $fetch (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "whoprinted\nhalf")
  (data (i32.const 64) "\13\00\00\00\0c\00\00\00")
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "run_e") (param $p i32) (param $n i32) (param $ident i32)
    (local $len i32)
    (call $log (local.get $p) (local.get $n) (i32.const 2) (local.get $ident))
    (drop (call $write (i32.const 1) (i32.const 64) (i32.const 1)
      (i32.const 8)))
    (local.set $len (call $get (i32.const 4) (i32.const 16) (i32.const 3)
      (local.get $ident)))
    (drop (call $fetch (i32.const 256) (local.get $ident)))
    (call $result (i32.const 256) (local.get $len) (local.get $ident))))
