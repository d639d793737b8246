(data (i32.const 2048) "README.md")
(func (export "cabi_realloc") (type $realloc) (i32.const 32768))
(func (export "generate") (type $call)
  (loop $again
    (call $read-project (i32.const 2048) (i32.const 9) (i32.const 1024))
    (br $again))
  (unreachable))
