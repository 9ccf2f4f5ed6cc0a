package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// wallRole is the role that statements drop to where the login itself could go
// round row-level security. It cannot log in and owns nothing.
const wallRole = "taskwire_rows"

// wall says whether row-level security holds for the login.
type wall struct {
	login   string
	bypass  bool   // the login is a superuser or has BYPASSRLS
	forced  bool   // all our tables have it, for their owner too
	usable  bool   // wallRole is there, is harmless, and has what it needs
	role    string // what to drop to; empty: nothing
	problem error  // why wallRole could not be had
}

// checkWallSQL looks at everything at once, for the start to cost one trip.
// $1 schema, $2 role, $3 our tables. pg_has_role says MEMBER, which is what
// SET ROLE asks for.
const checkWallSQL = `
SELECT current_user,
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
        FROM pg_roles r WHERE r.rolname = $2), false)`

func checkWall(ctx context.Context, schema string, pool *pgxpool.Pool) (wall, error) {
	var w wall
	err := pool.QueryRow(ctx, checkWallSQL, schema, wallRole, tableNames).
		Scan(&w.login, &w.bypass, &w.forced, &w.usable)
	if err != nil {
		return wall{}, fmt.Errorf("check row-level security: %w", err)
	}
	return w, nil
}

// raiseWall looks whether row-level security holds, and where the login could
// go round it makes the role to drop to, if it may.
func raiseWall(ctx context.Context, cfg Config, pool *pgxpool.Pool) (wall, error) {
	w, err := checkWall(ctx, cfg.Schema, pool)
	if err != nil || !w.bypass {
		return w, err
	}
	if !w.usable {
		if problem := makeWallRole(ctx, cfg, w.login); problem != nil {
			w.problem = problem
			return w, nil
		}
		if w, err = checkWall(ctx, cfg.Schema, pool); err != nil {
			return wall{}, err
		}
	}
	if w.usable {
		w.role = wallRole
	}
	return w, nil
}

// makeWallRole does so as the login of the migrations. Replicas that start
// together take turns; the lock ends with the transaction.
func makeWallRole(ctx context.Context, cfg Config, login string) error {
	conn, err := connectDirect(ctx, cfg)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext($1))", wallRole); err != nil {
			return err
		}
		var there bool
		err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", wallRole).Scan(&there)
		if err != nil {
			return err
		}
		for _, sql := range wallGrants(cfg.Schema, login, there) {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
}

func wallGrants(schema, login string, there bool) []string {
	var sql []string
	if !there {
		sql = append(sql, "CREATE ROLE "+wallRole+" NOLOGIN")
	}
	sql = append(sql, "GRANT USAGE ON SCHEMA "+schema+" TO "+wallRole)
	for _, table := range tableNames {
		sql = append(sql, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+schema+"."+table+" TO "+wallRole)
	}
	return append(sql, "GRANT "+wallRole+" TO "+pgx.Identifier{login}.Sanitize())
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
