// Package schema holds the tables of both databases as goose migrations. An
// applied file is never edited: a change is a new numbered file in each folder.
package schema

import "embed"

// Postgres and SQLite are the migrations of one database each, in folders
// named postgres and sqlite; the same number means the same change in both.
var (
	//go:embed postgres/*.sql
	Postgres embed.FS

	//go:embed sqlite/*.sql
	SQLite embed.FS
)
