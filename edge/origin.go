package edge

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// Origins says which browser pages may call. The zero value lets none.
type Origins struct {
	Own     string   // the program's own, as https://host; "" for none
	Allowed []string // further ones, as ParseOrigins gives them

	// Navigation lets people follow a link from another site (GET or HEAD,
	// Sec-Fetch-Mode: navigate). It is for pages; an API has no need of it.
	Navigation bool

	// What a preflight allows and answers expose; nil is what MCP and our own
	// endpoints need.
	Methods, Headers, Expose []string
}

var (
	corsMethods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	corsHeaders = []string{
		"Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Last-Event-ID",
		"Mcp-Method", "Mcp-Name", "Mcp-Protocol-Version", "Mcp-Session-Id",
		"Traceparent", "X-Request-Id", "X-Stream-Detach", "X-Timezone",
	}
	corsExpose = []string{
		"ETag", "Link", "Mcp-Session-Id", "Retry-After", "WWW-Authenticate", "X-Request-Id",
	}
)

// CheckOrigin is Origins.Check with the defaults.
func CheckOrigin(own string, allowed []string, next http.Handler) http.Handler {
	return Origins{Own: own, Allowed: allowed}.Check(next)
}

// Check lets through requests without an Origin header (no browser, or a plain
// GET of the same origin) and those from an allowed one, compared exactly. An
// Origin that is there and not allowed is 403, as the MCP transport demands:
// the empty one, null, and several at once are such. So is Sec-Fetch-Site:
// cross-site without an Origin. It answers preflights of allowed origins and
// marks answers for them (Fetch standard, CORS protocol); credentials are
// bearer tokens, so cookies are never allowed.
func (o Origins) Check(next http.Handler) http.Handler {
	allowed := make(map[string]bool, len(o.Allowed)+1)
	for _, origin := range append([]string{o.Own}, o.Allowed...) {
		if origin != "" {
			allowed[origin] = true
		}
	}
	methods := strings.Join(orDefault(o.Methods, corsMethods), ", ")
	headers := strings.Join(orDefault(o.Headers, corsHeaders), ", ")
	expose := strings.Join(orDefault(o.Expose, corsExpose), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Origin")
		given, present := r.Header["Origin"]
		switch {
		case !present && r.Header.Get("Sec-Fetch-Site") == "cross-site" && !(o.Navigation && navigates(r)):
			WriteProblem(w, r, http.StatusForbidden, "origin_not_allowed",
				"Calls from other sites are not allowed here.")
			return
		case !present:
			next.ServeHTTP(w, r)
			return
		case len(given) != 1 || !allowed[given[0]]:
			WriteProblem(w, r, http.StatusForbidden, "origin_not_allowed",
				"This origin may not call here. Whoever runs the server can allow it with ALLOWED_ORIGINS.")
			return
		}
		h.Set("Access-Control-Allow-Origin", given[0])
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", methods)
			h.Set("Access-Control-Allow-Headers", headers)
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		h.Set("Access-Control-Expose-Headers", expose)
		next.ServeHTTP(w, r)
	})
}

func orDefault(given, standard []string) []string {
	if given == nil {
		return standard
	}
	return given
}

func navigates(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate"
}

// ParseOrigins reads a comma-separated list of origins: scheme://host[:port],
// http or https, no path, no wildcard. It gives them as browsers send them (RFC
// 6454 section 6.2: lower case, default port left out), each once; the error
// joins one for each entry that is none.
func ParseOrigins(list string) ([]string, error) {
	var origins []string
	var errs []error
	for entry := range strings.SplitSeq(list, ",") {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		origin, err := parseOrigin(entry)
		if err != nil {
			errs = append(errs, fmt.Errorf("%q %w", cut(entry, 100), err))
		} else if !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return origins, errors.Join(errs...)
}

func parseOrigin(entry string) (string, error) {
	if strings.Contains(entry, "*") {
		return "", errors.New("holds a wildcard: name each origin in full")
	}
	u, err := url.Parse(entry)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", errors.New("is no origin: write it as https://host or https://host:port")
	}
	if u.User != nil || u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(entry, "#") {
		return "", errors.New("is more than an origin: end it after the host or port")
	}
	host := strings.ToLower(u.Host)
	if !asciiHost(host) {
		return "", errors.New("has a host that browsers spell otherwise: use its ASCII form (xn--…)")
	}
	for scheme, port := range map[string]string{"http": ":80", "https": ":443"} {
		if u.Scheme == scheme {
			host = strings.TrimSuffix(host, port)
		}
	}
	if strings.HasSuffix(host, ":") {
		return "", errors.New("has a colon without a port")
	}
	return u.Scheme + "://" + host, nil
}

func asciiHost(host string) bool {
	return !strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"'<>\^{|}%`, r) })
}

// CheckHost answers 403 unless the Host of the request is one of allowed, port
// included, letter case ignored. It stops DNS rebinding where the listener is
// within a browser's reach.
func CheckHost(allowed []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, host := range allowed {
			if strings.EqualFold(host, r.Host) && isASCII(r.Host) {
				next.ServeHTTP(w, r)
				return
			}
		}
		WriteProblem(w, r, http.StatusForbidden, "host_not_allowed",
			"This server does not answer to that host name.")
	})
}

// HostForms returns the ways to write the host of u, for CheckHost: a default
// port may stand there or not.
func HostForms(u *url.URL) []string {
	ports := map[string]string{"http": "80", "https": "443"}
	switch u.Port() {
	case "":
		return []string{u.Host, u.Host + ":" + ports[u.Scheme]}
	case ports[u.Scheme]:
		return []string{u.Host, u.Hostname()}
	}
	return []string{u.Host}
}

// LoopbackOrigins are the origins that a browser on this machine may know a
// program by, whose own address is u and which listens on loopback.
func LoopbackOrigins(u *url.URL) []string {
	if u.Port() == "" {
		return nil
	}
	var origins []string
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]"} {
		origins = append(origins, "http://"+host+":"+u.Port())
	}
	return origins
}

// isASCII keeps the foldings of strings.EqualFold (ſ for s) out of host names.
func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' })
}

// LoopbackOnly answers 403 unless both the peer and the Host are this machine:
// what dev mode, which asks for no token, relies on.
func LoopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !IsLoopbackAddr(r.RemoteAddr) || !IsLoopbackAddr(r.Host) {
			WriteProblem(w, r, http.StatusForbidden, "loopback_only",
				"In dev mode the server answers only to this machine, under 127.0.0.1, [::1] or localhost.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// IsLoopbackAddr reports whether addr, host or host:port, can be reached from
// this machine alone: localhost or a loopback IP address. ":8080" cannot.
func IsLoopbackAddr(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(addr, "["), "]")
	}
	if isASCII(host) && strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
