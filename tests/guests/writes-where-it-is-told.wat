;; To the path that the project's name is; the host's answer is its own.
(func (export "generate") (type $call)
  (call $write (local.get 0) (local.get 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1024))
  (i32.const 1024))
