package store

import (
	"context"
	"database/sql"
	"io/fs"
	"log/slog"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"taskwire/schema"
)

// MigrateTo brings an empty database to an older version, as the program did
// that knew no more.
func MigrateTo(ctx context.Context, cfg Config, version int64) error {
	cfg, err := cfg.complete()
	if err != nil {
		return err
	}
	if cfg.postgres() {
		cc, err := directConfig(cfg)
		if err != nil {
			return err
		}
		files := inSchema{folder(schema.Postgres, "postgres"), cfg.Schema}
		return upTo(ctx, goose.DialectPostgres, stdlib.OpenDB(*cc), files, cfg.Schema+"."+versionTable, version)
	}
	file, err := cfg.file()
	if err != nil {
		return err
	}
	l, err := newLite(file)
	if err != nil {
		return err
	}
	defer l.close()
	return upTo(ctx, goose.DialectSQLite3, sql.OpenDB(l.writer.connector), folder(schema.SQLite, "sqlite"), versionTable, version)
}

func upTo(ctx context.Context, dialect goose.Dialect, conn *sql.DB, files fs.FS, table string, version int64) error {
	defer conn.Close()
	provider, err := goose.NewProvider(dialect, conn, files, goose.WithTableName(table),
		goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}
