package crash

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"taskwire/promises/fleet"
)

// compare asks for what was acknowledged: everything ever, or what people have
// touched since the last time. The gate must be closed. It returns how many
// things were looked at.
func (c *crowd) compare(everything bool) (looked int) {
	var all sync.WaitGroup
	counts := make([]int, len(c.people))
	for i, p := range c.people {
		all.Go(func() { counts[i] = p.compare(everything) })
	}
	all.Wait()
	for _, n := range counts {
		looked += n
	}
	return looked
}

func (p *person) compare(everything bool) (looked int) {
	for _, t := range p.take(p.name) {
		p.byModel = append(p.byModel, t)
		p.freshTasks[t] = true
	}
	threads, tasks := p.fresh, p.freshTasks
	p.fresh, p.freshTasks = map[*thread]bool{}, map[*task]bool{}
	if everything {
		for _, t := range p.threads {
			threads[t] = true
		}
		for _, t := range slices.Concat(p.tasks, p.byModel) {
			tasks[t] = true
		}
	}
	for t := range threads {
		if t.id != "" { // else nothing of it was acknowledged
			p.checkThread(t)
			looked += len(t.items) + len(t.titles) + 1
		}
	}
	for t := range tasks {
		p.checkTask(t)
	}
	return looked + len(tasks)
}

// reads sends a question until it is answered: everybody serves now.
func (p *person) reads(ask func() error) error {
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if err = ask(); err == nil {
			return nil
		}
		if refused, ok := err.(*fleet.RefusedError); ok && refused.Status != http.StatusServiceUnavailable {
			return err
		}
	}
	return err
}

// chatkit asks an adapter for something. there is false for what is not.
func (p *person) chatkit(kind, params string) (body []byte, there bool) {
	var a fleet.Answer
	err := p.reads(func() (err error) {
		a, err = p.asks(http.MethodPost, "/api/chatkit", fmt.Sprintf(`{"type":%q,"params":{%s}}`, kind, params), nil)
		return err
	})
	if refused, ok := err.(*fleet.RefusedError); ok && refused.Status == http.StatusNotFound {
		return nil, false
	}
	if err != nil {
		p.fault("%s: %s %s: %v", p.name, kind, params, err)
	}
	return a.Body, true
}

func (p *person) checkThread(t *thread) {
	body, there := p.chatkit("items.list", fmt.Sprintf(`"thread_id":%q,"limit":100`, t.id))
	switch {
	case there && t.deleted:
		p.fault("%s: thread %s was deleted, and is there", p.name, t.id)
	case !there && !t.deleted && !t.unsure:
		p.fault("%s: thread %s is lost", p.name, t.id)
	}
	if !there {
		return
	}
	p.checkItems(t, body)
	if t.titles == nil {
		return
	}
	var is struct{ Title string }
	body, there = p.chatkit("threads.get_by_id", fmt.Sprintf(`"thread_id":%q`, t.id))
	if err := json.Unmarshal(body, &is); there && err != nil {
		p.fault("%s: thread %s is %s", p.name, t.id, body)
	}
	for _, title := range t.titles {
		if title == is.Title {
			return
		}
	}
	p.fault("%s: thread %s is called %q, want one of %q", p.name, t.id, is.Title, t.titles)
}

// checkItems: what was announced is there as it was, and what of an answer is
// not all of it says so.
func (p *person) checkItems(t *thread, body []byte) {
	var page struct {
		Data    []json.RawMessage
		HasMore bool `json:"has_more"`
	}
	if err := json.Unmarshal(body, &page); err != nil || page.HasMore {
		p.fault("%s: the items of %s are %s", p.name, t.id, body)
		return
	}
	found := map[string]string{}
	for _, raw := range page.Data {
		var item struct {
			ID, Type string
			Content  []struct{ Text string }
		}
		if err := json.Unmarshal(raw, &item); err != nil {
			p.fault("%s: an item of %s is %s", p.name, t.id, raw)
		}
		found[item.ID] = canonical(raw)
		if item.Type != "assistant_message" || t.stopped {
			continue
		}
		for _, c := range item.Content {
			if !whole(c.Text) {
				p.fault("%s: half an answer in %s is shown as whole: %s", p.name, t.id, raw)
			}
		}
	}
	for id, want := range t.items {
		switch is := found[id]; {
		case is == "":
			p.fault("%s: item %s of thread %s is lost: %s", p.name, id, t.id, want)
		case is != want:
			p.fault("%s: item %s of thread %s was %s and is %s", p.name, id, t.id, want, is)
		}
	}
}

func (p *person) checkTask(t *task) {
	is := state{gone: true}
	err := p.reads(func() error {
		ctx, cancel := waiting()
		defer cancel()
		r, err := fleet.Call(ctx, p.site.tools[p.rnd.IntN(2)].base, p.toolKey, "get_task", "", map[string]any{"task_id": t.id})
		var result struct{ Task taskJSON }
		switch {
		case err != nil:
			return err
		case r.IsError && strings.Contains(r.Text, "no task with"):
			return nil
		case r.IsError:
			return fmt.Errorf("get_task: %s", r.Text)
		}
		err = json.Unmarshal(r.Structured, &result)
		is = result.Task.state()
		return err
	})
	if err != nil {
		p.fault("%s: task %s: %v", p.name, t.id, err)
	} else if !t.matches(is) {
		p.fault("%s: task %s is %+v, want %+v", p.name, t.id, is, t.may)
	}
}
