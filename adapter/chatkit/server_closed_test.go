package chatkit_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

// A leavingStore lets its client go in the middle of a read.
type leavingStore struct {
	chatkit.TurnStore
	leave context.CancelFunc
}

func (s *leavingStore) LoadThread(ctx context.Context, user, id string) (*chatkit.Thread, error) {
	s.leave()
	<-ctx.Done()
	return nil, fmt.Errorf("read: %w", ctx.Err())
}

// A client that goes away is no fault of the server's.
func TestClientsThatLeave(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	told := make(chan *chatkit.RequestError, 1)
	r := newRigOn(t, &leavingStore{chatkit.KeepTurns(new(chatkit.Memory)), leave}, chatkit.Handlers{}, func(o *chatkit.Options) {
		o.Fail = func(_ http.ResponseWriter, _ *http.Request, e *chatkit.RequestError) { told <- e }
	})
	req, err := http.NewRequestWithContext(ctx, "POST", r.url, strings.NewReader(about("threads.get_by_id", "thread_id", "thr_x")))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if resp, err := r.client.Do(req); err == nil {
		resp.Body.Close()
		t.Errorf("who left got HTTP %d", resp.StatusCode)
	}
	if e := <-told; e.Status != 400 || e.Code != "closed" {
		t.Errorf("the refusal is %+v, want 400 closed", e)
	}
	if log := r.log.String(); log != "" {
		t.Errorf("the log says %s", log)
	}
}
