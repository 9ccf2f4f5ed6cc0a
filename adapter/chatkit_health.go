package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"taskwire/edge"
)

// chatHealth is the answer of /api/chatkit/health. It is for anybody, so it
// holds no secret, no count and no address.
type chatHealth struct {
	Status           string    `json:"status"` // ok, degraded, unavailable
	KeyConfigured    bool      `json:"openai_key_configured"`
	KeyStatus        keyStatus `json:"openai_key_status"`
	SessionEndpoint  bool      `json:"session_endpoint_available"`
	StoreImplemented bool      `json:"store_implemented"`
	SessionMode      string    `json:"session_mode"`
	Model            string    `json:"model"`
	Problems         []string  `json:"problems"` // how to mend what is missing
	Timestamp        time.Time `json:"timestamp"`
}

func (s *server) chatHealth(c *gin.Context) {
	h := s.health(c.Request.Context())
	status := http.StatusOK
	if h.Status == statusUnavailable {
		status = http.StatusServiceUnavailable
		edge.SetRetryAfter(c.Writer.Header(), retryAfter)
	}
	writeJSON(c, status, h)
}

const (
	statusOK          = "ok"
	statusDegraded    = "degraded"    // something optional is missing
	statusUnavailable = "unavailable" // chat cannot be used
)

func (s *server) health(ctx context.Context) chatHealth {
	key := s.key.status()
	h := chatHealth{
		Status: statusOK, KeyConfigured: key != keyMissing, KeyStatus: key, StoreImplemented: true,
		SessionMode: s.cfg.sessions.mode, Model: s.cfg.model.label(), Problems: []string{}, Timestamp: time.Now().UTC(),
	}
	lacks := s.cfg.sessions.missing()
	h.SessionEndpoint = lacks == ""
	for _, down := range s.reach.ask(ctx) {
		h.unavailable(down.detail)
	}
	if lacks != "" {
		h.unavailable(lacks)
	}
	if s.cfg.needsOpenAI() {
		h.judgeKey(key)
	}
	if s.cfg.model.demo() {
		h.degraded("The built-in demo model answers: set LLM_BASE_URL and LLM_MODEL, XIAOMI_API_KEY or OPENAI_API_KEY for a real one.")
	}
	return h
}

// needsOpenAI reports whether OPENAI_API_KEY is in use, for the model or for
// sessions.
func (cfg config) needsOpenAI() bool {
	return cfg.sessions.mode == sessionOpenAI || cfg.model.key != "" && cfg.model.key == cfg.sessions.openAIKey
}

func (h *chatHealth) judgeKey(key keyStatus) {
	switch key {
	case keyMalformed:
		h.degraded("OPENAI_API_KEY does not look like a key of OpenAI's, which begins with sk-: set it anew and start again.")
	case keyRejected:
		h.degraded("OpenAI does not accept OPENAI_API_KEY: make a new key, set it and start again.")
	case keyNoPermission:
		h.degraded("OPENAI_API_KEY lacks a permission: give it access to models and ChatKit, or set another.")
	}
}

func (h *chatHealth) degraded(problem string) {
	if h.Status == statusOK {
		h.Status = statusDegraded
	}
	h.Problems = append(h.Problems, problem)
}

func (h *chatHealth) unavailable(problem string) {
	h.Status = statusUnavailable
	h.Problems = append(h.Problems, problem)
}

// reachAge is how long an answer holds about what is in reach: anybody may ask,
// as often as they like.
const reachAge = time.Second

// reach remembers what was out of reach a moment ago.
type reach struct {
	look func(context.Context) []outage

	mu   sync.Mutex
	at   time.Time
	down []outage
}

// ask gives what is out of reach. Those who come while it looks wait for the
// same answer.
func (r *reach) ask(ctx context.Context) []outage {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) >= reachAge {
		// The answer is for others too, who have not hung up.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyPatience)
		r.down = r.look(ctx)
		cancel()
		r.at = time.Now()
	}
	return r.down
}
