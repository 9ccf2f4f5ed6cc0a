package agent

import (
	"encoding/json"
	"strings"
	"testing"
)

var jsonSeeds = []string{
	``, ` `, `null`, `true`, `false`, ` nul`, `nulll`, `0`, `-0`, `01`, `-`, `1.`, `.5`, `1.5`, `-1.25e+10`, `1e`, `1E-2`, `1e+`, `+1`, `1 2`,
	`""`, `"`, `"a`, `"\"`, `"\n\u00e9\/"`, `"\u12g4"`, `"\x"`, "\"\n\"", "\"\x7f\"", "\"\xff\"", `"é😀"`, `"\ud800"`, `'a'`,
	`{}`, `{ }`, `[]`, "[\t\r\n ]", `[1,2]`, `[1,]`, `[,1]`, `[1 2]`, `[}`, `{]`, `[`, `{`, `]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1 "b":2}`, `{a:1}`, `{"a":{"b":[1,{"c":null}]}} `,
	`{"a":1}x`, "\ufeff{}", "\x00", `[true,false,null,"",-1]`, `{"":""}`, `{"a" : [ ] , "b" : { } }`, `"\`, `"\u`, `"\u000`, `t`, `[t]`, `[1e5]`, `{"a":1}{"a":1}`,
	strings.TrimPrefix(strings.SplitN(twentyDeltas(), "\n", 2)[0], "data: "),
}

func TestValidJSON(t *testing.T) {
	t.Parallel()
	for _, seed := range jsonSeeds {
		for at := range len(seed) + 1 { // each with every byte in every place
			for c := range 256 {
				checkValidJSON(t, seed[:at]+string([]byte{byte(c)})+seed[at:])
				checkValidJSON(t, seed[:at]+string([]byte{byte(c)})+seed[min(at+1, len(seed)):])
			}
			checkValidJSON(t, seed[:at])
		}
	}
	for depth, want := range map[int]bool{maxNesting: true, maxNesting + 1: false, 1 << 20: false} {
		if got := validJSON([]byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))); got != want {
			t.Errorf("nested %d times: %t, want %t", depth, got, want)
		}
	}
}

func FuzzValidJSON(f *testing.F) {
	for _, seed := range jsonSeeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") <= maxNesting {
			checkValidJSON(t, text)
		}
	})
}

func checkValidJSON(t *testing.T, text string) {
	t.Helper()
	if got, want := validJSON([]byte(text)), json.Valid([]byte(text)); got != want {
		t.Errorf("validJSON(%q) = %t", text, got)
	}
}
