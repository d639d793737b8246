;; Reads whatever it knows a name for, and writes a file of what it got: `stolen/a`, `stolen/b`, and so on.
(data (i32.const 2048) ".env\00../x\00/etc/passwd\00link\00folder/secret\00scaffold.lock\00.scaffold/undo/1/journal\00.git/config\00certs/server.pem\00a.txt\00.ENV\00x/../.env\00~/.ssh/id_rsa\00\00")
(data (i32.const 4096) "stolen/a")
(func $read (param $path i32) (param $length i32)
  (call $read-project (local.get 0) (local.get 1) (i32.const 1024))
  ;; Neither a failure nor nothing.
  (if (i32.and (i32.eqz (i32.load8_u (i32.const 1024))) (i32.load8_u (i32.const 1028)))
    (then
      (call $write (i32.const 4096) (i32.const 8) (i32.load (i32.const 1032)) (i32.load (i32.const 1036))
        (i32.const 0) (i32.const 0) (i32.const 1100))))
  (i32.store8 (i32.const 4103) (i32.add (i32.load8_u (i32.const 4103)) (i32.const 1))))
(func (export "generate") (type $call)
  (local $at i32) (local $end i32)
  (local.set $at (i32.const 2048))
  (loop $paths
    (local.set $end (local.get $at))
    (loop $letters
      (if (i32.load8_u (local.get $end))
        (then
          (local.set $end (i32.add (local.get $end) (i32.const 1)))
          (br $letters))))
    (if (i32.ne (local.get $at) (local.get $end))
      (then
        (call $read (local.get $at) (i32.sub (local.get $end) (local.get $at)))
        (local.set $at (i32.add (local.get $end) (i32.const 1)))
        (br $paths))))
  (i32.const 0))
