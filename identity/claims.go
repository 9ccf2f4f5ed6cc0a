package identity

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxSubject is the longest user id, in characters, the width the store gives it.
const maxSubject = 255

// latest is the last second that an RFC 3339 date can name. Beyond it a float
// no longer converts to a time that means anything.
const latest = 253402300799

// checkClaims holds the claims against the issuer and the clock, and returns
// whom they speak of. It runs before the signature is checked: it costs
// nothing, and most of what is refused never reaches the arithmetic.
func checkClaims(claims map[string]any, iss *Issuer, now time.Time) (Principal, error) {
	if !forAudience(claims["aud"], iss.Audience) {
		return Principal{}, invalid(ReasonAudience)
	}
	user, ok := claims["sub"].(string)
	if !ok || !validSubject(user) {
		return Principal{}, invalid(ReasonSubject)
	}
	exp, reason := checkTimes(claims, now, Leeway+iss.Grace)
	if reason != "" {
		return Principal{}, invalid(reason)
	}
	p := Principal{User: user, Issuer: iss.Issuer, Expires: exp.Add(Leeway + iss.Grace)}
	if iss.ClientSecrets {
		p.Session, _ = claims["sid"].(string)
	} else {
		p.Scopes = scopes(claims["scope"])
	}
	return p, nil
}

// forAudience reports whether aud, a string or an array of strings, names us
// exactly: no prefix, no other case, no slash more.
func forAudience(aud any, want string) bool {
	switch aud := aud.(type) {
	case string:
		return aud == want
	case []any:
		found := false
		for _, member := range aud {
			s, ok := member.(string)
			if !ok {
				return false
			}
			found = found || s == want
		}
		return found
	}
	return false
}

// validSubject keeps out ids that a person could not tell apart in a log, or
// that a database could not hold. U+FFFD stands for any broken surrogate, so
// two different subjects could become one user.
func validSubject(sub string) bool {
	if len(sub) > maxSubject*utf8.UTFMax || utf8.RuneCountInString(sub) > maxSubject {
		return false
	}
	visible := false
	for _, r := range sub {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return false
		}
		visible = visible || unicode.IsGraphic(r) && !unicode.IsSpace(r)
	}
	return visible
}

// checkTimes wants an exp, and honours nbf and iat where they stand (RFC 7519
// section 4.1): a token from the future is a wrong clock or a forgery. Late is
// how long past its end a token is taken.
func checkTimes(claims map[string]any, now time.Time, late time.Duration) (time.Time, Reason) {
	exp, ok := numericDate(claims["exp"])
	if !ok || exp.After(now.Add(MaxLife+Leeway)) {
		return time.Time{}, ReasonLifetime
	}
	if !now.Before(exp.Add(late)) {
		return time.Time{}, ReasonExpired
	}
	for _, name := range []string{"nbf", "iat"} {
		value, present := claims[name]
		if !present {
			continue
		}
		if at, ok := numericDate(value); !ok || at.After(now.Add(Leeway)) {
			return time.Time{}, ReasonNotYet
		}
	}
	return exp, ""
}

// numericDate reads seconds since 1970, fractions allowed, years 1970 to 9999.
func numericDate(value any) (time.Time, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return time.Time{}, false
	}
	seconds, err := number.Float64()
	if err != nil || seconds < 0 || seconds > latest {
		return time.Time{}, false
	}
	whole := int64(seconds)
	return time.Unix(whole, int64((seconds-float64(whole))*1e9)), true
}

// scopes reads the string form of RFC 6749 section 3.3. Anything else grants
// nothing, which is not an error: the adapter needs no scope at all.
func scopes(scope any) []string {
	s, ok := scope.(string)
	if !ok {
		return nil
	}
	list := strings.Fields(s)
	slices.Sort(list)
	return slices.Compact(list)
}
