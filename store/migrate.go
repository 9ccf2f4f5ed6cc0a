package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"

	"github.com/pressly/goose/v3"
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

// madeBy lists the tables that it has.
func madeBy(version int64) []string {
	return slices.Concat(tablesSince[:min(int(version), len(tablesSince))]...)
}

// Migrate brings the schema up to date and returns its version, whatever
// cfg.KeepSchema says. It is safe while other replicas start, migrate or serve.
// Tables of our names that are not ours give ErrForeignTables and stay
// untouched; a newer schema that does not let this program serve gives
// ErrSchemaTooNew.
func Migrate(ctx context.Context, cfg Config, logger *slog.Logger) (version int64, err error) {
	cfg, err = cfg.complete()
	if err != nil {
		return 0, err
	}
	cfg.KeepSchema = false
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

// up runs what goose has not run yet. What it came to, the schema tells: another
// replica, of a later release perhaps, may have been quicker.
func up(ctx context.Context, dialect goose.Dialect, conn *sql.DB, files fs.FS, options ...goose.ProviderOption) error {
	options = append(options, goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
	provider, err := goose.NewProvider(dialect, conn, files, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

func folder(files embed.FS, name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the name is one of our two folders
	}
	return sub
}
