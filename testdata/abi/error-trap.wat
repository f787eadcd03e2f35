;; Returns an error, then traps: the error counts.
(module
  (import "env" "return_error" (func $error (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "deallocate") (param i32 i32))
  (data (i32.const 16) "why")
  (func (export "run_e") (param i32 i32) (param $ident i32)
    (call $error (i32.const 7) (i32.const 16) (i32.const 3)
      (local.get $ident))
    (unreachable)))
