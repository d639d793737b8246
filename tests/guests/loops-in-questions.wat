(func (export "questions") (type $call) (loop $again (br $again)) (unreachable))
