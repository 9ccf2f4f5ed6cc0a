//go:build faultpoints

package faultpoint

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestTheNthFails(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	points = read("beat: after db@2=error", log)
	ctx := context.Background()
	beat := Upkeep(ctx, "beat")
	for _, at := range []Wait{At(ctx, "db"), At(beat, "db"), At(ctx, "db")} {
		if err := errors.Join(at.Before(), at.After(nil)); err != nil {
			t.Errorf("%v fails: %v", at, err)
		}
	}
	second := At(beat, "db")
	if err := second.After(io.EOF); err != io.EOF {
		t.Errorf("after a failed wait: %v, want its own error", err)
	}
	var lost *Error
	if err := second.After(nil); !errors.As(err, &lost) || lost.SafeToRetry() {
		t.Errorf("the second time: %v, want an answer that was lost", err)
	}
	if err := second.After(nil); err != nil {
		t.Errorf("the third time: %v", err)
	}
	data, err := os.ReadFile(log)
	want := "before db\nafter db\nbeat: before db\nbeat: after db\nbefore db\nafter db\nbeat: after db\nbeat: after db\n"
	if err != nil || string(data) != want {
		t.Errorf("log:\n%s\nwant:\n%s (%v)", data, want, err)
	}
}

func TestBeforeIsNotSent(t *testing.T) {
	points = read("before db@1=error", "")
	var lost *Error
	if err := At(t.Context(), "db").Before(); !errors.As(err, &lost) || !lost.SafeToRetry() {
		t.Errorf("before: %v, want one that was not sent", err)
	}
}
