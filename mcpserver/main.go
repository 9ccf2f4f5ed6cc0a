// Mcpserver keeps the tasks of people where their AI tools can reach them: the
// seven task tools as an MCP server, over stdio for one user or over
// streamable HTTP for many. It knows neither chats nor models.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"taskwire/edge"
	"taskwire/store"
)

func main() {
	// The first signal asks to stop; stop() then restores the default, so that
	// a second one ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr)
	os.Exit(edge.ExitStatus("mcpserver", err, os.Stderr))
}

// run is the program; a test can start it.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) error {
	cfg, err := loadConfig(args, getenv, stderr)
	if err != nil {
		return err
	}
	logs := edge.NewLogWriter(stderr) // a pipe that nobody reads must not stop requests
	defer logs.Close()
	logger := edge.NewLogger(logs, cfg.edge, edge.IsTerminal(stderr))
	for _, warning := range cfg.warnings(getenv) {
		logger.Warn(warning)
	}
	switch {
	case cfg.migrate:
		return migrate(ctx, cfg.store, logger, stdout)
	case cfg.httpAddr != "":
		tuneGC(ctx, getenv)
		return serveHTTP(ctx, cfg, logger)
	default:
		return serveStdio(ctx, cfg, logger, stdin, stdout)
	}
}

// tuneGC trades memory for CPU: nine tenths of what a call allocates is one
// buffer in the SDK's JSON reader, so the default collects far too often. In
// calm, memory is given back. GOGC and GOMEMLIMIT, where set, are the operator's
// word.
func tuneGC(ctx context.Context, getenv func(string) string) {
	if getenv("GOGC") == "" && getenv("GOMEMLIMIT") == "" {
		go edge.TidyInCalm(ctx)
	}
	if getenv("GOGC") == "" {
		debug.SetGCPercent(1600) // about 130 MB at 64 callers, a sixth less CPU than 800
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(384 << 20) // 10,000 streams take 130 of it
	}
}

func migrate(ctx context.Context, cfg store.Config, logger *slog.Logger, stdout io.Writer) error {
	version, err := store.Patiently(ctx, logger, func(ctx context.Context) (int64, error) {
		return store.Migrate(ctx, cfg, logger)
	})
	if err == nil {
		fmt.Fprintf(stdout, "The schema is at version %d.\n", version)
	}
	return err
}

func openStore(ctx context.Context, cfg store.Config, logger *slog.Logger) (*store.Store, error) {
	return store.Patiently(ctx, logger, func(ctx context.Context) (*store.Store, error) {
		return store.Open(ctx, cfg, logger)
	})
}

// sweepEvery is how often the journal of tool calls is cleaned.
const sweepEvery = 10 * time.Minute

// sweep removes what is past its time until ctx ends. Every replica does it;
// rows that another one removed first are no error.
func sweep(ctx context.Context, st *store.Store, logger *slog.Logger) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		err := edge.Safely(func() error {
			_, err := st.Sweep(ctx)
			return err
		})
		if err != nil && ctx.Err() == nil {
			logger.Warn("sweep", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
