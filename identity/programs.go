package identity

import (
	"errors"
	"fmt"
	"net/url"
)

// providerAlgorithms are what OIDC providers, Better Auth among them, can be
// told to sign with. The published key decides which of them: one key fits one
// curve, and RSA keys mostly name their algorithm.
var providerAlgorithms = []string{"EdDSA", "ES256", "ES384", "ES512", "PS256", "RS256"}

// edwardsOnly is what the adapter signs with.
var edwardsOnly = []string{"EdDSA"}

// ForMCP returns whose tokens mcpserver takes, and the authorization server to
// name in its metadata, empty in dev mode, which has none. Resource is
// MCP_PUBLIC_URL: the audience of every token, whoever signed it (RFC 8707).
func (c Config) ForMCP(resource string) (issuers []Issuer, authorizationServer string, err error) {
	var errs []error
	if u, err := url.Parse(resource); err != nil || u.Scheme == "" || u.Host == "" || u.Fragment != "" {
		errs = append(errs, fmt.Errorf("MCP_PUBLIC_URL is %q: it must be the URL that hosts connect to, such as https://tasks.example.com/mcp", resource))
	}
	switch c.Mode {
	case ModeHS256:
		if err := secureURL(c.AuthIssuer); err != nil {
			errs = append(errs, fmt.Errorf("AUTH_ISSUER %w: hosts are sent there to sign in", err))
		}
		issuers = append(issuers, c.shared(resource))
		authorizationServer = c.AuthIssuer
	case ModeJWKS, ModeDev:
		if c.OAuthIssuer != "" {
			issuers = append(issuers, c.published(c.OAuthIssuer, c.OAuthJWKSURL, resource))
		} else if c.Mode == ModeJWKS {
			errs = append(errs, errors.New("OAUTH_ISSUER and OAUTH_JWKS_URL are not set (AUTH_MODE=jwks): set them, or BETTER_AUTH_URL for a Better Auth server"))
		}
		if c.Mode == ModeJWKS {
			authorizationServer = c.OAuthIssuer
		}
	}
	if c.AdapterIssuer != "" {
		issuers = append(issuers, c.adapter(resource))
	}
	errs = append(errs, checkIssuers(issuers))
	if err := errors.Join(errs...); err != nil {
		return nil, "", err
	}
	return issuers, authorizationServer, nil
}

// ErrNoAudience is what ForAdapter answers without AUTH_AUDIENCE, which only the
// adapter needs, with a shared secret.
var ErrNoAudience = errors.New("AUTH_AUDIENCE is not set (AUTH_MODE=hs256): the exact aud of the tokens to take")

// ForAdapter returns whose tokens the adapter takes from outside: none in dev
// mode without a provider. Its own it adds itself. PublicURL is PUBLIC_URL:
// no provider may go by the adapter's own name.
func (c Config) ForAdapter(publicURL string) ([]Issuer, error) {
	var errs []error
	var issuers []Issuer
	switch {
	case c.Mode == ModeHS256:
		if c.AuthAudience == "" {
			errs = append(errs, ErrNoAudience)
		} else {
			issuers = append(issuers, c.shared(c.AuthAudience))
		}
	case c.AuthIssuer != "" && c.AuthJWKSURL != "" && c.AuthAudience != "":
		issuers = append(issuers, c.published(c.AuthIssuer, c.AuthJWKSURL, c.AuthAudience))
	case c.Mode == ModeJWKS || c.AuthIssuer != "" || c.AuthJWKSURL != "" || c.AuthAudience != "":
		errs = append(errs, fmt.Errorf("AUTH_ISSUER, AUTH_JWKS_URL and AUTH_AUDIENCE go together (AUTH_MODE=%s): set all three, or BETTER_AUTH_URL for a Better Auth server", c.Mode))
	}
	if publicURL != "" && c.AuthIssuer == publicURL {
		errs = append(errs, errors.New("AUTH_ISSUER is PUBLIC_URL: the adapter's own tokens and the provider's need two names"))
	}
	errs = append(errs, checkIssuers(issuers))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return issuers, nil
}

// shared trusts tokens signed with BETTER_AUTH_SECRET. The same secret signs
// other things in Better Auth (e-mail verification, the cookie cache); those
// have neither iss nor aud, and are refused for it.
func (c Config) shared(audience string) Issuer {
	return Issuer{Issuer: c.AuthIssuer, Audience: audience, Algorithms: []string{"HS256"}, Secret: c.Secret}
}

// published trusts a provider's keys.
func (c Config) published(issuer, keys, audience string) Issuer {
	return Issuer{Issuer: issuer, Audience: audience, Algorithms: providerAlgorithms, JWKSURL: keys}
}

// adapter trusts what the adapter signs for mcpserver. Its keys are left out
// of readiness: the adapter in turn waits for mcpserver, and hosts with tokens
// of the provider do not need it.
func (c Config) adapter(audience string) Issuer {
	return Issuer{Issuer: c.AdapterIssuer, Audience: audience, Algorithms: edwardsOnly, JWKSURL: c.AdapterJWKSURL, Optional: true}
}
