(memory $second 1)
(memory $third 1)
(func (export "generate") (type $call) (memory.size $third))
