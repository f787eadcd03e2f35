;; Loops for ever.
(module
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "deallocate") (param i32 i32))
  (func $spin (loop $again (br $again)))
  (func $run_e (export "run_e") (param i32 i32 i32) (call $spin)))
