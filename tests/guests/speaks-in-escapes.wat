;; Escape sequences that clear the screen and fill the clipboard, a mark that reverses the line, a zero-width space, a
;; carriage return and a C1 control, wherever `generate` has words: the log, steps and notes.
(data (i32.const 2048) "a\1b[2Jb\1b]52;c;ZXZpbA==\07c\e2\80\aed\e2\80\8be\0df\c2\9b31mg")
;; The step (why, command); its first half is the note as well.
(data (i32.const 2304) "\00\08\00\00\27\00\00\00\00\08\00\00\27\00\00\00")
;; No failure, a list of one step, a list of one note.
(data (i32.const 2624) "\00\00\00\00\00\09\00\00\01\00\00\00\00\09\00\00\01\00\00\00")
(func (export "generate") (type $call)
  (call $log (i32.const 2) (i32.const 2048) (i32.const 39))
  (i32.const 2624))
