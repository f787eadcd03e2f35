;; Answers for another call: nothing of it counts.
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (import "env" "return_error" (func $error (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "deallocate") (param i32 i32))
  (data (i32.const 16) "forged")
  (func (export "run_e") (param i32 i32) (param $ident i32)
    (call $result (i32.const 16) (i32.const 6)
      (i32.xor (local.get $ident) (i32.const 1)))
    (call $error (i32.const 1) (i32.const 16) (i32.const 6)
      (i32.sub (i32.const 0) (local.get $ident)))))
