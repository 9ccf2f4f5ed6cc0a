package storetest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"taskwire/store"
)

// Tables lists the tables that hold what users said and did.
func Tables() []string {
	return []string{
		"tasks", "tool_calls", "chat_sessions", "chat_messages", "chat_attachments", "chat_turns", "chat_stops",
		"chat_keys", "chat_client_sessions", "chat_feedback", "chat_usage",
	}
}

// Hash is a digest of every row of every table of ours: equal before and after
// means that nothing has changed.
func Hash(t testing.TB, cfg store.Config) string {
	t.Helper()
	conn := Behind(t, cfg)
	defer conn.Close()
	sum := sha256.New()
	for _, table := range Tables() {
		fmt.Fprintln(sum, table)
		for _, row := range rows(t, conn, table) {
			fmt.Fprintln(sum, row)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Count is the number of rows of a table, of all users.
func Count(t testing.TB, cfg store.Config, table string) int {
	t.Helper()
	conn := Behind(t, cfg)
	defer conn.Close()
	return len(rows(t, conn, table))
}

// Behind connects past the store and its walls, as the superuser and with the
// schema in the search path, until the test ends.
func Behind(t testing.TB, cfg store.Config) *sql.DB {
	t.Helper()
	if file, ok := strings.CutPrefix(cfg.URL, "sqlite://"); ok {
		conn, err := sql.Open("sqlite", file+"?_busy_timeout=4000")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	url := cfg.URL
	if cfg.DirectURL != "" {
		url = cfg.DirectURL
	}
	pc, err := pgxpool.ParseConfig(url) // unlike pgx, knows the options of the pool
	if err != nil {
		t.Fatal(err)
	}
	cc := pc.ConnConfig
	cc.User = superuser
	cc.RuntimeParams["search_path"] = cfg.Schema
	conn := stdlib.OpenDB(*cc)
	t.Cleanup(func() { conn.Close() })
	return conn
}

// rows gives each row as one text, sorted.
func rows(t testing.TB, conn *sql.DB, table string) []string {
	t.Helper()
	result, err := conn.QueryContext(context.Background(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatalf("read %s: %v", table, err)
	}
	defer result.Close()
	columns, err := result.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for result.Next() {
		values, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := result.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, fmt.Sprintf("%v", values))
	}
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(texts)
	return texts
}
