package main

import (
	"slices"
	"strings"
	"testing"
)

func TestPgbenchScriptsSendTheStoresStatements(t *testing.T) {
	run := &storeRun{rows: 10}
	for _, op := range run.operations() {
		script, err := pgbenchScript(op)
		if err != nil {
			t.Fatal(err)
		}
		for _, left := range []string{"@", "sqlc.", "--"} {
			if strings.Contains(script, left) {
				t.Errorf("%s: %q is left in\n%s", op.name, left, script)
			}
		}
		for _, m := range strings.Fields(script) {
			name := strings.Trim(m, ":,();")
			if strings.HasPrefix(m, ":") && name != "n" && name != "task_id" && values[name] == "" {
				t.Errorf("%s: no value for %s", op.name, m)
			}
		}
		if strings.Count(script, ";") != 2 {
			t.Errorf("%s: want two statements in\n%s", op.name, script)
		}
	}
}

func TestTimesLogged(t *testing.T) {
	const log = "0 1 9000 0 1764000000 1\n0 2 25 0 1764000000 2\n0 3 75 0 1764000000 3\n"
	if got, err := timesLogged(log, 2); err != nil || !slices.Equal(got, []float64{25, 75}) {
		t.Errorf("the last two of three transactions = %v, %v, want 25 and 75", got, err)
	}
	for _, bad := range []string{"", "0 1 failed 0 1 1\n0 2 1 0 1 1", "0\n0"} {
		if _, err := timesLogged(bad, 2); err == nil {
			t.Errorf("timesLogged(%q): no error", bad)
		}
	}
}
