(data (i32.const 2048) "\ff\fe\80")
(func (export "generate") (type $call)
  (call $log (i32.const 1) (i32.const 2048) (i32.const 3))
  (i32.const 0))
