package chatkit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

func TestThreadsByPage(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{})
	var made []string
	for i := range 5 {
		id, _ := r.create(fmt.Sprint(i))
		made = append(made, id)
	}
	status, page := r.get(request("threads.list", `{"limit":2,"order":"asc","after":`+quote(made[1])+`}`))
	if got := idsOf(page); status != 200 || !slices.Equal(got, made[2:4]) || page["has_more"] != true || page["after"] != made[3] {
		t.Errorf("page = %d %v", status, page)
	}
	if first := page["data"].([]any)[0].(object); len(first["items"].(object)["data"].([]any)) != 0 {
		t.Errorf("a listed thread has items: %v", first)
	}
}

func idsOf(page object) (ids []string) {
	for _, v := range page["data"].([]any) {
		ids = append(ids, v.(object)["id"].(string))
	}
	return ids
}

// Hidden items are in no answer, and do not count.
func TestPagesAreFull(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{Respond: func(_ context.Context, t *chatkit.Turn, _ *chatkit.UserMessage) error {
		for i := range 25 {
			if err := t.Remember("secret"); err != nil {
				return err
			}
			if err := t.Say(fmt.Sprint(i)); err != nil {
				return err
			}
		}
		return nil
	}})
	thread, _ := r.create("hello")
	_, whole := r.get(about("threads.get_by_id", "thread_id", thread))
	first := whole["items"].(object)
	if len(idsOf(first)) != 20 || first["has_more"] != true || first["data"].([]any)[0].(object)["type"] != "user_message" {
		t.Errorf("first page = %v", first)
	}
	_, rest := r.get(about("items.list", "thread_id", thread, "order", "asc", "after", first["after"].(string)))
	if len(idsOf(rest)) != 6 || rest["has_more"] != false {
		t.Errorf("second page = %v", rest)
	}
	if text := fmt.Sprint(whole, rest); strings.Contains(text, "secret") {
		t.Errorf("hidden items in %s", text)
	}
}

func TestFeedback(t *testing.T) {
	t.Parallel()
	var told []string
	r := newRig(t, chatkit.Handlers{
		Respond: func(_ context.Context, t *chatkit.Turn, _ *chatkit.UserMessage) error {
			if err := t.Remember("secret"); err != nil {
				return err
			}
			return t.Say("ok")
		},
		Feedback: func(_ context.Context, user, thread string, ids []string, kind chatkit.FeedbackKind) error {
			told = append(told, user, thread, strings.Join(ids, " "), string(kind))
			return nil
		},
	})
	thread, _ := r.create("hello")
	items := r.items(thread)
	body := func(ids ...string) string {
		return request("items.feedback", `{"thread_id":`+quote(thread)+`,"kind":"negative","item_ids":["`+strings.Join(ids, `","`)+`"]}`)
	}
	user, hidden, answer := items[0].ItemID(), items[1].ItemID(), items[2].ItemID()
	r.refused(404, "not_found", body(user, "msg_nope"))
	r.refused(404, "not_found", body(hidden))
	if status, got := r.get(body(user, answer)); status != 200 || len(got) != 0 {
		t.Errorf("feedback = %d %v", status, got)
	}
	if want := []string{ann, thread, user + " " + answer, "negative"}; !slices.Equal(told, want) {
		t.Errorf("the hook was told %q, want %q", told, want)
	}
}

func TestSyncAction(t *testing.T) {
	t.Parallel()
	var answer func(sender *chatkit.WidgetItem) (chatkit.Item, error)
	r := newRig(t, chatkit.Handlers{
		Respond: func(_ context.Context, t *chatkit.Turn, _ *chatkit.UserMessage) error {
			return t.ShowWidget(chatkit.Card{Children: []chatkit.Component{chatkit.Text{Value: "before"}}}, "")
		},
		SyncAction: func(_ context.Context, _ string, _ *chatkit.Thread, a chatkit.Action, sender *chatkit.WidgetItem) (chatkit.Item, error) {
			if a.Type != "save" || string(a.Payload) != `{"n":1.50}` {
				return nil, fmt.Errorf("action %+v", a)
			}
			return answer(sender)
		},
		CheckAction: func(_ context.Context, _ string, _ *chatkit.Thread, a chatkit.Action, _ *chatkit.WidgetItem) error {
			if a.Type == "unknown" {
				return &chatkit.RequestError{Status: 400, Code: "unknown_action", Detail: "No such action."}
			}
			return nil
		},
	})
	thread, _ := r.create("hello")
	items := r.items(thread)
	body := func(item, action string) string {
		return request("threads.sync_custom_action", `{"thread_id":`+quote(thread)+`,"item_id":`+quote(item)+`,"action":{"type":"`+action+`","payload":{"n":1.50}}}`)
	}
	widget := items[1].ItemID()
	r.refused(400, "not_a_widget", body(items[0].ItemID(), "save"))
	r.refused(404, "not_found", body("msg_nope", "save"))
	r.refused(400, "unknown_action", body(widget, "unknown"))

	answer = func(*chatkit.WidgetItem) (chatkit.Item, error) { return nil, nil }
	if status, got := r.get(body(widget, "save")); status != 200 || len(got) != 0 {
		t.Errorf("an action that changes nothing = %d %v", status, got)
	}
	answer = func(sender *chatkit.WidgetItem) (chatkit.Item, error) {
		sender.Widget = chatkit.Card{Children: []chatkit.Component{chatkit.Text{Value: "after"}}}.Widget()
		return sender, nil
	}
	status, got := r.get(body(widget, "save"))
	stored, err := r.store.LoadItem(t.Context(), ann, thread, widget)
	if err != nil || status != 200 || !strings.Contains(fmt.Sprint(got), "after") || !strings.Contains(fmt.Sprint(stored), "after") {
		t.Errorf("an action that changes the widget = %d %v, stored %v %v", status, got, stored, err)
	}
	answer = func(sender *chatkit.WidgetItem) (chatkit.Item, error) {
		sender.ID = "msg_of_nobody"
		return sender, nil
	}
	r.refused(500, "internal", body(widget, "save"))
	if len(r.items(thread)) != 2 {
		t.Error("an item that was not there is stored")
	}
	answer = func(*chatkit.WidgetItem) (chatkit.Item, error) {
		return nil, &chatkit.RequestError{Status: 409, Code: "gone", Detail: "The task is gone."}
	}
	r.refused(409, "gone", body(widget, "save"))
}

func TestActionsWithoutHandlers(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{})
	thread, _ := r.create("hello")
	for _, kind := range []string{"threads.custom_action", "threads.sync_custom_action"} {
		r.refused(400, "unknown_action", request(kind, `{"thread_id":`+quote(thread)+`,"action":{"type":"x"}}`))
	}
	r.refused(501, "not_configured", request("attachments.create", `{"name":"a.txt","size":1,"mime_type":"text/plain"}`))
	r.stream(addBody(thread, "it is not busy"))
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	var deleted []string
	broken := errors.New("disk on fire at /var/secret")
	r := newRig(t, chatkit.Handlers{
		CreateAttachment: func(_ context.Context, _ string, in *chatkit.CreateAttachment) (*chatkit.Attachment, error) {
			return &chatkit.Attachment{
				ID: chatkit.NewID(chatkit.KindAttachment), Name: in.Name, MimeType: in.MimeType, Metadata: map[string]any{"secret": 1},
				Upload: &chatkit.UploadDescriptor{URL: "https://example.org", Method: "PUT"},
			}, nil
		},
		DeleteAttachment: func(_ context.Context, _ string, a *chatkit.Attachment) error {
			deleted = append(deleted, a.ID)
			if a.Name == "stuck.txt" {
				return broken
			}
			return nil
		},
	})
	create := func(name string) string {
		status, a := r.get(request("attachments.create", `{"name":"`+name+`","size":1,"mime_type":"text/plain"}`))
		if status != 200 || a["upload_descriptor"] == nil || strings.Contains(fmt.Sprint(a), "secret") {
			t.Errorf("attachments.create = %d %v", status, a)
		}
		return a["id"].(string)
	}
	id, stuck := create("a.txt"), create("stuck.txt")
	events := r.stream(message(`{"content":[],"attachments":[` + quote(id) + `]}`))
	thread := events[0]["thread"].(object)["id"].(string)
	if got := events[1]["item"].(object)["attachments"].([]any)[0].(object); got["thread_id"] != thread || got["id"] != id {
		t.Errorf("attachment of the message = %v, want that of thread %s", got, thread)
	}
	if a, err := r.store.LoadAttachment(t.Context(), ann, id); err != nil || a.ThreadID != thread || a.Metadata["secret"] != 1 {
		t.Errorf("stored attachment = %+v, %v", a, err)
	}
	for range 2 {
		if status, got := r.get(about("attachments.delete", "attachment_id", id)); status != 200 || len(got) != 0 {
			t.Errorf("attachments.delete = %d %v", status, got)
		}
	}
	r.refused(500, "internal", about("attachments.delete", "attachment_id", stuck))
	if _, err := r.store.LoadAttachment(t.Context(), ann, stuck); err != nil {
		t.Errorf("the record is gone before the bytes: %v", err)
	}
	if !slices.Equal(deleted, []string{id, stuck}) {
		t.Errorf("deleted bytes of %v", deleted)
	}
	_, whole := r.get(about("threads.get_by_id", "thread_id", thread))
	if !strings.Contains(fmt.Sprint(whole), id) {
		t.Error("the message no longer names its attachment")
	}
}

func TestUnknownAttachmentStoresNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, chatkit.Handlers{})
	thread, _ := r.create("hello")
	attached := `{"content":[` + quotedText("see") + `],"attachments":["atc_nope"]}`
	r.refused(404, "not_found", message(attached))
	r.refused(404, "not_found", request("threads.add_user_message", `{"thread_id":`+quote(thread)+`,"input":`+attached+`}`))
	r.holds(thread, "hello", "ok")
	if _, page := r.get(request("threads.list", "{}")); len(idsOf(page)) != 1 {
		t.Errorf("threads = %v, want the first alone", idsOf(page))
	}
}
