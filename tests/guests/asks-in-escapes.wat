;; The words of `speaks-in-escapes`, in a question.
(data (i32.const 2048) "a\1b[2Jb\1b]52;c;ZXZpbA==\07c\e2\80\aed\e2\80\8be\0df\c2\9b31mg")
(data (i32.const 2176) "colour")
;; The question: name, prompt, help, one of (the choices), no default, it applies. In the order of the contract.
(data (i32.const 2400) "\80\08\00\00\06\00\00\00\00\08\00\00\27\00\00\00\00\08\00\00\27\00\00\00\03\00\00\00\00\00\00\00\00\09\00\00\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\00\00\00\00")
;; Its choice: value, label.
(data (i32.const 2304) "\00\08\00\00\27\00\00\00\00\08\00\00\27\00\00\00")
;; No failure, a list of one.
(data (i32.const 2560) "\00\00\00\00\60\09\00\00\01\00\00\00")
(func (export "questions") (type $call) (i32.const 2560))
