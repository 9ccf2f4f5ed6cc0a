// Package browsertest lets tests use the page in real Chromium as people do:
// they find buttons and fields by role and name, as a screen reader would, and
// what goes wrong unseen (a console error, a violation of the CSP, a request to
// another host) fails the test.
//
// It knows the browser and nothing of the chat.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

// maxTabs is how many tabs are open at once: more of them on two cores only
// wait for each other, and then miss their deadlines.
const maxTabs = 2

// shared is the browser of the test binary, started by the first who asks.
var shared struct {
	once  sync.Once
	ctx   context.Context
	stop  func() error
	err   error
	slots chan struct{}
}

// Stop ends the browser, if one was started, and removes its profile. Call it
// in TestMain after the tests.
func Stop() error {
	if shared.stop == nil {
		return nil
	}
	return shared.stop()
}

// running gives the context of the browser, started if need be.
func running(t testing.TB) context.Context {
	t.Helper()
	shared.once.Do(func() {
		shared.slots = make(chan struct{}, maxTabs)
		shared.ctx, shared.stop, shared.err = launch()
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.ctx
}

func launch() (context.Context, func() error, error) {
	program, err := find()
	if err != nil {
		return nil, nil, err
	}
	sweep()
	profile, err := os.MkdirTemp("", fmt.Sprintf(profiles+"%d-", os.Getpid()))
	if err != nil {
		return nil, nil, err
	}
	// The allocator has the kernel kill the browser should the tests die.
	allocator, release := chromedp.NewExecAllocator(context.Background(), flags(program, profile)...)
	ctx, _ := chromedp.NewContext(allocator)
	stop := func() error {
		closed := chromedp.Cancel(ctx)
		release()
		return errors.Join(closed, os.RemoveAll(profile))
	}
	if err := chromedp.Do(ctx); err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	return ctx, stop, nil
}

// profiles begins the names of the browsers' folders; the id of the tests'
// process follows.
const profiles = "taskwire-chromium-"

// sweep removes the profiles of tests that were killed.
func sweep() {
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), profiles+"*"))
	for _, dir := range left {
		id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), profiles), "-")
		if pid, err := strconv.Atoi(id); err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			os.RemoveAll(dir) // if it cannot be, the next one will try
		}
	}
}

func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("the page's tests need Chromium: apt-get install chromium, or put chromium, chromium-browser or google-chrome on PATH")
}

func flags(program, profile string) []chromedp.ExecAllocatorOption {
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.UserDataDir(profile),
		chromedp.NoSandbox, // containers have none to give
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 800),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("no-pings", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-US"),
		// Nothing beyond this machine is there: a page that needs it fails here
		// as it does behind a closed firewall.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE [::1]"),
	)
}
