package identity_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"taskwire/identity"
	"taskwire/identity/identitytest"
	"taskwire/promises/tally"
)

// panicking gives answers that end in a bug.
type panicking struct{ io.Closer }

func (p panicking) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: p}, nil
}

func (panicking) Read([]byte) (int, error) { panic("a bug") }

// Keys are fetched on a goroutine of its own: a bug there leaves us without
// keys, and no more.
func TestPanicInAFetch(t *testing.T) {
	t.Parallel()
	p := identitytest.Start(t)
	v := newVerifier(t, identity.Options{Client: &http.Client{Transport: panicking{io.NopCloser(nil)}}}, p.Trust(resource))
	if _, err := v.Verify(t.Context(), p.Token(t, "alice", resource)); !errors.Is(err, identity.ErrUnavailable) {
		t.Errorf("Verify = %v, want that there are no keys", err)
	}
	if err := v.Ready(t.Context()); err == nil {
		t.Error("ready without keys")
	}
	tally.Counted(t, tally.Entry{Promise: "P7", What: "panics in goroutines", Runs: 1})
}
