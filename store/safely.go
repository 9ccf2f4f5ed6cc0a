package store

import (
	"fmt"
	"runtime/debug"
)

// safely turns a panic into an error that says where it was: on a goroutine of
// its own it would end the process.
func safely(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}
