package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"

	"taskwire/schema"
)

// versionTable is goose's own and at the same time our mark: tables of our
// names without it beside them are somebody else's.
const versionTable = "taskwire_version"

var tableNames = []string{"tasks", "tool_calls"}

// Migrate brings the schema up to date and returns its version. It is safe
// while other replicas start, migrate or serve. Tables of our names that are
// not ours give ErrForeignTables and stay untouched; a newer schema gives
// ErrSchemaTooNew.
func Migrate(ctx context.Context, cfg Config, logger *slog.Logger) (version int64, err error) {
	cfg, err = cfg.complete()
	if err != nil {
		return 0, err
	}
	if !cfg.postgres() {
		lite, err := connectSQLite(ctx, cfg)
		if err != nil {
			return 0, fmt.Errorf("migrate: %w", err)
		}
		defer lite.close()
		version, err = migrateSQLite(ctx, lite.writer)
		if err != nil {
			return 0, fmt.Errorf("migrate: %w", lite.translate(err))
		}
		return version, nil
	}
	return migrateOnly(ctx, cfg, logger)
}

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
func current(version int64) (done bool, err error) {
	if version > newest() {
		return false, fmt.Errorf("%w: the schema is at version %d, this program knows %d: run a release that knows it", ErrSchemaTooNew, version, newest())
	}
	return version == newest(), nil
}

func foreign(names string) error {
	return fmt.Errorf("%w (%s): nothing was changed; set DATABASE_SCHEMA to a schema of Taskwire's own, or copy the tasks out with `mcpserver import`",
		ErrForeignTables, names)
}

// up runs what goose has not run yet.
func up(ctx context.Context, dialect goose.Dialect, conn *sql.DB, files fs.FS, options ...goose.ProviderOption) (int64, error) {
	options = append(options, goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
	provider, err := goose.NewProvider(dialect, conn, files, options...)
	if err != nil {
		return 0, err
	}
	if _, err := provider.Up(ctx); err != nil {
		// Another replica, of a later release, may have been faster.
		if version, versionErr := provider.GetDBVersion(ctx); versionErr == nil && version > newest() {
			_, err = current(version)
		}
		return 0, err
	}
	return provider.GetDBVersion(ctx)
}

func folder(files embed.FS, name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the name is one of our two folders
	}
	return sub
}

// migrateSQLite needs no lock: each migration is one immediate transaction, so
// of two processes that start together the slower one fails at the first
// statement and then finds the work done.
func migrateSQLite(ctx context.Context, writer *sql.DB) (int64, error) {
	for last := int64(-1); ; {
		version, err := sqliteVersion(ctx, writer)
		if err != nil {
			return 0, err
		}
		if done, err := current(version); done || err != nil {
			return version, err
		}
		if err := foreignSQLite(ctx, writer); err != nil {
			return 0, err
		}
		_, err = up(ctx, goose.DialectSQLite3, writer, folder(schema.SQLite, "sqlite"), goose.WithTableName(versionTable))
		if err != nil && version == last {
			return 0, err
		}
		last = version
	}
}

// sqliteVersion is 0 for a file without our mark.
func sqliteVersion(ctx context.Context, conn *sql.DB) (int64, error) {
	var marked bool
	err := conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?)", versionTable).Scan(&marked)
	if err != nil || !marked {
		return 0, err
	}
	var version int64
	err = conn.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+versionTable).Scan(&version)
	return version, err
}

// foreignSQLite looks at mark and tables in one statement: another process may
// be making both.
func foreignSQLite(ctx context.Context, conn *sql.DB) error {
	var names sql.NullString
	err := conn.QueryRowContext(ctx, `
		SELECT group_concat(name, ', ') FROM sqlite_schema
		WHERE name IN (SELECT value FROM json_each(?1))
		  AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = ?2)`,
		`["`+strings.Join(tableNames, `","`)+`"]`, versionTable).Scan(&names)
	if err != nil || !names.Valid {
		return err
	}
	return foreign(names.String)
}
