package chatkit

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Handlers is what an integration writes. Only Respond is needed. What is
// returned as *RequestError before a stream has begun becomes the answer.
type Handlers struct {
	// Respond answers a message, or goes on when the client has answered a tool
	// call or a structured input: then in is nil, and Turn.Answered is what was
	// answered. It must return soon after ctx is done. An *Error is told to the
	// user; see there for others.
	Respond func(ctx context.Context, t *Turn, in *UserMessage) error
	// Action answers a custom action with a stream. The sender is nil when the
	// action comes from no widget.
	Action func(ctx context.Context, t *Turn, a Action, sender *WidgetItem) error
	// SyncAction answers a custom action with the item that it changed, which
	// the server saves, or with nil. It may run while an answer streams.
	SyncAction func(ctx context.Context, user string, thread *Thread, a Action, sender *WidgetItem) (Item, error)

	// CheckInput refuses a message before anything is stored. threadID is empty
	// for a new thread.
	CheckInput func(ctx context.Context, user, threadID string, in *UserInput) error
	// CheckAction refuses a custom action, sync or not, before it runs.
	CheckAction func(ctx context.Context, user string, thread *Thread, a Action, sender *WidgetItem) error
	// AllowCancel says whether the client shows its stop button: nil means yes.
	AllowCancel func(user string, thread *Thread) bool

	// Feedback takes a thumb up or down on items that are there.
	Feedback func(ctx context.Context, user, threadID string, itemIDs []string, kind FeedbackKind) error
	// CreateAttachment makes the record of a file about to be uploaded, with an
	// id and an upload descriptor. The server saves it.
	CreateAttachment func(ctx context.Context, user string, in *CreateAttachment) (*Attachment, error)
	// DeleteAttachment deletes the bytes. The server deletes the record.
	DeleteAttachment func(ctx context.Context, user string, a *Attachment) error
	// Transcribe turns speech into text.
	Transcribe func(ctx context.Context, user string, audio []byte, mimeType string) (string, error)
}

// Options are all optional but User.
type Options struct {
	// User tells who sends a request. An error that is no *RequestError is 401.
	User func(*http.Request) (string, error)
	// Fail answers a request that failed before its stream began. The default
	// writes application/problem+json (RFC 9457).
	Fail func(http.ResponseWriter, *http.Request, *RequestError)
	// CheckJSON sees every body before it is read, for rules of the
	// integration's own. An error that is no *RequestError is 400, and its text
	// is told.
	CheckJSON func([]byte) error

	MaxBody      int64         // bytes of a request; 256 KiB
	MaxAudio     int64         // bytes of a request for transcription; 10 MiB
	PingInterval time.Duration // silence until a comment keeps the stream open; 15 s
	WriteTimeout time.Duration // for a client that does not read; 30 s
	// History is how many items Turn.History is to have at hand, where the store
	// can read them with a turn's begin (see HistoryTurn); 0: none.
	History int
	// Corked keeps what a turn sends, its beginning too, until Turn.Flush, the
	// end, 64 KiB or a PingInterval of silence: for handlers that know when they
	// are going to wait. What goes out together costs less, and Flush writes it
	// without the help of another goroutine.
	Corked       bool
	StoreTimeout time.Duration // of a write during a turn; 10 s
	Logger       *slog.Logger  // nothing is logged without it
}

func (o *Options) setDefaults() {
	o.MaxBody = orDefault(o.MaxBody, 256<<10)
	o.MaxAudio = max(o.MaxBody, orDefault(o.MaxAudio, 10<<20))
	o.PingInterval = orDefault(o.PingInterval, 15*time.Second)
	o.WriteTimeout = orDefault(o.WriteTimeout, 30*time.Second)
	o.StoreTimeout = orDefault(o.StoreTimeout, 10*time.Second)
	if o.Fail == nil {
		o.Fail = writeProblem
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

func orDefault[T ~int64](v, otherwise T) T {
	if v == 0 {
		return otherwise
	}
	return v
}

// A Server serves the one endpoint of the protocol. It is an http.Handler.
type Server struct {
	store    TurnStore
	handlers Handlers
	opts     Options

	mu       sync.Mutex
	turns    map[threadKey]*Turn // running in this process
	requests int                 // being served
	draining bool
	cutOff   bool          // the grace of Drain is over
	idle     chan struct{} // closed when draining and nothing runs any more
}

// NewServer serves what lies in the store. A Store that is no TurnStore goes
// through KeepTurns. It panics without Options.User or Handlers.Respond.
func NewServer(store Store, h Handlers, opts Options) *Server {
	if opts.User == nil || h.Respond == nil {
		panic("chatkit: NewServer needs Options.User and Handlers.Respond")
	}
	opts.setDefaults()
	turns, ok := store.(TurnStore)
	if !ok {
		turns = KeepTurns(store)
	}
	return &Server{store: turns, handlers: h, opts: opts, turns: map[threadKey]*Turn{}, idle: make(chan struct{})}
}

// Active returns how many turns run in this process.
func (s *Server) Active() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.turns)
}

// Cancel stops the answer that runs on the thread in this process and reports
// whether there was one. An open stream gets the text so far as done and ends.
func (s *Server) Cancel(user, threadID string) bool { return s.stop(user, threadID, "", errStopped) }

// CancelTurn is Cancel for one turn (see Turn.ID), and not for the next: for
// those whose word comes from another process and may come late.
func (s *Server) CancelTurn(user, threadID, turnID string) bool {
	return s.stop(user, threadID, turnID, errStopped)
}

// stop ends a turn, whichever runs on the thread if turnID is empty.
func (s *Server) stop(user, threadID, turnID string, reason error) bool {
	s.mu.Lock()
	t := s.turns[threadKey{user, threadID}]
	s.mu.Unlock()
	if t == nil || turnID != "" && t.ID() != turnID {
		return false
	}
	t.cancel(reason)
	return true
}

// tailTime is what is left for last words when the grace of Drain is over: a
// handler that does not look at its context and a client that does not read
// must not hold up the end of the program.
const tailTime = 3 * time.Second

// Drain refuses new requests (503) and waits until nothing runs any more. Turns
// that still run when ctx is done get an error that offers to try again, and
// are ended as failed.
func (s *Server) Drain(ctx context.Context) {
	s.mu.Lock()
	s.draining = true
	s.checkIdle()
	s.mu.Unlock()
	select {
	case <-s.idle:
		return
	case <-ctx.Done():
	}
	s.mu.Lock()
	s.cutOff = true
	for _, t := range s.turns {
		t.cancel(errDraining)
	}
	s.mu.Unlock()
	select {
	case <-s.idle:
	case <-time.After(tailTime):
	}
}

// enter counts a request in, unless the server drains.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	s.requests++
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests--
	s.checkIdle()
}

// remember lets a turn be found.
func (s *Server) remember(t *Turn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turns[t.at] = t
	if s.cutOff {
		t.cancel(errDraining)
	}
}

// forget is the last that happens to a turn.
func (s *Server) forget(t *Turn) {
	if t.unhurry != nil {
		t.unhurry()
	}
	t.cancel(ErrTurnOver)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.turns[t.at] == t {
		delete(s.turns, t.at)
	}
	s.checkIdle()
}

// checkIdle tells Drain when nothing runs. The lock must be held.
func (s *Server) checkIdle() {
	if !s.draining || s.requests > 0 || len(s.turns) > 0 {
		return
	}
	select {
	case <-s.idle:
	default:
		close(s.idle)
	}
}

func (s *Server) log(user, thread string) *slog.Logger {
	return s.opts.Logger.With("user", user, "thread", thread)
}
