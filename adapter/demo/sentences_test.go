package demo

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var updateMisses = flag.Bool("update", false, "write testdata/misses.txt anew")

// sentencesFile is testdata/sentences.json: what people say, and what should
// come of it. It was written apart from the rules; the rules may be bettered
// with the cases of the tune set, the heldout set only measures.
type sentencesFile struct {
	Now      string     `json:"now"`
	Timezone string     `json:"timezone"`
	Tasks    []fakeTask `json:"tasks"`
	Cases    []struct {
		Set    string   `json:"set"`
		Lang   string   `json:"lang"`
		Say    string   `json:"say"`
		Expect expected `json:"expect"`
	} `json:"cases"`
}

type expected struct {
	Effect   string            `json:"effect"`
	Title    string            `json:"title"`
	Priority string            `json:"priority"`
	Category string            `json:"category"`
	Status   string            `json:"status"`
	DueDate  string            `json:"due_date"`
	Due      string            `json:"due"`
	Search   string            `json:"search"`
	Set      map[string]string `json:"set"`
}

func loadSentences(t *testing.T) sentencesFile {
	t.Helper()
	data, err := os.ReadFile("testdata/sentences.json")
	if err != nil {
		t.Fatal(err)
	}
	var file sentencesFile
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

const wantRight = 0.9

// TestSentences plays every sentence through the handler against a small list
// of tasks, and compares what became of the list.
func TestSentences(t *testing.T) {
	t.Parallel()
	file := loadSentences(t)
	srv := httptest.NewServer(Handler())
	t.Cleanup(srv.Close)
	scores := map[string]*score{}
	var misses []string
	for i, c := range file.Cases {
		problem := playCase(t, srv.URL, file, c.Say, c.Expect)
		for _, name := range []string{"all", c.Set, c.Set + " " + c.Lang, c.Set + " " + c.Lang + " " + c.Expect.Effect} {
			scores[name] = scores[name].add(problem == "")
		}
		if problem != "" {
			misses = append(misses, fmt.Sprintf("%d %s %s %s", i, c.Set, c.Lang, c.Expect.Effect))
			if c.Set == "tune" {
				t.Logf("%d %q: %s", i, c.Say, problem)
			}
		}
	}
	for _, name := range []string{"all", "tune", "heldout", "heldout en", "heldout ur", "heldout roman_ur"} {
		t.Logf("%s: %s", name, scores[name])
	}
	for _, name := range []string{"all", "heldout"} {
		if s := scores[name]; s.share() < wantRight {
			t.Errorf("%s: %s right, want %.0f %%", name, s, 100*wantRight)
		}
	}
	compareMisses(t, misses)
}

// compareMisses holds the known misses against those of this run, so that a
// change of the rules shows what it gains and loses.
func compareMisses(t *testing.T, misses []string) {
	t.Helper()
	const name = "testdata/misses.txt"
	got := strings.Join(append(misses, ""), "\n")
	if *updateMisses {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("misses differ from %s (-want +got), -update writes it anew:\n%s", name, diff)
	}
}

type score struct{ right, all int }

func (s *score) add(right bool) *score {
	if s == nil {
		s = &score{}
	}
	s.all++
	if right {
		s.right++
	}
	return s
}

func (s *score) share() float64 { return float64(s.right) / float64(s.all) }

func (s *score) String() string {
	return fmt.Sprintf("%d of %d (%.1f %%)", s.right, s.all, 100*s.share())
}

// playCase plays one sentence and says what was wrong with what came of it.
func playCase(t *testing.T, url string, file sentencesFile, say string, want expected) string {
	t.Helper()
	zone, err := time.LoadLocation(file.Timezone)
	if err != nil {
		t.Fatal(err)
	}
	now, err := time.Parse(time.RFC3339, file.Now)
	if err != nil {
		t.Fatal(err)
	}
	tools := newFakeTools(now.In(zone), file.Tasks)
	chat := newChat(url, fmt.Sprintf("You help with tasks. Now it is %s (%s).", file.Now, file.Timezone), tools)
	text := chat.say(t, say)
	return judge(file.Tasks, tools, text, want)
}

// judge compares what became of the tasks with what was wanted.
func judge(before []fakeTask, tools *fakeTools, text string, want expected) string {
	got, changed := tools.change(before)
	switch want.Effect {
	case "create":
		return differ(got, expected{Effect: "create", Title: want.Title, DueDate: want.DueDate,
			Priority: either(want.Priority, "medium"), Category: either(want.Category, "other")})
	case "complete", "reopen", "delete", "update":
		return differ(got, expected{Effect: want.Effect, Title: want.Title, Set: want.Set})
	case "count":
		if changed || tools.calls[toolStats] == 0 {
			return fmt.Sprintf("no statistics: %+v, %q", got, text)
		}
	case "help":
		if changed || len(tools.calls) > 0 || !strings.Contains(text, "OPENAI_API_KEY") && !saysDemo(text) {
			return fmt.Sprintf("no help: %+v, %q", got, text)
		}
	case "none":
		if changed || tools.calls[toolStats] > 0 || tools.calls[toolList] > 0 && !declines(text) {
			return fmt.Sprintf("should have changed and shown nothing: %+v, %q", got, text)
		}
	case "list":
		if changed || tools.calls[toolList] != 1 || declines(text) {
			return fmt.Sprintf("no list: %+v, %q", got, text)
		}
		return judgeList(tools, text, want)
	default:
		return "the test knows no effect " + want.Effect
	}
	return ""
}

func saysDemo(text string) bool {
	folded := strings.ToLower(text)
	return strings.Contains(folded, "demo") || strings.Contains(folded, "ڈیمو")
}

// declines reports whether an answer says that nothing was found or asks which
// task is meant.
func declines(text string) bool {
	for _, v := range voices {
		for _, phrase := range []string{v.noMatch, v.noMatchCut, v.askWhich, v.askTarget, v.noneFound} {
			_, rest, _ := strings.Cut(phrase, "%s")
			if rest != "" && strings.Contains(text, rest) || strings.HasPrefix(text, phrase) {
				return true
			}
		}
	}
	return false
}

func differ(got, want expected) string {
	got.Title, want.Title = fold(got.Title), fold(want.Title)
	for _, set := range []map[string]string{got.Set, want.Set} {
		for name, value := range set {
			set[name] = fold(value)
		}
	}
	return cmp.Diff(want, got)
}

// judgeList compares the filters of a list; dates by which tasks they showed,
// because several filters can say the same.
func judgeList(tools *fakeTools, text string, want expected) string {
	args := tools.lastArgs
	got := expected{Effect: "list", Status: str(args["status"]), Priority: str(args["priority"]),
		Category: str(args["category"]), Search: fold(str(args["search"]))}
	dated := args["due_after"] != nil || args["due_before"] != nil
	want.Search = fold(want.Search)
	day, due := tools.now.Format(time.DateOnly), want.Due
	want.Due = ""
	if due == "overdue" {
		got.Status = want.Status // overdue tasks are pending anyway
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return diff
	}
	if dated != (due != "") {
		return fmt.Sprintf("filters %v, want due %q", args, due)
	}
	if due == "" {
		return ""
	}
	for _, task := range tools.tasks {
		shown := strings.Contains(text, "- "+task.Title)
		var fits bool
		switch due {
		case "today":
			fits = task.DueDate == day
		case "overdue":
			fits = task.DueDate != "" && task.DueDate < day && task.Status == "pending"
		case "tomorrow":
			fits = task.DueDate == tools.now.AddDate(0, 0, 1).Format(time.DateOnly)
		default:
			return "the test knows no due " + due
		}
		fits = fits && (want.Status == "" || task.Status == want.Status)
		if shown != fits {
			return fmt.Sprintf("%q shown: %v, want %v; filters %v", task.Title, shown, fits, args)
		}
	}
	return ""
}

func str(v any) string {
	s, _ := v.(string)
	return s
}
