package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"taskwire/store/storetest"
)

// postgres is a throwaway server on loopback with the defaults of its
// installation, fsync included.
type postgres struct {
	proc *process
	bin  string // folder of its programs
	dir  string // its own folder
	host string
	port string
	cred *syscall.Credential // PostgreSQL refuses to run as root
}

const (
	pgOwner    = "taskwire" // a plain login that owns the database, as in production
	pgDatabase = "taskwire"
)

func newPostgres(ctx context.Context, dir string) (*postgres, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	addr, err := storetest.FreeAddress()
	if err != nil {
		return nil, err
	}
	pg := &postgres{bin: bin, dir: filepath.Join(dir, "postgres")}
	if pg.host, pg.port, err = net.SplitHostPort(addr); err != nil {
		return nil, err
	}
	if err := os.Mkdir(pg.dir, 0o700); err != nil {
		return nil, err
	}
	if os.Getuid() == 0 {
		if pg.cred, err = unprivileged("postgres"); err != nil {
			return nil, err
		}
		if err := os.Chown(pg.dir, int(pg.cred.Uid), int(pg.cred.Gid)); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(pg.dir, "data")
	if _, err := pg.run(ctx, "", "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"); err != nil {
		return nil, err
	}
	cmd := pg.command(ctx, "postgres", "-D", data, "-h", pg.host, "-p", pg.port, "-k", pg.dir)
	// SIGINT is PostgreSQL's fast shutdown.
	if pg.proc, err = start(cmd, pg.dir+".log", syscall.SIGINT); err != nil {
		return nil, err
	}
	if err := pg.ready(ctx, addr); err != nil {
		pg.proc.end()
		return nil, err
	}
	return pg, nil
}

// ready waits until the server takes commands and makes role and database.
func (pg *postgres) ready(ctx context.Context, addr string) error {
	if err := pg.proc.listening(ctx, addr); err != nil {
		return err
	}
	// It listens a moment before it takes connections.
	for deadline := time.Now().Add(10 * time.Second); ; {
		_, err := pg.psql(ctx, "postgres", "postgres", "CREATE ROLE "+pgOwner+" LOGIN")
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			return err
		}
		wait(ctx, 100*time.Millisecond)
	}
	_, err := pg.psql(ctx, "postgres", "postgres", "CREATE DATABASE "+pgDatabase+" OWNER "+pgOwner)
	return err
}

func (pg *postgres) url() string { return pg.urlOf(pgDatabase) }

func (pg *postgres) urlOf(database string) string {
	return fmt.Sprintf("postgres://%s@%s:%s/%s?sslmode=disable", pgOwner, pg.host, pg.port, database)
}

// psql runs SQL in one session and returns what it prints.
func (pg *postgres) psql(ctx context.Context, login, database, sql string) (string, error) {
	return pg.run(ctx, sql, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
		"-h", pg.host, "-p", pg.port, "-U", login, "-d", database)
}

func (pg *postgres) run(ctx context.Context, stdin, program string, args ...string) (string, error) {
	cmd := pg.command(ctx, program, args...)
	cmd.Stdin = bytes.NewBufferString(stdin)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(output))
	}
	return string(output), nil
}

func (pg *postgres) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(pg.bin, program), args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: pg.cred}
	return cmd
}

// postgresBin finds the programs where Debian keeps them, else in the PATH.
func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(newest), nil
	}
	path, err := exec.LookPath("postgres")
	if err != nil {
		return "", errors.New("PostgreSQL is not installed: apt-get install postgresql")
	}
	return filepath.Dir(path), nil
}

// version reads the 15 of /usr/lib/postgresql/15/bin/postgres.
func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

func unprivileged(name string) (*syscall.Credential, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
