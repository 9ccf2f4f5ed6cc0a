package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// FreeAddress is a loopback address for a server that has to be known before it
// listens: nobody listened there just now. The kernel's own choice (port 0)
// would not do, for the kernel takes the same ports for connections, and tests
// beside this one open many.
func FreeAddress() (string, error) {
	const low, high = 10_000, 30_000 // Linux, macOS and Windows connect from higher ones
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", low+rand.IntN(high-low))
		if ln, err := net.Listen("tcp", addr); err == nil {
			ln.Close()
			return addr, nil
		}
	}
	return "", errors.New("no port between 10000 and 30000 is free")
}
