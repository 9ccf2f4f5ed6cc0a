package agent

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		if err := os.RemoveAll(binaryDir); err != nil && status == 0 {
			status = 1
		}
		os.Exit(status)
	}))
}
