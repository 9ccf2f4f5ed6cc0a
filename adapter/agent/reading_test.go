package agent

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func readAllEvents(r io.Reader) (all []string, err error) {
	events := &eventReader{src: r}
	events.firstByte()
	for {
		data, err := events.next()
		if err != nil {
			return all, err
		}
		all = append(all, string(data))
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"two", "data: a\n\ndata:b\n\n", []string{"a", "b"}},
		{"CR LF", "data: a\r\n\r\ndata: b\r\n\r\n", []string{"a", "b"}},
		{"other fields", "event: x\nid: 1\nretry: 5\ndatabase: no\ndata: a\n\n", []string{"a"}},
		{"comments", ": x\n\n:\ndata: a\n: in between\ndata: b\n\n", []string{"a\nb"}},
		{"empty data", "data:\n\ndata: \n\ndata\n\ndata: a\n\n", []string{"a"}},
		{"a byte order mark", "\ufeffdata: a\n\n", []string{"a"}},
		{"no line at the end", "data: a\n\ndata: b", []string{"a", "b"}},
		{"one line feed at the end", "data: a\n", []string{"a"}},
		{"one space is taken off", "data:  a\n\n", []string{" a"}},
		{"a long line", "data: " + strings.Repeat("x", 3*keepSize) + "\n\ndata: b\n\n", []string{strings.Repeat("x", 3*keepSize), "b"}},
		{"nothing", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for name, r := range map[string]io.Reader{
				"at once": strings.NewReader(c.in), "byte by byte": iotest.OneByteReader(strings.NewReader(c.in)),
				"half by half": iotest.HalfReader(strings.NewReader(c.in)), "with the end": iotest.DataErrReader(strings.NewReader(c.in)),
			} {
				if got, err := readAllEvents(r); !slices.Equal(got, c.want) || err != io.EOF {
					t.Errorf("%s: %.100q, %v; want %.100q", name, got, err, c.want)
				}
			}
		})
	}
}

// However the bytes come in, the events are the same.
func TestEventsInPieces(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("testdata/llm/*.sse")
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := readAllEvents(bytes.NewReader(body))
		if got, _ := readAllEvents(iotest.OneByteReader(bytes.NewReader(body))); !slices.Equal(got, want) {
			t.Errorf("%s gives other events byte by byte", file)
		}
	}
}

// A small buffer comes back after a large event.
func TestLargeBuffersAreLetGo(t *testing.T) {
	t.Parallel()
	events := &eventReader{src: strings.NewReader("data: " + strings.Repeat("x", 1<<20) + "\n\ndata: a\n\ndata: b\n\n")}
	for range 3 {
		if _, err := events.next(); err != nil {
			t.Fatal(err)
		}
	}
	events.fill()
	if len(events.buf) > keepSize || cap(events.data) > keepSize {
		t.Errorf("%d and %d bytes are kept", len(events.buf), cap(events.data))
	}
}

// jsonValues draws any JSON, written with white space here and there.
func jsonValues() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		value := rapid.Deferred(func() *rapid.Generator[any] { return anyJSON(3) }).Draw(t, "value")
		var out bytes.Buffer
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(rapid.Bool().Draw(t, "escape"))
		enc.SetIndent("", rapid.SampledFrom([]string{"", " ", "\t"}).Draw(t, "indent"))
		if err := enc.Encode(value); err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(out.String())
	})
}

func anyJSON(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Float64Range(-1e9, 1e9).AsAny(), rapid.IntRange(-5, 2_000_000_000).AsAny(),
		rapid.String().AsAny(), rapid.SampledFrom([]string{`"`, `\`, `\\"`, "]}", "دودھ", "", "\u2028"}).AsAny(),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	inner := anyJSON(depth - 1)
	return rapid.OneOf(append(scalars, rapid.SliceOfN(inner, 0, 4).AsAny(), rapid.MapOfN(rapid.String(), inner, 0, 4).AsAny())...)
}

// The walker finds in any JSON what encoding/json finds.
func TestWalkerReadsAsEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := jsonValues().Draw(t, "text")
		var want any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatal(err)
		}
		if got := walked(t, []byte(text)); !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nread as %#v\nwant    %#v", text, got, want)
		}
	})
}

// walked reads a value by the walker alone, but for numbers.
func walked(t *rapid.T, text []byte) any {
	switch text[0] {
	case '{':
		out := map[string]any{}
		for key, value := range members(text) {
			out[stringOf([]byte(`"`+key+`"`))] = walked(t, value)
		}
		return out
	case '[':
		out := []any{}
		for value := range elements(text) {
			out = append(out, walked(t, value))
		}
		return out
	case '"':
		return stringOf(text)
	}
	var scalar any
	if err := json.Unmarshal(text, &scalar); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if f, ok := scalar.(float64); ok && f >= 0 && f < 1e9 && f == float64(int(f)) && !bytes.ContainsAny(text, ".eE-") && intOf(text) != int(f) {
		t.Fatalf("intOf(%s) = %d", text, intOf(text))
	}
	return scalar
}

func TestAppendString(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		var got string
		if err := json.Unmarshal(appendString(nil, text), &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		encoded, _ := json.Marshal(text)
		var want string
		json.Unmarshal(encoded, &want)
		if got != want {
			t.Fatalf("%q came back as %q, want %q", text, got, want)
		}
	})
}

// Thoughts are hidden however the text is cut into pieces.
func TestThoughts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{"<think>hm</think>\n\nyes", "yes"},
		{" \n<thinking>hm</think> hm</thinking>yes", "yes"},
		{"<think>a</think><think>b</think> yes <think>shown</think>", "yes <think>shown</think>"},
		{"<think>never closed", ""},
		{"<think></think>", ""},
		{"yes <think>no</think>", "yes <think>no</think>"},
		{"<thin ice>", "<thin ice>"},
		{"  leading", "  leading"},
		{"<", "<"}, {"<think", "<think"}, {" ", ""}, {"\r\n\n\t", ""},
	} {
		for size := 1; size <= len(c.in); size++ {
			var f thinkFilter
			var got strings.Builder
			for piece := range slices.Chunk([]byte(c.in), size) {
				got.WriteString(f.add(string(piece)))
			}
			got.WriteString(f.end())
			if got.String() != c.want {
				t.Errorf("%q in pieces of %d shows %q, want %q", c.in, size, got.String(), c.want)
			}
		}
	}
}

// Whatever a provider sends, there is an answer or an error.
func FuzzReply(f *testing.F) {
	files, _ := filepath.Glob("testdata/llm/*.sse")
	for _, file := range files {
		if body, err := os.ReadFile(file); err == nil && len(body) < 10_000 {
			f.Add(body)
		}
	}
	f.Add([]byte(`data: {"type":"response.output_item.done","item":{"type":"function_call"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, acc := range []accumulator{
			&chatReply{speech: speech{room: MaxAnswer, hear: func(string) error { return nil }}},
			&responsesReply{speech: speech{room: MaxAnswer, hear: func(string) error { return nil }}},
		} {
			events := &eventReader{src: bytes.NewReader(body)}
			for {
				data, err := events.next()
				if err != nil {
					break
				}
				if json.Valid(data) && acc.add(data) != nil {
					break
				}
			}
			acc.end()
			r := acc.reply()
			if len(r.calls) > MaxCalls || r.raw != nil && !json.Valid(r.raw) {
				t.Fatalf("%d calls, raw %s", len(r.calls), r.raw)
			}
		}
	})
}
