;; What every guest here starts with: all the host offers, and an answer that says "nothing".
;; Memory: 0 answers (zeros are a success that holds nothing), 1024 is where the host puts its answers,
;; 2048 and up belong to the guest, 32768 and up to `cabi_realloc`.
(import "scaffold:generator/log@0.1.0" "message" (func $log (param $level i32) (param $text i32) (param $length i32)))
(import "scaffold:generator/package-files@0.1.0" "read" (func $read-package (param $path i32) (param $length i32) (param $answer i32)))
(import "scaffold:generator/project-files@0.1.0" "read" (func $read-project (param $path i32) (param $length i32) (param $answer i32)))
(import "scaffold:generator/project-files@0.1.0" "paths" (func $list-project (param $under i32) (param $length i32) (param $answer i32)))
(import "scaffold:generator/project-files@0.1.0" "mode-of" (func $mode-of (param $path i32) (param $length i32) (param $answer i32)))
(import "scaffold:generator/changes@0.1.0" "write" (func $write
  (param $path i32) (param $path-length i32) (param $contents i32) (param $contents-length i32)
  (param $executable i32) (param $ownership i32) (param $answer i32)))
(import "scaffold:generator/changes@0.1.0" "remove" (func $remove (param $path i32) (param $length i32) (param $answer i32)))
(import "scaffold:generator/changes@0.1.0" "secret" (func $secret (param $name i32) (param $name-length i32) (param $length i32) (param $answer i32)))
;; project name, instance: pointer and length; answers, generators before: pointer and count. A pointer to the result.
(type $call (func (param $name i32) (param $name-length i32) (param $instance i32) (param $instance-length i32)
  (param $answers i32) (param $answers-count i32) (param $applied i32) (param $applied-count i32) (result i32)))
(type $realloc (func (param $old i32) (param $old-length i32) (param $align i32) (param $length i32) (result i32)))
