;; 1,000 notes, each the same 60,000 bytes.
(memory (export "memory") 4)
(func (export "generate") (type $call)
  (local $at i32)
  (local.set $at (i32.const 131072))
  (loop $again
    (i32.store (local.get $at) (i32.const 2048))
    (i32.store offset=4 (local.get $at) (i32.const 60000))
    (local.set $at (i32.add (local.get $at) (i32.const 8)))
    (br_if $again (i32.lt_u (local.get $at) (i32.const 139072))))
  (i32.store offset=12 (i32.const 1024) (i32.const 131072))
  (i32.store offset=16 (i32.const 1024) (i32.const 1000))
  (i32.const 1024))
