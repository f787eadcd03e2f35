;; Recurses without end.
(module
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "deallocate") (param i32 i32))
  (func $down (param $n i32) (result i32)
    (i32.add (call $down (i32.add (local.get $n) (i32.const 1)))
      (local.get $n)))
  (func $run_e (export "run_e") (param i32 i32 i32)
    (drop (call $down (i32.const 0)))))
