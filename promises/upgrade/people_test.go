package upgrade

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/promises/fleet"
)

// People work all the time: each makes tasks with tools, talks with a model that
// makes tasks, and reads. Whatever goes wrong for one of them is a problem, and
// whatever was acknowledged must be there at the end.
type people struct {
	f               *fleet.Fleet
	adapters, tools *sharer
	stop            chan struct{}
	working         sync.WaitGroup

	mu       sync.Mutex
	tasks    map[string][]string // titles, by user
	items    map[chat][]string   // ids
	problems []string
}

// A chat is one of a user's threads.
type chat struct{ user, thread string }

const turnsPerThread = 5

func work(f *fleet.Fleet, adapters, tools *sharer, users map[string]login) *people {
	p := &people{
		f: f, adapters: adapters, tools: tools, stop: make(chan struct{}),
		tasks: map[string][]string{}, items: map[chat][]string{},
	}
	f.Model.Otherwise(agenttest.By(obey))
	for name, l := range users {
		p.working.Go(func() { p.workAs(name, l) })
	}
	return p
}

// A login is a user's tokens for the two programs.
type login struct{ chat, tools string }

func logins(t testing.TB, f *fleet.Fleet, names ...string) map[string]login {
	t.Helper()
	users := map[string]login{}
	for _, name := range names {
		users[name] = login{f.Token(t, name), f.ToolToken(t, name)}
	}
	return users
}

var wish = regexp.MustCompile(`^make (\S+)$`)

// obey is a model that makes the task that it is asked for.
func obey(req agenttest.Request) agenttest.Reply {
	asked := wish.FindStringSubmatch(req.Last().Text())
	if asked == nil || len(req.Tools) == 0 {
		return agenttest.Text("Fine.")
	}
	return agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: fmt.Sprintf(`{"title":%q}`, asked[1])})
}

func (p *people) workAs(user string, l login) {
	thread := ""
	for n := 0; ; n++ {
		select {
		case <-p.stop:
			return
		default:
		}
		if n%turnsPerThread == 0 {
			thread = ""
		}
		p.note(user+" calls a tool", p.callTools(user, l, n))
		var err error
		thread, err = p.talk(user, l, thread, n)
		p.note(user+" talks", err)
		p.note(user+" reads", p.read(user, l, thread))
	}
}

func (p *people) note(who string, err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, who+": "+err.Error())
}

func (p *people) failures() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.problems)
}

// callTools makes a task, changes it and asks for it.
func (p *people) callTools(user string, l login, n int) error {
	ctx := context.Background() // what was begun is not cut by the end of the test
	title := fmt.Sprintf("tool-%s-%d", user, n)
	made, err := call(ctx, p.tools.URL, l.tools, "create_task", title, map[string]any{"title": title})
	if err != nil {
		return err
	}
	var reply struct{ Task struct{ ID string } }
	if err := json.Unmarshal(made.Structured, &reply); err != nil || reply.Task.ID == "" {
		return fmt.Errorf("create_task gives %s, %v", made.Structured, err)
	}
	p.mu.Lock()
	p.tasks[user] = append(p.tasks[user], title)
	p.mu.Unlock()
	id := map[string]any{"task_id": reply.Task.ID}
	if _, err := call(ctx, p.tools.URL, l.tools, "toggle_complete", "", id); err != nil {
		return err
	}
	got, err := call(ctx, p.tools.URL, l.tools, "get_task", "", id)
	if err == nil && !regexp.MustCompile(`"completed":\s*true`).Match(got.Structured) {
		err = fmt.Errorf("get_task gives %s, want it completed", got.Structured)
	}
	return err
}

func call(ctx context.Context, base, token, tool, id string, arguments any) (fleet.Result, error) {
	r, err := fleet.Call(ctx, base, token, tool, id, arguments)
	if err == nil && r.IsError {
		err = errors.New(r.Text)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", tool, err)
	}
	return r, nil
}

// talk has one turn, in which the model makes a task.
func (p *people) talk(user string, l login, thread string, n int) (string, error) {
	title := fmt.Sprintf("chat-%s-%d", user, n)
	body := fleet.NewThread("make " + title)
	if thread != "" {
		body = fleet.AddMessage(thread, "make "+title)
	}
	var done, kinds []string
	var failed error
	err := fleet.Stream(context.Background(), p.adapters.URL, l.chat, body, nil, func(e fleet.Event) {
		switch e.Type {
		case "thread.created":
			thread = e.Thread.ID
		case "thread.item.done":
			done, kinds = append(done, e.Item.ID), append(kinds, e.Item.Type)
		case "error":
			failed = fmt.Errorf("the answer is %s", e.Raw)
		}
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.items[chat{user, thread}] = append(p.items[chat{user, thread}], done...)
	if err = errors.Join(err, failed); err != nil {
		return thread, err
	}
	for _, kind := range []string{"user_message", "workflow", "assistant_message"} {
		if !slices.Contains(kinds, kind) {
			return thread, fmt.Errorf("the answer has %q and no %s", kinds, kind)
		}
	}
	p.tasks[user] = append(p.tasks[user], title)
	return thread, nil
}

func (p *people) read(user string, l login, thread string) error {
	ctx := context.Background()
	if _, err := itemsOf(ctx, p.adapters.URL, l, thread); err != nil {
		return err
	}
	for _, path := range []string{"/api/chatkit/threads?q=make", "/api/" + user + "/stats"} {
		a, err := fleet.Do(ctx, http.MethodGet, p.adapters.URL+path, l.chat, "", nil)
		if err != nil || a.Status != http.StatusOK {
			return fmt.Errorf("GET %s: %d %.300s, %v", path, a.Status, a.Body, err)
		}
	}
	return nil
}

// itemsOf gives the ids of a thread's items.
func itemsOf(ctx context.Context, base string, l login, thread string) ([]string, error) {
	body := fmt.Sprintf(`{"type":"items.list","params":{"thread_id":%q,"limit":100,"order":"asc"}}`, thread)
	a, err := fleet.Do(ctx, http.MethodPost, base+"/api/chatkit", l.chat, body, nil)
	if err != nil {
		return nil, err
	}
	var page struct{ Data []fleet.Item }
	if err := json.Unmarshal(a.Body, &page); err != nil || a.Status != http.StatusOK {
		return nil, fmt.Errorf("items.list: %d %.300s, %v", a.Status, a.Body, err)
	}
	var ids []string
	for _, item := range page.Data {
		ids = append(ids, item.ID)
	}
	return ids, nil
}

// titlesOf gives the titles of all tasks of a user.
func titlesOf(ctx context.Context, base string, l login) ([]string, error) {
	var titles []string
	arguments := map[string]any{"limit": 100}
	for {
		r, err := call(ctx, base, l.tools, "list_tasks", "", arguments)
		if err != nil {
			return nil, err
		}
		var page struct {
			Tasks      []struct{ Title string }
			NextCursor string `json:"next_cursor"`
		}
		if err := json.Unmarshal(r.Structured, &page); err != nil {
			return nil, err
		}
		for _, task := range page.Tasks {
			titles = append(titles, task.Title)
		}
		if page.NextCursor == "" {
			return titles, nil
		}
		arguments["cursor"] = page.NextCursor
	}
}

// rest lets everybody finish what they do.
func (p *people) rest() {
	close(p.stop)
	p.working.Wait()
}

// missing counts what was acknowledged and is not there, and tasks that are
// there twice.
func (p *people) missing(t testing.TB, users map[string]login) (checked, missing int) {
	t.Helper()
	for user, l := range users {
		titles, err := titlesOf(t.Context(), p.tools.URL, l)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range p.tasks[user] {
			checked++
			if n := len(slices.DeleteFunc(slices.Clone(titles), func(title string) bool { return title != want })); n != 1 {
				missing++
				t.Errorf("task %s is there %d times", want, n)
			}
		}
	}
	for c, items := range p.items {
		there, err := itemsOf(t.Context(), p.adapters.URL, users[c.user], c.thread)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range items {
			checked++
			if !slices.Contains(there, want) {
				missing++
				t.Errorf("item %s of thread %s is gone", want, c.thread)
			}
		}
	}
	return checked, missing
}
