package chatkit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"reflect"
	"testing"
	"unicode/utf8"

	"taskwire/adapter/chatkit"
)

var rewrite = flag.Bool("update", false, "write golden files anew")

func FuzzDecodeRequest(f *testing.F) {
	for _, r := range readRecordings(f) {
		for _, step := range r.Steps {
			if step.Request.Path == "/chatkit" {
				f.Add([]byte(step.Request.Body))
			}
		}
	}
	f.Add([]byte(`{"type":"threads.list","params":{"limit":1e2,"after":"\ud83d\ude00"},"metadata":{"a":[null]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := chatkit.DecodeRequest(body)
		if err != nil {
			bad, ok := errors.AsType[*chatkit.RequestError](err)
			if !ok || bad.Status != 400 || bad.Detail == "" || !utf8.ValidString(bad.Detail) {
				t.Fatalf("refused with %#v", err)
			}
			return
		}
		if r.Params == nil || !json.Valid(body) {
			t.Fatalf("%q was read as %+v", body, r)
		}
		again, err := chatkit.DecodeRequest(body)
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Fatalf("read first as %+v, then as %+v, %v", r, again, err)
		}
	})
}

func FuzzUnmarshalItem(f *testing.F) {
	for seed, kind := range allKinds {
		stored, err := chatkit.MarshalItem(newGenerator(uint64(seed)).item(kind))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(stored)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		item, err := chatkit.UnmarshalItem(data)
		if err != nil {
			return
		}
		stored, err := chatkit.MarshalItem(item)
		if err != nil {
			return // a widget without a type, say
		}
		isOneLine(t, stored)
		back, err := chatkit.UnmarshalItem(stored)
		if err != nil {
			t.Fatalf("%v in %s", err, stored)
		}
		if again, err := chatkit.MarshalItem(back); err != nil || !bytes.Equal(again, stored) {
			t.Fatalf("%s written again is %s (%v)", stored, again, err)
		}
		if sent, err := chatkit.AppendItem(nil, item); err == nil {
			isOneLine(t, sent)
		} else if !item.Hidden() {
			t.Fatalf("stored %s, not sent: %v", stored, err)
		}
	})
}

// CheckJSON takes nothing that encoding/json refuses, and what it refuses
// besides is what it says.
func FuzzCheckJSON(f *testing.F) {
	for _, text := range []string{`{"a":[1,-2.5e+3,true,false,null,"\u00e9\n"]}`, `{"a":1,"a":2}`, `"\ud800"`, "\xef\xbb\xbf1", `1e999`, ` [ ] `, `[0]`, "\"\xff\""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		err := chatkit.CheckJSON(data)
		if err == nil && (!json.Valid(data) || !utf8.Valid(data)) {
			t.Fatalf("%q passes", data)
		}
		if err == nil || !json.Valid(data) || !utf8.Valid(data) {
			return
		}
		for _, reason := range []string{"appears twice", "half of a surrogate pair", "too large", "nested more than 64 deep"} {
			if bytes.Contains([]byte(err.Error()), []byte(reason)) {
				return
			}
		}
		t.Fatalf("%q: %v, but encoding/json takes it", data, err)
	})
}
