package edge

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/user"
)

// A UsageError is what the person who started a program can mend.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

func (e UsageError) Unwrap() error { return e.Err }

// ExitStatus tells a program's last error, problems one a line, and gives its
// exit status: 0 after a clean stop or for help, 2 for a UsageError, a wrong
// flag or setting, 1 for a failure.
func ExitStatus(program string, err error, stderr io.Writer) int {
	var usage UsageError
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "%s:\n%v\n\nRun %s -help for the flags.\n", program, err, program)
		return 2
	}
	fmt.Fprintf(stderr, "%s: %v\n", program, err)
	return 1
}

// DefaultUser is who calls where nobody says who: TASKWIRE_USER, else the
// operating system's user, so that a chat in dev mode and a desktop host on the
// same machine see the same tasks. Empty where there is neither.
func DefaultUser(getenv func(string) string) string {
	if name := getenv("TASKWIRE_USER"); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return getenv("USER")
}

// IsTerminal reports whether a person may be reading what is written to w.
func IsTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
