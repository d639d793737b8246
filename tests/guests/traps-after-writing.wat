(data (i32.const 2048) "half.txt")
(func (export "generate") (type $call)
  (call $write (i32.const 2048) (i32.const 8) (i32.const 2048) (i32.const 4) (i32.const 0) (i32.const 0) (i32.const 1024))
  (unreachable))
