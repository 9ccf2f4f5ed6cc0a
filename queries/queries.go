// Package queries embeds the SQL that sqlc turns into store/internal/db, for
// the tests that read it.
package queries

import "embed"

// FS holds every query, for both databases.
//
//go:embed *.sql
var FS embed.FS
