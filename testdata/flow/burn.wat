;; Computes for as many rounds as its input says: a decimal number.
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "allocate") (param i32) (result i32) (i32.const 1024))
  (func (export "deallocate") (param i32 i32))
  (func (export "run_e") (param $p i32) (param $n i32) (param $id i32)
    (local $rounds i32) (local $x i32) (local $i i32)
    (block $read
      (loop $digit
        (br_if $read (i32.ge_s (local.get $i) (local.get $n)))
        (local.set $rounds (i32.add
          (i32.mul (local.get $rounds) (i32.const 10))
          (i32.sub (i32.load8_u
            (i32.add (local.get $p) (local.get $i))) (i32.const 48))))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $digit)))
    (local.set $x (i32.const 1))
    (block $done
      (loop $round
        (br_if $done (i32.eqz (local.get $rounds)))
        (local.set $x (i32.mul
          (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 15)))
          (i32.const 668265261)))
        (local.set $x (i32.add (local.get $x) (local.get $rounds)))
        (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
        (br $round)))
    (i32.store (i32.const 0) (local.get $x))
    (call $result (i32.const 0) (i32.const 4) (local.get $id))))
