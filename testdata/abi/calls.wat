;; Calls imports as a program says, for the fuzz target: src/abi/abi_fuzz.c adds
;; an entry for each way to be called, which runs $program (and fetches it with
;; $fd_read or $__guest_request).
;;
;; A module can import a name with one type only.  Those that had several are
;; marked with the guests that have this one, in the others they do nothing.
;;
;; A program is a list of calls: a byte is the number of an import (those of
;; the table below; one more grows the memory, the next one stores), and then a
;; byte for each parameter:
;;   00 to 7f   that number
;;   80 to bf   an address in the program, or behind it: 4 bytes for each
;;   c0 to df   the edges at 0x200: ends of memory, signs, sizes
;;   e0 to ef   the ident of this call          f0 to f3   the second number
;;   f4 to f7   what the last call gave         f8 to ff   the next 4 bytes
(module
  (import "env" "return_result" (func $i0 (param i32 i32 i32))) ;; acd
  (import "env" "return_result_swift" (func $i1 (param i32 i32 i32 i32 i32))) ;; acd
  (import "env" "return_error" (func $i2 (param i32 i32 i32 i32)))
  (import "env" "return_error_swift" (func $i3 (param i32 i32 i32 i32 i32 i32)))
  (import "env" "return_abort" (func $i4 (param i32 i32 i32 i32 i32 i32 i32)))
  (import "env" "return_abort_swift" (func $i5 (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
  (import "env" "log_msg" (func $i6 (param i32 i32 i32 i32)))
  (import "env" "log_msg_swift" (func $i7 (param i32 i32 i32 i32 i32 i32)))
  (import "env" "fetch_url" (func $i8 (param i32 i32 i32 i32 i32 i32) (result i32))) ;; a
  (import "env" "fetch_url_swift" (func $i9 (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32))) ;; a
  (import "env" "graphql_query" (func $i10 (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "graphql_query_swift" (func $i11 (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "cache_set" (func $i12 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "cache_set_swift" (func $i13 (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "cache_get" (func $i14 (param i32 i32 i32) (result i32))) ;; ad
  (import "env" "cache_get_swift" (func $i15 (param i32 i32 i32 i32 i32) (result i32))) ;; ad
  (import "env" "request_get_field" (func $i16 (param i32 i32 i32 i32) (result i32))) ;; ad
  (import "env" "request_get_field_swift" (func $i17 (param i32 i32 i32 i32 i32 i32) (result i32))) ;; ad
  (import "env" "request_set_field" (func $i18 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "request_set_field_swift" (func $i19 (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "resp_set_header" (func $i20 (param i32 i32 i32 i32 i32)))
  (import "env" "resp_set_header_swift" (func $i21 (param i32 i32 i32 i32 i32 i32 i32)))
  (import "env" "get_static_file" (func $i22 (param i32 i32 i32) (result i32))) ;; ad
  (import "env" "get_static_file_swift" (func $i23 (param i32 i32 i32 i32 i32) (result i32))) ;; ad
  (import "env" "db_exec" (func $i24 (param i32 i32 i32 i32) (result i32)))
  (import "env" "db_exec_swift" (func $i25 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "add_ffi_var" (func $i26 (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "add_ffi_var_swift" (func $i27 (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "get_ffi_result" (func $i28 (param i32 i32) (result i32)))
  (import "env" "get_ffi_result_swift" (func $i29 (param i32 i32 i32 i32) (result i32)))
  (import "env" "get_secret_value" (func $i30 (param i32 i32 i32) (result i32)))
  (import "env" "get_secret_value_swift" (func $i31 (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "abort" (func $i32 (param i32 i32 i32 i32)))
  (import "env" "fetch_url" (func $i33 (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32))) ;; bc
  (import "env" "fetch_url_swift" (func $i34 (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32))) ;; bc
  (import "env" "cache_get" (func $i35 (param i32 i32 i32 i32 i32) (result i32))) ;; bc
  (import "env" "cache_get_swift" (func $i36 (param i32 i32 i32 i32 i32 i32 i32) (result i32))) ;; bc
  (import "env" "request_get_field" (func $i37 (param i32 i32 i32 i32 i32 i32) (result i32))) ;; bc
  (import "env" "request_get_field_swift" (func $i38 (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32))) ;; bc
  (import "env" "get_static_file" (func $i39 (param i32 i32 i32 i32 i32) (result i32))) ;; bc
  (import "env" "get_static_file_swift" (func $i40 (param i32 i32 i32 i32 i32 i32 i32) (result i32))) ;; bc
  (import "env" "fetch_url" (func $i41 (param i32 i32 i32 i32 i32) (result i32))) ;; d
  (import "env" "fetch_url_swift" (func $i42 (param i32 i32 i32 i32 i32 i32 i32) (result i32))) ;; d
  (import "env" "fetch" (func $i43 (param i32 i32 i32 i32 i32) (result i32))) ;; acd
  (import "env" "fetch_swift" (func $i44 (param i32 i32 i32 i32 i32 i32 i32) (result i32))) ;; acd
  (import "env" "print" (func $i45 (param i32 i32 i32))) ;; acd
  (import "env" "print_swift" (func $i46 (param i32 i32 i32 i32 i32))) ;; acd
  (import "env" "fetch" (func $i47 (param i32 i32 i32 i32 i32 i32) (result i32))) ;; b
  (import "env" "fetch_swift" (func $i48 (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32))) ;; b
  (import "env" "print" (func $i49 (param i32 i32 i32 i32))) ;; b
  (import "env" "print_swift" (func $i50 (param i32 i32 i32 i32 i32 i32))) ;; b
  (import "env" "return_result" (func $i51 (param i32 i32 i32 i32))) ;; b
  (import "env" "return_result_swift" (func $i52 (param i32 i32 i32 i32 i32 i32))) ;; b
  (import "wapc" "__guest_request" (func $__guest_request (param i32 i32)))
  (import "wapc" "__guest_response" (func $i54 (param i32 i32)))
  (import "wapc" "__guest_error" (func $i55 (param i32 i32)))
  (import "wapc" "__host_call" (func $i56 (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wapc" "__host_response_len" (func $i57 (result i32)))
  (import "wapc" "__host_response" (func $i58 (param i32)))
  (import "wapc" "__host_error_len" (func $i59 (result i32)))
  (import "wapc" "__host_error" (func $i60 (param i32)))
  (import "wapc" "__console_log" (func $i61 (param i32 i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $i62 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $i63 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $i64 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $i65 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func $i66 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $i67 (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_advise" (func $i68 (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_allocate" (func $i69 (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $i70 (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_datasync" (func $i71 (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $i72 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $i73 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_rights" (func $i74 (param i32 i64 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $i75 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $i76 (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_times" (func $i77 (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $i78 (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $i79 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $i80 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $i81 (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $i83 (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $i84 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $i85 (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_sync" (func $i86 (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $i87 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $i88 (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_create_directory" (func $i89 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $i90 (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_set_times" (func $i91 (param i32 i32 i32 i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_link" (func $i92 (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $i93 (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink" (func $i94 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_remove_directory" (func $i95 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_rename" (func $i96 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $i97 (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $i98 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $i99 (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $i100 (param i32)))
  (import "wasi_snapshot_preview1" "proc_raise" (func $i101 (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $i102 (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $i103 (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $i104 (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_recv" (func $i105 (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_send" (func $i106 (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_shutdown" (func $i107 (param i32 i32) (result i32)))
  (memory (export "memory") 2 16)
  (data (i32.const 0x200)
    "\ff\ff\ff\ff\ff\ff\ff\7f\00\00\00\80\ff\ff\00\00\00\00\01\00\ff\ff\01\00"
    "\00\00\02\00\01\00\02\00\fc\ff\01\00\f8\ff\01\00\00\00\03\00\00\00\04\00"
    "\00\00\10\00\ff\ff\0f\00\f8\ff\ff\ff\f0\ff\ff\ff\00\00\ff\ff\00\10\00\00"
    "\00\40\00\00\01\00\01\00\70\11\01\00\a0\86\01\00\e8\03\00\00\00\04\00\00"
    "\01\04\00\00\00\01\00\00\00\00\00\40\fe\ff\ff\ff\37\89\41\00\2c\01\00\00"
    "\80\00\00\00\78\fd\ff\7f")
  (global $ident (mut i32) (i32.const 0))
  (global $number (mut i32) (i32.const 0))
  (global $last (mut i32) (i32.const 0))
  (global $from (mut i32) (i32.const 0))
  (global $at (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))
  ;; The next byte; behind the program 0.
  (func $byte (result i32)
    (if (i32.ge_u (global.get $at) (global.get $end))
      (then (return (i32.const 0))))
    (global.set $at (i32.add (global.get $at) (i32.const 1)))
    (i32.load8_u (i32.sub (global.get $at) (i32.const 1))))
  (func $four (result i32)
    (i32.or (i32.or (call $byte) (i32.shl (call $byte) (i32.const 8)))
      (i32.or (i32.shl (call $byte) (i32.const 16))
        (i32.shl (call $byte) (i32.const 24)))))
  (func $p (result i32)
    (local $k i32)
    (local.set $k (call $byte))
    (if (i32.lt_u (local.get $k) (i32.const 0x80))
      (then (return (local.get $k))))
    (if (i32.lt_u (local.get $k) (i32.const 0xc0))
      (then (return (i32.add (global.get $from)
        (i32.shl (i32.and (local.get $k) (i32.const 0x3f)) (i32.const 2))))))
    (if (i32.lt_u (local.get $k) (i32.const 0xe0))
      (then (return (i32.load (i32.add (i32.const 0x200)
        (i32.shl (i32.and (local.get $k) (i32.const 0x1f)) (i32.const 2)))))))
    (if (i32.lt_u (local.get $k) (i32.const 0xf0))
      (then (return (global.get $ident))))
    (if (i32.lt_u (local.get $k) (i32.const 0xf4))
      (then (return (global.get $number))))
    (if (i32.lt_u (local.get $k) (i32.const 0xf8))
      (then (return (global.get $last))))
    (call $four))
  (func $q (result i64) (i64.extend_i32_s (call $p)))
  (func $one (param $f i32)
    (block $b109 (block $b108 (block $b107 (block $b106 (block $b105 (block $b104
    (block $b103 (block $b102 (block $b101 (block $b100 (block $b99 (block $b98
    (block $b97 (block $b96 (block $b95 (block $b94 (block $b93 (block $b92 (block $b91
    (block $b90 (block $b89 (block $b88 (block $b87 (block $b86 (block $b85 (block $b84
    (block $b83 (block $b82 (block $b81 (block $b80 (block $b79 (block $b78 (block $b77
    (block $b76 (block $b75 (block $b74 (block $b73 (block $b72 (block $b71 (block $b70
    (block $b69 (block $b68 (block $b67 (block $b66 (block $b65 (block $b64 (block $b63
    (block $b62 (block $b61 (block $b60 (block $b59 (block $b58 (block $b57 (block $b56
    (block $b55 (block $b54 (block $b53 (block $b52 (block $b51 (block $b50 (block $b49
    (block $b48 (block $b47 (block $b46 (block $b45 (block $b44 (block $b43 (block $b42
    (block $b41 (block $b40 (block $b39 (block $b38 (block $b37 (block $b36 (block $b35
    (block $b34 (block $b33 (block $b32 (block $b31 (block $b30 (block $b29 (block $b28
    (block $b27 (block $b26 (block $b25 (block $b24 (block $b23 (block $b22 (block $b21
    (block $b20 (block $b19 (block $b18 (block $b17 (block $b16 (block $b15 (block $b14
    (block $b13 (block $b12 (block $b11 (block $b10 (block $b9 (block $b8 (block $b7
    (block $b6 (block $b5 (block $b4 (block $b3 (block $b2 (block $b1 (block $b0
    (br_table $b0 $b1 $b2 $b3 $b4 $b5 $b6 $b7 $b8 $b9 $b10 $b11 $b12 $b13 $b14 $b15 $b16
      $b17 $b18 $b19 $b20 $b21 $b22 $b23 $b24 $b25 $b26 $b27 $b28 $b29 $b30 $b31 $b32
      $b33 $b34 $b35 $b36 $b37 $b38 $b39 $b40 $b41 $b42 $b43 $b44 $b45 $b46 $b47 $b48
      $b49 $b50 $b51 $b52 $b53 $b54 $b55 $b56 $b57 $b58 $b59 $b60 $b61 $b62 $b63 $b64
      $b65 $b66 $b67 $b68 $b69 $b70 $b71 $b72 $b73 $b74 $b75 $b76 $b77 $b78 $b79 $b80
      $b81 $b82 $b83 $b84 $b85 $b86 $b87 $b88 $b89 $b90 $b91 $b92 $b93 $b94 $b95 $b96
      $b97 $b98 $b99 $b100 $b101 $b102 $b103 $b104 $b105 $b106 $b107 $b108 $b109
      (local.get $f))
    ) (call $i0 (call $p) (call $p) (call $p)) (return)
    ) (call $i1 (call $p) (call $p) (call $p) (call $p) (call $p)) (return)
    ) (call $i2 (call $p) (call $p) (call $p) (call $p)) (return)
    ) (call $i3 (call $p) (call $p) (call $p) (call $p) (call $p) (call $p)) (return)
    ) (call $i4 (call $p) (call $p) (call $p) (call $p) (call $p) (call $p) (call $p)) (return)
    ) (call $i5 (call $p) (call $p) (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p)) (return)
    ) (call $i6 (call $p) (call $p) (call $p) (call $p)) (return)
    ) (call $i7 (call $p) (call $p) (call $p) (call $p) (call $p) (call $p)) (return)
    ) (global.set $last (call $i8 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p))) (return)
    ) (global.set $last (call $i9 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i10 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i11 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p))) (return)
    ) (global.set $last (call $i12 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p))) (return)
    ) (global.set $last (call $i13 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i14 (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i15 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i16 (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i17 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p))) (return)
    ) (global.set $last (call $i18 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p))) (return)
    ) (global.set $last (call $i19 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p) (call $p))) (return)
    ) (call $i20 (call $p) (call $p) (call $p) (call $p) (call $p)) (return)
    ) (call $i21 (call $p) (call $p) (call $p) (call $p) (call $p) (call $p) (call $p)) (return)
    ) (global.set $last (call $i22 (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i23 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i24 (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i25 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p))) (return)
    ) (global.set $last (call $i26 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i27 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p))) (return)
    ) (global.set $last (call $i28 (call $p) (call $p))) (return)
    ) (global.set $last (call $i29 (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i30 (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i31 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (call $i32 (call $p) (call $p) (call $p) (call $p)) (return)
    ) (global.set $last (call $i33 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i34 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i35 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i36 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p))) (return)
    ) (global.set $last (call $i37 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p))) (return)
    ) (global.set $last (call $i38 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i39 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i40 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p))) (return)
    ) (global.set $last (call $i41 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i42 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p))) (return)
    ) (global.set $last (call $i43 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i44 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p))) (return)
    ) (call $i45 (call $p) (call $p) (call $p)) (return)
    ) (call $i46 (call $p) (call $p) (call $p) (call $p) (call $p)) (return)
    ) (global.set $last (call $i47 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p))) (return)
    ) (global.set $last (call $i48 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p) (call $p))) (return)
    ) (call $i49 (call $p) (call $p) (call $p) (call $p)) (return)
    ) (call $i50 (call $p) (call $p) (call $p) (call $p) (call $p) (call $p)) (return)
    ) (call $i51 (call $p) (call $p) (call $p) (call $p)) (return)
    ) (call $i52 (call $p) (call $p) (call $p) (call $p) (call $p) (call $p)) (return)
    ) (call $__guest_request (call $p) (call $p)) (return)
    ) (call $i54 (call $p) (call $p)) (return)
    ) (call $i55 (call $p) (call $p)) (return)
    ) (global.set $last (call $i56 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i57)) (return)
    ) (call $i58 (call $p)) (return)
    ) (global.set $last (call $i59)) (return)
    ) (call $i60 (call $p)) (return)
    ) (call $i61 (call $p) (call $p)) (return)
    ) (global.set $last (call $i62 (call $p) (call $p))) (return)
    ) (global.set $last (call $i63 (call $p) (call $p))) (return)
    ) (global.set $last (call $i64 (call $p) (call $p))) (return)
    ) (global.set $last (call $i65 (call $p) (call $p))) (return)
    ) (global.set $last (call $i66 (call $p) (call $p))) (return)
    ) (global.set $last (call $i67 (call $p) (call $q) (call $p))) (return)
    ) (global.set $last (call $i68 (call $p) (call $q) (call $q) (call $p))) (return)
    ) (global.set $last (call $i69 (call $p) (call $q) (call $q))) (return)
    ) (global.set $last (call $i70 (call $p))) (return)
    ) (global.set $last (call $i71 (call $p))) (return)
    ) (global.set $last (call $i72 (call $p) (call $p))) (return)
    ) (global.set $last (call $i73 (call $p) (call $p))) (return)
    ) (global.set $last (call $i74 (call $p) (call $q) (call $q))) (return)
    ) (global.set $last (call $i75 (call $p) (call $p))) (return)
    ) (global.set $last (call $i76 (call $p) (call $q))) (return)
    ) (global.set $last (call $i77 (call $p) (call $q) (call $q) (call $p))) (return)
    ) (global.set $last (call $i78 (call $p) (call $p) (call $p) (call $q) (call $p))) (return)
    ) (global.set $last (call $i79 (call $p) (call $p))) (return)
    ) (global.set $last (call $i80 (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i81 (call $p) (call $p) (call $p) (call $q) (call $p))) (return)
    ) (global.set $last (call $fd_read (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i83 (call $p) (call $p) (call $p) (call $q) (call $p))) (return)
    ) (global.set $last (call $i84 (call $p) (call $p))) (return)
    ) (global.set $last (call $i85 (call $p) (call $q) (call $p) (call $p))) (return)
    ) (global.set $last (call $i86 (call $p))) (return)
    ) (global.set $last (call $i87 (call $p) (call $p))) (return)
    ) (global.set $last (call $i88 (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i89 (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i90 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i91 (call $p) (call $p) (call $p) (call $p) (call $q)
      (call $q) (call $p))) (return)
    ) (global.set $last (call $i92 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p) (call $p))) (return)
    ) (global.set $last (call $i93 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $q) (call $q) (call $p) (call $p))) (return)
    ) (global.set $last (call $i94 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p))) (return)
    ) (global.set $last (call $i95 (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i96 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p))) (return)
    ) (global.set $last (call $i97 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i98 (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i99 (call $p) (call $p) (call $p) (call $p))) (return)
    ) (call $i100 (call $p)) (return)
    ) (global.set $last (call $i101 (call $p))) (return)
    ) (global.set $last (call $i102 (call $p) (call $p))) (return)
    ) (global.set $last (call $i103)) (return)
    ) (global.set $last (call $i104 (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i105 (call $p) (call $p) (call $p) (call $p) (call $p)
      (call $p))) (return)
    ) (global.set $last (call $i106 (call $p) (call $p) (call $p) (call $p) (call $p))) (return)
    ) (global.set $last (call $i107 (call $p) (call $p))) (return)
    ) (global.set $last (memory.grow (i32.and (call $p) (i32.const 3)))) (return)
    ) (i32.store (call $p) (call $p)))
  (func $program (param $at i32) (param $n i32)
    (global.set $from (local.get $at))
    (global.set $at (local.get $at))
    (global.set $end (i32.add (local.get $at) (local.get $n)))
    (loop $more
      (if (i32.lt_u (global.get $at) (global.get $end)) (then
        (call $one (i32.rem_u (call $byte) (i32.const 110)))
        (br $more)))))
)
