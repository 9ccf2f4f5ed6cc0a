package browsertest

import (
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/profiler"
)

// CountWork lets Work tell what the page's scripts do, before the page is
// opened. They run much slower for it.
func CountWork(tab *Tab) {
	tab.t.Helper()
	yes := true
	call(tab, profiler.Enable, cdp.Empty{})
	call(tab, profiler.StartPreciseCoverage, profiler.StartPreciseCoverageParams{CallCount: &yes, Detailed: &yes})
}

// Work is how many pieces of code (functions, branches, rounds of loops) the
// scripts with such an address have run since it was last asked: a measure of
// time that is the same on every machine.
func (tab *Tab) Work(address string) (pieces int) {
	tab.t.Helper()
	for _, script := range call(tab, profiler.TakePreciseCoverage, cdp.Empty{}).Result {
		if !strings.Contains(script.URL, address) {
			continue
		}
		for _, function := range script.Functions {
			for _, piece := range function.Ranges {
				pieces += int(piece.Count)
			}
		}
	}
	return pieces
}
