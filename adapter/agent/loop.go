package agent

import (
	"context"
	"errors"
)

type run struct{}

func newRun(*Runner, Request, func(Event) error) *run { return &run{} }

func (*run) do(context.Context) (Result, error) { return Result{}, errors.ErrUnsupported }

func (r *Runner) title(context.Context, string, string, string) (string, error) {
	return "", errors.ErrUnsupported
}
