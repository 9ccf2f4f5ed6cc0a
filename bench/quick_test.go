package main

import (
	"strings"
	"testing"
)

// A smoke run of everything: a harness that nobody runs is soon broken. Its
// figures mean nothing.
func TestQuickRun(t *testing.T) {
	var out strings.Builder
	parts := strings.Split(allParts, ",")
	if _, err := run(t.Context(), quick, parts, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"2025-11-25  64       go-sdk", "2026-07-28  1        taskwire PostgreSQL  create_task",
		"store ÷ pgbench, delete", "last page ÷ first by title, PostgreSQL", "start ÷ empty go-sdk server",
		"chat in memory, 32 clients", "message, deltas in a burst  PostgreSQL  32", "durable turn, SQLite, 1 clients", "demo model, 1 clients",
		"open answer, silent from the start, PostgreSQL", "DeleteAttachment, SQLite, p99", "last page ÷ first of a thread, PostgreSQL",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if strings.Contains(out.String(), "NaN") {
		t.Error("the report holds figures that were never measured")
	}
	if t.Failed() {
		t.Log(out.String())
	}
}
