package main

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"taskwire/adapter/web"
	"taskwire/edge"
	"taskwire/identity"
)

func init() { gin.SetMode(gin.ReleaseMode) } // else it prints to stdout

// handler is all that is served, behind what every request passes.
func (s *server) handler() http.Handler { return s.middlewares(s.routes()) }

// routes lists everything that is served.
func (s *server) routes() *gin.Engine {
	e := gin.New() // logging and recovery are ours
	e.UseRawPath = true
	e.RedirectTrailingSlash = false
	e.HandleMethodNotAllowed = true
	_ = e.SetTrustedProxies(nil) // X-Forwarded-For is anybody's to invent
	e.Use(nameRoute)
	e.NoRoute(nothingHere)
	e.NoMethod(methodNotAllowed)

	probe := []string{http.MethodGet, http.MethodHead}
	e.Match(probe, "/healthz", s.healthz)
	e.Match(probe, "/readyz", s.readyz)
	e.Match(probe, "/.well-known/jwks.json", s.keySet)
	e.GET("/openapi.json", s.describe)
	e.Match(probe, "/", s.showPage)
	e.Match(probe, web.Root, s.showPage)
	e.Match(probe, web.Root+"/*file", s.pageFile)

	e.POST("/api/chatkit", s.forChat(s.serveChat))
	chat := e.Group("/api/chatkit")
	chat.POST("/session", s.forUser(s.readsLimited(s.createSession)))
	chat.POST("/refresh", s.forUser(s.readsLimited(s.refreshSession)))
	chat.GET("/health", s.chatHealth)
	chat.POST("/cancel", s.forUser(s.readsLimited(s.once(maxCancelBody, s.cancel))))
	chat.GET("/threads", s.forUser(s.readsLimited(s.searchThreads)))
	chat.GET("/threads/:thread_id", s.forUser(s.readsLimited(s.threadState)))
	chat.POST("/beacon", s.forChat(s.readsLimited(s.beacon)))
	chat.POST("/upload", s.forChat(s.counted(s.directUpload)))
	chat.PUT("/upload/:id", s.byLink(linkUpload, s.announcedUpload))
	chat.POST("/upload/:id", s.byLink(linkUpload, s.announcedUpload))
	chat.GET("/attachments/:id", s.byLink(linkPreview, s.attachment))

	e.POST("/api/chat", s.forUser(s.asTurn(s.once(maxChatBody, s.chatOnce))))
	e.GET("/api/chat/health", s.chatHealth)

	tasks := e.Group("/api/:user_id")
	tasks.GET("/tasks", s.ownTasks(s.listTasks))
	tasks.POST("/tasks", s.ownTasks(s.once(maxTaskBody, s.createTask)))
	tasks.GET("/tasks/:task_id", s.ownTasks(s.getTask))
	tasks.PUT("/tasks/:task_id", s.ownTasks(s.updateTask))
	tasks.DELETE("/tasks/:task_id", s.ownTasks(s.deleteTask))
	tasks.PATCH("/tasks/:task_id/complete", s.ownTasks(s.completeTask))
	tasks.GET("/stats", s.ownTasks(s.taskStats))

	return e
}

// middlewares are what every request passes, outermost first.
func (s *server) middlewares(next http.Handler) http.Handler {
	next = s.checkHost(next)
	if s.cfg.identity.Mode == identity.ModeDev {
		next = edge.LoopbackOnly(next)
	}
	next = s.checkOrigin(next)
	return edge.WithRequestID(edge.LogRequests(s.logger, edge.Recover(s.logger, next)))
}

// nameRoute names the route in the log, instead of the path: user ids are no
// part of it.
func nameRoute(c *gin.Context) {
	if route := c.FullPath(); route != "" {
		c.Request.Pattern = c.Request.Method + " " + route
	}
}

func nothingHere(c *gin.Context) {
	edge.WriteProblem(c.Writer, c.Request, http.StatusNotFound, "not_found", "There is nothing at this address.")
}

func methodNotAllowed(c *gin.Context) {
	edge.WriteProblem(c.Writer, c.Request, http.StatusMethodNotAllowed, "method_not_allowed",
		"Allowed here: "+c.Writer.Header().Get("Allow")+".")
}

// checkHost stops DNS rebinding: a page elsewhere can make a browser call us by
// its own host name, but not by ours. Probes and keys are for machines that
// know us by any name.
func (s *server) checkHost(next http.Handler) http.Handler {
	var hosts []string
	if u, err := url.Parse(s.cfg.publicURL); err == nil {
		hosts = edge.HostForms(u)
	}
	public := edge.CheckHost(hosts, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/healthz", "/readyz", "/.well-known/jwks.json":
			next.ServeHTTP(w, r)
			return
		}
		if s.loopback && edge.IsLoopbackAddr(r.Host) {
			next.ServeHTTP(w, r)
			return
		}
		public.ServeHTTP(w, r)
	})
}

// What pages of other origins may send and read. ChatKit's page adds two
// headers of its own.
var (
	corsHeaders = []string{
		"Accept", "Accept-Language", "Authorization", "Chatkit-Device-Id", "Chatkit-Frame-Instance-Id", "Content-Type",
		"Idempotency-Key", "If-Match", "Traceparent", "X-Chatkit-Domain-Key", "X-Request-Id", "X-Stream-Detach", "X-Timezone",
	}
	corsExpose = []string{"Date", "ETag", "Link", "Retry-After", "WWW-Authenticate", "X-Request-Id"}
)

// checkOrigin lets the own origin and the allowed ones call. Previews are also
// shown by <img> in ChatKit's frame, which sends no Origin: the link's
// signature, or the token, is what counts there.
func (s *server) checkOrigin(next http.Handler) http.Handler {
	origins := edge.Origins{
		Own: asOrigin(s.cfg.publicURL), Allowed: s.cfg.edge.AllowedOrigins, Navigation: true,
		Headers: corsHeaders, Expose: corsExpose,
	}
	if u, err := url.Parse(s.cfg.publicURL); err == nil && s.loopback {
		origins.Allowed = append(edge.LoopbackOrigins(u), origins.Allowed...)
	}
	checked := origins.Check(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, stated := r.Header["Origin"]
		if !stated && r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, previewPath) {
			next.ServeHTTP(w, r)
			return
		}
		checked.ServeHTTP(w, r)
	})
}

// asOrigin spells our own address as browsers do: it may have been given in
// capitals, or with the port that goes without saying.
func asOrigin(address string) string {
	if spelt, err := edge.ParseOrigins(address); err == nil && len(spelt) == 1 {
		return spelt[0]
	}
	return address
}
