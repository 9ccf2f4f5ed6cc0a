package web

import (
	"fmt"
	"os"
	"testing"

	"taskwire/adapter/web/browsertest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := browsertest.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
