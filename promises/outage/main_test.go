// Package outage shows what both programs do without their database: they say
// so in time, come back with it, and lose nothing that they have acknowledged.
// They run as processes, with a PostgreSQL and a network between that fail as
// those of operators do.
package outage

import (
	"testing"

	"taskwire/promises/fleet"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, fleet.RemovePrograms) }
