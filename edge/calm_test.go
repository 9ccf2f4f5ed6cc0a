package edge

import (
	"context"
	"testing"
	"time"
)

// What a burst leaves is given back once there is calm. Not parallel: other tests
// are no calm.
func TestTidyInCalm(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		TidyInCalm(ctx)
	}()
	burst := make([][]byte, 64)
	for i := range burst {
		burst[i] = make([]byte, 1<<20)
	}
	clear(burst)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(calmCheck / 5) {
		_, idle := heapUse()
		if idle <= worthwhile {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d MiB are idle", idle>>20)
		}
	}
	cancel()
	<-ended
}
