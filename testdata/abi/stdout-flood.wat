;; Prints two gigabytes, then answers.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "deallocate") (param i32 i32))
  (data (i32.const 16) "\40\00\00\00\00\f0\01\00")
  (func (export "run_e") (param i32 i32) (param $ident i32)
    (local $i i32)
    (memory.fill (i32.const 64) (i32.const 121) (i32.const 126976))
    (loop $again
      (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1)
        (i32.const 8)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 17000))))
    (call $result (i32.const 16) (i32.const 0) (local.get $ident))))
