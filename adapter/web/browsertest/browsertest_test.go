package browsertest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := stopped(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// stopped stops the browser and makes sure that nothing of it is left.
func stopped() error {
	if err := Stop(); err != nil {
		return err
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), fmt.Sprintf(profiles+"%d-*", os.Getpid()))); len(left) > 0 {
		return fmt.Errorf("the browser left %s", left)
	}
	commands, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range commands {
		if command, _ := os.ReadFile(file); strings.Contains(string(command), fmt.Sprintf(profiles+"%d-", os.Getpid())) {
			return fmt.Errorf("the browser left a process: %s", file)
		}
	}
	return nil
}

// What tests left that were killed is removed, and nothing else.
func TestSweep(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	for pid, want := range map[int]bool{ended.Process.Pid: false, os.Getppid(): true} {
		dir, err := os.MkdirTemp("", fmt.Sprintf(profiles+"%d-", pid))
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		sweep()
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("the profile of process %d: %v, want it to be there: %v", pid, err, want)
		}
	}
}

// serve serves a page whose policy allows the script /page.js and nothing else.
func serve(t *testing.T, body, script string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src *; img-src data:; require-trusted-types-for 'script'")
		io.WriteString(w, `<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width"><title>Page</title><link rel="icon" href="data:,">`+
			`<script type="module" src="/page.js"></script></head><body><main><h1>Page</h1>`+body+`</main></body></html>`)
	})
	mux.HandleFunc("GET /page.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		io.WriteString(w, script)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL + "/"
}

// What nobody sees must be seen here.
func TestProblemsAreCaught(t *testing.T) {
	for _, c := range []struct{ name, body, script, want string }{
		{"an inline script", `<script>window.ran = true</script>`, ``, "CSP violation: script-src-elem inline"},
		{"an inline style", `<p style="color:red">Red</p>`, ``, "CSP violation: style-src-attr inline"},
		{"HTML from text", ``, `document.querySelector("h1").innerHTML = "<b>x</b>"`, "CSP violation: require-trusted-types-for"},
		{"a request to another host", ``, `fetch("https://example.com/x").catch(() => {})`, "foreign request: GET https://example.com/x"},
		{"a request to another address", ``, `fetch("http://192.0.2.1/x").catch(() => {})`, "failed request: net::ERR_NAME_NOT_RESOLVED"},
		{"an image of another host", `<img alt="" src="https://example.com/x.png">`, ``, "CSP violation: img-src https://example.com/x.png"},
		{"a console error", ``, `console.error("so", {sad: true})`, "console error: so"},
		{"an exception", ``, `setTimeout(() => { throw new Error("thrown") })`, "console exception: Uncaught"},
		{"a rejection that nobody handles", ``, `Promise.reject(new Error("left"))`, "Error: left"},
		{"a missing resource", ``, `fetch("/missing")`, "HTTP 404: GET http://127.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tab := Open(t, serve(t, c.body, c.script))
			tab.Allow("")
			deadline := time.Now().Add(patience)
			for !strings.Contains(strings.Join(tab.Problems(), "\n"), c.want) {
				if time.Now().After(deadline) {
					t.Fatalf("problems = %q, want one with %q", tab.Problems(), c.want)
				}
			}
		})
	}
}

func TestExpectations(t *testing.T) {
	t.Parallel()
	tab := Open(t, serve(t, ``, `console.error("known"); console.error("unknown")`))
	tab.Expect("known$")
	tab.Expect("never seen")
	tab.settle()
	got := strings.Join(tab.watch.judge(), "\n")
	if want := "expected in vain: never seen"; got != want {
		t.Errorf("judge() = %q, want %q", got, want)
	}
	tab.watch.expected = nil
	if got := tab.watch.judge(); len(got) != 2 {
		t.Errorf("judge() = %q, want two console errors", got)
	}
	tab.Allow("known$")
}

// A page that greets, counts and asks is used by mouse and keyboard.
func TestTab(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(file, []byte("milk"), 0o600); err != nil {
		t.Fatal(err)
	}
	tab := Open(t, serve(t, `
		<p id="status" role="status"></p>
		<label for="m">Message</label> <textarea id="m"></textarea>
		<button id="late" disabled>Send</button>
		<ul><li><input type="checkbox" id="a"> <label for="a">buy milk</label> <button>Rename milk</button></li>
		<li><input type="checkbox" id="b"> <label for="b">buy bread</label> <button>Rename bread</button></li></ul>
		<button aria-hidden="true" tabindex="-1">Send</button>
		<input type="file" hidden id="f"><button id="attach">Attach</button>`, `
		const status = document.querySelector("#status"), late = document.querySelector("#late"), file = document.querySelector("#f");
		setTimeout(() => late.disabled = false, 100);
		late.onclick = () => status.textContent = "sent " + document.querySelector("#m").value.replace("\n", "/");
		document.querySelector("#attach").onclick = () => file.click();
		file.onchange = async () => status.textContent = file.files[0].name + " " + await file.files[0].text();
		document.title = [navigator.language, matchMedia("(prefers-color-scheme: dark)").matches, innerWidth, Intl.DateTimeFormat().resolvedOptions().timeZone].join();`),
		As(Person{Dark: true, Locale: "ur", Timezone: "Asia/Karachi"}), Phone)

	tab.WaitEval(`document.title === "ur,true,360,Asia/Karachi"`)
	tab.Textbox("Message").Type("one")
	tab.Press("Shift+Enter")
	tab.Type("two")
	tab.Button("Send").Click()
	tab.Find("status", "").WaitText("sent one/two")
	tab.Checkbox("buy bread").Click()
	tab.Checkbox("buy bread").WaitState("checked", "true")
	tab.Checkbox("buy milk").WaitState("checked", "false")
	if got := tab.Button("Rename …").Names(); strings.Join(got, ",") != "Rename milk,Rename bread" {
		t.Errorf("buttons = %q", got)
	}
	tab.Press("Tab")
	if got := tab.Focus(); got != "button Rename bread" {
		t.Errorf("Tab goes from the checkbox to %q, want its button", got)
	}
	tab.Find("listitem", "").First().Button("Rename …").Wait()
	tab.Upload(tab.Button("Attach"), file)
	tab.WaitText("notes.txt milk")
	tab.Textbox("Message").Fill("anew")
	if got := tab.Textbox("Message").Value(); got != "anew" {
		t.Errorf("Message = %q, want %q", got, "anew")
	}
	tab.Screenshot(filepath.Join(t.TempDir(), "page.png"))
	tab.Axe(t)
	tab.Eval(`new Promise(done => setTimeout(() => { const end = performance.now() + 120; while (performance.now() < end); done() }))`, nil)
	if tasks := tab.LongTasks(); len(tasks) == 0 || tasks[len(tasks)-1] < 100*time.Millisecond {
		t.Errorf("long tasks = %v, want one of 120 ms", tasks)
	}
	tab.Reload()
	tab.WaitNoText("notes.txt")
}

func TestNetwork(t *testing.T) {
	t.Parallel()
	url := serve(t, `<button>Ask</button><p id="p"></p>`, `
		document.querySelector("button").onclick = () => fetch("/?" + performance.now()).then(() => "answered", () => "failed " + navigator.onLine)
			.then(text => document.querySelector("#p").textContent = text);`)
	tab := Open(t, url)
	tab.Expect("failed request: net::ERR_INTERNET_DISCONNECTED")
	tab.Expect("failed request: .*inspector GET")
	ask := func(want string) {
		t.Helper()
		tab.Button("Ask").Click()
		tab.WaitText(want)
	}
	tab.Offline(true)
	ask("failed false")
	tab.Offline(false)
	ask("answered")
	tab.Block("http://127.0.0.1:*/\\?*")
	ask("failed true")
	tab.Block()
	ask("answered")
}

// A tab beside another is the same person's; any other is a stranger's.
func TestStorage(t *testing.T) {
	t.Parallel()
	url := serve(t, ``, ``)
	read := `String(localStorage.getItem("key"))`
	t.Run("of one person", func(t *testing.T) {
		tab := Open(t, url)
		tab.Eval(`localStorage.setItem("key", "kept")`, nil)
		var got string
		if tab.Beside(url).Eval(read, &got); got != "kept" {
			t.Errorf("the tab beside reads %q, want %q", got, "kept")
		}
	})
	t.Run("of another", func(t *testing.T) {
		var got string
		if Open(t, url).Eval(read, &got); got != "null" {
			t.Errorf("another's tab reads %q, want %q", got, "null")
		}
	})
}

// Axe must find what is wrong.
func TestAxeFinds(t *testing.T) {
	t.Parallel()
	tab := Open(t, serve(t, `<input><h4>Deep</h4>`, ``))
	seen := &recorder{TB: t}
	tab.Axe(seen)
	for _, rule := range []string{"label", "heading-order"} {
		if !strings.Contains(seen.text, "axe: "+rule) {
			t.Errorf("axe found %q, want %s", seen.text, rule)
		}
	}
}

// A recorder takes the errors that a test means to cause.
type recorder struct {
	testing.TB
	text string
}

func (r *recorder) Errorf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) + "\n" }
