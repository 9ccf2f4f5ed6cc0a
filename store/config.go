package store

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Config says where the database is. The zero value is a SQLite file in the
// user's data folder.
type Config struct {
	URL        string // postgres://… or sqlite:///path/to/file; empty: taskwire.db in DataDir
	DirectURL  string // where migrations run when URL goes through a pooler; empty: URL
	Pooler     string // "transaction" behind PgBouncer; also assumed where the host name has "-pooler"
	Schema     string // PostgreSQL schema of our tables; empty: public
	DataDir    string
	RequireRLS bool // refuse to open where row-level security cannot hold
	KeepSchema bool // leave migrations to the command: serve an older schema, or refuse to
}

// ConfigFromEnv reads the DATABASE_… variables and TASKWIRE_DATA. The error
// joins every problem, each with its cure; none of them holds a password.
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	cfg := Config{
		URL:       getenv("DATABASE_URL"),
		DirectURL: getenv("DATABASE_DIRECT_URL"),
		Pooler:    getenv("DATABASE_POOLER"),
		Schema:    getenv("DATABASE_SCHEMA"),
		DataDir:   getenv("TASKWIRE_DATA"),
	}
	var errs []error
	flag := func(name string, otherwise bool) bool {
		text := getenv(name)
		if text == "" {
			return otherwise
		}
		value, err := strconv.ParseBool(text)
		if err != nil {
			errs = append(errs, errors.New(name+" is neither true nor false"))
		}
		return value
	}
	cfg.RequireRLS = flag("DATABASE_REQUIRE_RLS", false)
	cfg.KeepSchema = !flag("DATABASE_MIGRATE", true)
	if cfg.DataDir == "" {
		dir, err := dataDir(getenv)
		if err != nil && cfg.URL == "" {
			errs = append(errs, err)
		}
		cfg.DataDir = dir
	}
	errs = append(errs, cfg.check())
	if err := errors.Join(errs...); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

func dataDir(getenv func(string) string) (string, error) {
	if base := getenv("XDG_DATA_HOME"); filepath.IsAbs(base) {
		return filepath.Join(base, "taskwire"), nil
	}
	home := getenv("HOME")
	if home == "" {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return "", errors.New("there is no home folder for the data: set TASKWIRE_DATA to a folder, or DATABASE_URL")
		}
	}
	return filepath.Join(home, ".local", "share", "taskwire"), nil
}

func (cfg Config) postgres() bool {
	return strings.HasPrefix(cfg.URL, "postgres://") || strings.HasPrefix(cfg.URL, "postgresql://")
}

// plainName keeps quoting out of every statement that names the schema.
var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func (cfg Config) check() error {
	var errs []error
	if cfg.Pooler != "" && cfg.Pooler != "transaction" {
		errs = append(errs, errors.New(`DATABASE_POOLER is neither empty nor "transaction"`))
	}
	if cfg.Schema != "" && !plainName.MatchString(cfg.Schema) {
		errs = append(errs, errors.New("DATABASE_SCHEMA must be a name of lower-case letters, digits and _, at most 63, not starting with a digit"))
	}
	if cfg.postgres() {
		return errors.Join(append(errs, checkPostgres("DATABASE_URL", cfg.URL), cfg.checkDirect())...)
	}
	if cfg.URL != "" {
		_, err := sqlitePath(cfg.URL)
		errs = append(errs, err)
	}
	if cfg.RequireRLS {
		errs = append(errs, errors.New("DATABASE_REQUIRE_RLS needs PostgreSQL: set DATABASE_URL=postgres://…, or leave it out"))
	}
	if cfg.DirectURL != "" {
		errs = append(errs, errors.New("DATABASE_DIRECT_URL goes with a DATABASE_URL of postgres://…: leave it out for SQLite"))
	}
	return errors.Join(errs...)
}

func (cfg Config) checkDirect() error {
	if cfg.DirectURL == "" {
		return nil
	}
	if !(Config{URL: cfg.DirectURL}).postgres() {
		return errors.New("DATABASE_DIRECT_URL must begin with postgres://")
	}
	return checkPostgres("DATABASE_DIRECT_URL", cfg.DirectURL)
}

// sqlitePath gives the file of a sqlite URL. What does not parse is not
// repeated: it may be a PostgreSQL URL with a slip and a password in it.
func sqlitePath(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "sqlite" {
		return "", errors.New("DATABASE_URL must begin with postgres:// or sqlite:///, or be empty for a file in the data folder")
	}
	if u.Host != "" || u.User != nil || u.Path == "" || u.Path == "/" {
		return "", errors.New("DATABASE_URL for SQLite is sqlite:// and an absolute path: sqlite:///path/to/file, three slashes")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("DATABASE_URL for SQLite takes no options after the path (write %3F for ?, %23 for #)")
	}
	return filepath.FromSlash(u.Path), nil
}

// complete fills in what follows from the rest.
func (cfg Config) complete() (Config, error) {
	if err := cfg.check(); err != nil {
		return Config{}, err
	}
	if cfg.Schema == "" {
		cfg.Schema = "public"
	}
	if cfg.DirectURL == "" {
		cfg.DirectURL = cfg.URL
	}
	if cfg.URL == "" && cfg.DataDir == "" {
		dir, err := dataDir(os.Getenv)
		if err != nil {
			return Config{}, fmt.Errorf("find data folder: %w", err)
		}
		cfg.DataDir = dir
	}
	return cfg, nil
}

// pooled reports whether url leads through a pooler in transaction mode.
func (cfg Config) pooled(text string) bool {
	if cfg.Pooler == "transaction" && text == cfg.URL {
		return true
	}
	u, err := url.Parse(text)
	return err == nil && strings.Contains(u.Hostname(), "-pooler")
}

// file is where SQLite keeps the database.
func (cfg Config) file() (string, error) {
	if cfg.URL == "" {
		return filepath.Join(cfg.DataDir, "taskwire.db"), nil
	}
	return sqlitePath(cfg.URL)
}
