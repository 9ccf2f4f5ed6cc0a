package edge

import (
	"fmt"
	"runtime/debug"
)

// Safely turns a panic into an error that says where it was, for the log. On a
// goroutine of its own a panic would end the process, and with it what everybody
// else is doing.
func Safely(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}
