package storetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// The logins of a cluster.
const (
	superuser = "postgres"
	owner     = "plain"
	bypasser  = "bypasser"
)

// Guarded is a login that the server, but not the pooler, asks for a password:
// GuardedPassword. All others need none.
const (
	Guarded         = "guarded"
	GuardedPassword = "hunter2"
)

// Cluster is a PostgreSQL server with a PgBouncer in front, on loopback, in a
// folder of its own.
type Cluster struct {
	dir           string
	as            *syscall.Credential // neither server runs as root
	options       []string
	server        *process
	pooler        *process
	port, poolerP int
}

// StartCluster starts one for this test alone, to be stopped, killed and
// started again. Options are those of the postgres command.
func StartCluster(t testing.TB, options ...string) *Cluster {
	t.Helper()
	return StartClusterIn(t, "", options...)
}

// StartClusterIn is StartCluster in a folder of the test's, such as one on a
// small disk.
func StartClusterIn(t testing.TB, parent string, options ...string) *Cluster {
	t.Helper()
	c, err := startClusterIn(parent, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.end)
	return c
}

func startCluster(options ...string) (c *Cluster, err error) { return startClusterIn("", options...) }

func startClusterIn(parent string, options ...string) (c *Cluster, err error) {
	dir, err := os.MkdirTemp(parent, "taskwire-postgres-")
	if err != nil {
		return nil, err
	}
	c = &Cluster{dir: dir, options: options}
	defer func() {
		if err != nil {
			c.end()
		}
	}()
	if c.as, err = ordinaryUser(); err != nil {
		return nil, err
	}
	if c.as != nil {
		if err := os.Chown(dir, int(c.as.Uid), int(c.as.Gid)); err != nil {
			return nil, err
		}
	}
	for _, port := range []*int{&c.port, &c.poolerP} {
		if *port, err = freePort(); err != nil {
			return nil, err
		}
	}
	if err := c.initialize(); err != nil {
		return nil, err
	}
	if err := c.start(); err != nil {
		return nil, err
	}
	if err := c.createLogins(); err != nil {
		return nil, err
	}
	return c, c.startPooler()
}

// ordinaryUser is whom the servers run as when the tests run as root.
func ordinaryUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(u.Uid, 10, 32)
			gid, _ := strconv.ParseUint(u.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

func freePort() (int, error) {
	addr, err := FreeAddress()
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}

// program finds a server program, also where Debian hides it.
func program(name string) (string, error) {
	if file, err := exec.LookPath(name); err == nil {
		return file, nil
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/", "/usr/sbin/", "/usr/local/sbin/", "/opt/homebrew/bin/"} {
		files, _ := filepath.Glob(pattern + name)
		if len(files) > 0 {
			return files[len(files)-1], nil
		}
	}
	return "", fmt.Errorf("the store's tests need %s: apt-get install postgresql pgbouncer, or put them on PATH", name)
}

// initialize makes the cluster with a linguistic collation, so that an order
// left to the database's default would show.
func (c *Cluster) initialize() error {
	initdb, err := program("initdb")
	if err != nil {
		return err
	}
	cmd := exec.Command(initdb, "-D", filepath.Join(c.dir, "data"), "-U", superuser, "-A", "trust", "-N",
		"-E", "UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")
	cmd.Dir = c.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	hba := filepath.Join(c.dir, "data", "pg_hba.conf")
	rules, err := os.ReadFile(hba)
	if err != nil {
		return err
	}
	rules = append([]byte("host all "+Guarded+" all scram-sha-256\n"), rules...) // the first that fits holds
	return os.WriteFile(hba, rules, 0o600)
}

// Start starts the server again after Stop or Kill.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	if err := c.start(); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) start() error {
	postgres, err := program("postgres")
	if err != nil {
		return err
	}
	args := append([]string{"-D", filepath.Join(c.dir, "data"), "-k", c.dir, "-p", strconv.Itoa(c.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"}, c.options...)
	if c.server, err = c.run("postgres", postgres, args...); err != nil {
		return err
	}
	return c.await(c.url(superuser, false), c.server)
}

// Stop shuts the server down as an operator would, clients or not.
func (c *Cluster) Stop(t testing.TB) {
	t.Helper()
	c.server.stop()
}

// Kill ends the server and all its children with kill -9.
func (c *Cluster) Kill(t testing.TB) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	// Its children would go on until they noticed. Stopped first, it can make no
	// more of them while we look.
	syscall.Kill(pid, syscall.SIGSTOP)
	children := childrenOf(pid)
	if len(children) == 0 {
		t.Fatalf("PostgreSQL, process %d, has no children", pid)
	}
	syscall.Kill(pid, syscall.SIGKILL)
	for _, child := range children {
		syscall.Kill(child, syscall.SIGKILL) // it may have ended meanwhile
	}
	c.server.stop()
	awaitEnd(t, children)
}

func childrenOf(pid int) (children []int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)) // none, if it is gone
	for _, child := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(child); err == nil {
			children = append(children, pid)
		}
	}
	return children
}

// awaitEnd waits until the processes are gone: a server that starts while one
// of them still holds the shared memory refuses to.
func awaitEnd(t testing.TB, pids []int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for _, pid := range pids {
		for runs(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("process %d of the killed PostgreSQL does not end", pid)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// runs reports whether there is such a process, and it is not a zombie that
// nobody has asked after.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// StopPooler shuts PgBouncer down, clients or not.
func (c *Cluster) StopPooler(t testing.TB) {
	t.Helper()
	c.pooler.stop()
}

// StartPooler starts PgBouncer again after StopPooler.
func (c *Cluster) StartPooler(t testing.TB) {
	t.Helper()
	if err := c.startPooler(); err != nil {
		t.Fatal(err)
	}
}

func (c *Cluster) end() {
	c.pooler.stop()
	c.server.stop()
	os.RemoveAll(c.dir)
}

// url is where a login reaches this cluster.
func (c *Cluster) url(login string, pooled bool) string {
	port := c.port
	if pooled {
		port = c.poolerP
	}
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/taskwire?sslmode=disable", login, port)
}

func (c *Cluster) createLogins() error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, strings.Replace(c.url(superuser, false), "/taskwire", "/postgres", 1))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, sql := range []string{
		"CREATE ROLE " + owner + " LOGIN",
		"CREATE ROLE " + bypasser + " LOGIN BYPASSRLS CREATEROLE",
		"CREATE ROLE " + Guarded + " LOGIN PASSWORD '" + GuardedPassword + "'",
		"CREATE DATABASE taskwire OWNER " + owner,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

func (c *Cluster) startPooler() error {
	pgbouncer, err := program("pgbouncer")
	if err != nil {
		return err
	}
	users := filepath.Join(c.dir, "users.txt")
	ini := filepath.Join(c.dir, "pgbouncer.ini")
	files := map[string]string{
		users: fmt.Sprintf("%q \"\"\n%q \"\"\n%q \"\"\n", superuser, owner, bypasser),
		ini: fmt.Sprintf(`[databases]
* = host=127.0.0.1 port=%d
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = trust
auth_file = %s
pool_mode = transaction
server_login_retry = 1
default_pool_size = 8
max_client_conn = 1000
`, c.port, c.poolerP, users),
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	if c.pooler, err = c.run("pgbouncer", pgbouncer, "-q", ini); err != nil {
		return err
	}
	return c.await(c.url(owner, true), c.pooler)
}

func (c *Cluster) await(url string, p *process) error {
	ctx := context.Background()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		target := url
		if p == c.server && c.pooler == nil {
			target = strings.Replace(url, "/taskwire", "/postgres", 1)
		}
		conn, err := pgx.Connect(ctx, target)
		if err == nil {
			return conn.Close(ctx)
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(p.log)
			return fmt.Errorf("server does not answer: %w\n%s", err, log)
		}
	}
}

// process is a server that ends when its standard input does, and therefore
// also when the test binary is killed.
type process struct {
	cmd  *exec.Cmd
	hold io.Closer
	log  string
}

const guard = `"$@" </dev/null & pid=$!; cat >/dev/null; kill -INT $pid 2>/dev/null; wait $pid`

func (c *Cluster) run(name, file string, args ...string) (*process, error) {
	p := &process{log: filepath.Join(c.dir, name+".log")}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	p.cmd = exec.Command("/bin/sh", append([]string{"-c", guard, name, file}, args...)...)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = c.dir, log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.as, Setpgid: true}
	if p.hold, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	return p, p.cmd.Start()
}

func (p *process) stop() {
	if p == nil || p.cmd.ProcessState != nil {
		return
	}
	p.hold.Close()
	// PostgreSQL 15 can miss that it is to stop while it recovers from a crash.
	overdue := time.AfterFunc(20*time.Second, func() {
		for _, server := range childrenOf(p.cmd.Process.Pid) {
			syscall.Kill(server, syscall.SIGQUIT)
		}
	})
	defer overdue.Stop()
	p.cmd.Wait()
}
