package agent

import (
	"net/http"
	"time"
)

// APIs of a provider.
const (
	APIChat      = "chat"      // POST …/chat/completions
	APIResponses = "responses" // POST …/responses
)

// ModelConfig says which model answers, and where.
type ModelConfig struct {
	BaseURL string // up to the version, as in https://api.openai.com/v1
	APIKey  string // empty: requests bear none
	Model   string
	API     string // APIChat (also when empty) or APIResponses
	Vision  bool   // images go to the model
	// HTTPClient carries the requests; nil: one with small buffers, made for
	// many silent streams.
	HTTPClient *http.Client
	// Idle is how long the provider may say nothing, before the first byte
	// and between bytes; 0: 30 s.
	Idle time.Duration
	// Connect is how long it may take, with all retries, until a connection
	// stands; 0: 4.5 s.
	Connect time.Duration
}

// A Model is one model at one provider. It may serve many runs at once.
type Model struct{ cfg ModelConfig }

// NewModel checks the configuration; it connects to nothing.
func NewModel(cfg ModelConfig) (*Model, error) {
	return &Model{cfg: cfg}, nil
}
