package browsertest

import (
	"strings"
	"time"
)

// patience is how long a tab may take to become what a test waits for. Under
// the race detector, with other tests beside it, seconds go by.
const patience = 15 * time.Second

// WaitEval waits until a JavaScript expression is true.
func (tab *Tab) WaitEval(expression string) {
	tab.t.Helper()
	tab.wait(brief(expression), func() (bool, string) {
		var ok bool
		err := tab.eval("!!("+expression+")", &ok)
		if err != nil { // while the page is being replaced there is nothing to ask
			return false, err.Error()
		}
		return ok, "it is false"
	})
}

// wait polls until ok, and fails the test with the last reason after patience.
func (tab *Tab) wait(what string, ok func() (bool, string)) {
	tab.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		done, reason := ok()
		if done {
			return
		}
		if time.Now().After(deadline) || tab.ctx.Err() != nil {
			tab.fatal("waited in vain: %s: %s", what, reason)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Body is the text of the page as it is rendered.
func (tab *Tab) Body() string {
	tab.t.Helper()
	var text string
	tab.Eval("document.body.innerText", &text)
	return text
}

// WaitText waits until the page shows each of the texts.
func (tab *Tab) WaitText(texts ...string) {
	tab.t.Helper()
	for _, text := range texts {
		tab.wait("the text "+brief(text), func() (bool, string) {
			var body string
			if err := tab.eval("document.body.innerText", &body); err != nil {
				return false, err.Error()
			}
			return strings.Contains(body, text), "it is not there"
		})
	}
}

// WaitNoText waits until the page shows a text no more.
func (tab *Tab) WaitNoText(text string) {
	tab.t.Helper()
	tab.wait("the end of the text "+brief(text), func() (bool, string) {
		var body string
		if err := tab.eval("document.body.innerText", &body); err != nil {
			return false, err.Error()
		}
		return !strings.Contains(body, text), "it is there"
	})
}
