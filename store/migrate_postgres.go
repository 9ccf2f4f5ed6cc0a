package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"taskwire/schema"
)

// migratePostgres asks over the pool, which is there anyway, and connects for
// migrations only when there are some, or when its login may not even look.
// Where the login may not migrate, an older schema is served as it is, if it can be.
func migratePostgres(ctx context.Context, cfg Config, pool *pgxpool.Pool, logger *slog.Logger) (int64, error) {
	var version int64
	err := pool.QueryRow(ctx, versionSQL(cfg)).Scan(&version)
	if _, locked := denied(err); locked {
		if cfg.DirectURL == cfg.URL {
			if err := checkLocked(ctx, cfg, pool); err != nil {
				return 0, err
			}
		}
	} else if err != nil && !missing(err) {
		return 0, fmt.Errorf("read schema version: %w", err)
	}
	done, err := current(version, func() (oldest int64, err error) {
		err = pool.QueryRow(ctx, oldestSQL(cfg.Schema+"."+programsTable), version).Scan(&oldest)
		return oldest, unsaid(err)
	})
	if done || err != nil {
		return version, err
	}
	migrated, err := migrateDirect(ctx, cfg, logger)
	var kept mayNot
	if errors.As(err, &kept) && asItIs(version) == nil {
		logger.WarnContext(ctx, "the schema cannot be brought up to date", "err", err)
		return version, nil
	}
	return migrated, err
}

// unsaid takes the table of programs that is not there, or not for this login,
// for one that says nothing.
func unsaid(err error) error {
	if _, locked := denied(err); locked || missing(err) {
		return nil
	}
	return err
}

func versionSQL(cfg Config) string {
	return "SELECT COALESCE(MAX(version_id), 0) FROM " + cfg.Schema + "." + versionTable
}

// checkLocked tells tables that are there for others from a schema that is
// still without them.
func checkLocked(ctx context.Context, cfg Config, pool *pgxpool.Pool) error {
	w, err := checkWall(ctx, cfg.Schema, pool, tableNames)
	if err != nil || !w.made {
		return err
	}
	return w.locked(cfg)
}

// missing reports an undefined table or schema.
func missing(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && (pgErr.Code == "42P01" || pgErr.Code == "3F000")
}

func migrateOnly(ctx context.Context, cfg Config, logger *slog.Logger) (int64, error) {
	version, err := migrateDirect(ctx, cfg, logger)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", (&postgres{}).translate(err))
	}
	return version, nil
}

// directConfig is for cfg.DirectURL: no limits, because a migration may take
// long.
func directConfig(cfg Config) (*pgx.ConnConfig, error) {
	pc, err := pgxpool.ParseConfig(cfg.DirectURL) // knows pool_max_conns and its kin, which pgx would send on
	if err != nil {
		return nil, checkPostgres("DATABASE_DIRECT_URL", cfg.DirectURL)
	}
	cc := pc.ConnConfig
	tune(cc, cfg.pooled(cfg.DirectURL))
	for _, setting := range sessionSettings {
		delete(cc.RuntimeParams, setting[0])
	}
	return cc, nil
}

func connectDirect(ctx context.Context, cfg Config) (*pgx.Conn, error) {
	cc, err := directConfig(cfg)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, cc)
	return conn, cfg.cure(cfg.directSetting(), err)
}

// migrateDirect says what to do where the login of the migrations will not do.
func migrateDirect(ctx context.Context, cfg Config, logger *slog.Logger) (int64, error) {
	version, err := migrateLocked(ctx, cfg, logger)
	if says, ok := denied(err); ok {
		return 0, notOwner(cfg, says)
	}
	return version, cfg.cure(cfg.directSetting(), err)
}

// mayNot marks the error of a login that may not migrate.
type mayNot struct{ error }

func notOwner(cfg Config, says string) error {
	return mayNot{fmt.Errorf("the login of %s may not change the tables in schema %s (%s): let it log in as their owner",
		cfg.directSetting(), cfg.Schema, says)}
}

// migrateLocked runs goose under its table locker: an advisory lock of a
// session would leak through a pooler.
func migrateLocked(ctx context.Context, cfg Config, logger *slog.Logger) (int64, error) {
	cc, err := directConfig(cfg)
	if err != nil {
		return 0, err
	}
	if cfg.pooled(cfg.DirectURL) {
		cc.DefaultQueryExecMode = pgx.QueryExecModeExec // what a pooler lets through for any statement
	}
	conn := stdlib.OpenDB(*cc)
	defer conn.Close()
	var version int64
	look := func() (done bool, err error) {
		if conn.QueryRowContext(ctx, versionSQL(cfg)).Scan(&version) != nil {
			return false, nil
		}
		return current(version, func() (oldest int64, err error) {
			err = conn.QueryRowContext(ctx, oldestSQL(cfg.Schema+"."+programsTable), version).Scan(&oldest)
			return oldest, unsaid(err)
		})
	}
	if done, err := look(); done || err != nil {
		return version, err
	}
	if cfg.KeepSchema {
		return version, asItIs(version)
	}
	if err := claimSchema(ctx, conn, cfg, version); err != nil {
		if done, _ := look(); done {
			return version, nil // they are ours: another replica has just made them
		}
		return 0, err
	}
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableName(cfg.Schema+"."+lockTable),
		lock.WithTableLockTimeout(100*time.Millisecond, 600),
		lock.WithTableUnlockTimeout(100*time.Millisecond, 100),
		lock.WithTableLogger(slog.New(slog.DiscardHandler)),
	)
	if err != nil {
		return 0, err
	}
	err = up(ctx, goose.DialectPostgres, conn, inSchema{folder(schema.Postgres, "postgres"), cfg.Schema},
		goose.WithTableName(cfg.Schema+"."+versionTable), goose.WithLocker(locker))
	if _, lookErr := look(); lookErr != nil {
		return 0, lookErr // a later release has been here, perhaps just now
	}
	if err == nil {
		logger.InfoContext(ctx, "schema is up to date", "schema", cfg.Schema, "version", version)
	}
	return version, err
}

// claimSchema makes the schema if it is not there, and looks whether the names
// in it are free or ours, mark and tables in one statement: another replica
// may be making both. Ours are those that a schema of this version has. It
// looks at the privileges as well, so that whoever lacks one hears which before
// anything is tried.
func claimSchema(ctx context.Context, conn *sql.DB, cfg Config, version int64) error {
	var there, may, owns bool
	var login, database string
	var names sql.NullString
	err := conn.QueryRowContext(ctx, `
		SELECT to_regnamespace($1) IS NOT NULL,
			(SELECT string_agg(relname, ', ' ORDER BY relname) FROM pg_class
				WHERE relnamespace = to_regnamespace($1)
				  AND relname = ANY (string_to_array($5, ','))
				  AND ($6 OR NOT EXISTS (SELECT FROM pg_class
					WHERE relnamespace = to_regnamespace($1) AND relname = $3))),
			COALESCE(
				has_schema_privilege(to_regnamespace($1)::oid, 'CREATE') AND has_schema_privilege(to_regnamespace($1)::oid, 'USAGE'),
				has_database_privilege(current_database(), 'CREATE')),
			(SELECT COALESCE(bool_and(pg_has_role(relowner, 'USAGE')), true) FROM pg_class
				WHERE relnamespace = to_regnamespace($1)
				  AND (relname = ANY (string_to_array($2, ',')) OR relname IN ($3, $4))),
			quote_ident(current_user), quote_ident(current_database())`,
		cfg.Schema, strings.Join(tableNames, ","), versionTable, lockTable,
		strings.Join(unmade(version), ","), version > 0).Scan(&there, &names, &may, &owns, &login, &database)
	switch {
	case err != nil:
		return fmt.Errorf("look for foreign tables: %w", err)
	case names.Valid:
		return fmt.Errorf("%w (%s): nothing was changed; set DATABASE_SCHEMA to a schema of Taskwire's own, or copy the tasks out with `mcpserver import`",
			ErrForeignTables, names.String)
	case there && !may:
		return mayNot{fmt.Errorf("the login %[1]s of %[2]s may not make tables in schema %[3]s: let the schema's owner run GRANT CREATE ON SCHEMA %[3]s TO %[1]s; GRANT USAGE ON SCHEMA %[3]s TO %[1]s, or set DATABASE_SCHEMA to a schema of its own (CREATE SCHEMA taskwire AUTHORIZATION %[1]s)",
			login, cfg.directSetting(), cfg.Schema)}
	case !may:
		return fmt.Errorf("the login %[1]s of %[2]s may not make the schema %[3]s (DATABASE_SCHEMA): let the database's owner run CREATE SCHEMA %[3]s AUTHORIZATION %[1]s, or GRANT CREATE ON DATABASE %[4]s TO %[1]s",
			login, cfg.directSetting(), cfg.Schema, database)
	case !owns: // goose would ask for its lock for a minute
		return notOwner(cfg, "they belong to another")
	case there:
		return nil
	}
	return makeSchema(ctx, conn, cfg.Schema)
}

func makeSchema(ctx context.Context, conn *sql.DB, name string) error {
	_, err := conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+name)
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && (pgErr.Code == "23505" || pgErr.Code == "42P06") {
		return nil // another replica made it at the same instant
	}
	if err != nil {
		return fmt.Errorf("create schema %s (DATABASE_SCHEMA): %w", name, err)
	}
	return nil
}

// inSchema lets each migration begin by naming the schema that its tables
// belong to, for its own transaction: the files themselves stay plain, and no
// connection has to remember anything.
type inSchema struct {
	fs.FS
	schema string
}

func (f inSchema) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return file, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	text, err := fs.ReadFile(f.FS, name)
	if err != nil {
		return nil, err
	}
	const head = "-- +goose Up\n"
	text = bytes.Replace(text, []byte(head), []byte(head+"SET LOCAL search_path TO "+f.schema+";\n"), 1)
	return textFile{bytes.NewReader(text), info}, nil
}

type textFile struct {
	*bytes.Reader
	info fs.FileInfo
}

func (f textFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f textFile) Close() error               { return nil }
