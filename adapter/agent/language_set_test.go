package agent

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var updateMisses = flag.Bool("update-misses", false, "write testdata/language_misses.txt anew")

// A sentence is a line of testdata/language.tsv, which was written apart from
// the rule. The rule may be tuned on the lines marked "tune" alone.
type sentence struct {
	line                   int
	set, class, want, text string
}

func readSentences(t testing.TB) (all []sentence) {
	t.Helper()
	file, err := os.Open("testdata/language.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		if len(fields) != 4 {
			t.Fatalf("line %d has %d fields, want 4", n, len(fields))
		}
		all = append(all, sentence{n, fields[0], fields[1], fields[2], fields[3]})
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		t.Fatalf("read %d sentences: %v", len(all), err)
	}
	return all
}

func TestLanguageOfSentencesWrittenApart(t *testing.T) {
	type score struct{ right, total int }
	scores := map[string]*score{}
	var order []string
	count := func(key string, right bool) {
		if scores[key] == nil {
			scores[key] = &score{}
			order = append(order, key)
		}
		scores[key].total++
		if right {
			scores[key].right++
		}
	}
	var misses strings.Builder
	for _, s := range readSentences(t) {
		got := "orchestrator"
		if Language(s.text).IsUrdu() {
			got = "urdu"
		}
		count(s.set, got == s.want)
		count(s.set+" "+s.class, got == s.want)
		if got != s.want {
			fmt.Fprintf(&misses, "line %d: %s, want %s\n", s.line, got, s.want)
			if s.set == "tune" {
				t.Logf("line %d: %s went to %s", s.line, s.text, got)
			}
		}
	}
	for _, key := range order {
		t.Logf("%-20s %3d of %3d", key, scores[key].right, scores[key].total)
	}
	if s := scores["heldout"]; s.right*100 < s.total*95 {
		t.Errorf("%d of %d right on sentences that the rule was not tuned on, want 95 %%", s.right, s.total)
	}
	const file = "testdata/language_misses.txt"
	if *updateMisses {
		if err := os.WriteFile(file, []byte(misses.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	known, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(known), misses.String()); diff != "" {
		t.Errorf("other sentences are missed than %s says (-update-misses writes it anew):\n%s", file, diff)
	}
}
