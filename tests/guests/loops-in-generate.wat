(func (export "generate") (type $call) (loop $again (br $again)) (unreachable))
