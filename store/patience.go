package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// patience is how long a database that is away is tried at start.
const patience = 10 * time.Second

// Patiently tries again, less and less often for 10 s, while the database is
// out of reach (ErrUnavailable): programs and databases start together. Any
// other error comes back at once.
func Patiently[T any](ctx context.Context, logger *slog.Logger, try func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for wait := 250 * time.Millisecond; ; wait *= 2 {
		result, err := try(ctx)
		if err == nil || !errors.Is(err, ErrUnavailable) {
			return result, err
		}
		logger.Warn("database out of reach", "err", err)
		select {
		case <-ctx.Done():
			return result, fmt.Errorf("the database was out of reach for %v: %w", patience, err)
		case <-time.After(min(wait, 2*time.Second)):
		}
	}
}
