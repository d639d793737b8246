;; 257 MiB before the first instruction.
(memory (export "memory") 4112)
