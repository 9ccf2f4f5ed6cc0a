package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// wallRole is the role that statements drop to where the login itself could go
// round row-level security. It cannot log in and owns nothing.
const wallRole = "taskwire_rows"

// wall says whether row-level security holds for the login.
type wall struct {
	login   string   // as SQL takes it
	made    bool     // our tables are there
	lacks   []string // what the login needs and has not, as GRANT takes it
	bypass  bool     // the login is a superuser or has BYPASSRLS
	forced  bool     // all our tables have it, for their owner too
	usable  bool     // wallRole is there, is harmless, and has what it needs
	role    string   // what to drop to; empty: nothing
	problem error    // why wallRole could not be had
}

// checkWallSQL looks at everything at once, for the start to cost one trip.
// $1 schema, $2 role, $3 our tables, $4 that of the version. pg_has_role says MEMBER, which is what
// SET ROLE asks for.
const checkWallSQL = `
SELECT quote_ident(current_user),
    (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user),
    (SELECT count(*) = cardinality($3::text[]) FROM pg_class
        WHERE relnamespace = to_regnamespace($1) AND relname = ANY ($3)
          AND relrowsecurity AND relforcerowsecurity),
    COALESCE((SELECT NOT (r.rolsuper OR r.rolbypassrls OR r.rolcanlogin)
            AND pg_has_role(current_user, r.oid, 'MEMBER')
            AND has_schema_privilege(r.oid, to_regnamespace($1)::oid, 'USAGE')
            AND (SELECT bool_and(has_table_privilege(r.oid, c.oid, 'SELECT')
                    AND has_table_privilege(r.oid, c.oid, 'INSERT')
                    AND has_table_privilege(r.oid, c.oid, 'UPDATE')
                    AND has_table_privilege(r.oid, c.oid, 'DELETE'))
                FROM pg_class c
                WHERE c.relnamespace = to_regnamespace($1) AND c.relname = ANY ($3))
        FROM pg_roles r WHERE r.rolname = $2), false),
    EXISTS (SELECT FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relname = $4),
    ARRAY(
        SELECT 'USAGE ON SCHEMA ' || $1
        WHERE NOT has_schema_privilege(to_regnamespace($1)::oid, 'USAGE')
        UNION ALL
        SELECT 'SELECT ON ' || $1 || '.' || relname FROM pg_class
        WHERE relnamespace = to_regnamespace($1) AND relname = $4
          AND NOT has_table_privilege(oid, 'SELECT')
        UNION ALL
        SELECT 'SELECT, INSERT, UPDATE, DELETE ON ' || string_agg($1 || '.' || relname, ', ' ORDER BY relname) FROM pg_class
        WHERE relnamespace = to_regnamespace($1) AND relname = ANY ($3)
          AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
            AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
        HAVING count(*) > 0)`

func checkWall(ctx context.Context, schema string, pool *pgxpool.Pool, tables []string) (wall, error) {
	var w wall
	err := pool.QueryRow(ctx, checkWallSQL, schema, wallRole, tables, versionTable).
		Scan(&w.login, &w.bypass, &w.forced, &w.usable, &w.made, &w.lacks)
	if err != nil {
		return wall{}, fmt.Errorf("check row-level security: %w", err)
	}
	return w, nil
}

// raiseWall looks whether the login may use the tables and whether row-level
// security holds for it. The first it grants, and where the login could go
// round the second it makes the role to drop to, if it may. tables are those that
// the schema has.
func raiseWall(ctx context.Context, cfg Config, pool *pgxpool.Pool, tables []string, logger *slog.Logger) (wall, error) {
	w, err := checkWall(ctx, cfg.Schema, pool, tables)
	if err != nil {
		return wall{}, err
	}
	var problem error
	if roleless := w.bypass && !w.usable; roleless || len(w.lacks) > 0 {
		if err := w.admit(ctx, cfg); err != nil {
			return wall{}, err
		}
		if roleless {
			problem = asMigrator(ctx, cfg, wallGrants(cfg.Schema, w.login, tables))
		}
		lacked := w.lacks
		if w, err = checkWall(ctx, cfg.Schema, pool, tables); err != nil {
			return wall{}, err
		}
		w.problem = problem
		if len(w.lacks) < len(lacked) {
			logger.InfoContext(ctx, "granted what the login needs", "login", w.login, "grants", lacked)
		}
	}
	if w.bypass && w.usable {
		w.role = wallRole
	}
	if len(w.lacks) > 0 && w.role == "" {
		return wall{}, w.locked(cfg)
	}
	return w, nil
}

// admit lets the login of the migrations, which made the tables, grant the
// login that serves what that one lacks. Whether it could shows afterwards.
func (w wall) admit(ctx context.Context, cfg Config) error {
	if len(w.lacks) == 0 || cfg.DirectURL == cfg.URL {
		return nil
	}
	err := asMigrator(ctx, cfg, w.grants())
	if _, ok := denied(err); ok {
		return nil
	}
	if err != nil {
		return fmt.Errorf("grant the tables to the login of %s: %w", servingSetting, err)
	}
	return nil
}

func (w wall) grants() []string {
	var sql []string
	for _, lack := range w.lacks {
		sql = append(sql, "GRANT "+lack+" TO "+w.login)
	}
	return sql
}

// locked reports that the login may not use the tables, with the cure.
func (w wall) locked(cfg Config) error {
	how := ""
	if cfg.DirectURL == cfg.URL {
		how = ", or set DATABASE_DIRECT_URL to a login that owns them, and the program does that at its start"
	}
	return fmt.Errorf("the login %s of %s may not use the tables in schema %s: let their owner run %s%s",
		w.login, servingSetting, cfg.Schema, strings.Join(w.grants(), "; "), how)
}

// asMigrator runs statements in one transaction as the login of the
// migrations. Replicas that start together take turns; the lock ends with the
// transaction.
func asMigrator(ctx context.Context, cfg Config, statements []string) error {
	conn, err := connectDirect(ctx, cfg)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext($1))", wallRole); err != nil {
			return err
		}
		for _, sql := range statements {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}

// makeWallRole is one statement because another replica may have been quicker.
const makeWallRole = `DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '` + wallRole + `') THEN
        CREATE ROLE ` + wallRole + ` NOLOGIN;
    END IF;
END $$`

func wallGrants(schema, login string, tables []string) []string {
	sql := []string{makeWallRole, "GRANT USAGE ON SCHEMA " + schema + " TO " + wallRole}
	for _, table := range tables {
		sql = append(sql, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+schema+"."+table+" TO "+wallRole)
	}
	return append(sql, "GRANT "+wallRole+" TO "+login)
}

// errNoWall says how to mend it.
var errNoWall = errors.New("row-level security cannot hold: let DATABASE_URL log in as a role without SUPERUSER and BYPASSRLS that owns the tables, or as one that may create the role " + wallRole)

// report writes the one line at the start, or refuses to.
func (w wall) report(ctx context.Context, cfg Config, logger *slog.Logger) error {
	stands := w.forced && (!w.bypass || w.role != "")
	if !stands && cfg.RequireRLS {
		return errors.Join(errNoWall, w.problem)
	}
	if !stands {
		logger.WarnContext(ctx, "row-level security does not hold", "cure", errNoWall.Error(), "err", w.problem)
		return nil
	}
	logger.InfoContext(ctx, "row-level security holds", "schema", cfg.Schema, "role", w.role)
	return nil
}
