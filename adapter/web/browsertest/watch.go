package browsertest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// world is where our own script runs: beside the page's, unseen by it.
const world = "browsertest"

// observer tells what the protocol does not: each violation of the CSP with the
// directive, and each task that kept the page from answering.
const observer = `
addEventListener("securitypolicyviolation", e => report(JSON.stringify({
  violation: e.violatedDirective + " " + e.blockedURI + " " + e.sourceFile + ":" + e.lineNumber + " " + e.sample})));
new PerformanceObserver(list => {
  for (const task of list.getEntries()) report(JSON.stringify({longTask: task.duration}));
}).observe({type: "longtask", buffered: true});`

// A watch keeps what went on in a tab that nobody sees.
type watch struct {
	mu        sync.Mutex
	console   []string          // every message, for those who look for a failure's cause
	problems  []string          // what must not be, unless it is expected
	requests  map[string]string // method and URL by request id
	longTasks []float64         // milliseconds
	expected  []*expectation
	choosers  chan *page.EventFileChooserOpened
}

type expectation struct {
	pattern *regexp.Regexp
	met     bool
}

func newWatch() *watch {
	return &watch{requests: map[string]string{}, choosers: make(chan *page.EventFileChooserOpened, 1)}
}

// event takes an event of the tab; it may not block.
func (w *watch) event(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		w.say(string(ev.Type), consoleText(ev.Args), ev.Type == "error" || ev.Type == "warning" || ev.Type == "assert")
	case *runtime.EventExceptionThrown:
		w.say("exception", exceptionText(ev.ExceptionDetails), true)
	case *log.EventEntryAdded:
		// What the browser says of a failed request is told in full below.
		w.say(string(ev.Entry.Source)+" "+string(ev.Entry.Level), ev.Entry.Text+" "+ev.Entry.URL,
			ev.Entry.Source != "network" && (ev.Entry.Level == "error" || ev.Entry.Level == "warning"))
	case *runtime.EventBindingCalled:
		w.observed(ev.Payload)
	case *network.EventRequestWillBeSent:
		request := ev.Request.Method + " " + ev.Request.URL
		w.requests[string(ev.RequestID)] = request
		if foreign(ev.Request.URL) {
			w.problem("foreign request: " + request)
		}
	case *network.EventResponseReceived:
		if ev.Response.Status >= 400 {
			w.problem(fmt.Sprintf("HTTP %d: %s", int(ev.Response.Status), w.requests[string(ev.RequestID)]))
		}
	case *network.EventLoadingFailed:
		if !ev.Canceled { // the page may change its mind
			w.problem("failed request: " + ev.ErrorText + " " + string(ev.BlockedReason) + " " + w.requests[string(ev.RequestID)])
		}
	case *page.EventJavascriptDialogOpening:
		w.problem("native dialog: " + ev.Message)
	case *page.EventFileChooserOpened:
		select {
		case w.choosers <- ev:
		default:
			w.problem("a file chooser that nobody asked for")
		}
	}
}

// say records a line of the console.
func (w *watch) say(kind, text string, wrong bool) {
	w.console = append(w.console, kind+": "+text)
	if wrong {
		w.problem("console " + kind + ": " + text)
	}
}

// observed takes what the observer reports.
func (w *watch) observed(payload string) {
	var report struct {
		Violation string
		LongTask  float64
	}
	if err := json.Unmarshal([]byte(payload), &report); err != nil {
		w.problem("the observer said " + payload)
		return
	}
	if report.Violation != "" {
		w.problem("CSP violation: " + report.Violation)
	}
	if report.LongTask > 0 {
		w.longTasks = append(w.longTasks, report.LongTask)
	}
}

func (w *watch) problem(text string) { w.problems = append(w.problems, strings.TrimSpace(text)) }

// judge gives the problems that nobody expected, and the expectations that
// nothing met.
func (w *watch) judge() (unexpected []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, problem := range w.problems {
		known := false
		for _, e := range w.expected {
			if e.pattern.MatchString(problem) {
				e.met, known = true, true
			}
		}
		if !known && !slices.Contains(unexpected, problem) {
			unexpected = append(unexpected, problem)
		}
	}
	for _, e := range w.expected {
		if !e.met {
			unexpected = append(unexpected, "expected in vain: "+e.pattern.String())
		}
	}
	return unexpected
}

// lastConsole gives the newest lines of the console.
func (w *watch) lastConsole() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.console[max(0, len(w.console)-15):], "\n")
}

// foreign reports whether a request would leave this machine.
func foreign(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return true
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss", "ftp":
	default: // data:, blob:, about: stay
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}

func consoleText(args []*runtime.RemoteObject) string {
	var texts []string
	for _, arg := range args {
		var text string
		switch {
		case json.Unmarshal(arg.Value, &text) == nil:
		case arg.Description != "":
			text = arg.Description
		default:
			text = string(arg.Value)
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, " ")
}

func exceptionText(details *runtime.ExceptionDetails) string {
	text := fmt.Sprintf("%s %s:%d", details.Text, details.URL, details.LineNumber+1)
	if details.Exception != nil {
		text += " " + details.Exception.Description
	}
	return text
}
