//go:build !faultpoints

package faultpoint

import "context"

// A Wait is one wait under way. The zero Wait has no points.
type Wait struct{}

// At is where a wait begins.
func At(context.Context, string) Wait { return Wait{} }

// Before is the point in front of it. Its error stands for something that was
// never sent.
func (Wait) Before() error { return nil }

// After is the point behind it, and gives err, the wait's own. Where there is
// none, the error stands for an answer that was lost: what was asked for has
// happened.
func (Wait) After(err error) error { return err }

// Upkeep marks what is done for no request, so that its points are counted
// apart: how often it comes by is a matter of time.
func Upkeep(ctx context.Context, _ string) context.Context { return ctx }
