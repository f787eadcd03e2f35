;; Calls imports as its input says: records of 64 bytes, the number of an
;; import and then its parameters, 4 bytes each or 8 for an i64.  A parameter
;; of 0x1d1d1d1d is the ident of this call.
(module
  (import "env" "return_result"
    (func $i0 (param i32 i32 i32)))
  (import "env" "return_error"
    (func $i1 (param i32 i32 i32 i32)))
  (import "env" "return_abort"
    (func $i2 (param i32 i32 i32 i32 i32 i32 i32)))
  (import "env" "abort"
    (func $i3 (param i32 i32 i32 i32)))
  (import "env" "log_msg"
    (func $i4 (param i32 i32 i32 i32)))
  (import "env" "fetch_url"
    (func $i5 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "graphql_query"
    (func $i6 (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "cache_set"
    (func $i7 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "cache_get"
    (func $i8 (param i32 i32 i32) (result i32)))
  (import "env" "request_get_field"
    (func $i9 (param i32 i32 i32 i32) (result i32)))
  (import "env" "request_set_field"
    (func $i10 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "resp_set_header"
    (func $i11 (param i32 i32 i32 i32 i32)))
  (import "env" "get_static_file"
    (func $i12 (param i32 i32 i32) (result i32)))
  (import "env" "db_exec"
    (func $i13 (param i32 i32 i32 i32) (result i32)))
  (import "env" "add_ffi_var"
    (func $i14 (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "get_ffi_result"
    (func $i15 (param i32 i32) (result i32)))
  (import "env" "get_secret_value"
    (func $i16 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $i17 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $i18 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get"
    (func $i19 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get"
    (func $i20 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get"
    (func $i21 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $i22 (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $i23 (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit"
    (func $i24 (param i32)))
  (import "wasi_snapshot_preview1" "proc_raise"
    (func $i25 (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get"
    (func $i26 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield"
    (func $i27 (result i32)))
  (import "wasi_snapshot_preview1" "fd_close"
    (func $i28 (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get"
    (func $i29 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags"
    (func $i30 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_rights"
    (func $i31 (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get"
    (func $i32 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $i33 (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek"
    (func $i34 (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell"
    (func $i35 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $i36 (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_advise"
    (func $i37 (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_allocate"
    (func $i38 (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_datasync"
    (func $i39 (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size"
    (func $i40 (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_times"
    (func $i41 (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread"
    (func $i42 (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get"
    (func $i43 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name"
    (func $i44 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite"
    (func $i45 (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir"
    (func $i46 (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber"
    (func $i47 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_sync"
    (func $i48 (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory"
    (func $i49 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get"
    (func $i50 (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_set_times"
    (func $i51 (param i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link"
    (func $i52 (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $i53 (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink"
    (func $i54 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory"
    (func $i55 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename"
    (func $i56 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink"
    (func $i57 (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file"
    (func $i58 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept"
    (func $i59 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv"
    (func $i60 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send"
    (func $i61 (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown"
    (func $i62 (param i32 i32) (result i32)))
  (memory (export "memory") 2)
  (global $ident (mut i32) (i32.const 0))
  (func (export "allocate") (param i32) (result i32) (i32.const 8192))
  (func $p (param $at i32) (result i32)
    (if (result i32) (i32.eq (i32.load (local.get $at)) (i32.const 0x1d1d1d1d))
      (then (global.get $ident))
      (else (i32.load (local.get $at)))))
  (func $one (param $at i32) (local $f i32)
    (local.set $f (i32.load8_u (local.get $at)))
    (if (i32.eq (local.get $f) (i32.const 0)) (then
      (call $i0
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12))))))
    (if (i32.eq (local.get $f) (i32.const 1)) (then
      (call $i1
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16))))))
    (if (i32.eq (local.get $f) (i32.const 2)) (then
      (call $i2
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))
        (call $p (i32.add (local.get $at) (i32.const 24)))
        (call $p (i32.add (local.get $at) (i32.const 28))))))
    (if (i32.eq (local.get $f) (i32.const 3)) (then
      (call $i3
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16))))))
    (if (i32.eq (local.get $f) (i32.const 4)) (then
      (call $i4
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16))))))
    (if (i32.eq (local.get $f) (i32.const 5)) (then
      (drop (call $i5
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 6)) (then
      (drop (call $i6
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))))))
    (if (i32.eq (local.get $f) (i32.const 7)) (then
      (drop (call $i7
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 8)) (then
      (drop (call $i8
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))))))
    (if (i32.eq (local.get $f) (i32.const 9)) (then
      (drop (call $i9
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))))))
    (if (i32.eq (local.get $f) (i32.const 10)) (then
      (drop (call $i10
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 11)) (then
      (call $i11
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20))))))
    (if (i32.eq (local.get $f) (i32.const 12)) (then
      (drop (call $i12
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))))))
    (if (i32.eq (local.get $f) (i32.const 13)) (then
      (drop (call $i13
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))))))
    (if (i32.eq (local.get $f) (i32.const 14)) (then
      (drop (call $i14
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))))))
    (if (i32.eq (local.get $f) (i32.const 15)) (then
      (drop (call $i15
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 16)) (then
      (drop (call $i16
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))))))
    (if (i32.eq (local.get $f) (i32.const 17)) (then
      (drop (call $i17
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 18)) (then
      (drop (call $i18
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 19)) (then
      (drop (call $i19
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 20)) (then
      (drop (call $i20
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 21)) (then
      (drop (call $i21
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 22)) (then
      (drop (call $i22
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (i64.load (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 16)))))))
    (if (i32.eq (local.get $f) (i32.const 23)) (then
      (drop (call $i23
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))))))
    (if (i32.eq (local.get $f) (i32.const 24)) (then
      (call $i24
        (call $p (i32.add (local.get $at) (i32.const 4))))))
    (if (i32.eq (local.get $f) (i32.const 25)) (then
      (drop (call $i25
        (call $p (i32.add (local.get $at) (i32.const 4)))))))
    (if (i32.eq (local.get $f) (i32.const 26)) (then
      (drop (call $i26
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 27)) (then
      (drop (call $i27))))
    (if (i32.eq (local.get $f) (i32.const 28)) (then
      (drop (call $i28
        (call $p (i32.add (local.get $at) (i32.const 4)))))))
    (if (i32.eq (local.get $f) (i32.const 29)) (then
      (drop (call $i29
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 30)) (then
      (drop (call $i30
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 31)) (then
      (drop (call $i31
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (i64.load (i32.add (local.get $at) (i32.const 8)))
        (i64.load (i32.add (local.get $at) (i32.const 16)))))))
    (if (i32.eq (local.get $f) (i32.const 32)) (then
      (drop (call $i32
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 33)) (then
      (drop (call $i33
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))))))
    (if (i32.eq (local.get $f) (i32.const 34)) (then
      (drop (call $i34
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (i64.load (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))))))
    (if (i32.eq (local.get $f) (i32.const 35)) (then
      (drop (call $i35
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 36)) (then
      (drop (call $i36
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))))))
    (if (i32.eq (local.get $f) (i32.const 37)) (then
      (drop (call $i37
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (i64.load (i32.add (local.get $at) (i32.const 8)))
        (i64.load (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 38)) (then
      (drop (call $i38
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (i64.load (i32.add (local.get $at) (i32.const 8)))
        (i64.load (i32.add (local.get $at) (i32.const 16)))))))
    (if (i32.eq (local.get $f) (i32.const 39)) (then
      (drop (call $i39
        (call $p (i32.add (local.get $at) (i32.const 4)))))))
    (if (i32.eq (local.get $f) (i32.const 40)) (then
      (drop (call $i40
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (i64.load (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 41)) (then
      (drop (call $i41
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (i64.load (i32.add (local.get $at) (i32.const 8)))
        (i64.load (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 42)) (then
      (drop (call $i42
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (i64.load (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 43)) (then
      (drop (call $i43
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 44)) (then
      (drop (call $i44
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))))))
    (if (i32.eq (local.get $f) (i32.const 45)) (then
      (drop (call $i45
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (i64.load (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 46)) (then
      (drop (call $i46
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (i64.load (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 47)) (then
      (drop (call $i47
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
    (if (i32.eq (local.get $f) (i32.const 48)) (then
      (drop (call $i48
        (call $p (i32.add (local.get $at) (i32.const 4)))))))
    (if (i32.eq (local.get $f) (i32.const 49)) (then
      (drop (call $i49
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))))))
    (if (i32.eq (local.get $f) (i32.const 50)) (then
      (drop (call $i50
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))))))
    (if (i32.eq (local.get $f) (i32.const 51)) (then
      (drop (call $i51
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (i64.load (i32.add (local.get $at) (i32.const 20)))
        (i64.load (i32.add (local.get $at) (i32.const 28)))
        (call $p (i32.add (local.get $at) (i32.const 36)))))))
    (if (i32.eq (local.get $f) (i32.const 52)) (then
      (drop (call $i52
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))
        (call $p (i32.add (local.get $at) (i32.const 24)))
        (call $p (i32.add (local.get $at) (i32.const 28)))))))
    (if (i32.eq (local.get $f) (i32.const 53)) (then
      (drop (call $i53
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))
        (i64.load (i32.add (local.get $at) (i32.const 24)))
        (i64.load (i32.add (local.get $at) (i32.const 32)))
        (call $p (i32.add (local.get $at) (i32.const 40)))
        (call $p (i32.add (local.get $at) (i32.const 44)))))))
    (if (i32.eq (local.get $f) (i32.const 54)) (then
      (drop (call $i54
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 55)) (then
      (drop (call $i55
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))))))
    (if (i32.eq (local.get $f) (i32.const 56)) (then
      (drop (call $i56
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 57)) (then
      (drop (call $i57
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))))))
    (if (i32.eq (local.get $f) (i32.const 58)) (then
      (drop (call $i58
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))))))
    (if (i32.eq (local.get $f) (i32.const 59)) (then
      (drop (call $i59
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))))))
    (if (i32.eq (local.get $f) (i32.const 60)) (then
      (drop (call $i60
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))
        (call $p (i32.add (local.get $at) (i32.const 24)))))))
    (if (i32.eq (local.get $f) (i32.const 61)) (then
      (drop (call $i61
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))
        (call $p (i32.add (local.get $at) (i32.const 12)))
        (call $p (i32.add (local.get $at) (i32.const 16)))
        (call $p (i32.add (local.get $at) (i32.const 20)))))))
    (if (i32.eq (local.get $f) (i32.const 62)) (then
      (drop (call $i62
        (call $p (i32.add (local.get $at) (i32.const 4)))
        (call $p (i32.add (local.get $at) (i32.const 8)))))))
  )
  (func (export "run_e") (param $at i32) (param $n i32) (param $id i32)
    (local $end i32)
    (global.set $ident (local.get $id))
    (local.set $end (i32.add (local.get $at) (local.get $n)))
    (loop $again
      (if (i32.le_u (i32.add (local.get $at) (i32.const 64)) (local.get $end))
        (then (call $one (local.get $at))
          (local.set $at (i32.add (local.get $at) (i32.const 64)))
          (br $again))))))
