(data (i32.const 2048) "../KEY\1b[31m")
(func (export "generate") (type $call)
  (call $secret (i32.const 2048) (i32.const 11) (i32.const 16) (i32.const 1024))
  (select (i32.const 1024) (i32.const 0) (i32.load8_u (i32.const 1024))))
