// Package crash ends adapters, tool servers and PostgreSQL with kill -9 while
// people chat and change tasks, again and again, and then asks for everything
// that anybody had been told was done.
package crash

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"taskwire/promises/fleet"
	"taskwire/store/storetest"
)

func TestMain(m *testing.M) {
	// Short runs wait most of the time for the turns of the dead: all together.
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	storetest.Main(m, fleet.RemovePrograms)
}
