package identity

import (
	"errors"
	"fmt"
	"strings"
)

// The values of AUTH_MODE.
const (
	ModeDev   = "dev"   // loopback only; a token is optional, and verified if given
	ModeJWKS  = "jwks"  // published keys: Better Auth, or any OIDC provider
	ModeHS256 = "hs256" // a shared secret
)

// Better Auth (1.7) serves its keys here and names this as the issuer of its
// OAuth access tokens; session tokens bear the bare base URL instead.
const (
	betterAuthIssuer = "/api/auth"
	betterAuthKeys   = "/api/auth/jwks"
)

const (
	adapterKeys = "/.well-known/jwks.json"
	devAdapter  = "http://127.0.0.1:8080"
)

// Config is what the environment says about identity, with defaults filled in.
// A field is empty where nothing is set. What is required differs between the
// programs: ForMCP and ForAdapter check that.
type Config struct {
	Mode string // ModeDev, ModeJWKS or ModeHS256

	// Session tokens, which the adapter takes.
	AuthIssuer   string
	AuthJWKSURL  string
	AuthAudience string
	// OAuth access tokens, which mcpserver takes.
	OAuthIssuer  string
	OAuthJWKSURL string
	// Tokens that the adapter signed.
	AdapterIssuer  string
	AdapterJWKSURL string

	Secret Secret // with ModeHS256
}

// ConfigFromEnv reads AUTH_MODE, BETTER_AUTH_URL, BETTER_AUTH_SECRET,
// AUTH_ISSUER, AUTH_JWKS_URL, AUTH_AUDIENCE, OAUTH_ISSUER, OAUTH_JWKS_URL,
// ADAPTER_ISSUER, ADAPTER_JWKS_URL and PUBLIC_URL. The error joins every
// problem, each with its cure.
func ConfigFromEnv(getenv func(string) string) (Config, error) {
	r := envReader{getenv: getenv}
	c := Config{Mode: getenv("AUTH_MODE")}
	switch c.Mode {
	case ModeHS256:
		r.secret(&c)
	case ModeJWKS, ModeDev:
		r.provider(&c)
	case "":
		r.problem("AUTH_MODE is not set: dev for a try on this machine, jwks for Better Auth or another OIDC provider, hs256 for a shared secret")
	default:
		r.problem("AUTH_MODE is %q: it must be dev, jwks or hs256", c.Mode)
	}
	r.adapter(&c)
	if len(r.errs) > 0 {
		return Config{}, errors.Join(r.errs...)
	}
	return c, nil
}

// envReader collects problems instead of stopping at the first.
type envReader struct {
	getenv func(string) string
	errs   []error
}

func (r *envReader) problem(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

// address reads a URL that must be secure, and is kept letter for letter: an
// issuer with a trailing slash is another issuer.
func (r *envReader) address(name string) string {
	value := r.getenv(name)
	if value == "" {
		return ""
	}
	if err := secureURL(value); err != nil {
		r.problem("%s %w", name, err)
	}
	return value
}

// secret reads the settings of hs256. The addresses of published keys are not
// read: with a shared secret there are none, except the adapter's.
func (r *envReader) secret(c *Config) {
	c.Secret = Secret(r.getenv("BETTER_AUTH_SECRET"))
	c.AuthIssuer = r.getenv("AUTH_ISSUER")
	c.AuthAudience = r.getenv("AUTH_AUDIENCE")
	if len(c.Secret) < minSecretBytes {
		r.problem("BETTER_AUTH_SECRET needs at least %d bytes (AUTH_MODE=hs256): openssl rand -hex 32 makes one", minSecretBytes)
	}
	if c.AuthIssuer == "" {
		r.problem("AUTH_ISSUER is not set (AUTH_MODE=hs256): the exact iss of the tokens to take")
	}
}

// provider reads the settings of published keys. BETTER_AUTH_URL fills in what
// is not set by itself.
func (r *envReader) provider(c *Config) {
	base := strings.TrimRight(r.address("BETTER_AUTH_URL"), "/")
	c.AuthIssuer = r.address("AUTH_ISSUER")
	c.AuthJWKSURL = r.address("AUTH_JWKS_URL")
	c.AuthAudience = r.getenv("AUTH_AUDIENCE")
	c.OAuthIssuer = r.address("OAUTH_ISSUER")
	c.OAuthJWKSURL = r.address("OAUTH_JWKS_URL")
	if base != "" {
		orElse(&c.AuthIssuer, base)
		orElse(&c.AuthJWKSURL, base+betterAuthKeys)
		orElse(&c.AuthAudience, base)
		orElse(&c.OAuthIssuer, base+betterAuthIssuer)
		orElse(&c.OAuthJWKSURL, base+betterAuthKeys)
	}
	if (c.OAuthIssuer == "") != (c.OAuthJWKSURL == "") {
		r.problem("OAUTH_ISSUER and OAUTH_JWKS_URL go together: set both, or BETTER_AUTH_URL alone")
	}
}

// adapter reads whose tokens mcpserver takes beside the provider's. Without
// any of these settings and outside dev, nobody's.
func (r *envReader) adapter(c *Config) {
	public := strings.TrimRight(r.address("PUBLIC_URL"), "/")
	if public == "" && c.Mode == ModeDev {
		public = devAdapter
	}
	c.AdapterIssuer = r.address("ADAPTER_ISSUER")
	c.AdapterJWKSURL = r.address("ADAPTER_JWKS_URL")
	orElse(&c.AdapterIssuer, public)
	if c.AdapterIssuer == "" {
		if c.AdapterJWKSURL != "" {
			r.problem("ADAPTER_JWKS_URL is set without ADAPTER_ISSUER: set it too, or PUBLIC_URL for both")
		}
		return
	}
	orElse(&c.AdapterJWKSURL, strings.TrimRight(c.AdapterIssuer, "/")+adapterKeys)
}

func orElse(value *string, fallback string) {
	if *value == "" {
		*value = fallback
	}
}
