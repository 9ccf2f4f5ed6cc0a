package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// plan is how one query of sqlc's runs.
type plan struct {
	text  string // for SQLite
	reads bool   // and changes nothing
	quick bool   // so short that watching the context costs more than the query
	walks bool   // perhaps through all rows of a user
}

var (
	dollar = regexp.MustCompile(`\$(\d+)`)
	// cast is for PostgreSQL's and sqlc's types only. SQLite would see an
	// affinity in it that keeps a row value from being the bound of an index.
	cast = regexp.MustCompile(`CAST\((\$\d+) AS \w+\)`)
	name = regexp.MustCompile(`^-- name: (\w+) :(\w+)\n`)
	// walking is what no index answers.
	walking = regexp.MustCompile(`\b(LIKE|COUNT|SUM)\b`)
)

func liteText(query string) string {
	return dollar.ReplaceAllString(cast.ReplaceAllString(query, "$1"), "?$1")
}

func newPlan(query string) *plan {
	body := query
	for strings.HasPrefix(body, "--") || strings.HasPrefix(body, "\n") {
		_, body, _ = strings.Cut(body, "\n")
	}
	p := &plan{text: liteText(body), reads: strings.HasPrefix(body, "SELECT"), walks: walking.MatchString(body)}
	if m := name.FindStringSubmatch(query); m != nil {
		p.quick = strings.HasPrefix(m[1], "Get") && m[2] == "one"
	}
	return p
}

// plans keeps them for all files: the queries are the program's own, few.
var plans sync.Map // query text as sqlc wrote it -> *plan

func planOf(query string) *plan {
	if p, ok := plans.Load(query); ok {
		return p.(*plan)
	}
	p, _ := plans.LoadOrStore(query, newPlan(query))
	return p.(*plan)
}

// liteConn is one connection with the statements it has prepared. It speaks to
// the driver itself: database/sql would prepare each statement anew or keep
// books on it, and start goroutines to watch it, which together cost several
// times a point read.
type liteConn struct {
	conn      driver.Conn
	stmts     map[string]liteStmt
	impatient bool // does not wait for the file's lock
}

type liteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

func (c *liteConn) prepare(ctx context.Context, text string) (liteStmt, error) {
	if stmt, ok := c.stmts[text]; ok {
		return stmt, nil
	}
	prepared, err := c.conn.(driver.ConnPrepareContext).PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	stmt, ok := prepared.(liteStmt)
	if !ok {
		return nil, fmt.Errorf("a %T does not take a context", prepared)
	}
	c.stmts[text] = stmt
	return stmt, nil
}

func (c *liteConn) exec(ctx context.Context, text string, args ...any) (int64, error) {
	stmt, err := c.prepare(ctx, text)
	if err != nil {
		return 0, err
	}
	values, err := liteArgs(args)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(ctx, values)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c *liteConn) query(ctx context.Context, text string, args ...any) (driver.Rows, error) {
	stmt, err := c.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	values, err := liteArgs(args)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, values)
}

func (c *liteConn) close() {
	if c == nil {
		return
	}
	for _, stmt := range c.stmts {
		stmt.Close()
	}
	c.conn.Close()
}

// litePool lends connections, each to one borrower at a time. A nil in free
// stands for one that is not open yet.
type litePool struct {
	connector driver.Connector
	free      chan *liteConn
	size      int
}

func newLitePool(connector driver.Connector, size int) *litePool {
	p := &litePool{connector: connector, free: make(chan *liteConn, size), size: size}
	for range size {
		p.free <- nil
	}
	return p
}

func (p *litePool) take(ctx context.Context) (*liteConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var c *liteConn
	open := true
	select {
	case c, open = <-p.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if !open {
		return nil, unavailable(errClosed)
	}
	if c != nil {
		return c, nil
	}
	conn, err := p.connector.Connect(ctx)
	if err != nil {
		p.free <- nil
		return nil, err
	}
	return &liteConn{conn: conn, stmts: map[string]liteStmt{}}, nil
}

var errClosed = errors.New("the store is closed")

// give takes a connection back, or closes it where err says that the file
// under it may be gone or broken.
func (p *litePool) give(c *liteConn, err error) {
	if err != nil && broken(err) {
		c.close()
		c = nil
	}
	p.free <- c
}

// close waits for what is lent.
func (p *litePool) close() {
	for range p.size {
		(<-p.free).close()
	}
	close(p.free)
}
