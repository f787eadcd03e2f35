;; Writes a gigabyte to its log, then answers.
(module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (import "env" "log_msg" (func $log (param i32 i32 i32 i32)))
  (memory (export "memory") 2)
  (data (i32.const 16) "done")
  (func (export "allocate") (param i32) (result i32) (i32.const 4096))
  (func (export "run_e") (param i32 i32) (param $ident i32)
    (local $i i32)
    (memory.fill (i32.const 1024) (i32.const 120) (i32.const 65536))
    (loop $again
      (call $log (i32.const 1024) (i32.const 65536) (i32.const 3)
        (local.get $ident))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 16384))))
    (call $result (i32.const 16) (i32.const 4) (local.get $ident))))
