;; Returns error 418, and then traps.
(module
  (import "env" "return_error" (func $error (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "teapot")
  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param $p i32) (param $n i32) (param $id i32)
    (call $error (i32.const 418) (i32.const 0) (i32.const 6) (local.get $id))
    unreachable))
