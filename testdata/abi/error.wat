;; Returns error 400.
(module
  (import "env" "return_error" (func $error (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "deallocate") (param i32 i32))
  (data (i32.const 16) "no name")
  (func (export "run_e") (param i32 i32) (param $ident i32)
    (call $error (i32.const 400) (i32.const 16) (i32.const 7)
      (local.get $ident))))
