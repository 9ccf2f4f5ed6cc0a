package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"taskwire/promises/fleet"
)

// A neighbourTask is what somebody floods both programs with.
type neighbourTask struct {
	Adapter, Tools   string // where they are
	Token, ToolToken string
	Thread           string // a long one
	Silence          string // the message to which the model says nothing
	Connections      int    // for each kind of request
}

// actNeighbour floods from one line of input to the next, and then tells how
// often each status came.
func actNeighbour(in io.Reader, out io.Writer) error {
	lines := json.NewDecoder(in)
	var task neighbourTask
	if err := lines.Decode(&task); err != nil {
		return err
	}
	kinds, err := task.kinds()
	if err != nil {
		return err
	}
	say := json.NewEncoder(out)
	for {
		var line any
		if err := lines.Decode(&line); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(context.Background())
		f := &flood{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}, count: map[string]int{}}
		for name, kind := range kinds {
			for range task.Connections {
				f.Go(func() { f.again(ctx, name, kind) })
			}
		}
		if err := say.Encode("begun"); err != nil {
			cancel()
			return err
		}
		if err := lines.Decode(&line); err != nil {
			cancel()
			return err
		}
		cancel()
		f.Wait()
		f.client.CloseIdleConnections()
		if err := say.Encode(f.count); err != nil {
			return err
		}
	}
}

type flood struct {
	sync.WaitGroup
	client *http.Client
	mu     sync.Mutex
	count  map[string]int
}

// A flooding is one request, made again and again.
type flooding struct {
	method, url string
	token, body string
	header      map[string]string
}

func (f *flood) again(ctx context.Context, name string, kind flooding) {
	for ctx.Err() == nil {
		status := "failed"
		req, err := http.NewRequestWithContext(ctx, kind.method, kind.url, strings.NewReader(kind.body))
		if err != nil {
			panic(err) // the test made it
		}
		req.Header.Set("Authorization", "Bearer "+kind.token)
		for key, value := range kind.header {
			req.Header.Set(key, value)
		}
		if resp, err := f.client.Do(req); err == nil {
			status = strconv.Itoa(resp.StatusCode)
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		f.mu.Lock()
		f.count[name+" "+status]++
		f.mu.Unlock()
	}
}

// kinds are all that one user can ask for: calls, reads, lists of thousands,
// searches, turns, answers that stay open, files.
func (task *neighbourTask) kinds() (map[string]flooding, error) {
	chat := func(body string) flooding {
		return flooding{http.MethodPost, task.Adapter + "/api/chatkit", task.Token, body, map[string]string{"Content-Type": "application/json"}}
	}
	file, contentType, err := largeFile()
	if err != nil {
		return nil, err
	}
	return map[string]flooding{
		"create":  task.call("create_task", map[string]any{"title": "more and more"}),
		"find":    task.call("list_tasks", map[string]any{"search": "no such words", "limit": 100}),
		"list":    task.call("list_tasks", map[string]any{"sort_by": "title", "limit": 100}),
		"tools":   task.rpc("tools/list", "", map[string]any{}),
		"threads": chat(`{"type":"threads.list","params":{"limit":100}}`),
		"items":   chat(fmt.Sprintf(`{"type":"items.list","params":{"thread_id":%q,"limit":100}}`, task.Thread)),
		"turn":    chat(fleet.NewThread("Fine?")),
		"silence": chat(fleet.NewThread(task.Silence)),
		"search":  {http.MethodGet, task.Adapter + "/api/chatkit/threads?q=nothing", task.Token, "", nil},
		"upload":  {http.MethodPost, task.Adapter + "/api/chatkit/upload", task.Token, file, map[string]string{"Content-Type": contentType}},
	}, nil
}

func (task *neighbourTask) call(tool string, arguments map[string]any) flooding {
	return task.rpc("tools/call", tool, map[string]any{"name": tool, "arguments": arguments})
}

func (task *neighbourTask) rpc(method, name string, params map[string]any) flooding {
	const version = "2026-07-28"
	params["_meta"] = map[string]any{"io.modelcontextprotocol/protocolVersion": version, "io.modelcontextprotocol/clientCapabilities": map[string]any{}}
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	if err != nil {
		panic(err) // maps of text always encode
	}
	header := map[string]string{
		"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
		"MCP-Protocol-Version": version, "Mcp-Method": method,
	}
	if name != "" {
		header["Mcp-Name"] = name
	}
	return flooding{http.MethodPost, task.Tools + "/mcp", task.ToolToken, string(body), header}
}

// largeFile is a form with as large a file as is taken.
func largeFile() (body, contentType string, err error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "large.txt")
	if err == nil {
		_, err = part.Write(bytes.Repeat([]byte("large file \n"), 20<<20/12))
	}
	if err == nil {
		err = w.Close()
	}
	return form.String(), w.FormDataContentType(), err
}
