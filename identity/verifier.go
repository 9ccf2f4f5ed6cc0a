package identity

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/time/rate"
)

// Principal is who a token speaks for.
type Principal struct {
	User   string   // the token's sub, 1 to 255 characters
	Scopes []string // sorted, without repeats; shared, so do not change it
	Issuer string   // the configured issuer
	// Session is the session of a client secret; other tokens have none.
	Session string
	// Expires is the first instant at which the token is no longer taken:
	// its exp plus Leeway, so that a caller who compares again agrees with us.
	Expires time.Time
}

// Issuer is one source of tokens that we trust. Keys come from JWKSURL, or are
// the Secret or the KeySet, one of the three.
type Issuer struct {
	Issuer     string   // exact iss
	Audience   string   // exact member of aud
	Algorithms []string // exact list
	JWKSURL    string   // https, or on this machine
	Secret     Secret   // for HS256 alone, at least 32 bytes
	KeySet     []byte   // a JSON Web Key Set that never changes: our own
	// Optional keeps this issuer's keys out of Ready.
	Optional bool

	// ClientSecrets takes a Signer's client secrets, and nothing else.
	ClientSecrets bool
	// Grace is how long past its end a token is taken, beside Leeway.
	Grace time.Duration
}

// Options are what a Verifier takes from its surroundings; the zero value works.
type Options struct {
	Logger *slog.Logger     // default: nothing is logged
	Client *http.Client     // default: one of our own; limits are added to either
	Now    func() time.Time // default: time.Now
}

// Verifier checks tokens. It is safe for concurrent use.
type Verifier struct {
	issuers map[string]*trusted // by exact iss; never changes
	cache   cache
	now     func() time.Time
	client  *http.Client
	close   context.CancelFunc
}

// trusted is an issuer and its keys.
type trusted struct {
	Issuer
	keys  *keySet  // nil where nothing is to be fetched
	fixed *keyring // of KeySet
}

// NewVerifier returns a verifier for these issuers and begins to fetch their
// keys. Keys out of reach are no error here: Ready tells. The error joins
// everything that is wrong with the list.
//
// One issuer has one kind of key. Because the token's exact iss chooses the
// issuer, and with it the algorithms and the keys, before any key is looked
// at, a shared secret of one issuer can stand beside the published keys of
// another without either serving for the other's tokens.
func NewVerifier(issuers []Issuer, opts Options) (*Verifier, error) {
	if err := checkIssuers(issuers); err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	life, cancel := context.WithCancel(context.Background())
	v := &Verifier{
		issuers: make(map[string]*trusted, len(issuers)),
		now:     opts.Now,
		client:  guardedClient(opts.Client),
		close:   cancel,
	}
	for _, iss := range issuers {
		t := &trusted{Issuer: iss}
		t.Algorithms = slices.Clone(iss.Algorithms)
		t.Secret = slices.Clone(iss.Secret)
		if iss.KeySet != nil {
			t.fixed, _ = parseKeySet(iss.KeySet) // checkIssuers has read it
		}
		if iss.JWKSURL != "" {
			t.keys = &keySet{
				issuer: iss.Issuer, url: iss.JWKSURL,
				client: v.client, now: opts.Now, logger: opts.Logger, life: life,
				gate:    rate.NewLimiter(rate.Every(unknownKeyEvery), unknownKeyBurst),
				missing: slog.LevelWarn,
			}
			if iss.Optional {
				t.keys.missing = slog.LevelDebug
			}
			t.keys.wait.Go(t.keys.keepFresh)
		}
		v.issuers[iss.Issuer] = t
	}
	return v, nil
}

// Verify returns the principal of a good token. The error is an *InvalidError,
// ErrUnavailable, or the context's own.
func (v *Verifier) Verify(ctx context.Context, token string) (Principal, error) {
	if len(token) > MaxTokenBytes {
		return Principal{}, invalid(ReasonTooLong)
	}
	now := v.now()
	sum := digest(token)
	if p, ok := v.cache.get(sum, now); ok {
		return p, nil
	}
	t, err := parse(token)
	if err != nil {
		return Principal{}, err
	}
	iss, ok := v.issuer(t.claims)
	if !ok {
		return Principal{}, invalid(ReasonIssuer)
	}
	if (t.header.typ == secretType) != iss.ClientSecrets {
		return Principal{}, invalid(ReasonHeader)
	}
	if !slices.Contains(iss.Algorithms, t.header.alg) {
		return Principal{}, invalid(ReasonAlgorithm)
	}
	p, err := checkClaims(t.claims, &iss.Issuer, now)
	if err != nil {
		return Principal{}, err
	}
	ring, err := iss.checkSignature(ctx, t)
	if err != nil {
		return Principal{}, err
	}
	v.cache.put(sum, cached{principal: p, trusted: iss, ring: ring}, now)
	return p, nil
}

func (v *Verifier) issuer(claims map[string]any) (*trusted, bool) {
	name, _ := claims["iss"].(string)
	iss, ok := v.issuers[name]
	return iss, ok
}

// checkSignature returns the ring that the token's key came from.
func (t *trusted) checkSignature(ctx context.Context, token unverified) (*keyring, error) {
	var public crypto.PublicKey = []byte(t.Secret)
	var ring *keyring
	switch {
	case t.fixed != nil:
		k, ok := t.fixed.find(token.header.kid, token.header.alg)
		if !ok {
			return nil, invalid(ReasonKey)
		}
		public = k.public
	case t.keys != nil:
		k, from, err := t.keys.find(ctx, token.header.kid, token.header.alg)
		if err != nil {
			return nil, err
		}
		public, ring = k.public, from
	}
	method := jwt.GetSigningMethod(token.header.alg)
	if method == nil || method.Verify(token.signed, token.signature, public) != nil {
		return nil, invalid(ReasonSignature)
	}
	return ring, nil
}

// Ready reports whether the keys of every issuer that is not Optional are at
// hand, asking for them where they are not. The error wraps ErrUnavailable and
// names the issuers.
func (v *Verifier) Ready(ctx context.Context) error {
	var errs []error
	for _, t := range v.issuers {
		if t.keys == nil || t.Optional {
			continue
		}
		if err := t.keys.ready(ctx); err != nil {
			errs = append(errs, fmt.Errorf("keys of %s: %w", t.Issuer.Issuer, err))
		}
	}
	return errors.Join(errs...)
}

// Close ends the background refresh and waits for it. Verify goes on working
// with the keys at hand.
func (v *Verifier) Close() {
	v.close()
	for _, t := range v.issuers {
		if t.keys != nil {
			t.keys.close()
		}
	}
	v.client.CloseIdleConnections()
}
