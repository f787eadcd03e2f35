;; Hands back memory that is not its own.
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param i32 i32) (param $ident i32)
    (call $result (i32.const 0xfffffff0) (i32.const 4) (local.get $ident))))
