package edge

import (
	"errors"
	"net/http"
	"strings"
)

var errNotBearer = errors.New("not one bearer token")

// Bearer returns the token of the Authorization header (RFC 6750 section 2.1).
// A token in the query or the body is none. Given is true where there is a
// header, be it one that cannot be used, which is an error.
func Bearer(header http.Header) (token string, given bool, err error) {
	values := header["Authorization"]
	if len(values) == 0 {
		return "", false, nil
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	if len(values) > 1 || !ok || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", true, errNotBearer
	}
	return token, true, nil
}
