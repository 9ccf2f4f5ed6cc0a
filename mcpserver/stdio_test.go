package main

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"taskwire/store"
	"taskwire/store/storetest"
)

const pingLine = `{"jsonrpc":"2.0","id":"p","method":"ping"}`

// A host starts the program with nothing set at all.
func TestStdioNeedsNoSetting(t *testing.T) {
	home := t.TempDir()
	p := startStdio(t, withEnv(map[string]string{"HOME": home}))
	p.hello(t)
	task := taskOf(t, p.try(t, "create_task", map[string]any{"title": "Buy milk"}))
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d at the end of input, want 0", status)
	}
	file := filepath.Join(home, ".local", "share", "taskwire", "taskwire.db")
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("database file: %v, %v; want mode 0600", info, err)
	}
	again := startStdio(t, withEnv(map[string]string{"HOME": home}))
	again.hello(t)
	if got := taskOf(t, again.try(t, "get_task", map[string]any{"task_id": task.ID})); got != task {
		t.Errorf("after a restart: %+v, want %+v", got, task)
	}
}

// Lines that are no message are answered, and the session goes on.
func TestStdioBadLines(t *testing.T) {
	padded := func(n int) string { return pingLine + strings.Repeat(" ", n-len(pingLine)) }
	cases := []struct {
		name string
		line string
		code int    // 0: a result
		id   string // in the answer; empty: no answer at all
	}{
		{"S01 junk", "hello", -32700, "null"},
		{"S01 half an object", `{"jsonrpc":"2.0"`, -32700, "null"},
		{"S01 two objects", pingLine + pingLine, -32700, "null"},
		{"S03 array of numbers", "[1,2]", -32600, "null"},
		{"S03 empty array", "[]", -32600, "null"},
		{"S03 batch", "[" + pingLine + "]", -32600, "null"},
		{"S03 scalar", "1", -32600, "null"},
		{"S03 null", "null", -32600, "null"},
		{"S05 raw byte ff", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}", -32700, "null"},
		{"byte order mark", "\xef\xbb\xbf" + pingLine, -32700, "null"},
		{"key twice", `{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}`, -32700, "null"},
		{"key in the wrong case", `{"jsonrpc":"2.0","id":1,"Method":"ping"}`, -32600, "null"},
		{"fractional id", `{"jsonrpc":"2.0","id":1.5,"method":"ping"}`, -32600, "null"},
		{"null id", `{"jsonrpc":"2.0","id":null,"method":"ping"}`, -32600, "null"},
		{"version 1.0", `{"jsonrpc":"1.0","id":7,"method":"ping"}`, -32600, "7"},
		{"params as array", `{"jsonrpc":"2.0","id":7,"method":"tools/list","params":[]}`, -32602, "7"},
		{"unknown method", `{"jsonrpc":"2.0","id":7,"method":"no/such"}`, -32601, "7"},
		{"unknown tool", `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"drop_tables"}}`, -32602, "7"},
		{"1 MiB", padded(maxMessage), 0, `"p"`},
		{"1 MiB and CRLF", padded(maxMessage) + "\r", 0, `"p"`},
		{"1 MiB and a byte", padded(maxMessage + 1), -32600, "null"},
		{"3 MiB", padded(3 * maxMessage), -32600, "null"},
		{"S07 CRLF", pingLine + "\r", 0, `"p"`},
		{"S07 blank line", "", 0, ""},
		{"S07 blank CRLF line", "\r", 0, ""},
		{"S07 spaces", " \t ", 0, ""},
		{"S07 spaces around", "  " + pingLine + "  ", 0, `"p"`},
		{"unknown notification", `{"jsonrpc":"2.0","method":"notifications/nothing"}`, 0, ""},
		{"cancelling what never ran", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}`, 0, ""},
		{"answer to nothing", `{"jsonrpc":"2.0","id":5,"result":{}}`, 0, ""},
	}
	p := startStdio(t)
	p.hello(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p.write(t, c.line+"\n")
			if c.id != "" {
				msg := p.next(t)
				code := 0
				if msg.Error != nil {
					code = msg.Error.Code
				}
				if code != c.code || string(msg.ID) != c.id {
					t.Errorf("answer with id %s, code %d; want id %s, code %d", msg.ID, code, c.id, c.code)
				}
			}
			p.alive(t)
		})
	}
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
}

// Both eras, and each revision of the older one, are spoken.
func TestStdioEras(t *testing.T) {
	for _, version := range protocolVersions {
		t.Run(version, func(t *testing.T) {
			p := startStdio(t)
			var meta map[string]any
			if version < statelessEra {
				p.write(t, strings.Replace(initializeMessage, "2025-11-25", version, 1)+"\n")
				var hello struct {
					Version string `json:"protocolVersion"`
				}
				if json.Unmarshal(p.next(t).Result, &hello); hello.Version != version {
					t.Errorf("initialize answers %q, want %q", hello.Version, version)
				}
				p.write(t, `{"jsonrpc":"2.0","method":"notifications/initialized"}`+"\n")
			} else {
				meta = map[string]any{
					"io.modelcontextprotocol/protocolVersion":    version,
					"io.modelcontextprotocol/clientCapabilities": map[string]any{},
				}
				if msg := p.rpc(t, "server/discover", map[string]any{"_meta": meta}); msg.Result == nil {
					t.Fatalf("server/discover = %+v", msg.Error)
				}
			}
			var list struct {
				Tools []struct{ Name string }
			}
			msg := p.rpc(t, "tools/list", map[string]any{"_meta": meta})
			if json.Unmarshal(msg.Result, &list); len(list.Tools) != 7 {
				t.Errorf("%d tools, want 7: %+v", len(list.Tools), msg.Error)
			}
			call := map[string]any{"name": "get_stats", "_meta": meta}
			if out := outcomeOf(t, p.rpc(t, "tools/call", call)); out.IsError {
				t.Errorf("get_stats: %s", out.text())
			}
		})
	}
}

// What was asked before the end of input is still answered.
func TestStdioAnswersAtEOF(t *testing.T) {
	input := initializeMessage + "\n" + `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n"
	for i := range 20 {
		input += fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"create_task","arguments":{"title":"Task %d"}}}`+"\n", i, i)
	}
	input += pingLine // the last line has no end
	stdout, stderr, status := runBinary(t, map[string]string{"HOME": t.TempDir()}, input)
	if status != 0 {
		t.Fatalf("exit status %d; stderr %s", status, stderr)
	}
	if n := strings.Count(stdout, `"task":`); n < 20 {
		t.Errorf("%d of 20 calls were answered", n)
	}
	for _, id := range []string{`"init"`, `"p"`, "0", "19"} {
		if !strings.Contains(stdout, `"id":`+id+`,`) && !strings.Contains(stdout, `"id":`+id+`}`) {
			t.Errorf("no answer with id %s", id)
		}
	}
	stdout, _, status = runBinary(t, map[string]string{"HOME": t.TempDir()}, strings.Repeat("x", maxMessage+10))
	if status != 0 || !strings.Contains(stdout, "-32600") {
		t.Errorf("a long last line without an end: status %d, %q; want an answer with -32600", status, stdout)
	}
	if stdout, stderr, status = runBinary(t, map[string]string{"HOME": t.TempDir()}, ""); status != 0 || stdout != "" {
		t.Errorf("no input at all: status %d, stdout %q, stderr %q; want 0 and silence", status, stdout, stderr)
	}
}

// lockTasks keeps every writer of the database waiting until release.
func lockTasks(t testing.TB, cfg store.Config) (release func()) {
	t.Helper()
	conn, err := storetest.Behind(t, cfg).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	statements := []string{"BEGIN", "LOCK TABLE tasks IN EXCLUSIVE MODE"}
	if strings.HasPrefix(cfg.URL, "sqlite:") {
		statements = []string{"BEGIN IMMEDIATE"}
	}
	for _, statement := range statements {
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil && err != sql.ErrConnDone {
			t.Errorf("release the lock: %v", err)
		}
		conn.Close()
	}
}

// S09: input ends while a call waits for the database. The call is waited for
// a while; whether it ends or not, the row is there once or not at all.
func TestStdioEOFInMidCall(t *testing.T) {
	for _, engine := range []storetest.Engine{storetest.SQLite, storetest.Postgres} {
		for _, released := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, database free again %v", engine, released), func(t *testing.T) {
				t.Parallel() // one case waits for the program's patience to end
				cfg := storetest.Config(t, engine)
				storetest.OpenConfig(t, cfg)
				p := startStdio(t, withEnv(databaseEnv(cfg)))
				p.hello(t)
				p.try(t, "get_stats", nil) // the database is open
				release := lockTasks(t, cfg)
				id := p.request(t, "tools/call", map[string]any{"name": "create_task", "arguments": map[string]any{"title": "x"}})
				p.alive(t) // so the call has been read
				p.Stdin.Close()
				if released {
					release()
				}
				answers := p.rest(t)
				if status := p.wait(t); status != 0 {
					t.Errorf("exit status %d, want 0", status)
				}
				if !released {
					release()
				}
				rows := storetest.Count(t, cfg, "tasks")
				if rows > 1 {
					t.Errorf("%d rows, want at most 1", rows)
				}
				if released && (rows != 1 || outcomeOf(t, answers[id]).IsError) {
					t.Errorf("%d rows, answer %+v; want the call to have ended well", rows, answers[id])
				}
			})
		}
	}
}

// S11: the parent closed its end of stdout.
func TestStdioParentGone(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := startStdio(t, withStdout(w))
	io.WriteString(p.Stdin, initializeMessage+"\n")
	if _, err := r.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	r.Close()
	io.WriteString(p.Stdin, pingLine+"\n"+pingLine+"\n") // stdin stays open
	p.wait(t)
}

// A cancelled call has no answer, and its id may be used again.
func TestStdioCancelledCallIsSilent(t *testing.T) {
	cfg := storetest.Config(t, storetest.SQLite)
	storetest.OpenConfig(t, cfg)
	p := startStdio(t, withEnv(databaseEnv(cfg)))
	p.hello(t)
	p.try(t, "get_stats", nil)
	release := lockTasks(t, cfg)
	call := `{"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"create_task","arguments":{"title":"x"}}}` + "\n"
	p.write(t, call)
	p.write(t, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"}}`+"\n")
	p.alive(t)
	release()
	p.write(t, call) // refused while the first still winds down, else answered
	p.Stdin.Close()
	if msg, ok := p.rest(t)[`"c"`]; ok && msg.Error == nil && outcomeOf(t, msg).IsError {
		t.Errorf("the cancelled call was answered: %s", msg.Result)
	}
	if rows := storetest.Count(t, cfg, "tasks"); rows > 2 {
		t.Errorf("%d rows, want at most one for each call", rows)
	}
}

// An id that is still in flight names one call only.
func TestStdioDuplicateID(t *testing.T) {
	cfg := storetest.Config(t, storetest.SQLite)
	storetest.OpenConfig(t, cfg)
	p := startStdio(t, withEnv(databaseEnv(cfg)))
	p.hello(t)
	p.try(t, "get_stats", nil)
	release := lockTasks(t, cfg)
	call := `{"jsonrpc":"2.0","id":"d","method":"tools/call","params":{"name":"create_task","arguments":{"title":"x"}}}` + "\n"
	p.write(t, call+call)
	refused := p.next(t)
	if string(refused.ID) != `"d"` || refused.Error == nil || refused.Error.Code != -32600 {
		t.Errorf("second call with the id = %+v, want -32600", refused)
	}
	release()
	if first := p.next(t); outcomeOf(t, first).IsError {
		t.Errorf("first call = %s", first.Result)
	}
	p.write(t, call) // free again
	if third := p.next(t); outcomeOf(t, third).IsError {
		t.Errorf("call with an id that is free again = %s", third.Result)
	}
	if rows := storetest.Count(t, cfg, "tasks"); rows != 2 {
		t.Errorf("%d rows, want 2", rows)
	}
}

// S15: the database goes away and comes back while the program runs.
func TestStdioDatabaseAway(t *testing.T) {
	cluster := storetest.StartCluster(t, "-c", "fsync=off")
	cfg := cluster.Config(t, storetest.Postgres)
	p := startStdio(t, withEnv(databaseEnv(cfg)))
	p.hello(t)
	task := taskOf(t, p.try(t, "create_task", map[string]any{"title": "before"}))
	cluster.Stop(t)
	for _, tool := range []struct {
		name string
		args map[string]any
	}{
		{"get_task", map[string]any{"task_id": task.ID}},
		{"create_task", map[string]any{"title": "meanwhile"}},
		{"get_stats", nil},
	} {
		out := p.try(t, tool.name, tool.args)
		if !out.IsError || !strings.HasPrefix(out.text(), "temporarily unavailable") || out.Meta["taskwire/error"] != "unavailable" {
			t.Errorf("%s without the database = %q, %v", tool.name, out.text(), out.Meta)
		}
		for _, word := range []string{"postgres", "127.0.0.1", "dial", "connect"} {
			if strings.Contains(out.text(), word) {
				t.Errorf("%s shows %q in %q", tool.name, word, out.text())
			}
		}
	}
	cluster.Start(t)
	waitFor(t, "the tools to work again", func() bool {
		out := p.try(t, "get_task", map[string]any{"task_id": task.ID})
		return !out.IsError && taskOf(t, out) == task
	})
	if status := p.end(t); status != 0 {
		t.Errorf("exit status %d, want 0", status)
	}
}

// S17: a host that writes and never reads. The program stops reading when
// enough answers wait; later they all arrive.
func TestStdioClientNeverReads(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	home := t.TempDir()
	seed := startStdio(t, withEnv(map[string]string{"HOME": home}))
	seed.hello(t)
	for range 100 {
		seed.try(t, "create_task", map[string]any{"title": "x", "description": strings.Repeat("d", 1000)})
	}
	seed.end(t)

	p := startStdio(t, withEnv(map[string]string{"HOME": home}), withStdout(w))
	const calls = 5000
	wrote := make(chan error, 1)
	go func() {
		input := initializeMessage + "\n" + `{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n"
		for i := range calls {
			input += fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"list_tasks","arguments":{"limit":100}}}`+"\n", i)
		}
		_, err := io.WriteString(p.Stdin, input)
		p.Stdin.Close()
		wrote <- err
	}()
	// At rest: no CPU is used over 40 looks, 5 ms apart or more.
	var last int64
	same := 0
	waitFor(t, "the program to come to rest", func() bool {
		ticks := cpuTicks(t, p.cmd.Process.Pid)
		if same++; ticks != last || ticks == 0 {
			last, same = ticks, 0
		}
		return same >= 40
	})
	select {
	case err := <-wrote:
		t.Fatalf("the program took all input though nobody reads its output (%v)", err)
	default:
	}
	if rss := residentBytes(t, p.cmd.Process.Pid); rss > 200<<20 {
		t.Errorf("%d MiB of memory for a host that does not read, want at most 200", rss>>20)
	}
	// Reading a part is enough to see that it goes on; all of it would be 1 GB.
	answers := 0
	buf := make([]byte, 1<<20)
	for answers < 3*maxInFlight {
		n, err := r.Read(buf)
		if err != nil {
			t.Fatalf("read after a long time: %v", err)
		}
		answers += bytes.Count(buf[:n], []byte("\n"))
	}
	r.Close()
	p.wait(t)
	<-wrote
}

// cpuTicks is the processor time of a process so far (proc(5), stat).
func cpuTicks(t testing.TB, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return user + system
}

func residentBytes(t testing.TB, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, _ := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

func TestStdioSignals(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			p := startStdio(t)
			p.hello(t)
			p.asked(t, signal) // input stays open
			if status := p.wait(t); status != 0 {
				t.Errorf("exit status %d, want 0", status)
			}
		})
	}
}

// Whose tasks are served: -user, else TASKWIRE_USER, else the one logged in.
func TestStdioUser(t *testing.T) {
	current, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	home := map[string]string{"HOME": t.TempDir()}
	with := func(name string) map[string]string {
		env := maps.Clone(home)
		env["TASKWIRE_USER"] = name
		return env
	}
	starts := map[string]*stdioProcess{
		"of the system":  startStdio(t, withEnv(home)),
		"empty variable": startStdio(t, withEnv(with(""))),
		"named the same": startStdio(t, withEnv(with("bob")), withArgs("-user", current.Username)),
		"bob by flag":    startStdio(t, withEnv(home), withArgs("-user", "bob")),
		"bob by setting": startStdio(t, withEnv(with("bob"))),
		"Bob":            startStdio(t, withEnv(with("Bob"))),
	}
	for _, p := range starts {
		p.hello(t)
	}
	own := taskOf(t, starts["of the system"].try(t, "create_task", map[string]any{"title": "own"})).ID
	bobs := taskOf(t, starts["bob by flag"].try(t, "create_task", map[string]any{"title": "bob's"})).ID
	sees := map[string][]string{
		"of the system": {own}, "empty variable": {own}, "named the same": {own},
		"bob by flag": {bobs}, "bob by setting": {bobs}, "Bob": nil,
	}
	for name, want := range sees {
		var list listResult
		if err := json.Unmarshal(starts[name].try(t, "list_tasks", nil).Structured, &list); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, task := range list.Tasks {
			got = append(got, task.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s sees %v, want %v", name, got, want)
		}
	}
}

// Wrong flags and settings end with status 2 and every problem listed, before
// anything is made.
func TestExitStatus(t *testing.T) {
	notAFolder := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(notAFolder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("u", 256)
	cases := []struct {
		name   string
		env    map[string]string
		args   []string
		status int
		words  []string
	}{
		{"unknown flag", nil, []string{"-nonsense"}, 2, []string{"-nonsense"}},
		{"unknown command", nil, []string{"serve"}, 2, []string{`"serve"`, "migrate"}},
		{"unknown tool", nil, []string{"-tools", "list_tasks,drop_tables"}, 2, []string{`"drop_tables"`}},
		{"two unknown tools", nil, []string{"-tools", "nope,get_task,nada"}, 2, []string{`"nope"`, `"nada"`}},
		{"empty name of a tool", nil, []string{"-tools", "get_task,"}, 2, []string{"-tools"}},
		{
			"everything at once",
			map[string]string{"DATABASE_URL": "mysql://x", "RATE_TOOL_CALLS_PER_MINUTE": "many", "LOG_LEVEL": "loud"},
			[]string{"-tools", "nope"}, 2,
			[]string{`"nope"`, "DATABASE_URL", "RATE_TOOL_CALLS_PER_MINUTE", "LOG_LEVEL"},
		},
		{"an unknown flag beside wrong settings", map[string]string{"LOG_LEVEL": "loud"}, []string{"-nonsense"}, 2, []string{"-nonsense", "LOG_LEVEL"}},
		{"over HTTP without AUTH_MODE", nil, []string{"-http", "127.0.0.1:0"}, 2, []string{"AUTH_MODE"}},
		{"no home at all", map[string]string{"HOME": ""}, nil, 2, []string{"TASKWIRE_DATA"}},
		{"user too long", nil, []string{"-user", long}, 2, []string{"-user", "255"}},
		{"setting of a user too long", map[string]string{"TASKWIRE_USER": long}, nil, 2, []string{"TASKWIRE_USER"}},
		{"home that cannot be written", map[string]string{"HOME": notAFolder}, nil, 1, []string{"TASKWIRE_DATA"}},
		{"migrate in such a home", map[string]string{"HOME": notAFolder}, []string{"migrate"}, 1, []string{"TASKWIRE_DATA"}},
		{"a database that is a folder", map[string]string{"DATABASE_URL": "sqlite://" + t.TempDir()}, nil, 1, []string{"DATABASE_URL"}},
		{"help", nil, []string{"-help"}, 0, []string{"-read-only", "-tools", "-user", "-http", "migrate"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			home := t.TempDir()
			env := map[string]string{"HOME": home}
			maps.Copy(env, c.env)
			stdout, stderr, status := runBinary(t, env, pingLine+"\n", c.args...)
			if status != c.status {
				t.Errorf("exit status %d, want %d; stderr: %s", status, c.status, stderr)
			}
			for _, word := range c.words {
				if !strings.Contains(stderr, word) {
					t.Errorf("stderr has no %q: %s", word, stderr)
				}
			}
			if strings.Contains(stderr, "goroutine ") {
				t.Errorf("stderr shows a stack: %s", stderr)
			}
			if c.status != 1 && stdout != "" {
				t.Errorf("stdout has %q", stdout)
			}
			if made, _ := os.ReadDir(home); len(made) > 0 && c.status != 1 {
				t.Errorf("%v was made", made)
			}
		})
	}
}

func TestMigrateCommand(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(string(engine), func(t *testing.T) {
			env := databaseEnv(storetest.Config(t, engine))
			env["HOME"] = t.TempDir()
			var said []string
			for range 2 {
				stdout, stderr, status := runBinary(t, env, "", "migrate")
				if status != 0 || !strings.Contains(stdout, "version") {
					t.Fatalf("exit status %d, stdout %q, stderr %q", status, stdout, stderr)
				}
				said = append(said, stdout)
			}
			if said[0] != said[1] {
				t.Errorf("the second time it says %q, the first %q", said[1], said[0])
			}
			p := startStdio(t, withEnv(env))
			p.hello(t)
			taskOf(t, p.try(t, "create_task", map[string]any{"title": "x"}))
		})
	}
}

// -read-only and -tools choose; a tool that is left out is unknown.
func TestToolChoice(t *testing.T) {
	all := []string{"create_task", "list_tasks", "get_task", "update_task", "delete_task", "toggle_complete", "get_stats"}
	reading := []string{"list_tasks", "get_task", "get_stats"}
	cases := []struct {
		name string
		args []string
		want []string
	}{
		{"all", nil, all},
		{"reading", []string{"-read-only"}, reading},
		{"named", []string{"-tools", "delete_task,get_task"}, []string{"get_task", "delete_task"}},
		{"named with spaces and twice", []string{"-tools", " get_task , get_task"}, []string{"get_task"}},
		{"both", []string{"-read-only", "-tools", "delete_task,get_task"}, []string{"get_task"}},
		{"both, nothing left", []string{"-read-only", "-tools", "delete_task"}, []string{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := startStdio(t, withArgs(c.args...))
			p.hello(t)
			var list struct {
				Tools []struct{ Name string }
			}
			if err := json.Unmarshal(p.rpc(t, "tools/list", nil).Result, &list); err != nil {
				t.Fatal(err)
			}
			got := []string{}
			for _, tool := range list.Tools {
				got = append(got, tool.Name)
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(c.want))
			if !slices.Equal(got, want) {
				t.Errorf("tools %v, want %v", got, want)
			}
			for _, name := range all {
				msg := p.rpc(t, "tools/call", map[string]any{"name": name})
				if offered := slices.Contains(want, name); offered != (msg.Error == nil) || !offered && msg.Error.Code != -32602 {
					t.Errorf("%s = %+v though it is offered: %v", name, msg.Error, offered)
				}
			}
		})
	}
}
