package store

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

const servingSetting = "DATABASE_URL"

// directSetting names the setting that cfg.DirectURL came from.
func (cfg Config) directSetting() string {
	if cfg.DirectURL == cfg.URL {
		return servingSetting
	}
	return "DATABASE_DIRECT_URL"
}

// cure gives the words for a failure to connect that no waiting mends, with
// what the server says, which holds no password. Every other error comes back
// as it is.
func (cfg Config) cure(setting string, err error) error {
	var connectErr *pgconn.ConnectError
	if !errors.As(err, &connectErr) {
		return err
	}
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return cureTLS(setting, err)
	}
	switch says := pgErr.Message; refusalOf(pgErr) {
	case noDatabase:
		return fmt.Errorf("%s names a database that is not there (%s): make it with CREATE DATABASE, or name another at the end of the URL", setting, says)
	case noLogin:
		return fmt.Errorf("the server does not let in the login of %s (%s): correct user and password in the URL, or let them in at the server (CREATE ROLE with LOGIN, pg_hba.conf)", setting, says)
	case noConnecting:
		return fmt.Errorf("the login %s of %s may not connect (%s): run GRANT CONNECT ON DATABASE %s TO %[1]s",
			ident(connectErr.Config.User), setting, says, ident(connectErr.Config.Database))
	case noParameter:
		if setting == servingSetting && !cfg.pooled(cfg.URL) {
			return fmt.Errorf("%s leads through a pooler (%s): set DATABASE_POOLER=transaction", setting, says)
		}
		return fmt.Errorf("%s leads through a pooler that does not take an option of the URL (%s): take it out", setting, says)
	}
	return err
}

// A refusal is what the server, or the pooler before it, has against a
// connection.
type refusal int

const (
	otherRefusal refusal = iota
	noDatabase
	noLogin
	noConnecting
	noParameter
)

// refusalOf reads the code, and where PgBouncer has spoken the words: nearly
// all it says is 08P01, from a wrong password to a server that is starting.
func refusalOf(err *pgconn.PgError) refusal {
	switch err.Code {
	case "3D000":
		return noDatabase
	case "28000", "28P01":
		return noLogin
	case "42501":
		return noConnecting
	case "08P01":
		for _, known := range poolerSays {
			if known.words.MatchString(err.Message) {
				return known.refusal
			}
		}
	}
	return otherRefusal
}

var poolerSays = []struct {
	words   *regexp.Regexp
	refusal refusal
}{
	{regexp.MustCompile(`unsupported startup parameter`), noParameter},
	{regexp.MustCompile(`no such database|database ".*" does not exist`), noDatabase},
	{regexp.MustCompile(`no such user|authentication failed|no pg_hba\.conf entry|role ".*" (does not exist|is not permitted to log in)`), noLogin},
}

func cureTLS(setting string, err error) error {
	text := err.Error()
	if strings.Contains(text, "\n") {
		return err // more than one way was tried, and waiting may open another
	}
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError // by itself with sslmode=verify-ca
	switch {
	case strings.Contains(text, "server refused TLS connection"):
		return fmt.Errorf("%s asks for TLS, which the server does not have: turn it on there, or write sslmode=disable in the URL where the network is your own", setting)
	case errors.As(err, &authority):
		return notTrusted(setting, authority)
	case errors.As(err, &certificate):
		return notTrusted(setting, certificate.Err)
	}
	return err
}

func notTrusted(setting string, err error) error {
	return fmt.Errorf("the server of %s shows a certificate that is not trusted (%v): write sslrootcert=/path/to/file of its authority in the URL, and the host by the name that it is made for", setting, err)
}

// ident is a name as SQL takes it, quoted only where it must be.
func ident(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// denied reports a privilege that a login lacks once it is connected.
func denied(err error) (says string, ok bool) {
	var connectErr *pgconn.ConnectError
	var pgErr *pgconn.PgError
	if errors.As(err, &connectErr) || !errors.As(err, &pgErr) || pgErr.Code != "42501" {
		return "", false
	}
	return pgErr.Message, true
}
