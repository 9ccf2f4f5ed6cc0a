// Package tally lets a test say what it has counted for a promise, so that
// `make test` and `make promises` can print it in one table. What a test does not
// count, the table does not have: the numbers come from the harness alone.
package tally

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Folder is the variable that names the folder for what is counted; without it
// a test only logs.
const Folder = "PROMISES_DIR"

// An Entry is what one test counted for one promise.
type Entry struct {
	Promise string // "P1"
	What    string // what was done or looked at: "adapter killed"
	Runs    int    // how often
	Broken  int    // how often the promise did not hold; of a control, how often that went unnoticed
	Value   float64
	Unit    string // of Value, where there is one to hold against a limit: "s", "MiB", "×"
	Note    string // anything else that is worth a line
	Control bool   // this was a broken variant, which the harness had to catch
	Failed  bool   // the test failed, whatever was counted
	Long    bool   // counted in a long run
}

// Counted notes an entry when the test ends, and fails the test if the promise
// was broken.
func Counted(t testing.TB, e Entry) {
	t.Helper()
	e.Long = Long
	t.Logf("%s", e)
	if e.Broken > 0 {
		t.Errorf("%s does not hold: %s", e.Promise, e)
	}
	folder := os.Getenv(Folder)
	if folder == "" {
		return
	}
	t.Cleanup(func() {
		e.Failed = t.Failed()
		if err := write(folder, t.Name(), e); err != nil {
			t.Errorf("note what was counted: %v", err)
		}
	})
}

// Caught notes that the harness has caught a control, a variant that breaks the
// promise on purpose.
func Caught(t testing.TB, promise, control string) {
	t.Helper()
	Counted(t, Entry{Promise: promise, What: control, Runs: 1, Control: true})
}

func (e Entry) String() string {
	text := fmt.Sprintf("%s: %s: %d", e.Promise, e.What, e.Runs)
	if e.Control {
		text = fmt.Sprintf("%s: control %q", e.Promise, e.What)
	}
	if e.Broken > 0 {
		text += fmt.Sprintf(", BROKEN %d times", e.Broken)
	}
	if e.Unit != "" {
		text += fmt.Sprintf(", %.3g %s", e.Value, e.Unit)
	}
	if e.Note != "" {
		text += " (" + e.Note + ")"
	}
	return text
}

var unsafe = regexp.MustCompile(`[^A-Za-z0-9]+`)

// write keeps one file for each entry, named by what it is of: the next run of
// the same test replaces it, and a test whose result was kept by the go command
// still has it.
func write(folder, test string, e Entry) error {
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	name := unsafe.ReplaceAllString(filepath.Base(dir)+" "+test+" "+e.Promise+" "+e.What, "-")
	return os.WriteFile(filepath.Join(folder, name+".json"), data, 0o644)
}

// Read gives every entry in a folder.
func Read(folder string) ([]Entry, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var e Entry
		if err := json.Unmarshal(data, &e); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// Rounds is how often a test does something: a few times in `make test`, as
// often as the promise says in `make promises`. No setting chooses between the
// two, only how the test was built.
func Rounds(short, long int) int {
	if Long {
		return long
	}
	return short
}
