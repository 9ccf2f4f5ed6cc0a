// Adapter is where people chat with their tasks: it speaks ChatKit with the
// browser, MCP with the tools, and the OpenAI dialect with a model. It owns no
// task: what it knows of them comes from mcpserver.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"taskwire/edge"
	"taskwire/identity"
	"taskwire/store"
)

func main() {
	// The first signal asks to stop; stop() then restores the default, so that
	// a second one ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	os.Exit(edge.ExitStatus("adapter", err, os.Stderr))
}

// run is the program; a test can start it.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	cfg, err := loadConfig(args, getenv, stderr)
	if err != nil {
		return err
	}
	if cfg.command == commandToken {
		return printToken(cfg, stdout)
	}
	logs := edge.NewLogWriter(stderr) // a pipe that nobody reads must not stop requests
	defer logs.Close()
	logger := edge.NewLogger(logs, cfg.edge, edge.IsTerminal(stderr))
	if cfg.command == commandMigrate {
		return migrate(ctx, cfg.store, logger, stdout)
	}
	for _, warning := range cfg.warnings(getenv) {
		logger.Warn(warning)
	}
	return serve(ctx, cfg, logger)
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

// printToken signs with the key of the data folder, which the serving adapter
// publishes: nothing has to run for it.
func printToken(cfg config, stdout io.Writer) error {
	key, err := identity.LoadKey(cfg.store.DataDir)
	if err != nil {
		return err
	}
	grant := cfg.grant
	grant.Audience = cfg.publicURL
	if cfg.tokenFor == forMCP {
		grant.Audience = cfg.mcpPublicURL
	}
	token, err := identity.NewSigner(cfg.publicURL, key).Token(grant)
	if err == nil {
		_, err = fmt.Fprintln(stdout, token)
	}
	return err
}
