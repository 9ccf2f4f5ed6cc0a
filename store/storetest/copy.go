package storetest

import (
	"bytes"
	"crypto/rand"
	"os/exec"
	"strings"
	"testing"

	"taskwire/store"
)

// Copy makes a copy of a database as an operator does: with pg_dump, restored
// into a new database of the cluster.
func (c *Cluster) Copy(t testing.TB, cfg store.Config) store.Config {
	t.Helper()
	dump := c.client(t, nil, "pg_dump", "--schema="+cfg.Schema, c.url(superuser, false))
	name := "copy_" + strings.ToLower(rand.Text()[:12])
	c.exec(t, "CREATE DATABASE "+name+" OWNER "+owner)
	into := func(url string) string { return strings.Replace(url, "/taskwire?", "/"+name+"?", 1) }
	c.client(t, dump, "psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", into(c.url(superuser, false)))
	cfg.URL, cfg.DirectURL = into(cfg.URL), into(cfg.DirectURL)
	return cfg
}

// client runs one of PostgreSQL's own clients.
func (c *Cluster) client(t testing.TB, input []byte, name string, args ...string) (output []byte) {
	t.Helper()
	file, err := program(name)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, args...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = c.dir, bytes.NewReader(input), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, errs.String())
	}
	return out.Bytes()
}
