package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/puddle/v2"

	"taskwire/faultpoint"
	"taskwire/store/internal/db"
)

const (
	connectTimeout = 5 * time.Second
	acquireTimeout = 2 * time.Second
	// defaultConns is more than a small server has processors: a change spends most
	// of its time in a sync that it shares with those that arrive meanwhile.
	defaultConns = 16
)

// sessionSettings are those of every connection that serves. The timeouts stop
// at the server what the context did not.
//
// Each statement has its index, and each order. A planner that takes a user of
// 100,000 tasks for one of ten would rather sort them all for each page, and
// one that has seen a single session go through all messages for those of
// another: neither may. Nor may it plan a page anew each time, because it does
// not know how short that is before it has the limit: planning takes longer
// than reading. What no index answers is not to be compiled for it.
var sessionSettings = [][2]string{
	{"statement_timeout", "5s"},
	{"lock_timeout", "2s"},
	{"idle_in_transaction_session_timeout", "10s"},
	{"enable_sort", "off"},
	{"enable_seqscan", "off"},
	{"plan_cache_mode", "force_generic_plan"},
	{"jit", "off"},
}

// postgres serves sessions from one pool. Nothing is kept on a connection, so
// that a pooler in transaction mode may stand between.
type postgres struct {
	pool     *pgxpool.Pool
	cfg      Config
	schema   string
	settings string // the statement before each query or transaction
	role     string // what it drops to; empty: the login cannot go round row-level security

	acquiring deadlines     // bound the wait for a connection
	reading   chan struct{} // holds one for each short read under way; nil: as many as there are

	qualified sync.Map // query text as sqlc wrote it -> with the schema's name
}

func openPostgres(ctx context.Context, cfg Config, logger *slog.Logger) (engine, error) {
	poolCfg, err := poolConfig(cfg)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, poolCfg)
	if err != nil {
		return nil, err
	}
	pg := &postgres{pool: pool, cfg: cfg, schema: cfg.Schema, acquiring: deadlines{limit: acquireTimeout, step: 100 * time.Millisecond}}
	if !cfg.pooled(cfg.URL) && here(poolCfg.ConnConfig.Host) {
		pg.reading = make(chan struct{}, runtime.GOMAXPROCS(0)+1)
	}
	if err := pg.prepare(ctx, cfg, logger); err != nil {
		pool.Close()
		return nil, pg.translate(cfg.cure(servingSetting, err))
	}
	return pg, nil
}

func (pg *postgres) prepare(ctx context.Context, cfg Config, logger *slog.Logger) error {
	wait := faultpoint.At(ctx, "pg.open")
	if err := wait.Before(); err != nil {
		return err
	}
	version, err := migratePostgres(ctx, cfg, pg.pool, logger)
	if err != nil {
		return err
	}
	tell(ctx, logger, version)
	wall, err := raiseWall(ctx, cfg, pg.pool, madeBy(version), logger)
	if err != nil {
		return err
	}
	if err := wall.report(ctx, cfg, logger); err != nil {
		return err
	}
	pg.role = wall.role
	pg.settings = settingsSQL(cfg.pooled(cfg.URL), wall.role)
	return wait.After(nil)
}

func checkPostgres(name, text string) error {
	if _, err := pgxpool.ParseConfig(text); err != nil {
		return fmt.Errorf("%s is not a URL that PostgreSQL clients understand: write postgres://user:password@host:5432/database, special characters percent-encoded", name)
	}
	return nil
}

// poolConfig is the pool for cfg.URL.
func poolConfig(cfg Config) (*pgxpool.Config, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, checkPostgres("DATABASE_URL", cfg.URL)
	}
	if u, err := url.Parse(cfg.URL); err == nil && !u.Query().Has("pool_max_conns") {
		pc.MaxConns = defaultConns
	}
	pc.MaxConnIdleTime = 4 * time.Minute
	pc.MaxConnLifetime = 30 * time.Minute
	pc.MaxConnLifetimeJitter = 3 * time.Minute
	// A connection that nobody answers on any more is found out while there is
	// time for another. Without a limit its ping would keep its place in the pool.
	pc.PingTimeout = acquireTimeout / 2
	tune(pc.ConnConfig, cfg.pooled(cfg.URL))
	return pc, nil
}

// tune sets what every connection of ours has, migrations included.
func tune(cc *pgx.ConnConfig, pooled bool) {
	cc.ConnectTimeout = connectTimeout
	cc.DialFunc = (&net.Dialer{
		Timeout:         connectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3},
	}).DialContext
	// pgx leaves a statement running when its context ends; this stops it.
	cc.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &canceller{conn: conn}
	}
	cc.RuntimeParams["application_name"] = "taskwire"
	if pooled {
		// A pooler refuses start-up settings (they ride in settingsSQL) and, in
		// old versions, prepared statements.
		cc.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		return
	}
	for _, setting := range sessionSettings {
		cc.RuntimeParams[setting[0]] = setting[1]
	}
}

// settingsSQL is the statement that rides in front of every query in the same
// round trip. true means: for this transaction only.
func settingsSQL(pooled bool, role string) string {
	sql := "SELECT set_config('app.user_id', $1, true), set_config('app.maintenance', $2, true)"
	if pooled {
		for _, setting := range sessionSettings {
			sql += fmt.Sprintf(", set_config('%s', '%s', true)", setting[0], setting[1])
		}
	}
	if role != "" {
		sql += fmt.Sprintf(", set_config('role', '%s', true)", role)
	}
	return sql
}

var ourTables = regexp.MustCompile(`\b(FROM|INTO|UPDATE) (` + strings.Join(tableNames, "|") + `)\b`)

// qualify names the schema at each of our tables, because a search_path would
// have to be set before the statement is prepared, which a pooler undoes.
func (pg *postgres) qualify(sql string) string {
	if q, ok := pg.qualified.Load(sql); ok {
		return q.(string)
	}
	q := ourTables.ReplaceAllString(sql, `${1} "`+pg.schema+`".${2}`)
	pg.qualified.Store(sql, q)
	return q
}

func (pg *postgres) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	limited, cancel := pg.acquiring.within(ctx)
	defer cancel()
	wait := faultpoint.At(ctx, "pg.acquire")
	if err := wait.Before(); err != nil {
		return nil, err
	}
	conn, err := pg.pool.Acquire(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		err = context.DeadlineExceeded // ours, not the caller's
	}
	if err = wait.After(err); err != nil {
		if conn != nil {
			conn.Release()
		}
		return nil, err
	}
	return conn, nil
}

// here reports whether a server of this name shares our processors. Then more
// reads than keep these busy only wait for them, and whom the system lets wait
// is not who came last: a line of ours is fairer. A server elsewhere may answer
// on as many connections as there are.
func here(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || ip != nil && ip.IsLoopback()
}

// acquireToRead is acquire for a statement that only reads. release gives the
// connection back, and the place in the line.
func (pg *postgres) acquireToRead(ctx context.Context, sql string) (conn *pgxpool.Conn, release func(), err error) {
	p := planOf(sql)
	if pg.reading == nil || !p.reads || p.walks {
		conn, err = pg.acquire(ctx)
		return conn, func() { conn.Release() }, err
	}
	if err := pg.queue(ctx); err != nil {
		return nil, nil, err
	}
	if conn, err = pg.acquire(ctx); err != nil {
		<-pg.reading
	}
	return conn, func() { conn.Release(); <-pg.reading }, err
}

// queue waits for a place among those who read, no longer than for a connection.
func (pg *postgres) queue(ctx context.Context) error {
	select {
	case pg.reading <- struct{}{}:
		return nil
	default:
	}
	limited, cancel := pg.acquiring.within(ctx)
	defer cancel()
	select {
	case pg.reading <- struct{}{}:
		return nil
	case <-limited.Done():
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return context.DeadlineExceeded // ours, not the caller's
}

func (pg *postgres) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, acquireTimeout)
	defer cancel()
	wait := faultpoint.At(ctx, "pg.ping")
	if err := wait.Before(); err != nil {
		return err
	}
	return wait.After(pg.pool.Ping(ctx))
}

func (pg *postgres) close() { pg.pool.Close() }

func (pg *postgres) session(user string) db.DBTX {
	return &pgSession{pg: pg, user: user}
}

func (pg *postgres) maintenance() db.DBTX {
	return &pgSession{pg: pg, maintenance: "on"}
}

// translate names what callers act on and leaves the rest as it is.
func (pg *postgres) translate(err error) error {
	var pgErr *pgconn.PgError
	var connectErr *pgconn.ConnectError
	var netErr net.Error
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return ErrNotFound
	case errors.As(err, &connectErr):
		return unavailable(err)
	case errors.As(err, &pgErr):
		if awayCodes(pgErr.Code) {
			return unavailable(err)
		}
		return err
	case errors.As(err, &netErr), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, net.ErrClosed), errors.Is(err, puddle.ErrClosedPool), pgconn.SafeToRetry(err),
		pgconn.Timeout(err):
		return unavailable(err)
	}
	return err
}

// awayCodes: connection (08), resources such as disk and connections (53),
// intervention such as shutdown (57), I/O (58), and single ones: lock not
// available, read-only, deadlock and serialization after all tries.
func awayCodes(code string) bool {
	switch code[:min(2, len(code))] {
	case "08", "53", "57", "58":
		return true
	}
	switch code {
	case "55P03", "25006", "40001", "40P01", "25P03":
		return true
	}
	return false
}

// errUnsure marks a change of which nobody can say whether it took effect: it
// must not run again.
var errUnsure = errors.New("the outcome is not known")

// retriable reports whether the whole transaction may run again.
func retriable(err error) bool {
	if errors.Is(err, errUnsure) {
		return false
	}
	if errors.Is(err, errLost) {
		return true
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		switch pgErr.Code {
		case "40001", "40P01", "57P01", "57P03", "53300":
			return true
		}
		return false
	}
	return pgconn.SafeToRetry(err)
}

// committing judges an error from the commit itself.
func committing(err error) error {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && (pgErr.Code == "40001" || pgErr.Code == "40P01") {
		return err
	}
	if err == nil || pgconn.SafeToRetry(err) {
		return err
	}
	return fmt.Errorf("%w: %w", errUnsure, err)
}
