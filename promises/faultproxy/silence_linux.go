package faultproxy

import (
	"errors"
	"syscall"
)

// drop is a socket filter that lets nothing in (BPF: return 0).
var drop = []syscall.SockFilter{{Code: syscall.BPF_RET | syscall.BPF_K, K: 0}}

// silence makes the kernel drop every segment that comes for a socket before
// TCP sees it: no data, no acknowledgement, no answer to a keepalive. That is
// what the other end has of a cable that was pulled; a proxy that only stopped
// reading would go on acknowledging.
func silence(c syscall.Conn, on bool) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	controlErr := raw.Control(func(fd uintptr) {
		if on {
			//lint:ignore SA1019 what replaces it is no part of the standard library
			err = syscall.AttachLsf(int(fd), drop)
			return
		}
		//lint:ignore SA1019 as above
		if err = syscall.DetachLsf(int(fd)); errors.Is(err, syscall.ENOENT) {
			err = nil // there was none
		}
	})
	return errors.Join(controlErr, err)
}
