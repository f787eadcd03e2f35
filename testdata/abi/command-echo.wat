;; A WASI command that copies its standard input to its standard output, in
;; pieces of three and of four bytes.
(module
  (import "wasi_snapshot_preview1" "fd_read"
    (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; Two vectors, 3 bytes at 64 and 4 bytes at 67.
  (data (i32.const 0) "\40\00\00\00\03\00\00\00\43\00\00\00\04\00\00\00")
  (func (export "_start")
    (loop $more
      (if (call $read (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 32))
        (then unreachable))
      (if (i32.load (i32.const 32)) (then
        (i32.store (i32.const 16) (i32.const 64))
        (i32.store (i32.const 20) (i32.load (i32.const 32)))
        (if (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 36))
          (then unreachable))
        (br $more))))))
