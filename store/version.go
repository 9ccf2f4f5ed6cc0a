package store

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strconv"
	"strings"
	"sync"

	"taskwire/schema"
)

// programsTable is where each migration says which programs may serve what it
// leaves behind; see package schema.
const programsTable = "taskwire_programs"

// newest is the version that this program knows, the same for both databases.
var newest = sync.OnceValue(func() int64 {
	files, err := fs.Glob(schema.SQLite, "sqlite/*.sql")
	if err != nil || len(files) == 0 {
		panic("schema/sqlite holds no migrations")
	}
	number, _, _ := strings.Cut(path.Base(files[len(files)-1]), "_")
	version, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		panic(err)
	}
	return version
})

// current judges the version found: done means there is nothing to migrate.
// oldest asks a schema that is newer than this program for the oldest that may
// serve it, 0 where it does not say.
func current(version int64, oldest func() (int64, error)) (done bool, err error) {
	if version <= newest() {
		return version == newest(), nil
	}
	program, err := oldest()
	switch {
	case err != nil:
		return false, fmt.Errorf("read which programs may serve the schema: %w", err)
	case program == 0:
		return false, fmt.Errorf("%w: the schema is at version %d, this program knows %d: run a release that knows it", ErrSchemaTooNew, version, newest())
	case newest() < program:
		return false, fmt.Errorf("%w: the schema is at version %d, which only releases that know version %d may serve, this program knows %d: run a later release",
			ErrSchemaTooNew, version, program, newest())
	}
	return true, nil
}

// oldestSQL takes a version. A later one may have come since that was read,
// which then counts: each says what holds for all before it.
func oldestSQL(table string) string {
	return "SELECT CASE WHEN MAX(schema_version) >= $1 THEN MAX(oldest_program) ELSE 0 END FROM " + table
}

// asItIs reports why a schema that is older than this program cannot be served
// without a migration, nil if it can.
func asItIs(version int64) error {
	if version >= schema.ServesFrom {
		return nil
	}
	return fmt.Errorf("the database schema is at version %d and this program serves from version %d on: run `mcpserver migrate` or `adapter migrate`, or leave out DATABASE_MIGRATE",
		version, schema.ServesFrom)
}

// tell notes a schema that is not this program's own.
func tell(ctx context.Context, logger *slog.Logger, version int64) {
	switch {
	case version > newest():
		logger.InfoContext(ctx, "schema is of a later release, which lets this program serve", "version", version, "known", newest())
	case version < newest():
		logger.WarnContext(ctx, "schema is served as it is, older than this program", "version", version, "known", newest(),
			"cure", "run `mcpserver migrate` or `adapter migrate`")
	}
}
