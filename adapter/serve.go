package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"taskwire/adapter/agent"
	"taskwire/adapter/chatkit"
	"taskwire/adapter/web"
	"taskwire/edge"
	"taskwire/identity"
	"taskwire/store"
)

// serve serves until ctx ends, then drains.
func serve(ctx context.Context, cfg config, logger *slog.Logger) error {
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
	st, err := store.Patiently(ctx, logger, func(ctx context.Context) (*store.Store, error) {
		return store.Open(ctx, cfg.store, logger)
	})
	if err != nil {
		return err
	}
	defer st.Close()
	s, err := newServer(cfg, ln.Addr(), st, logger)
	if err != nil {
		return err
	}
	defer s.close()
	s.start()
	if cfg.tendMemory {
		s.background.Go(func() { s.memory.tend(s.life) })
	}
	logger.Info("serving", "addr", ln.Addr().String(), "url", cfg.publicURL, "tools", cfg.mcpURL,
		"auth", cfg.identity.Mode, "model", cfg.model.label())
	drained := s.drainChat(ctx)
	err = edge.Serve(ctx, ln, s.handler(), edge.ServeOptions{
		Grace: cfg.edge.ShutdownGrace, WriteTimeout: cfg.writeTimeout, Logger: logger,
	})
	if ctx.Err() != nil {
		<-drained // answers without a connection too
	}
	return err
}

// lastWords is what is left of the grace for answers that are cut off to be
// stored and to say so.
const lastWords = 2 * time.Second

// drainChat lets running answers end within the grace once ctx is done. The
// channel closes when none runs any more.
func (s *server) drainChat(ctx context.Context) <-chan struct{} {
	drained := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(drained)
		grace, cancel := context.WithTimeout(context.Background(), max(0, s.cfg.edge.ShutdownGrace-lastWords))
		defer cancel()
		err := edge.Safely(func() error { s.chat.Drain(grace); return nil })
		if err != nil {
			s.logger.Error("drain", "err", err)
		}
	})
	return drained
}

// A server is the program while it serves.
type server struct {
	cfg      config
	loopback bool // the listener is within reach of this machine alone
	logger   *slog.Logger
	store    *store.Store
	signer   *identity.Signer

	users    *identity.Verifier // access tokens
	secrets  *identity.Verifier // client secrets, for use
	exchange *identity.Verifier // client secrets, run out or not, for new ones

	chats     *store.Chats
	chat      *chatkit.Server // ChatKit's protocol
	threads   *chatStore
	runner    *agent.Runner
	dictation *dictation // nil: not set up
	sessions  sessionMaker
	key       *keyCheck
	reach     *reach
	tools     *agent.MCPTools
	uploads   *uploads
	reads     *edge.Limiter // requests that are no turn
	turns     *edge.Limiter // requests that ask the model
	streams   *edge.Cap     // open answers
	share     *edge.Share   // of what is at work
	beacons   *beacons
	page      *web.Page
	memory    *tender

	background sync.WaitGroup // ends with stop
	life       context.Context
	stop       context.CancelFunc
}

func newServer(cfg config, addr net.Addr, st *store.Store, logger *slog.Logger) (_ *server, err error) {
	s := &server{
		cfg: cfg, loopback: edge.IsLoopbackAddr(addr.String()), logger: logger, store: st,
		chats: st.Chats(store.Replica{Mend: mend, Cautious: true}),
		key:   newKeyCheck(cfg.sessions),
		reads: edge.NewLimiter(cfg.edge.RateReads), turns: edge.NewLimiter(cfg.edge.RateTurns),
		streams: edge.NewCap(cfg.edge.MaxStreams), share: edge.NewShare(edge.CallsAtOnce), beacons: newBeacons(), memory: new(tender),
	}
	s.life, s.stop = context.WithCancel(context.Background())
	s.reach = &reach{look: s.outOfReach}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err := s.trust(); err != nil {
		return nil, err
	}
	if s.page, err = newPage(cfg); err != nil {
		return nil, err
	}
	if s.tools, err = newTools(cfg, s.signer, logger); err != nil {
		return nil, err
	}
	vault, err := openVault(context.Background(), cfg.uploads, cfg.store.DataDir)
	if err != nil {
		return nil, err
	}
	s.uploads = &uploads{chats: s.chats, vault: vault, links: newLinks(s.signer), public: cfg.publicURL, logger: logger}
	s.sessions = &ownSessions{chats: s.chats, signer: s.signer}
	if cfg.sessions.mode == sessionOpenAI {
		s.sessions = newHostedSessions(cfg.sessions, s.chats, s.key, logger)
	}
	return s, s.newChat()
}

// trust loads the signing key and sets up whose tokens are taken.
func (s *server) trust() error {
	key, err := identity.LoadKey(s.cfg.store.DataDir)
	if err != nil {
		return err
	}
	s.signer = identity.NewSigner(s.cfg.publicURL, key)
	for _, v := range []struct {
		verifier *(*identity.Verifier)
		issuers  []identity.Issuer
	}{
		{&s.users, append(s.cfg.issuers, s.signer.Issuer(s.cfg.publicURL))},
		{&s.secrets, []identity.Issuer{s.signer.SecretIssuer(0)}},
		{&s.exchange, []identity.Issuer{s.signer.SecretIssuer(identity.SessionLife)}},
	} {
		if *v.verifier, err = identity.NewVerifier(v.issuers, identity.Options{Logger: s.logger}); err != nil {
			return edge.UsageError{Err: err}
		}
	}
	return nil
}

// start begins what runs beside the requests; close ends it.
func (s *server) start() {
	s.key.status()
	s.background.Go(func() { s.sweep(s.life) })
	s.joinReplicas()
}

func (s *server) close() {
	s.stop()
	s.background.Wait()
	s.key.close()
	if s.tools != nil {
		s.tools.Close()
	}
	if s.uploads != nil {
		if err := s.uploads.vault.close(); err != nil {
			s.logger.Warn("close the storage for uploads", "err", err)
		}
	}
	for _, v := range []*identity.Verifier{s.users, s.secrets, s.exchange} {
		if v != nil {
			v.Close()
		}
	}
}
