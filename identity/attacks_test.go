package identity_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"taskwire/identity"
	"taskwire/identity/identitytest"
)

// refuse runs a table of tokens that must be refused, each for its reason.
func refuse(t *testing.T, v *identity.Verifier, want identity.Reason, tokens map[string]string) {
	t.Helper()
	for name, token := range tokens {
		p, err := v.Verify(t.Context(), token)
		if reason(t, err) != want {
			t.Errorf("%s: Verify = %+v, %v, want refused for %s", name, p, err, want)
		}
	}
}

// J01, J03, J05: the algorithm is the issuer's choice, never the token's.
func TestAlgorithms(t *testing.T) {
	p := identitytest.Start(t)
	edwards := p.Key()
	elliptic := p.Rotate(t, "ES256")
	rsa := p.Rotate(t, "RS256")
	v := newVerifier(t, identity.Options{}, p.Trust(resource, "EdDSA"))
	claims := p.Claims("mallory", resource)
	body := claimsPart(t, p, claims)
	unsigned := func(alg, sig string) string {
		return part(fmt.Sprintf(`{"alg":%q,"kid":%q}`, alg, edwards.ID)) + "." + body + "." + sig
	}
	signed := func(k *identitytest.Key, alg string) string {
		return k.SignRaw(t, fmt.Appendf(nil, `{"alg":%q,"kid":%q}`, alg, k.ID), jsonOf(t, claims))
	}
	public, _ := base64.RawURLEncoding.DecodeString(edwards.Public()["x"].(string))
	confused := identitytest.SignHS256(t, ed25519.PublicKey(public), map[string]any{"alg": "HS256", "kid": edwards.ID}, claims)

	tokens := map[string]string{
		"RS256": signed(rsa, "RS256"), "PS256": signed(rsa, "PS256"), "ES256": signed(elliptic, "ES256"),
		"HS256 with the public key as secret": confused,
		"lower case eddsa":                    signed(edwards, "eddsa"),
		"empty alg":                           signed(edwards, ""),
	}
	for _, none := range []string{"none", "None", "NONE", "nOnE"} {
		tokens[none] = unsigned(none, "AA")
	}
	refuse(t, v, identity.ReasonAlgorithm, tokens)
	refuse(t, v, identity.ReasonMalformed, map[string]string{
		"empty signature":      unsigned("EdDSA", ""),
		"none, none at all":    unsigned("none", ""),
		"alg twice":            part(`{"alg":"EdDSA","alg":"none"}`) + "." + body + ".AA",
		"alg that ends in NUL": part("{\"alg\":\"EdDSA\x00\"}") + "." + body + ".AA",
	})
	refuse(t, v, identity.ReasonHeader, map[string]string{
		"alg missing": part(`{"typ":"JWT"}`) + "." + body + ".AA", "alg a list": part(`{"alg":["EdDSA"]}`) + "." + body + ".AA",
		"ALG in capitals": part(`{"ALG":"EdDSA"}`) + "." + body + ".AA",
	})
	refuse(t, v, identity.ReasonSignature, map[string]string{"short signature": unsigned("EdDSA", "AAAA")})

	wide := newVerifier(t, identity.Options{}, p.Trust(resource, "EdDSA", "ES256", "RS256"))
	zero := base64.RawURLEncoding.EncodeToString(make([]byte, 64))
	header := func(k *identitytest.Key, alg string) string {
		return part(fmt.Sprintf(`{"alg":%q,"kid":%q}`, alg, k.ID)) + "." + body + "."
	}
	refuse(t, wide, identity.ReasonSignature, map[string]string{"ES256 with r = s = 0": header(elliptic, "ES256") + zero})
	refuse(t, wide, identity.ReasonKey, map[string]string{
		"EdDSA key used for ES256": header(edwards, "ES256") + zero,
		"RSA key used for EdDSA":   header(rsa, "EdDSA") + zero,
	})
}

// J13, R10: exp, nbf and iat, to the second, with 30 seconds of leeway, which is
// also how far the clocks of issuer and server may be apart.
func TestTimes(t *testing.T) {
	p := identitytest.Start(t)
	now := time.Now().Truncate(time.Second)
	v := newVerifier(t, identity.Options{Now: func() time.Time { return now }}, p.Trust(resource))
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		claims map[string]any
		want   identity.Reason
	}{
		"expired 29 s ago":          {map[string]any{"exp": at(-29 * time.Second)}, ""},
		"expired 30 s ago":          {map[string]any{"exp": at(-30 * time.Second)}, identity.ReasonExpired},
		"expired 31 s ago":          {map[string]any{"exp": at(-31 * time.Second)}, identity.ReasonExpired},
		"exp 0":                     {map[string]any{"exp": 0}, identity.ReasonExpired},
		"exp with a fraction":       {map[string]any{"exp": float64(at(time.Hour)) + 0.5}, ""},
		"a day ahead":               {map[string]any{"exp": at(day)}, ""},
		"a day and 31 s ahead":      {map[string]any{"exp": at(day + 31*time.Second)}, identity.ReasonLifetime},
		"exp 9e18":                  {map[string]any{"exp": 9e18}, identity.ReasonLifetime},
		"exp negative":              {map[string]any{"exp": -1}, identity.ReasonLifetime},
		"exp a string":              {map[string]any{"exp": fmt.Sprint(at(time.Hour))}, identity.ReasonLifetime},
		"exp missing":               {map[string]any{"exp": nil}, identity.ReasonLifetime},
		"EXP instead":               {map[string]any{"exp": nil, "EXP": at(time.Hour)}, identity.ReasonLifetime},
		"exp in milliseconds":       {map[string]any{"exp": now.Add(time.Hour).UnixMilli()}, identity.ReasonLifetime},
		"nbf 30 s ahead":            {map[string]any{"nbf": at(30 * time.Second)}, ""},
		"nbf 31 s ahead":            {map[string]any{"nbf": at(31 * time.Second)}, identity.ReasonNotYet},
		"iat 31 s ahead":            {map[string]any{"iat": at(31 * time.Second)}, identity.ReasonNotYet},
		"iat a string":              {map[string]any{"iat": "now"}, identity.ReasonNotYet},
		"no iat, no nbf":            {map[string]any{"iat": nil}, ""},
		"issuer's clock 25 s ahead": {map[string]any{"iat": at(25 * time.Second), "exp": at(day + 25*time.Second)}, ""},
		"issuer's clock 35 s ahead": {map[string]any{"iat": at(35 * time.Second)}, identity.ReasonNotYet},
	} {
		token := p.Sign(t, with(p.Claims("alice", resource), c.claims))
		if _, err := v.Verify(t.Context(), token); reason(t, err) != c.want {
			t.Errorf("%s: Verify = %v, want %q", name, err, c.want)
		}
	}
	huge := p.Key().SignRaw(t, goodHeader(p), []byte(`{"iss":"`+p.Issuer+`","aud":"`+resource+`","sub":"a","exp":1e999}`))
	refuse(t, v, identity.ReasonLifetime, map[string]string{"exp 1e999": huge})
}

// J15, J17, J19: whom a token is for, and whom it speaks of.
func TestAudienceAndSubject(t *testing.T) {
	p := identitytest.Start(t)
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	claims := p.Claims("alice", resource)
	sign := func(name string, value any) string { return p.Sign(t, with(claims, map[string]any{name: value})) }

	audiences := map[string]string{}
	for _, aud := range []any{
		nil, "", []string{}, "https://other.example.com", []string{"other"}, resource + "/", strings.ToUpper(resource),
		resource[:len(resource)-1], resource + "x", " " + resource, 1, true, map[string]any{resource: resource},
		[]any{resource, 1}, []any{[]any{resource}},
	} {
		audiences[fmt.Sprintf("aud %#v", aud)] = sign("aud", aud)
	}
	refuse(t, v, identity.ReasonAudience, audiences)
	if _, err := v.Verify(t.Context(), sign("aud", []string{"other", resource})); err != nil {
		t.Errorf("one of two audiences: %v", err)
	}

	subjects := map[string]string{}
	for _, sub := range []any{
		nil, "", " ", "\t\n", "\u200b", strings.Repeat("a", 256), strings.Repeat("ü", 256), strings.Repeat("a", 10<<10),
		"a\x00b", "a\nb", "\u0085", "\x7f", 7, true, []string{"alice"}, map[string]any{"id": "alice"}, "a\ufffd",
	} {
		subjects[fmt.Sprintf("sub %.20q", fmt.Sprint(sub))] = sign("sub", sub)
	}
	lone := p.Key().SignRaw(t, goodHeader(p), []byte(strings.Replace(string(jsonOf(t, claims)), `"alice"`, `"\ud800"`, 1)))
	subjects["sub a lone surrogate"] = lone
	subjects["only SUB"] = p.Sign(t, with(claims, map[string]any{"sub": nil, "SUB": "bob"}))
	refuse(t, v, identity.ReasonSubject, subjects)

	for _, sub := range []string{"a", strings.Repeat("ü", 255), "https://x/y|z", "صارف", "alice@example.com"} {
		if got, err := v.Verify(t.Context(), sign("sub", sub)); err != nil || got.User != sub {
			t.Errorf("sub %q: Verify = %q, %v", sub, got.User, err)
		}
	}
	for _, look := range []string{"SUB", "Sub", "ſub", "\u017fub"} {
		if got, err := v.Verify(t.Context(), sign(look, "bob")); err != nil || got.User != "alice" {
			t.Errorf("%q beside sub: Verify = %q, %v, want alice", look, got.User, err)
		}
	}
}

// J21 and its kin: what the header may and may not say.
func TestHeader(t *testing.T) {
	p := identitytest.Start(t)
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	claims := p.Claims("alice", resource)
	refused := map[string]string{}
	for name, value := range map[string]any{
		"crit": []string{"x"}, "crit ": []string{}, "b64": false, "b64 ": true, "typ": "logout+jwt", "typ ": 7, "typ  ": "id_token",
		"kid": 7, "kid ": "", "kid  ": []string{"a"}, "alg": 5, "typ   ": []string{"JWT"},
	} {
		refused[fmt.Sprintf("%s %v", name, value)] = p.Sign(t, claims, map[string]any{strings.TrimSpace(name): value})
	}
	refuse(t, v, identity.ReasonHeader, refused)
	for _, typ := range []any{nil, "JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"} {
		if _, err := v.Verify(t.Context(), p.Sign(t, claims, map[string]any{"typ": typ})); err != nil {
			t.Errorf("typ %v: %v", typ, err)
		}
	}

	// A stranger's key, brought along in every way that a header knows.
	stranger := identitytest.NewKey(t, "EdDSA")
	before := p.Fetches()
	header := map[string]any{
		"alg": "EdDSA", "kid": p.Key().ID, "jwk": stranger.Public(), "jku": p.JWKSURL + "?mine",
		"x5u": p.JWKSURL + "?mine", "x5c": []string{"AAAA"},
	}
	refuse(t, v, identity.ReasonSignature, map[string]string{
		"key from the token": stranger.SignRaw(t, jsonOf(t, header), jsonOf(t, claims)),
	})
	if n := p.Fetches(); n != before {
		t.Errorf("a jku caused %d fetches", n-before)
	}
}

// J25, J27: shapes that are no token.
func TestShapes(t *testing.T) {
	p := identitytest.Start(t)
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	good := p.Token(t, "alice", resource)
	head, rest, _ := strings.Cut(good, ".")
	body, sig, _ := strings.Cut(rest, ".")
	twice := func(member string) string {
		text := strings.Replace(string(jsonOf(t, p.Claims("alice", resource))), "{", "{"+member+",", 1)
		return p.Key().SignRaw(t, goodHeader(p), []byte(text))
	}
	refuse(t, v, identity.ReasonMalformed, map[string]string{
		"empty": "", "10,000 dots": strings.Repeat(".", 10000), "3 dots": "...", "2 dots": "..", "a JWE": head + "." + body + "." + sig + "." + sig + "." + sig,
		"opaque": "8zmsATpJetLjn0weSqa6QItihbdayBfw", "4 parts": good + ".", "leading dot": "." + good,
		"line feed after":         good + "\n",
		"line feed inside":        head + "." + body + "." + sig[:10] + "\n" + sig[10:],
		"carriage return inside":  head + "." + body + "." + sig[:10] + "\r" + sig[10:],
		"line feed in the header": head[:4] + "\n" + head[4:] + "." + body + "." + sig,
		"padding":                 good + "==", "blank before": " " + good, "Bearer twice": "Bearer " + good, "NUL after": good + "\x00",
		"standard alphabet":       strings.NewReplacer("-", "+", "_", "/").Replace(head + "." + body + ".++//"),
		"header no JSON":          part("hello") + "." + body + "." + sig,
		"header an array":         part(`["alg"]`) + "." + body + "." + sig,
		"header null":             part(`null`) + "." + body + "." + sig,
		"trailing junk":           part(`{"alg":"EdDSA"}{}`) + "." + body + "." + sig,
		"claims no object":        head + "." + part(`"alice"`) + "." + sig,
		"bad UTF-8":               head + "." + part("{\"sub\":\"\xff\"}") + "." + sig,
		"sub twice":               twice(`"sub":"bob"`),
		"sub twice, once escaped": twice(`"\u0073ub":"bob"`),
		"deep":                    head + "." + part(strings.Repeat(`{"a":`, 1000)+"1"+strings.Repeat("}", 1000)) + "." + sig,
		"twice inside":            twice(`"x":{"a":1,"a":2}`),
	})
	refuse(t, v, identity.ReasonTooLong, map[string]string{
		"16 KiB and a byte": good + strings.Repeat("A", 16<<10+1-len(good)), "700 KiB": strings.Repeat("A", 700<<10),
	})
	if _, err := v.Verify(t.Context(), good); err != nil {
		t.Errorf("the token that they were made of: %v", err)
	}
}

// J25: no shape costs more than a millisecond, the best of some tries. What is
// JSON to the end has to be read to the end, and gets more under -race.
func TestJunkIsCheap(t *testing.T) {
	p := identitytest.Start(t)
	v := newVerifier(t, identity.Options{}, p.Trust(resource))
	for name, c := range map[string]struct {
		token string
		limit time.Duration
	}{
		"10,000 dots": {strings.Repeat(".", 10000), time.Millisecond},
		"700 KiB":     {strings.Repeat("a.", 350<<10), time.Millisecond},
		"braces":      {part(strings.Repeat("{", 12000)) + ".AA.AA", time.Millisecond},
		"deep":        {"e30." + part(strings.Repeat("[", 6000)+strings.Repeat("]", 6000)) + ".AA", 5 * time.Millisecond},
		"wide":        {part(`{"alg":"EdDSA"}`) + "." + part("{"+strings.Repeat(`"":0,`, 2000)+`"":0}`) + ".AA", 5 * time.Millisecond},
	} {
		best := time.Hour
		for range 20 {
			start := time.Now()
			if _, err := v.Verify(t.Context(), c.token); err == nil {
				t.Fatalf("%s: taken", name)
			}
			best = min(best, time.Since(start))
		}
		if best > c.limit {
			t.Errorf("%s: %v, want under %v", name, best, c.limit)
		}
	}
}
