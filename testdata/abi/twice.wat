;; Returns a result twice: the first counts.
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "deallocate") (param i32 i32))
  (data (i32.const 16) "firstsecond")
  (func (export "run_e") (param i32 i32) (param $ident i32)
    (call $result (i32.const 16) (i32.const 5) (local.get $ident))
    (call $result (i32.const 21) (i32.const 6) (local.get $ident))))
