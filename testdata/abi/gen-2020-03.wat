;; Hive, 2020-03: a pointer to text in, a pointer to text out, no imports.
;; Returns the input and a bar.
(module
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 1024))
  (func (export "allocate_input") (param $n i32) (result i32)
    (global.set $top (i32.add (global.get $top) (local.get $n)))
    (i32.sub (global.get $top) (local.get $n)))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param $p i32) (result i32)
    (local $at i32)
    (local.set $at (local.get $p))
    (loop $more
      (if (i32.load8_u (local.get $at)) (then
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $more))))
    (i32.store16 (local.get $at) (i32.const 124))
    (local.get $p)))
