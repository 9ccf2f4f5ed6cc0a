package edge

import (
	"io"
	"os"
	"os/user"
)

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
