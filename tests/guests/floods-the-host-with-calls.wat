(data (i32.const 2048) "nothing-here")
(func (export "generate") (type $call)
  (loop $again
    (call $remove (i32.const 2048) (i32.const 12) (i32.const 1024))
    (br $again))
  (unreachable))
