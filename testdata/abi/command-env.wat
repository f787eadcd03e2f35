;; A WASI command that writes its arguments and its environment, the count of
;; each before it and its texts as they are, NULs and all.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get"
    (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get"
    (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 4)
  (func $put (param $p i32) (param $n i32)
    (i32.store (i32.const 16) (local.get $p))
    (i32.store (i32.const 20) (local.get $n))
    (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 24))))
  ;; The count at 0 and the texts, as long as 4 says, by the pointers to them.
  (func $tell
    (i32.store8 (i32.const 32) (i32.add (i32.const 48) (i32.load (i32.const 0))))
    (call $put (i32.const 32) (i32.const 1))
    (if (i32.load (i32.const 0))
      (then (call $put (i32.load (i32.const 1024)) (i32.load (i32.const 4))))))
  (func (export "_start")
    (if (call $args_sizes (i32.const 0) (i32.const 4)) (then unreachable))
    (if (call $args (i32.const 1024) (i32.const 4096)) (then unreachable))
    (call $tell)
    (if (call $env_sizes (i32.const 0) (i32.const 4)) (then unreachable))
    (if (call $env (i32.const 1024) (i32.const 4096)) (then unreachable))
    (call $tell)))
