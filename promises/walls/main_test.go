// Package walls shows, with both programs as processes, that nobody gets at
// anything of another user's: neither by ids that they guess, nor through a model
// that obeys whatever it reads, nor by what the programs say when things go wrong.
package walls

import (
	"testing"

	"taskwire/promises/fleet"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m, fleet.RemovePrograms) }
