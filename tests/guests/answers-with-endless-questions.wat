;; 20,000 questions, all of them zeros.
(memory (export "memory") 32)
(func (export "questions") (type $call)
  (i32.store offset=4 (i32.const 1024) (i32.const 65536))
  (i32.store offset=8 (i32.const 1024) (i32.const 20000))
  (i32.const 1024))
