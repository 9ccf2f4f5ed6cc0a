package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"taskwire/adapter/agent/agenttest"
	"taskwire/adapter/chatkit"
	"taskwire/store/storetest"
)

// itemsOf reads a whole thread, oldest first, page by page.
func (h *harness) itemsOf(ctx context.Context, thread string, limit int, hd header) (items []chatkit.Item, err error) {
	after := ""
	for {
		body := fmt.Sprintf(`{"type":"items.list","params":{"thread_id":%q,"order":"asc","limit":%d,"after":%q}}`, thread, limit, after)
		a, err := exchange(ctx, "POST", h.Base+"/api/chatkit", body, hd)
		if err != nil || a.Status != 200 {
			return nil, fmt.Errorf("HTTP %d %s, %v", a.Status, a.Body, err)
		}
		var page struct {
			Data    []json.RawMessage `json:"data"`
			HasMore bool              `json:"has_more"`
			After   string            `json:"after"`
		}
		if err := json.Unmarshal([]byte(a.Body), &page); err != nil {
			return nil, err
		}
		for _, data := range page.Data {
			item, err := chatkit.UnmarshalItem(data)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		if !page.HasMore {
			return items, nil
		}
		after = page.After
	}
}

// C27: of messages that come at once to one thread, one is answered; the
// others are refused, or come later. What is kept is in order: each message
// and its answer.
func TestMessagesAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		x := startTarget(t, setup{engine: engine, env: map[string]string{"MAX_STREAMS_PER_USER": "0"}})
		hd := x.as(t, "alice")
		thread := x.stream(t, say("hello"), hd).thread(t)
		x.Model.Forget()
		x.Model.Otherwise(func(w *agenttest.Writer, r agenttest.Request) {
			agenttest.Text("You said ", r.Last().Text())(w, r)
		})
		var mu sync.Mutex
		answered := map[string]bool{}
		var tabs sync.WaitGroup
		for i := range 24 {
			tabs.Go(func() {
				message := fmt.Sprintf("message %d", i)
				a, err := exchange(t.Context(), "POST", x.Base+"/api/chatkit", sayOn(thread, message), hd)
				switch {
				case err != nil:
					t.Error(err)
				case a.Status == 200 && strings.Contains(a.Body, `"type":"assistant_message"`):
					mu.Lock()
					answered[message] = true
					mu.Unlock()
				default:
					a.refusedAs(t, message, 409, "busy", "")
				}
			})
		}
		tabs.Wait()
		items, err := x.itemsOf(t.Context(), thread, 100, hd)
		if err != nil {
			t.Fatal(err)
		}
		items = items[2:] // the greeting and its answer
		if len(answered) == 0 || len(items) != 2*len(answered) || len(x.Model.Requests()) != len(answered) {
			t.Errorf("%d were answered, the thread has %d items, the model was asked %d times", len(answered), len(items), len(x.Model.Requests()))
		}
		for pair := range slices.Chunk(items, 2) {
			asked, ok := pair[0].(*chatkit.UserMessage)
			said, ok2 := pair[1].(*chatkit.AssistantMessage)
			if !ok || !ok2 || !answered[textOfUser(asked)] || !strings.HasSuffix(textOfAssistant(said), textOfUser(asked)) {
				t.Errorf("out of order: %T %v, %T %v", pair[0], pair[0], pair[1], pair[1])
			}
		}
	})
}

// C31: a client that is gone at once leaves a thread with its message, or none.
func TestClientsThatHangUp(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		x := startTarget(t, setup{engine: engine})
		hd := x.as(t, "alice")
		body := say(canary)
		request := fmt.Sprintf("POST /api/chatkit HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n%s", hd["Authorization"], len(body), body)
		for i := range 20 {
			conn := x.dial(t)
			_, _ = io.WriteString(conn.Conn, request[:len(request)-i%2]) // every second one is not even whole
			if i%4 == 0 {
				_, _ = conn.r.ReadByte() // some hear the beginning
			}
			conn.Close()
		}
		var page struct {
			Data []struct {
				ID string `json:"id"`
			} `json:"data"`
		}
		x.chatkit(t, operate(chatkit.TypeListThreads, `{"limit":100}`), hd).ok(t, 200).decode(t, &page)
		for _, thread := range page.Data {
			items, err := x.itemsOf(t.Context(), thread.ID, 100, hd)
			if err != nil || len(items) == 0 || items[0].Kind() != chatkit.KindUserMessage {
				t.Errorf("thread %s begins with %v, %v", thread.ID, items, err)
			}
			waitFor(t, "the thread to be free", func() bool {
				a := x.chatkit(t, sayOn(thread.ID, "hello"), hd)
				return a.Status == 200 && !strings.Contains(a.Body, "busy")
			})
		}
		if len(page.Data) == 0 {
			t.Error("nobody got as far as a thread")
		}
		x.goesOn(t)
	})
}

// C37: paging gives what lives through it exactly once, whatever comes and goes
// meanwhile.
func TestPagingWhileOthersWrite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		x := startTarget(t, setup{engine: engine})
		hd := x.as(t, "alice")
		thread := x.stream(t, say("hello"), hd).thread(t)
		threads := x.Server.threads
		add := func(ctx context.Context, text string) (string, error) {
			m := &chatkit.AssistantMessage{Content: []chatkit.AssistantContent{{Text: text}}}
			m.Base = chatkit.Base{ID: x.Server.chats.NewMessageID(), ThreadID: thread}
			return m.ID, threads.AddThreadItem(ctx, "alice", thread, m)
		}
		var lasting []string
		for range 60 {
			id, err := add(t.Context(), "lasting")
			if err != nil {
				t.Fatal(err)
			}
			lasting = append(lasting, id)
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var writers sync.WaitGroup
		for range 8 {
			writers.Go(func() {
				for ctx.Err() == nil {
					id, err := add(t.Context(), "passing")
					if err == nil {
						err = threads.DeleteThreadItem(t.Context(), "alice", thread, id)
					}
					if err != nil {
						t.Errorf("a writer: %v", err)
						return
					}
				}
			})
		}
		for range 5 {
			items, err := x.itemsOf(t.Context(), thread, 7, hd)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]int{}
			for _, item := range items {
				seen[item.ItemID()]++
			}
			for _, id := range lasting {
				if seen[id] != 1 {
					t.Errorf("item %s was seen %d times", id, seen[id])
				}
			}
		}
		stop()
		writers.Wait()
	})
}

// C39: a pending call is answered once, by one of those who try.
func TestToolOutputOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, engine storetest.Engine) {
		t.Parallel()
		x := startTarget(t, setup{engine: engine})
		own := x.furnish(t, "alice")
		hd := x.as(t, "alice")
		asked := len(x.Model.Requests())
		body := operate(chatkit.TypeAddClientToolOutput, `{"thread_id":"`+own.CallThread+`","result":{"picked":`+fmt.Sprintf("%q", canary)+`}}`)
		statuses := make([]int, 8)
		var all sync.WaitGroup
		for i := range statuses {
			all.Go(func() {
				a, err := exchange(t.Context(), "POST", x.Base+"/api/chatkit", body, hd)
				if statuses[i] = a.Status; err != nil || a.Status != 200 {
					a.refusedAs(t, "a further output", 409, "", "")
				}
			})
		}
		all.Wait()
		slices.Sort(statuses)
		if statuses[0] != 200 || statuses[1] != 409 || len(x.Model.Requests()) != asked+1 {
			t.Errorf("statuses %v, the model was asked %d times", statuses, len(x.Model.Requests())-asked)
		}
		x.unharmed(t, func() {
			x.chatkit(t, body, hd).refusedAs(t, "afterwards", 409, "not_pending", "")
			x.chatkit(t, operations[chatkit.TypeAddStructuredInput].request(chatkit.TypeAddStructuredInput, names{own.CallThread, own.Call, ""}, ""), hd).refusedAs(t, "answers to a call", 409, "not_pending", "")
		})
	})
}
