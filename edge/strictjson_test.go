package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

var jsonCases = []struct {
	name, text string
	offset     int
	reason     string // "" for good
}{
	{"an empty text", ``, 0, reasonEnd},
	{"only blanks", " \n\t\r", 4, reasonEnd},
	{"a scalar", ` true `, 0, ""},
	{"every kind of value", `{"a":[1,-0.5e+7,"x",true,false,null,{},[]],"b":{"a":1}}`, 0, ""},
	{"a key of the outer object in the inner", `{"a":{"a":{"a":1}}}`, 0, ""},
	{"a key of a sibling", `[{"a":1},{"a":1}]`, 0, ""},
	{"a duplicate key", `{"method":"ping","method":"tools/call"}`, 17, reasonTwice},
	{"a duplicate written as an escape", `{"a":1,"\u0061":2}`, 7, reasonTwice},
	{"a duplicate of two escapes", `{"\u00e9":1,"\u00E9":2}`, 12, reasonTwice},
	{"a duplicate after an inner object", `{"a":{"b":1,"c":2},"d":1,"a":0}`, 25, reasonTwice},
	{"a duplicate surrogate pair", `{"😀":1,"\ud83d\ude00":2}`, 10, reasonTwice},
	{"a duplicate of short escapes", `{"\/\n":1,"/\u000a":2}`, 10, reasonTwice},
	{"empty keys twice", `{"":1,"":2}`, 6, reasonTwice},
	{"keys that differ in case", `{"a":1,"A":2}`, 0, ""},
	{"keys in NFC and NFD", "{\"\u00e9\":1,\"e\u0301\":2}", 0, ""},
	{"64 deep", nested(64), 0, ""},
	{"65 deep", nested(65), 64, reasonDeep},
	{"900 deep", `{"params":{"arguments":` + strings.Repeat(`{"a":`, 900) + `1` + strings.Repeat(`}`, 902), 23 + 5*62, reasonDeep},
	{"a million open brackets", strings.Repeat("[", 1<<20), 64, reasonDeep},
	{"a number beyond float64", `{"id":123456789012345678901234567890}`, 0, ""},
	{"an exponent beyond float64", `1e400000`, 0, ""},
	{"a leading zero", `01`, 1, reasonAfter},
	{"a plus sign", `+1`, 0, reasonValue},
	{"a bare minus", `-`, 1, reasonEnd},
	{"a minus and a letter", `-x`, 1, reasonNumber},
	{"a point without digits", `1.`, 2, reasonEnd},
	{"a point first", `.5`, 0, reasonValue},
	{"an exponent without digits", `[1e]`, 3, reasonNumber},
	{"hexadecimal", `0x1`, 1, reasonAfter},
	{"NaN", `NaN`, 0, reasonValue},
	{"a half word", `nul`, 3, reasonEnd},
	{"a wrong word", `trve`, 2, reasonValue},
	{"a lone high surrogate", `{"title":"\ud800"}`, 10, reasonHalf},
	{"a lone low surrogate", `"\udc00"`, 1, reasonHalf},
	{"two high surrogates", `"\ud800\ud800"`, 1, reasonHalf},
	{"a high surrogate and a letter", `"\ud800\u0061"`, 1, reasonHalf},
	{"a lone surrogate in a key", `{"\uDFFF":1}`, 2, reasonHalf},
	{"a surrogate pair", `"\ud83d\ude00"`, 0, ""},
	{"U+0000 as an escape", `"\u0000"`, 0, ""},
	{"a raw control character", "\"a\x00\"", 2, reasonString},
	{"a raw line feed", "\"a\nb\"", 2, reasonString},
	{"DEL, which is allowed", "\"\x7f\"", 0, ""},
	{"an unknown escape", `"\x41"`, 1, reasonEscape},
	{"a short escape", `"\u12"`, 1, reasonEscape},
	{"an escape cut off", `"\`, 2, reasonEnd},
	{"an open string", `"abc`, 4, reasonEnd},
	{"a byte that is no UTF-8", "\"\xff\"", 1, reasonUTF8},
	{"an encoded surrogate", "\"\xed\xa0\x80\"", 1, reasonUTF8},
	{"an overlong form", "\"\xc0\xaf\"", 1, reasonUTF8},
	{"bad UTF-8 outside a string", "[1\xfe]", 2, reasonUTF8},
	{"bad UTF-8 after the value", "{}\xff", 2, reasonUTF8},
	{"a byte order mark", "\xef\xbb\xbf{}", 0, reasonBOM},
	{"a second value", `{} {}`, 3, reasonAfter},
	{"junk after the value", `{"a":1}x`, 7, reasonAfter},
	{"NUL after the value", "{}\x00", 2, reasonAfter},
	{"a comma at the end of an object", `{"a":1,}`, 7, reasonKey},
	{"a comma at the end of an array", `[1,]`, 3, reasonValue},
	{"a comma first", `[,1]`, 1, reasonValue},
	{"no comma", `[1 2]`, 3, reasonInArray},
	{"no comma in an object", `{"a":1 "b":2}`, 7, reasonInObj},
	{"no colon", `{"a" 1}`, 5, reasonColon},
	{"no value", `{"a":}`, 5, reasonValue},
	{"a key without quotes", `{a:1}`, 1, reasonKey},
	{"single quotes", `{'a':1}`, 1, reasonKey},
	{"the wrong bracket", `[1}`, 2, reasonInArray},
	{"the wrong brace", `{"a":1]`, 6, reasonInObj},
	{"a bracket too many", `[]]`, 2, reasonAfter},
	{"an open array", `[1`, 2, reasonEnd},
	{"an open object", `{"a":1`, 6, reasonEnd},
	{"a comment", `{/**/}`, 1, reasonKey},
	{"form feed as white space", "\f1", 0, reasonValue},
	{"a no-break space", "\u00a01", 0, reasonValue},
}

func TestCheckJSON(t *testing.T) {
	for _, c := range jsonCases {
		t.Run(c.name, func(t *testing.T) {
			err := CheckJSON([]byte(c.text))
			if c.reason == "" {
				if err != nil {
					t.Fatalf("CheckJSON = %v, want nil", err)
				}
				return
			}
			bad, ok := errors.AsType[*JSONError](err)
			if !ok || *bad != (JSONError{c.offset, c.reason}) {
				t.Errorf("CheckJSON = %v, want byte %d: %s", err, c.offset, c.reason)
			}
		})
	}
}

func TestCheckKeys(t *testing.T) {
	known := []string{"jsonrpc", "id", "method", "params", "keep_s"}
	for _, c := range []struct {
		name, text, reason string
	}{
		{"as known", `{"jsonrpc":"2.0","id":1,"method":"ping"}`, ""},
		{"another case", `{"jsonrpc":"2.0","id":1,"Method":"ping"}`, reasonCase},
		{"another case as an escape", `{"\u004dethod":"ping"}`, reasonCase},
		{"both", `{"method":"ping","METHOD":"tools/call"}`, reasonCase},
		{"long s folds to s", `{"paramſ":{}}`, reasonCase},
		{"the Kelvin sign folds to k", "{\"\u212aeep_s\":{}}", reasonCase},
		{"in a batch", `[{"method":"a"},{"Method":"b"}]`, reasonCase},
		{"further in", `{"params":{"Method":"b"}}`, ""},
		{"unknown keys", `{"methods":1,"meth_od":2}`, ""},
		{"duplicates too", `{"x":1,"x":2}`, reasonTwice},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if bad, ok := errors.AsType[*JSONError](CheckKeys([]byte(c.text), known...)); ok {
				got = bad.Reason
			}
			if got != c.reason {
				t.Errorf("CheckKeys(%s) = %q, want %q", c.text, got, c.reason)
			}
		})
	}
}

// strict says slowly, by other means, what CheckJSON has to say.
func strict(data []byte) bool {
	if !json.Valid(data) || !utf8.Valid(data) || loneSurrogate(data) {
		return false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return uniqueKeys(dec, 0)
}

var escapes = regexp.MustCompile(`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.`)

func loneSurrogate(valid []byte) bool {
	for _, esc := range escapes.FindAll(valid, -1) {
		if len(esc) != 6 {
			continue
		}
		if n, _ := strconv.ParseUint(string(esc[2:]), 16, 16); 0xd800 <= n && n < 0xe000 {
			return true
		}
	}
	return false
}

func uniqueKeys(dec *json.Decoder, depth int) bool {
	token, err := dec.Token()
	if err != nil {
		return false
	}
	delim, opens := token.(json.Delim)
	if !opens {
		return true
	}
	if depth == MaxDepth {
		return false
	}
	seen := map[string]bool{}
	for dec.More() {
		if delim == '{' {
			key, err := dec.Token()
			if err != nil || seen[key.(string)] {
				return false
			}
			seen[key.(string)] = true
		}
		if !uniqueKeys(dec, depth+1) {
			return false
		}
	}
	_, err = dec.Token()
	return err == nil
}

func compare(t interface {
	Helper()
	Fatalf(string, ...any)
}, data []byte) {
	t.Helper()
	before := bytes.Clone(data)
	err := CheckJSON(data)
	if want := strict(data); (err == nil) != want {
		t.Fatalf("CheckJSON(%q) = %v, oracle says good = %v", data, err, want)
	}
	if bad, ok := errors.AsType[*JSONError](err); ok && (bad.Offset < 0 || bad.Offset > len(data)) {
		t.Fatalf("CheckJSON(%q) points at byte %d", data, bad.Offset)
	}
	if !bytes.Equal(before, data) {
		t.Fatalf("CheckJSON changed its input")
	}
}

func FuzzCheckJSON(f *testing.F) {
	for _, c := range jsonCases {
		if len(c.text) < 10_000 {
			f.Add([]byte(c.text))
		}
	}
	for _, body := range benchBodies {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, data []byte) { compare(t, data) })
}

// Texts made of pieces reach far more states than random bytes do.
func TestCheckJSONAgreesWithTheOracle(t *testing.T) {
	pieces := []string{
		"{", "}", "[", "]", ",", ":", `"a"`, `"\u0061"`, `"A"`, `"b"`, `""`, `"\"`, "1", "-0", "1.5e-3", "true", "null",
		" ", "\n", `"\ud83d\ude00"`, `"\ud83d"`, "\"\xff\"", "\xff", `{"a":1}`, `{"a":1,"b":2}`, `[{}]`, `{"a":[`, `"é"`, `\`, "0",
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "parts")
		compare(t, []byte(strings.Join(parts, "")))
	})
}

// Objects on both sides of the hash table's beginning and growth, with and
// without a duplicate at any place.
func TestCheckJSONKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 300).Draw(t, "size")
		keys := make([]string, size)
		for i := range keys {
			keys[i] = fmt.Sprintf(`"k%d":{"k%d":%d}`, i, i, i)
		}
		if rapid.Bool().Draw(t, "duplicate") {
			again := rapid.IntRange(0, size-1).Draw(t, "again")
			keys = append(keys, fmt.Sprintf(`"\u006b%d":0`, again))
		}
		compare(t, []byte("{"+strings.Join(keys, ",")+"}"))
	})
}

func manyKeys(n int, name func(int) string) []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := range n {
		fmt.Fprintf(&b, `"%s":0,`, name(i))
	}
	b.WriteString(`"last":0}`)
	return b.Bytes()
}

// A key must be found after a few looks however many there are. Looks are
// counted, not timed, so that a busy machine cannot fail this.
func TestManyKeysStayLinear(t *testing.T) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		c := new(checker)
		c.push(false)
		for i := range n {
			start := len(c.data)
			c.data = strconv.AppendInt(c.data, int64(i), 10)
			if !c.add(keyRef{start: start, end: len(c.data)}) {
				t.Fatalf("key %d counts as a duplicate", i)
			}
		}
		table := c.frames[0].table
		mask := uint64(len(table) - 1)
		looks := 0
		for slot, index := range table {
			if index > 0 {
				looks += 1 + int((uint64(slot)-c.keys[index-1].hash)&mask)
			}
		}
		if mean := float64(looks) / float64(n); mean > 3 {
			t.Errorf("%d keys: %.1f looks for one, want 3 at most", n, mean)
		}
	}
}

func TestManyKeysFindADuplicate(t *testing.T) {
	data := manyKeys(10_000, func(i int) string { return strconv.Itoa(i % 9_999) })
	if bad, ok := errors.AsType[*JSONError](CheckJSON(data)); !ok || bad.Reason != reasonTwice {
		t.Errorf("CheckJSON = %v, want %s", bad, reasonTwice)
	}
}

// A checker that has been used once allocates nothing for bodies of usual size.
func TestCheckerAllocatesNothing(t *testing.T) {
	for name, body := range benchBodies {
		c, data, known := new(checker), []byte(body), []string{"method", "id"}
		n := testing.AllocsPerRun(100, func() {
			c.data, c.known = data, known
			if _, reason := c.check(); reason != "" {
				t.Fatal(reason)
			}
			c.reset()
		})
		if n > 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

var benchBodies = map[string]string{
	"call": `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"create_task","arguments":{"title":"Buy milk and eggs","description":"Two litres, ten eggs; the shop closes at eight","priority":"high","category":"home","due_date":"2026-12-01"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"progressToken":3}}}`,
	"urdu": `{"jsonrpc":"2.0","id":8,"method":"tools/call","params":{"name":"create_task","arguments":{"title":"دودھ اور انڈے خریدنا","description":"دکان آٹھ بجے بند ہو جاتی ہے، اس سے پہلے جانا ہے"}}}`,
	"list": `{"tasks":[` + strings.TrimSuffix(strings.Repeat(`{"id":"0198c0de","title":"Water the plants","priority":"low","category":"home","status":"pending","completed":false,"created_at":"2026-11-23T06:48:42Z","updated_at":"2026-11-23T06:48:42Z"},`, 100), ",") + `]}`,
}

func BenchmarkCheckJSON(b *testing.B) {
	for _, name := range []string{"call", "urdu", "list"} {
		data := []byte(benchBodies[name])
		b.Run(name+"/edge", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if CheckJSON(data) != nil {
					b.Fatal("refused")
				}
			}
		})
		b.Run(name+"/json.Valid", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if !json.Valid(data) {
					b.Fatal("refused")
				}
			}
		})
	}
	for _, n := range []int{1_000, 10_000, 100_000} {
		data := manyKeys(n, func(i int) string { return "key" + strconv.Itoa(i) })
		b.Run(fmt.Sprintf("keys=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if CheckJSON(data) != nil {
					b.Fatal("refused")
				}
			}
		})
	}
}
