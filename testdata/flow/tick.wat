;; Adds an "x" to state "n" and gives it.
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (import "env" "request_get_field"
    (func $get (param i32 i32 i32 i32) (result i32)))
  (import "env" "request_set_field"
    (func $set (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "get_ffi_result" (func $fetch (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (data (i32.const 0) "n")
  (func (export "allocate") (param i32) (result i32) (i32.const 65536))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param $p i32) (param $n i32) (param $id i32)
    (local $len i32)
    (local.set $len (call $get (i32.const 4) (i32.const 0) (i32.const 1)
      (local.get $id)))
    (drop (call $fetch (i32.const 1024) (local.get $id)))
    (i32.store8 offset=1024 (local.get $len) (i32.const 120))
    (local.set $len (i32.add (local.get $len) (i32.const 1)))
    (drop (call $set (i32.const 4) (i32.const 0) (i32.const 1)
      (i32.const 1024) (local.get $len) (local.get $id)))
    (drop (call $fetch (i32.const 1024) (local.get $id)))
    (call $result (i32.const 1024) (local.get $len) (local.get $id))))
