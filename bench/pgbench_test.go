package main

import (
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
