;; The same words as `speaks-in-escapes`, as the code, the message and the subject of a failure.
(data (i32.const 2048) "a\1b[2Jb\1b]52;c;ZXZpbA==\07c\e2\80\aed\e2\80\8be\0df\c2\9b31mg")
(data (i32.const 2304) "\01\00\00\00\00\08\00\00\27\00\00\00\00\08\00\00\27\00\00\00\01\00\00\00\00\08\00\00\27\00\00\00")
(func (export "generate") (type $call) (i32.const 2304))
