package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

const (
	fetchTimeout = 3 * time.Second
	maxSetBytes  = 512 << 10
	maxRedirects = 3
)

// guardedClient returns base, or a client of its own, with the guards that a
// key set needs: a time limit, and no redirect away from the configured
// origin, which is the only address that the operator vouched for. An issuer
// must not be able to make us ask 169.254.169.254.
func guardedClient(base *http.Client) *http.Client {
	var guarded http.Client
	if base != nil {
		guarded = *base
	}
	if guarded.Transport == nil {
		guarded.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	guarded.Timeout = fetchTimeout
	guarded.Jar = nil
	guarded.CheckRedirect = sameOrigin
	return &guarded
}

var errRedirect = errors.New("redirect to another origin refused")

func sameOrigin(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		return errRedirect
	}
	if len(via) > maxRedirects {
		return errors.New("too many redirects")
	}
	return nil
}

// fetchKeySet reads the set at address, which NewVerifier has checked.
func fetchKeySet(ctx context.Context, client *http.Client, address string) (*keyring, [32]byte, error) {
	var none [32]byte
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, none, fmt.Errorf("key set request: %w", err)
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	res, err := client.Do(req)
	if err != nil {
		return nil, none, fmt.Errorf("fetch key set: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, none, fmt.Errorf("fetch key set: status %d", res.StatusCode)
	}
	data, err := io.ReadAll(io.LimitReader(res.Body, maxSetBytes+1))
	if err != nil {
		return nil, none, fmt.Errorf("read key set: %w", err)
	}
	if len(data) > maxSetBytes {
		return nil, none, fmt.Errorf("read key set: over %d bytes", maxSetBytes)
	}
	ring, err := parseKeySet(data)
	if err != nil {
		return nil, none, fmt.Errorf("read key set: %w", err)
	}
	return ring, sha256.Sum256(data), nil
}

// secureURL reports what is wrong with an address that keys or tokens come
// from: it must be https, or stay on this machine.
func secureURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Opaque != "" || u.User != nil {
		return errors.New("is no absolute URL such as https://auth.example.com")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return errors.New("must have neither query nor fragment")
	}
	if u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()) {
		return nil
	}
	return errors.New("must be https:// (plain http:// is for 127.0.0.1, [::1] and localhost)")
}
