// Package once shows, with replicas of both programs, that a submit, a tool
// call and a turn take effect once, and that what two replicas answer could
// have come from one.
package once

import (
	"testing"

	"taskwire/promises/fleet"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, fleet.RemovePrograms) }
