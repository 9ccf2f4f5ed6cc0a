package demo

import (
	"testing"
	_ "time/tzdata" // zones by name, wherever the tests run

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
