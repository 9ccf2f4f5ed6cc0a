package chatkit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"taskwire/adapter/chatkit"
)

const rounds = 300

func TestItemsComeBack(t *testing.T) {
	t.Parallel()
	for _, kind := range allKinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(rounds) {
				item := newGenerator(seed).item(kind)
				stored, err := chatkit.MarshalItem(item)
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				back, err := chatkit.UnmarshalItem(stored)
				if err != nil {
					t.Fatalf("seed %d: %v in %s", seed, err, stored)
				}
				if !reflect.DeepEqual(back, item) {
					t.Fatalf("seed %d: %#v came back as %#v from %s", seed, item, back, stored)
				}
				isOneLine(t, stored)
				if again, err := chatkit.MarshalItem(back); err != nil || !bytes.Equal(again, stored) {
					t.Fatalf("seed %d: %s written again is %s (%v)", seed, stored, again, err)
				}
			}
		})
	}
}

// isOneLine sees that a text is valid JSON, as encoding/json reads it, and on
// one line.
func isOneLine(t *testing.T, text []byte) {
	t.Helper()
	if !json.Valid(text) || bytes.ContainsAny(text, "\r\n") {
		t.Fatalf("not one line of JSON: %q", text)
	}
}

func TestThreadsAndAttachmentsComeBack(t *testing.T) {
	t.Parallel()
	for seed := range uint64(rounds) {
		g := newGenerator(seed)
		thread := g.thread()
		stored, err := chatkit.MarshalThread(thread)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := chatkit.UnmarshalThread(stored); err != nil || !reflect.DeepEqual(back, thread) {
			t.Fatalf("seed %d: %#v came back as %#v (%v) from %s", seed, thread, back, err, stored)
		}
		attachment := g.attachment()
		if stored, err = chatkit.MarshalAttachment(&attachment); err != nil {
			t.Fatal(err)
		}
		if back, err := chatkit.UnmarshalAttachment(stored); err != nil || !reflect.DeepEqual(back, &attachment) {
			t.Fatalf("seed %d: %#v came back as %#v (%v) from %s", seed, attachment, back, err, stored)
		}
	}
}

// What is sent says what is stored, less what must not be sent: reading it and
// sending it again changes nothing.
func TestEventsSentTwice(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4 * rounds) {
		e := newGenerator(seed).event()
		sent, err := chatkit.AppendEvent(nil, e)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		isOneLine(t, sent)
		back, err := chatkit.UnmarshalEvent(sent)
		if err != nil {
			t.Fatalf("seed %d: %v in %s", seed, err, sent)
		}
		if again, err := chatkit.AppendEvent(nil, back); err != nil || !bytes.Equal(again, sent) {
			t.Fatalf("seed %d: %s sent again is %s (%v)", seed, sent, again, err)
		}
	}
}

func TestHiddenItemsAreNotSent(t *testing.T) {
	t.Parallel()
	for _, kind := range []chatkit.ItemKind{chatkit.KindHiddenContext, chatkit.KindSDKHiddenContext} {
		item := newGenerator(1).item(kind)
		page := chatkit.Page[chatkit.Item]{Data: []chatkit.Item{newGenerator(2).visibleItem(), item}}
		before := []byte("data: ")
		for name, send := range map[string]func() ([]byte, error){
			"item":     func() ([]byte, error) { return chatkit.AppendItem(before, item) },
			"added":    func() ([]byte, error) { return chatkit.AppendEvent(before, &chatkit.ItemAdded{Item: item}) },
			"done":     func() ([]byte, error) { return chatkit.AppendEvent(before, &chatkit.ItemDone{Item: item}) },
			"replaced": func() ([]byte, error) { return chatkit.AppendEvent(before, &chatkit.ItemReplaced{Item: item}) },
			"page":     func() ([]byte, error) { return chatkit.AppendItems(before, page) },
			"thread":   func() ([]byte, error) { return chatkit.AppendThread(before, newGenerator(3).thread(), page) },
		} {
			if sent, err := send(); !errors.Is(err, chatkit.ErrHidden) || string(sent) != "data: " {
				t.Errorf("%s of %s: sent %q, %v", name, kind, sent, err)
			}
		}
	}
}

// What is written can be read again, however deep it was allowed to be.
func TestDeepItemsComeBack(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	item := func(n int) chatkit.Item {
		return &chatkit.UserMessage{Base: base("msg_1"), Content: []chatkit.UserContent{{Type: chatkit.InputTag, Data: json.RawMessage(`{"a":` + nested(n-1) + `}`)}}}
	}
	stored, err := chatkit.MarshalItem(item(100))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := chatkit.UnmarshalItem(stored); err != nil {
		t.Errorf("%v came back as %v", err, back)
	}
	if stored, err := chatkit.MarshalItem(item(101)); err == nil {
		t.Errorf("stored %s", stored)
	}
}
