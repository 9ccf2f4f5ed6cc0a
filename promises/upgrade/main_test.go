// Package upgrade shows that a release can be rolled out and taken back replica
// by replica while people work: the program of one release and the schema of the
// next, and the other way round.
package upgrade

import (
	"testing"

	"taskwire/promises/fleet"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, fleet.RemovePrograms, removeReleases) }
