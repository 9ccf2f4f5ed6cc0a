package browsertest

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A Tab is one page of a browser that knows nothing yet: no cookie, no storage.
// A method that cannot do its work fails the test and says what is on screen.
type Tab struct {
	scope
	t     testing.TB
	ctx   context.Context
	watch *watch
}

// Open opens url in a tab of its own, after before was done to the empty tab.
// When the test ends the tab is closed, and whatever its watch saw and the test
// did not Expect fails it. A test that needs two tabs at once opens the second
// Beside the first: Open may wait for other tests to end.
func Open(t testing.TB, url string, before ...func(*Tab)) *Tab {
	t.Helper()
	root := running(t)
	shared.slots <- struct{}{}
	t.Cleanup(func() { <-shared.slots })
	return open(t, root, url, chromedp.WithNewBrowserContext(), before)
}

// Beside opens url in a second tab of the same person.
func (tab *Tab) Beside(url string, before ...func(*Tab)) *Tab {
	tab.t.Helper()
	own := chromedp.FromContext(tab.ctx).BrowserContextID
	return open(tab.t, shared.ctx, url, chromedp.WithExistingBrowserContext(own), before)
}

func open(t testing.TB, parent context.Context, url string, where chromedp.ContextOption, before []func(*Tab)) *Tab {
	t.Helper()
	tab := &Tab{t: t, watch: newWatch()}
	tab.scope = scope{tab: tab}
	tab.ctx, _ = chromedp.NewContext(parent, where, chromedp.WithListener(tab.watch.event))
	if err := chromedp.Do(tab.ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	t.Cleanup(tab.end)
	call(tab, runtime.AddBinding, runtime.AddBindingParams{Name: "report", ExecutionContextName: world})
	call(tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: observer, WorldName: world})
	call(tab, page.SetInterceptFileChooserDialog, page.SetInterceptFileChooserDialogParams{Enabled: true})
	// Tabs do not share the one focus of a desktop.
	call(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	for _, do := range before {
		do(tab)
	}
	tab.Go(url)
	return tab
}

// call sends a command of the protocol to the tab.
func call[P, R any](tab *Tab, command cdp.Command[P, R], params P) R {
	tab.t.Helper()
	result, err := try(tab, command, params)
	if err != nil {
		tab.fatal("%s: %v", command.Method, err)
	}
	return result
}

// try is call for those who can go on after an error.
func try[P, R any](tab *Tab, command cdp.Command[P, R], params P) (R, error) {
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	return chromedp.Call(ctx, command, params)
}

// end closes the tab and judges what was seen.
func (tab *Tab) end() {
	problems := tab.watch.judge()
	for _, problem := range problems {
		tab.t.Errorf("page: %s", problem)
	}
	if tab.t.Failed() {
		tab.t.Logf("%s\nscreenshot (go test -artifacts keeps it): %s", tab.look(), tab.evidence())
	}
	if err := chromedp.Cancel(tab.ctx); err != nil && !errors.Is(err, context.Canceled) {
		tab.t.Errorf("close the tab: %v", err)
	}
}

// Expect allows problems that match the regular expression, such as "HTTP 429";
// there must be one.
func (tab *Tab) Expect(pattern string) {
	tab.watch.mu.Lock()
	defer tab.watch.mu.Unlock()
	tab.watch.expected = append(tab.watch.expected, &expectation{pattern: regexp.MustCompile(pattern)})
}

// Allow is Expect for what may as well not happen.
func (tab *Tab) Allow(pattern string) {
	tab.watch.mu.Lock()
	defer tab.watch.mu.Unlock()
	tab.watch.expected = append(tab.watch.expected, &expectation{pattern: regexp.MustCompile(pattern), met: true})
}

// Problems are those so far, expected or not.
func (tab *Tab) Problems() []string {
	tab.settle()
	tab.watch.mu.Lock()
	defer tab.watch.mu.Unlock()
	return append([]string(nil), tab.watch.problems...)
}

// LongTasks are the durations of the tasks that kept the page busy for more than
// 50 ms since they were last asked for.
func (tab *Tab) LongTasks() []time.Duration {
	tab.settle()
	tab.watch.mu.Lock()
	defer tab.watch.mu.Unlock()
	var tasks []time.Duration
	for _, ms := range tab.watch.longTasks {
		tasks = append(tasks, time.Duration(ms*float64(time.Millisecond)).Round(time.Millisecond))
	}
	tab.watch.longTasks = nil
	return tasks
}

// Rest waits until nothing moves any more, the pointer away from everything.
func (tab *Tab) Rest() {
	tab.t.Helper()
	call(tab, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: input.DispatchMouseEventTypeMouseMoved})
	tab.settle()
	tab.WaitEval(`document.getAnimations().every(a => a.playState !== "running")`)
}

// settle waits until the page has drawn twice and was idle: what happened
// before has been reported then.
func (tab *Tab) settle() {
	tab.t.Helper()
	tab.Eval(`new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => requestIdleCallback(done, {timeout: 1000}))))`, nil)
}

// Go opens an address in the tab and waits for its load event.
func (tab *Tab) Go(url string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		tab.fatal("open %s: %v", url, err)
	}
}

// Reload loads the page again, as the person's key would.
func (tab *Tab) Reload() {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Reload()); err != nil {
		tab.fatal("reload: %v", err)
	}
}

// Eval puts the value of a JavaScript expression into out, unless that is nil.
// A promise is awaited.
func (tab *Tab) Eval(expression string, out any) {
	tab.t.Helper()
	if err := tab.eval(expression, out); err != nil {
		tab.fatal("%s: %v", brief(expression), err)
	}
}

func (tab *Tab) eval(expression string, out any) error {
	yes := true
	result, err := try(tab, runtime.Evaluate, runtime.EvaluateParams{
		Expression: expression, ReturnByValue: &yes, AwaitPromise: &yes, UserGesture: &yes,
	})
	if err != nil {
		return err
	}
	return read(result.Result, result.ExceptionDetails, out)
}

// read puts what a script gave into out, unless that is nil.
func read(value *runtime.RemoteObject, thrown *runtime.ExceptionDetails, out any) error {
	if thrown != nil {
		return errors.New(exceptionText(thrown))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(value.Value, out)
}
