package chatkit_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(benchServer); address != "" {
		sendTurns(address)
		return
	}
	goleak.VerifyTestMain(m)
}
