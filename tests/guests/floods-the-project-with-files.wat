;; file-aaaa, file-baaa, …
(data (i32.const 2048) "file-aaaa")
(func (export "generate") (type $call)
  (local $at i32)
  (loop $again
    (call $write (i32.const 2048) (i32.const 9) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024))
    (local.set $at (i32.const 2053))
    (loop $carry
      (i32.store8 (local.get $at) (i32.add (i32.load8_u (local.get $at)) (i32.const 1)))
      (if (i32.gt_u (i32.load8_u (local.get $at)) (i32.const 122))
        (then
          (i32.store8 (local.get $at) (i32.const 97))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $carry))))
    (br $again))
  (unreachable))
