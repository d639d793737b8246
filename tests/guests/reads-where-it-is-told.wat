;; The host's failure is its own; what it may read it keeps to itself.
(func (export "generate") (type $call)
  (call $read-project (local.get 0) (local.get 1) (i32.const 1024))
  (select (i32.const 1024) (i32.const 0) (i32.load8_u (i32.const 1024))))
