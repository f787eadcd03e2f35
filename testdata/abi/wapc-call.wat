;; A waPC module that does what its operation says, one letter:
;;   e  gives its payload back
;;   f  fails with its payload as the error's text
;;   q  fails without a text
;;   r  gives its payload back, and then fails without a text
;;   l  logs its payload
;;   c  calls the host: the payload is four texts, a NUL after each: binding,
;;      namespace, operation, payload; gives back "+" and the answer or "-" and
;;      the error's text
(module
  (import "wapc" "__guest_request" (func $request (param i32 i32)))
  (import "wapc" "__guest_response" (func $response (param i32 i32)))
  (import "wapc" "__guest_error" (func $error (param i32 i32)))
  (import "wapc" "__host_call"
    (func $call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wapc" "__host_response_len" (func $answer_len (result i32)))
  (import "wapc" "__host_response" (func $answer (param i32)))
  (import "wapc" "__host_error_len" (func $why_len (result i32)))
  (import "wapc" "__host_error" (func $why (param i32)))
  (import "wapc" "__console_log" (func $log (param i32 i32)))
  (memory (export "memory") 4)
  (global $at (mut i32) (i32.const 0))
  ;; The next text begins at $at; its length, and $at behind its NUL.
  (func $cut (result i32) (local $from i32)
    (local.set $from (global.get $at))
    (loop $more (if (i32.load8_u (global.get $at)) (then
      (global.set $at (i32.add (global.get $at) (i32.const 1)))
      (br $more))))
    (global.set $at (i32.add (global.get $at) (i32.const 1)))
    (i32.sub (i32.sub (global.get $at) (local.get $from)) (i32.const 1)))
  (func $ask (param $p i32) (param $n i32)
    (local $ns i32) (local $op i32) (local $data i32)
    (local $nb i32) (local $nns i32) (local $nop i32) (local $len i32)
    (global.set $at (local.get $p))
    (local.set $nb (call $cut))
    (local.set $ns (global.get $at))
    (local.set $nns (call $cut))
    (local.set $op (global.get $at))
    (local.set $nop (call $cut))
    (local.set $data (global.get $at))
    (if (call $call (local.get $p) (local.get $nb)
          (local.get $ns) (local.get $nns) (local.get $op) (local.get $nop)
          (local.get $data)
          (i32.sub (i32.add (local.get $p) (local.get $n)) (local.get $data)))
      (then
        (i32.store8 (i32.const 65536) (i32.const 43))
        (local.set $len (call $answer_len))
        (call $answer (i32.const 65537))
        (if (call $why_len) (then unreachable)))
      (else
        (i32.store8 (i32.const 65536) (i32.const 45))
        (local.set $len (call $why_len))
        (call $why (i32.const 65537))
        (if (call $answer_len) (then unreachable))))
    (call $response (i32.const 65536) (i32.add (local.get $len) (i32.const 1))))
  (func (export "__guest_call") (param $no i32) (param $np i32) (result i32)
    (local $op i32)
    (call $request (i32.const 16) (i32.const 1024))
    (local.set $op (i32.load8_u (i32.const 16)))
    (if (i32.eq (local.get $op) (i32.const 101)) (then
      (call $response (i32.const 1024) (local.get $np))))
    (if (i32.eq (local.get $op) (i32.const 102)) (then
      (call $error (i32.const 1024) (local.get $np))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 113)) (then
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 114)) (then
      (call $response (i32.const 1024) (local.get $np))
      (return (i32.const 0))))
    (if (i32.eq (local.get $op) (i32.const 108)) (then
      (call $log (i32.const 1024) (local.get $np))))
    (if (i32.eq (local.get $op) (i32.const 99)) (then
      (call $ask (i32.const 1024) (local.get $np))))
    (i32.const 1)))
