;; Takes memory without end, and traps when it gets no more.
(module
  (memory (export "memory") 2)
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "deallocate") (param i32 i32))
  (func $run_e (export "run_e") (param i32 i32 i32)
    (loop $again
      (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1))
        (then (unreachable)))
      (br $again))))
