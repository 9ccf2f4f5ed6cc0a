// Package schema holds the tables of both databases as goose migrations. An
// applied file is never edited: a change is a new numbered file in each folder.
//
// Replicas are replaced one by one and a release may be taken back, so that for
// a while a program serves a schema of one release later or earlier than its
// own. A change that breaks one of the two therefore takes several releases:
//
//  1. Expand. Add the table, the column (nullable or with a default) or the
//     index. Nothing in queries names it yet, not even by a *, which sqlc spells
//     out. What is already there stays and means what it meant: nothing is
//     dropped, renamed, retyped, or held to a new condition that a program of
//     before may not meet.
//  2. Use it, one release later, and raise [ServesFrom] to it.
//  3. Contract, when no program that is to serve still needs the old form.
//
// Each file says from which version on a program may serve what it leaves
// behind; a program is of the newest version that it knows:
//
//	INSERT INTO taskwire_programs (schema_version, oldest_program) VALUES (5, 4);
//
// The smallest number for which that is true, at most that of the release
// before; a file without the line shuts out every older program. The harness in
// promises/upgrade runs both kinds of program on both schemas.
package schema

import "embed"

// ServesFrom is the oldest schema that this program can serve where it does not
// migrate: all that queries name is there. It is at most that of the release
// before.
const ServesFrom = 2

// Postgres and SQLite are the migrations of one database each, in folders
// named postgres and sqlite; the same number means the same change in both.
var (
	//go:embed postgres/*.sql
	Postgres embed.FS

	//go:embed sqlite/*.sql
	SQLite embed.FS
)
