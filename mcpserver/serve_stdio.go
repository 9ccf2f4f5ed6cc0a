package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/edge"
	"taskwire/store"
)

// serveStdio serves one user until input ends or ctx does; calls that run then
// are still answered. The database opens while the host says hello: hosts wait
// for the tool list at every start.
func serveStdio(ctx context.Context, cfg config, logger *slog.Logger, in io.Reader, out io.Writer) error {
	stop := ctx.Done()
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	opening := newOpening(ctx, cfg, logger, cancel)
	defer opening.close()
	defer cancel(nil) // ends what the opening started, before it is closed

	ts := &toolset{
		tasks: opening.tasks,
		user:  cfg.user, zone: cfg.zone, now: time.Now, logger: logger,
	}
	server := newServer(ts, selectTools(cfg.readOnly, cfg.tools),
		recovered(logger), checked, ts.limitedCalls(edge.NewLimiter(cfg.edge.RateToolCalls)))
	err := runStdio(ctx, server, &stdioTransport{
		in: in, out: out, stop: stop, grace: cfg.edge.ShutdownGrace, ended: make(chan struct{}), logger: logger,
	})
	if cause := context.Cause(ctx); cause != nil {
		return cause // the database could not be opened
	}
	if err != nil {
		return err
	}
	return opening.outcome(stop)
}

// runStdio runs the session to its end. A host that does not read what we write
// cannot keep the program from ending: its answers have then had their time.
func runStdio(ctx context.Context, server *mcp.Server, t *stdioTransport) error {
	ran := make(chan error, 1)
	go func() { ran <- server.Run(ctx, t) }()
	select {
	case err := <-ran:
		return err
	case <-t.ended:
	}
	select {
	case err := <-ran:
		return err
	case <-time.After(time.Second):
		return errors.New("the host does not read its answers: some were not delivered")
	}
}

// An opening is a store that is being opened.
type opening struct {
	done       chan struct{} // closed when st or err is set
	background sync.WaitGroup
	st         *store.Store
	err        error
}

func newOpening(ctx context.Context, cfg config, logger *slog.Logger, fail context.CancelCauseFunc) *opening {
	o := &opening{done: make(chan struct{})}
	go func() {
		defer close(o.done)
		o.err = edge.Safely(func() (err error) {
			o.st, err = openStore(ctx, cfg.store, logger)
			return err
		})
		if o.err != nil {
			fail(o.err)
			return
		}
		o.background.Go(func() { sweep(ctx, o.st, logger) })
	}()
	return o
}

// tasks waits for the store.
func (o *opening) tasks(ctx context.Context) (*store.Tasks, error) {
	select {
	case <-o.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if o.err != nil {
		return nil, store.ErrUnavailable
	}
	return o.st.Tasks(), nil
}

// outcome tells whether the store could be opened, when the host has hung up
// before that was clear: a start that was no more than a check should hear it.
func (o *opening) outcome(stop <-chan struct{}) error {
	select {
	case <-o.done:
		return o.err
	case <-stop:
	case <-time.After(lastAnswers):
	}
	return nil
}

// close lets go of the store. The context of the opening has ended.
func (o *opening) close() {
	<-o.done
	o.background.Wait()
	if o.st != nil {
		o.st.Close()
	}
}
