;; Returns what it is given.
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 1024))
  (func (export "allocate") (param $n i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.add (local.get $at) (local.get $n)))
    (local.get $at))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param $p i32) (param $n i32) (param $ident i32)
    (call $result (local.get $p) (local.get $n) (local.get $ident))))
