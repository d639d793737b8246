;; As the SDK does it: where and why as a log line, then a trap.
(data (i32.const 2048) "panic at src/lib.rs:3:5: boom")
(func (export "generate") (type $call)
  (call $log (i32.const 2) (i32.const 2048) (i32.const 29))
  (unreachable))
