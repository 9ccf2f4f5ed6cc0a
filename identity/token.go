package identity

import (
	"encoding/base64"
	"strings"
)

// header is what we read of a token's first part. Members that name a key by
// themselves (jku, jwk, x5u, x5c) are not read at all: keys come from the
// issuer's own set and from nowhere else.
type header struct {
	typ string // in lower case, empty when absent
	alg string
	kid string // empty when absent
}

// unverified is a token taken apart. Nothing in it can be trusted before the
// signature is checked.
type unverified struct {
	header    header
	claims    map[string]any
	signed    string // what the signature covers
	signature []byte
}

// strictBase64 refuses non-zero trailing bits, so that no two spellings of a
// token are the same token. It still skips line feeds; split refuses those.
var strictBase64 = base64.RawURLEncoding.Strict()

// parse takes a token apart without believing any of it.
func parse(token string) (unverified, error) {
	head, body, sig, ok := split(token)
	if !ok {
		return unverified{}, invalid(ReasonMalformed)
	}
	members, ok := decodeObject(head)
	if !ok {
		return unverified{}, invalid(ReasonMalformed)
	}
	h, ok := readHeader(members)
	if !ok {
		return unverified{}, invalid(ReasonHeader)
	}
	claims, ok := decodeObject(body)
	if !ok {
		return unverified{}, invalid(ReasonMalformed)
	}
	signature, err := strictBase64.DecodeString(sig)
	if err != nil {
		return unverified{}, invalid(ReasonMalformed)
	}
	signed := token[:len(head)+1+len(body)]
	return unverified{header: h, claims: claims, signed: signed, signature: signature}, nil
}

// split cuts a token into its three parts, none empty, all of the base64url
// alphabet. It stops at the first wrong byte: ten thousand dots cost four.
func split(token string) (head, body, sig string, ok bool) {
	var dots [2]int
	n := 0
	for i := 0; i < len(token); i++ {
		c := token[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		case c == '.' && n < len(dots):
			dots[n] = i
			n++
		default:
			return "", "", "", false
		}
	}
	if n != len(dots) {
		return "", "", "", false
	}
	head, body, sig = token[:dots[0]], token[dots[0]+1:dots[1]], token[dots[1]+1:]
	return head, body, sig, head != "" && body != "" && sig != ""
}

func decodeObject(part string) (map[string]any, bool) {
	data, err := strictBase64.DecodeString(part)
	if err != nil {
		return nil, false
	}
	return strictObject(data)
}

// readHeader refuses what RFC 7515 section 4.1.11 tells us to: extensions that
// we do not know, which are all of them, and b64 (RFC 7797) with them.
func readHeader(members map[string]any) (header, bool) {
	for _, name := range []string{"crit", "b64"} {
		if _, present := members[name]; present {
			return header{}, false
		}
	}
	var h header
	var ok bool
	if typ, present := members["typ"]; present {
		if h.typ, ok = tokenType(typ); !ok {
			return header{}, false
		}
	}
	if h.alg, ok = members["alg"].(string); !ok {
		return header{}, false
	}
	if kid, present := members["kid"]; present {
		if h.kid, ok = kid.(string); !ok || h.kid == "" {
			return header{}, false
		}
	}
	return h, true
}

// tokenType takes what access tokens and session tokens bear (RFC 9068 section
// 4), and our own client secrets. Others, a logout token's for one, are made
// for something else.
func tokenType(typ any) (string, bool) {
	s, ok := typ.(string)
	if !ok {
		return "", false
	}
	s = strings.ToLower(s)
	switch s {
	case "jwt", "at+jwt", "application/at+jwt", secretType:
		return s, true
	}
	return "", false
}
