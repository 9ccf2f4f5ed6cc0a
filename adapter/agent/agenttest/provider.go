// Package agenttest is a model provider for tests: an OpenAI-compatible server
// on loopback that answers by a script and keeps what it was asked.
package agenttest

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Provider answers each request with the next Reply of its queue. It may be
// used by several goroutines at once.
type Provider struct {
	server   *http.Server
	url      string
	closed   chan struct{}
	mu       sync.Mutex
	queue    []Reply
	fallback Reply
	requests []Request
}

// Start starts a Provider on a free port of loopback.
func Start() (*Provider, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Provider{
		url: "http://" + listener.Addr().String() + "/v1", closed: make(chan struct{}),
		fallback: Body(http.StatusTeapot, "application/json", `{"error":{"message":"the script is over","code":"script_over"}}`),
	}
	p.server = &http.Server{Handler: http.HandlerFunc(p.serve), ReadHeaderTimeout: 10 * time.Second}
	go p.server.Serve(listener)
	return p, nil
}

// URL is what a client takes for the base URL.
func (p *Provider) URL() string { return p.url }

// Close ends the server and all it is still answering.
func (p *Provider) Close() {
	close(p.closed)
	p.server.Close()
}

// Queue appends replies. Each answers one request.
func (p *Provider) Queue(replies ...Reply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, replies...)
}

// Otherwise sets what answers when the queue is empty. Until then that is
// status 418.
func (p *Provider) Otherwise(reply Reply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fallback = reply
}

// Requests gives what has been asked so far, oldest first.
func (p *Provider) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// Forget drops the queue and the requests.
func (p *Provider) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue, p.requests = nil, nil
}

func (p *Provider) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	req := Request{Path: r.URL.Path, Header: r.Header.Clone(), Body: body}
	json.Unmarshal(body, &req) // a body that cannot be read is a test's to see
	reply := p.next(req)
	reply(&Writer{ResponseWriter: w, request: r, closed: p.closed}, req)
}

func (p *Provider) next(req Request) Reply {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, req)
	if len(p.queue) == 0 {
		return p.fallback
	}
	reply := p.queue[0]
	p.queue = p.queue[1:]
	return reply
}

// A Request is what a client asked.
type Request struct {
	Path   string      `json:"-"`
	Header http.Header `json:"-"`
	Body   []byte      `json:"-"` // as it came

	Model    string    `json:"model"`
	Messages []Message `json:"messages"`
	Tools    []struct {
		Function struct {
			Name        string          `json:"name"`
			Description string          `json:"description"`
			Parameters  json.RawMessage `json:"parameters"`
			Strict      *bool           `json:"strict"`
		} `json:"function"`
	} `json:"tools"`
	ToolChoice    json.RawMessage `json:"tool_choice"`
	Stream        bool            `json:"stream"`
	StreamOptions json.RawMessage `json:"stream_options"`
}

// ToolNames gives the names of the tools that the model was offered.
func (r Request) ToolNames() []string {
	var names []string
	for _, t := range r.Tools {
		names = append(names, t.Function.Name)
	}
	return names
}

// System gives the system prompt.
func (r Request) System() string {
	if len(r.Messages) == 0 || r.Messages[0].Role != "system" {
		return ""
	}
	return r.Messages[0].Text()
}

// Last gives the last message, a zero one if there is none.
func (r Request) Last() Message {
	if len(r.Messages) == 0 {
		return Message{}
	}
	return r.Messages[len(r.Messages)-1]
}

// A Message is one of a request.
type Message struct {
	Role       string          `json:"role"`
	Content    json.RawMessage `json:"content"`
	ToolCallID string          `json:"tool_call_id"`
	ToolCalls  []struct {
		ID       string `json:"id"`
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
		ExtraContent json.RawMessage `json:"extra_content"`
	} `json:"tool_calls"`
	ReasoningContent string `json:"reasoning_content"`
}

// Text gives the content where it is a string, else the content as JSON.
func (m Message) Text() string {
	var s string
	if json.Unmarshal(m.Content, &s) != nil {
		return string(m.Content)
	}
	return s
}
