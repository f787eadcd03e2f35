;; The function, in WebAssembly's text form.  What it may ask for is in
;; runnable(7): an import that nothing calls may be left out.
(module
  (import "env" "return_result"
    (func $return_result (param $p i32) (param $n i32) (param $ident i32)))
  (import "env" "return_error"
    (func $return_error (param $code i32)
      (param $p i32) (param $n i32) (param $ident i32)))
  (import "env" "log_msg"
    (func $log_msg (param $p i32) (param $n i32) (param $level i32)
      (param $ident i32)))

  (memory (export "memory") 1)
  (data (i32.const 16) "hello ")
  (data (i32.const 32) "saying hello")
  (data (i32.const 64) "the input is empty: send a name")

  ;; Say hello to whoever the input names.
  (func (export "run_e") (param $in i32) (param $n i32) (param $ident i32)
    (local $out i32) (local $size i32)
    (if (i32.eqz (local.get $n))
      (then
        (call $return_error (i32.const 400)
          (i32.const 64) (i32.const 31) (local.get $ident))
        (return)))
    ;; Level 3 is "info".
    (call $log_msg (i32.const 32) (i32.const 12) (i32.const 3)
      (local.get $ident))
    (local.set $size (i32.add (local.get $n) (i32.const 6)))
    (local.set $out (call $allocate (local.get $size)))
    (memory.copy (local.get $out) (i32.const 16) (i32.const 6))
    (memory.copy (i32.add (local.get $out) (i32.const 6))
      (local.get $in) (local.get $n))
    (call $return_result (local.get $out) (local.get $size)
      (local.get $ident))
    (call $deallocate (local.get $out) (local.get $size)))

  ;; From here on nothing is for editing: memory for the host and for us, a
  ;; stack of blocks that grows upward from 1024; giving back the newest block
  ;; takes it off.
  (global $top (mut i32) (i32.const 1024))

  (func $after (param $p i32) (param $n i32) (result i32)
    (i32.and
      (i32.add (i32.add (local.get $p) (local.get $n)) (i32.const 15))
      (i32.const -16)))

  (func $allocate (export "allocate") (param $n i32) (result i32)
    (local $p i32) (local $missing i32)
    (local.set $p (global.get $top))
    (global.set $top (call $after (local.get $p) (local.get $n)))
    (if (i32.lt_u (global.get $top) (local.get $p))
      (then (unreachable)))
    (if (i32.gt_u (global.get $top)
          (i32.mul (memory.size) (i32.const 65536)))
      (then
        (local.set $missing
          (i32.sub (global.get $top)
            (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (i32.const -1)
              (memory.grow (i32.add (i32.const 1)
                (i32.shr_u (local.get $missing) (i32.const 16)))))
          (then (unreachable)))))
    (local.get $p))

  (func $deallocate (export "deallocate") (param $p i32) (param $n i32)
    (if (i32.eq (global.get $top)
          (call $after (local.get $p) (local.get $n)))
      (then (global.set $top (local.get $p))))))
