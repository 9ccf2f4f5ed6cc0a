package store_test

import (
	"testing"

	"go.uber.org/goleak"

	"taskwire/store/storetest"
)

func TestMain(m *testing.M) {
	storetest.Main(m, func() error { return goleak.Find() })
}
