;; A failure whose message is 3 MiB of one letter.
(memory (export "memory") 64)
(func (export "generate") (type $call)
  (memory.fill (i32.const 65536) (i32.const 120) (i32.const 3145728))
  (i32.store8 (i32.const 1024) (i32.const 1))
  (i32.store offset=12 (i32.const 1024) (i32.const 65536))
  (i32.store offset=16 (i32.const 1024) (i32.const 3145728))
  (i32.const 1024))
