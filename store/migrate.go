package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"

	"taskwire/schema"
)

// versionTable is goose's own and at the same time our mark: tables of our
// names without it beside them are somebody else's.
const versionTable = "taskwire_version"

// lockTable is where replicas on PostgreSQL take turns.
const lockTable = "taskwire_lock"

// tableNames lists our tables, those of each migration in turn.
var (
	tableNames = slices.Concat(tablesSince...)

	tablesSince = [][]string{
		{"tasks", "tool_calls"},
		{
			"chat_sessions", "chat_messages", "chat_attachments", "chat_turns", "chat_replicas", "chat_stops",
			"chat_keys", "chat_client_sessions", "chat_feedback", "chat_usage",
		},
	}
)

// unmade lists the tables that a schema of this version does not have yet: who
// has one of these names is not ours.
func unmade(version int64) []string {
	return slices.Concat(tablesSince[min(int(version), len(tablesSince)):]...)
}

// Migrate brings the schema up to date and returns its version. It is safe
// while other replicas start, migrate or serve. Tables of our names that are
// not ours give ErrForeignTables and stay untouched; a newer schema gives
// ErrSchemaTooNew.
func Migrate(ctx context.Context, cfg Config, logger *slog.Logger) (version int64, err error) {
	cfg, err = cfg.complete()
	if err != nil {
		return 0, err
	}
	if cfg.postgres() {
		return migrateOnly(ctx, cfg, logger)
	}
	l, version, err := migrateSQLite(ctx, cfg)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	l.close()
	return version, nil
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

// up runs what goose has not run yet.
func up(ctx context.Context, dialect goose.Dialect, conn *sql.DB, files fs.FS, options ...goose.ProviderOption) (int64, error) {
	options = append(options, goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
	provider, err := goose.NewProvider(dialect, conn, files, options...)
	if err != nil {
		return 0, err
	}
	_, upErr := provider.Up(ctx)
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return 0, errors.Join(upErr, err)
	}
	if _, err := current(version); err != nil {
		return 0, err // a later release has been here, perhaps just now
	}
	return version, upErr
}

func folder(files embed.FS, name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the name is one of our two folders
	}
	return sub
}
