package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
	"taskwire/identity"
	"taskwire/store"
)

// sessionIdle is how long a session of the older era may be idle.
const sessionIdle = 30 * time.Minute

// serveHTTP serves until ctx ends, then drains.
func serveHTTP(ctx context.Context, cfg config, logger *slog.Logger) error {
	ln, err := net.Listen("tcp", cfg.httpAddr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.httpAddr, err)
	}
	defer ln.Close()
	if strings.HasSuffix(cfg.httpAddr, ":0") { // only now is the port known
		if err := cfg.settle(ln.Addr().String()); err != nil {
			return edge.UsageError{Err: err}
		}
	}
	verifier, err := identity.NewVerifier(cfg.issuers, identity.Options{Logger: logger})
	if err != nil {
		return edge.UsageError{Err: err}
	}
	defer verifier.Close()
	st, err := openStore(ctx, cfg.store, logger)
	if err != nil {
		return err
	}
	defer st.Close()

	background, cancel := context.WithCancel(ctx)
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		sweep(background, st, logger)
	}()
	defer func() { cancel(); <-swept }()

	h := newHTTPServer(cfg, ln.Addr(), st, verifier, logger)
	defer h.close()
	logger.Info("serving", "addr", ln.Addr().String(), "mcp", cfg.publicURL.String(), "auth", cfg.identity.Mode)
	return edge.Serve(ctx, ln, h.routes(), edge.ServeOptions{Grace: cfg.edge.ShutdownGrace, Logger: logger})
}

// An httpServer is the HTTP side of the program.
type httpServer struct {
	cfg      config
	loopback bool // the listener is within reach of this machine alone
	store    *store.Store
	verifier *identity.Verifier
	logger   *slog.Logger

	requests *edge.Limiter // every request for /mcp
	reads    *edge.Limiter // calls that are no tool calls
	streams  *edge.Cap
	sessions *sessions

	stopping context.Context // ends when running calls are to end
	stop     context.CancelFunc

	server    *mcp.Server  // behind all of these
	stateless http.Handler // MCP 2026-07-28, and with -stateless all of it
	plain     http.Handler // the same for calls that send nothing but their answer
	stateful  http.Handler // older revisions
}

func newHTTPServer(cfg config, addr net.Addr, st *store.Store, verifier *identity.Verifier, logger *slog.Logger) *httpServer {
	h := &httpServer{
		cfg: cfg, loopback: edge.IsLoopbackAddr(addr.String()),
		store: st, verifier: verifier, logger: logger,
		requests: edge.NewLimiter(allRequests(cfg.edge)),
		reads:    edge.NewLimiter(cfg.edge.RateReads),
		streams:  edge.NewCap(cfg.edge.MaxStreams),
		sessions: newSessions(cfg.edge.MaxSessions),
	}
	h.stopping, h.stop = context.WithCancel(context.Background())
	ts := &toolset{
		tasks: func(context.Context) (*store.Tasks, error) { return st.Tasks(), nil },
		zone:  cfg.zone, now: time.Now, logger: logger,
	}
	h.server = newServer(ts, selectTools(cfg.readOnly, cfg.tools),
		recovered(logger), checked, h.sessions.track, h.stoppable,
		ts.limitedCalls(edge.NewLimiter(cfg.edge.RateToolCalls)), ts.fair(edge.NewShare(edge.CallsAtOnce)))
	handler := func(stateless, json bool) http.Handler {
		return mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return h.server }, &mcp.StreamableHTTPOptions{
			Stateless:                    stateless,
			JSONResponse:                 json,
			SessionTimeout:               sessionIdle,
			MaxRequestBodyBytes:          maxMessage,
			DisableLocalhostProtection:   true, // ours knows the public host behind a proxy on this machine
			PropagateRequestCancellation: true, // a closed connection stops the work
		})
	}
	h.stateless, h.plain, h.stateful = handler(true, false), handler(true, true), handler(false, false)
	return h
}

func (h *httpServer) close() {
	h.stop()
	h.sessions.closeAll()
}

// allRequests is the limit on messages of any kind: as many as both kinds that
// are counted by themselves together.
func allRequests(s edge.Settings) int {
	if s.RateReads == 0 || s.RateToolCalls == 0 {
		return 0
	}
	return s.RateReads + s.RateToolCalls
}

// stoppable ends a call when the program has waited for it long enough.
func (h *httpServer) stoppable(next mcp.MethodHandler) mcp.MethodHandler {
	return func(ctx context.Context, method string, req mcp.Request) (mcp.Result, error) {
		if method != "tools/call" {
			return next(ctx, method, req)
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(h.stopping, cancel)()
		return next(ctx, method, req)
	}
}

// routes lists everything that is served.
func (h *httpServer) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/mcp", edge.KeepAlive(edge.PingInterval, h.checkHost(http.HandlerFunc(h.serveMCP))))
	mux.Handle("/healthz", only(h.healthz, http.MethodGet, http.MethodHead))
	mux.Handle("/readyz", only(h.readyz, http.MethodGet, http.MethodHead))
	if h.cfg.identity.Mode != identity.ModeDev {
		for _, path := range h.metadataPaths() {
			mux.Handle(path, only(h.resourceMetadata, http.MethodGet))
		}
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		edge.WriteProblem(w, r, http.StatusNotFound, "not_found", "There is nothing here. MCP is served at /mcp.")
	})
	var handler http.Handler = edge.CheckOrigin("", h.origins(), mux)
	if h.cfg.identity.Mode == identity.ModeDev {
		handler = edge.LoopbackOnly(handler)
	}
	return edge.WithRequestID(edge.LogRequests(h.logger, edge.Recover(h.logger, handler)))
}

// origins lists the browser origins that may call: the own one and those that
// the operator allows.
func (h *httpServer) origins() []string {
	public := h.cfg.publicURL
	origins := append([]string{public.Scheme + "://" + public.Host}, h.cfg.edge.AllowedOrigins...)
	if h.loopback {
		origins = append(origins, edge.LoopbackOrigins(public)...)
	}
	return origins
}

// checkHost stops DNS rebinding: a page elsewhere can make a browser call us
// by its own host name, but not by ours.
func (h *httpServer) checkHost(next http.Handler) http.Handler {
	public := edge.CheckHost(edge.HostForms(h.cfg.publicURL), next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.loopback && edge.IsLoopbackAddr(r.Host) {
			next.ServeHTTP(w, r)
			return
		}
		public.ServeHTTP(w, r)
	})
}

// only answers 405 to other methods.
func only(handler http.HandlerFunc, methods ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(methods, r.Method) {
			methodNotAllowed(w, r, strings.Join(methods, ", "))
			return
		}
		handler(w, r)
	})
}

func methodNotAllowed(w http.ResponseWriter, r *http.Request, allowed string) {
	w.Header().Set("Allow", allowed)
	edge.WriteProblem(w, r, http.StatusMethodNotAllowed, "method_not_allowed", "Allowed here: "+allowed+".")
}

// healthz says that the process runs.
func (h *httpServer) healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz says whether calls would be served: the database answers and the keys
// of the authorization server are at hand. It never asks the adapter, which
// itself waits for us.
func (h *httpServer) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 4*time.Second)
	defer cancel()
	database, keys := h.store.Ping(ctx), h.verifier.Ready(ctx)
	if err := errors.Join(database, keys); err != nil {
		h.logger.WarnContext(ctx, "not ready", "request_id", edge.RequestID(ctx), "err", err)
		detail := "The database is out of reach."
		if database == nil {
			detail = "The keys of the authorization server are out of reach."
		}
		edge.SetRetryAfter(w.Header(), time.Second)
		edge.WriteProblem(w, r, http.StatusServiceUnavailable, "not_ready", detail)
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ready"})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(mustMarshal(v)) // a client that is gone needs no answer
}
