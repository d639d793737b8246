(func (export "generate") (type $call)
  (loop $again
    (call $log (i32.const 1) (i32.const 2048) (i32.const 1000))
    (br $again))
  (unreachable))
