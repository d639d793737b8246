;; The host calls it to hand over the request, before the guest's own code has begun.
(func (export "cabi_realloc") (type $realloc) (loop $again (br $again)) (unreachable))
