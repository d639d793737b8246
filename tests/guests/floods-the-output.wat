;; Many writes to one path: each counts, or time and memory could be spent without end.
(data (i32.const 2048) "same.txt")
(func (export "generate") (type $call)
  (loop $again
    (call $write (i32.const 2048) (i32.const 8) (i32.const 4096) (i32.const 10000) (i32.const 0) (i32.const 0) (i32.const 1024))
    (br $again))
  (unreachable))
