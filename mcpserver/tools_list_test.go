package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store"
)

// sample is a set of tasks with many ties in every key.
func sample(t testing.TB, p *person) []wireTask {
	t.Helper()
	titles := []string{"b", "B", "a", "Ä", "ä", "é", "E", "e\u0301", "zz", "日本", "اردو", "اردو 2", "_x", "10", "9"}
	dues := []string{
		"", "2026-12-01", "2026-12-01T00:00:00Z", "2026-12-01T05:00:00+05:00", "2026-11-30T23:59:59.999999999Z", "2026-12-01T00:00:00.000000001Z", "",
		"0001-01-01", "9999-12-31T23:59:59.999999999Z", "2026-12-01", "2026-12-02",
	}
	priorities := []string{"low", "high", "medium", "high"}
	var tasks []wireTask
	for i := range 33 {
		args := map[string]any{"title": titles[i%len(titles)], "priority": priorities[i%len(priorities)], "category": categories[i%4]}
		if due := dues[i%len(dues)]; due != "" {
			args["due_date"] = due
		}
		tasks = append(tasks, p.task(t, "create_task", args))
	}
	for i := 0; i < len(tasks); i += 4 {
		tasks[i] = p.task(t, "toggle_complete", map[string]any{"task_id": tasks[i].ID})
	}
	return tasks
}

// ordered sorts tasks as the contract says, the way a person would do it.
func ordered(t testing.TB, tasks []wireTask, by, order string) []string {
	t.Helper()
	sign := map[string]int{"asc": 1, "desc": -1}[order]
	instant := func(due string) time.Time {
		at, err := time.Parse(time.RFC3339Nano, due)
		if err != nil {
			at, err = time.Parse(time.DateOnly, due) // 00:00 UTC
		}
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	tasks = slices.Clone(tasks)
	slices.SortFunc(tasks, func(a, b wireTask) int {
		var c int
		switch by {
		case "created_at":
			c = strings.Compare(a.ID, b.ID)
		case "updated_at":
			c = instant(a.UpdatedAt).Compare(instant(b.UpdatedAt))
		case "priority":
			c = cmp.Compare(slices.Index(priorities, a.Priority), slices.Index(priorities, b.Priority))
		case "title":
			c = strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title))
		case "due_date":
			switch {
			case a.DueDate == "" && b.DueDate == "":
			case a.DueDate == "":
				return 1 // last, both ways
			case b.DueDate == "":
				return -1
			default:
				c = instant(a.DueDate).Compare(instant(b.DueDate))
			}
		}
		return sign * cmp.Or(c, strings.Compare(a.ID, b.ID))
	})
	return idsOf(tasks)
}

func idsOf(tasks []wireTask) []string {
	ids := []string{}
	for _, task := range tasks {
		ids = append(ids, task.ID)
	}
	return ids
}

// pages reads all pages. Between runs after each.
func pages(t testing.TB, p *person, args map[string]any, between func()) []wireTask {
	t.Helper()
	args = maps.Clone(args)
	var all []wireTask
	for range 10000 {
		page := p.list(t, args)
		all = append(all, page.Tasks...)
		if page.NextCursor == "" {
			return all
		}
		if limit, _ := args["limit"].(int); len(page.Tasks) != limit {
			t.Errorf("a page of %d with more to come, want %d", len(page.Tasks), limit)
		}
		args["cursor"] = page.NextCursor
		between()
	}
	t.Fatal("paging does not end")
	return nil
}

var sortKeys = []string{"created_at", "updated_at", "due_date", "priority", "title"}

func TestSorting(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		tasks := sample(t, alice)
		for _, by := range sortKeys {
			for _, order := range []string{"asc", "desc"} {
				want := ordered(t, tasks, by, order)
				args := map[string]any{"sort_by": by, "sort_order": order, "limit": 100}
				if got := idsOf(alice.list(t, args).Tasks); !slices.Equal(got, want) {
					t.Errorf("%s %s: %q, want %q", by, order, got, want)
				}
				for _, limit := range []int{5, 32, 33} {
					args["limit"] = limit
					if got := idsOf(pages(t, alice, args, func() {})); !slices.Equal(got, want) {
						t.Errorf("%s %s in pages of %d: %q, want %q", by, order, limit, got, want)
					}
				}
			}
		}
		newest := ordered(t, tasks, "created_at", "desc")
		if got := idsOf(alice.list(t, nil).Tasks); !slices.Equal(got, newest[:20]) {
			t.Errorf("nothing given: %q, want the 20 newest, newest first", got)
		}
		if got := idsOf(alice.list(t, map[string]any{"sort_by": "priority"}).Tasks); !slices.Equal(got, ordered(t, tasks, "priority", "desc")[:20]) {
			t.Errorf("sort_order is not desc when absent")
		}
		if first := alice.list(t, map[string]any{"sort_by": "priority", "sort_order": "desc", "limit": 1}).Tasks[0]; first.Priority != "high" {
			t.Errorf("priority desc begins with %s", first.Priority)
		}
	})
}

func TestTitlesSortByCodePoint(t *testing.T) {
	onEach(t, time.Now, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		want := []string{"!", "1", "10", "2", "[", "_", "a", "B", "b a", "Ba", "cz", "ß" /* as ss */, "Z", "zz", "É", "éa", "α", "Ω", "Я", "ا", "ک", "日", "한", "\uffe6", "𐐀", "😀"}
		for i := range want {
			alice.task(t, "create_task", map[string]any{"title": want[(i*7)%len(want)]})
		}
		if got := alice.titles(t, map[string]any{"sort_by": "title", "sort_order": "asc", "limit": 100}); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		slices.Reverse(want)
		if got := alice.titles(t, map[string]any{"sort_by": "title", "limit": 100}); !slices.Equal(got, want) {
			t.Errorf("the other way %q, want %q", got, want)
		}
		// The longest keys still make cursors that come back.
		bob := s.as(t, "bob")
		long := []string{}
		for _, char := range []string{"ΐ", "\u2028", "\U0001d15e", "\"", "\\", "<", "\x01", "ﬃ"} {
			long = append(long, bob.task(t, "create_task", map[string]any{"title": "x" + strings.Repeat(char, 253) + "x"}).ID)
		}
		for _, order := range []string{"asc", "desc"} {
			got := idsOf(pages(t, bob, map[string]any{"sort_by": "title", "sort_order": order, "limit": 1}, func() {}))
			slices.Sort(got)
			if !slices.Equal(got, long) {
				t.Errorf("%s: pages of the longest titles give %q, want %q", order, got, long)
			}
		}
	})
}

func TestFilters(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		tasks := sample(t, alice)
		values := map[string][]string{
			"status": statuses, "priority": priorities, "category": categories, "search": {"a", "اردو", "9"}, "due_before": {"2026-12-01"},
		}
		matches := func(task wireTask, name, value string) bool {
			switch name {
			case "status":
				return task.Status == value
			case "priority":
				return task.Priority == value
			case "category":
				return task.Category == value
			case "search":
				return strings.Contains(strings.ToLower(task.Title), value)
			}
			return task.DueDate != "" && !strings.HasPrefix(task.DueDate, "9999") && task.DueDate != "2026-12-02"
		}
		for a, first := range values {
			for b, second := range values {
				for _, x := range first {
					for _, y := range second {
						if a == b && x != y {
							continue
						}
						var want []string
						for _, task := range slices.Backward(tasks) {
							if matches(task, a, x) && matches(task, b, y) {
								want = append(want, task.ID)
							}
						}
						if got := idsOf(alice.list(t, map[string]any{a: x, b: y, "limit": 100}).Tasks); !slices.Equal(got, append([]string{}, want...)) {
							t.Errorf("%s %s, %s %s: %q, want %q", a, x, b, y, got, want)
						}
					}
				}
			}
		}
		for name, enum := range map[string]string{
			"status": "pending, completed", "priority": "low, medium, high", "category": "work, personal, home, other",
			"sort_by": "created_at, updated_at, due_date, priority, title", "sort_order": "desc, asc",
		} {
			for _, bad := range []string{"", "x", "LOW", " high", "Pending"} {
				alice.refused(t, "list_tasks", map[string]any{name: bad}, nil, codeInvalid, name+": must be one of "+enum)
			}
		}
	})
}

// Letter case does not count, in any script; everything else does.
func TestSearch(t *testing.T) {
	cases := []struct {
		text, search string
		found        bool
	}{
		{"Buy MILK today", "milk", true},
		{"Buy milk", "MILK", true},
		{"Straße", "STRASSE", true},
		{"STRASSE", "straße", true},
		{"STRAẞE", "straße", true},
		{"ΣΊΣΥΦΟΣ", "σίσυφος", true},
		{"σίσυφος", "ΣΊΣΥΦΟΣ", true},
		{"ЁЖИК", "ёжик", true}, {"Ꭰ", "ꭰ", true}, {"ᏸ", "Ᏸ", true},
		{"ԱԲԳ", "աբգ", true},
		{"ᲓᲐ", "და", true},
		{"𐐀", "𐐨", true},
		{"oﬃce", "OFFICE", true},
		{"\u212a2", "k2", true}, // the Kelvin sign
		{"ſet", "SET", true},
		{"İstanbul", "i\u0307STANBUL", true},
		{"İstanbul", "istanbul", false}, // the dot is a character
		{"ıssız", "ISSIZ", false},       // Turkish is no rule for everybody
		{"ISSIZ", "issiz", true},
		{"دودھ خریدنا", "خرید", true},
		{"دودھ", "دوده", false},     // another letter
		{"اُردُو", "اردو", false},   // vowel signs are characters
		{"caf\u00e9", "CAFÉ", true}, // composed and composed
		{"caf\u00e9", "cafe\u0301", false},
		{"cafe\u0301", "CAFE\u0301", true},
		{"cafe\u0301", "cafe", true},
		{"a  b", "a b", false},
		{"x ab", "x  ab", false}, // blanks in a search count
		{"x ab", " ab ", true},
		{"a\nb", "A\nB", true},
		{"100% sure", "0%", true},
		{"100 percent", "0%", false},
		{"snake_case", "e_c", true},
		{"snakeXcase", "e_c", false},
		{`C:\temp`, `:\T`, true},
		{`C:/temp`, `:\t`, false},
		{`a\%b`, `\%`, true},
		{`a%b`, `\%`, false},
		{"a+b", "a+", true},
		{"aaab", "a+b", false},
		{"x'; DROP TABLE tasks;--", "'; drop", true},
		{"🙂 smile", "🙂", true},
		{"👍🏽", "👍", true},
		{"\u200fמרק", "מרק", true},
	}
	everywhere(t, func(t *testing.T, s *site) {
		for i, c := range cases {
			user := s.as(t, fmt.Sprintf("user %d", i))
			inTitle := user.task(t, "create_task", map[string]any{"title": "- " + c.text + " -"}).ID
			inDescription := user.task(t, "create_task", map[string]any{"title": "?", "description": "- " + c.text + " -"}).ID
			want := []string{}
			if c.found {
				want = []string{inDescription, inTitle}
			}
			if got := idsOf(user.list(t, map[string]any{"search": c.search}).Tasks); !slices.Equal(got, want) {
				t.Errorf("%q in %q: found %v, want %v", c.search, c.text, len(got), len(want))
			}
			if got := user.list(t, map[string]any{"search": ""}).Tasks; len(got) != 2 {
				t.Errorf("an empty search lists %d, want all", len(got))
			}
		}
	})
}

// Whoever pages while others add, change and delete sees each task that lives
// through it exactly once.
func TestPagingWhileTasksChange(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		for _, by := range sortKeys {
			for _, order := range []string{"asc", "desc"} {
				user := s.as(t, "alice "+by+order)
				var stay, leave []wireTask
				for i := range 18 {
					args := map[string]any{"title": fmt.Sprintf("t%02d", i*7%18), "priority": priorities[i%3]}
					if i%3 != 0 {
						args["due_date"] = fmt.Sprintf("2026-12-%02d", i%5+1)
					}
					task := user.task(t, "create_task", args)
					if i%2 == 0 {
						stay = append(stay, task)
					} else {
						leave = append(leave, task)
					}
				}
				step := 0
				seen := pages(t, user, map[string]any{"sort_by": by, "sort_order": order, "limit": 3}, func() {
					step++
					user.task(t, "create_task", map[string]any{"title": fmt.Sprintf("t%02d new", step*5%18), "priority": priorities[step%3]})
					if step*2 < len(leave) {
						user.do(t, "delete_task", map[string]any{"task_id": leave[step*2].ID})
						user.do(t, "update_task", map[string]any{"task_id": leave[step*2-1].ID, "title": fmt.Sprintf("t%02d moved", step*11%18), "priority": priorities[step%3], "due_date": "2026-12-03"})
					}
					if by != "updated_at" { // what keeps its place may change otherwise
						user.do(t, "toggle_complete", map[string]any{"task_id": stay[step%len(stay)].ID})
					}
				})
				count := map[string]int{}
				for _, task := range seen {
					count[task.ID]++
				}
				for _, task := range stay {
					if count[task.ID] != 1 {
						t.Errorf("%s %s: a task that kept its place was seen %d times", by, order, count[task.ID])
					}
				}
			}
		}
	})
}

func TestPagingBesideWriters(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		var stay []wireTask
		for i := range 30 {
			stay = append(stay, alice.task(t, "create_task", map[string]any{"title": fmt.Sprintf("stay %02d", i*11%30)}))
		}
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var writers sync.WaitGroup
		for w := range 4 {
			writer := s.as(t, "alice")
			writers.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					result, err := writer.CallTool(ctx, &mcp.CallToolParams{Name: "create_task", Arguments: map[string]any{"title": fmt.Sprintf("stay %02d %d", i%30, w)}})
					if err != nil || result.IsError {
						continue
					}
					var out taskResult
					data, _ := json.Marshal(result.StructuredContent)
					if json.Unmarshal(data, &out) == nil {
						_, _ = writer.CallTool(ctx, &mcp.CallToolParams{Name: "delete_task", Arguments: map[string]any{"task_id": out.Task.ID}})
					}
				}
			})
		}
		for _, by := range []string{"created_at", "title"} {
			for _, order := range []string{"asc", "desc"} {
				count := map[string]int{}
				for _, task := range pages(t, alice, map[string]any{"sort_by": by, "sort_order": order, "limit": 4}, func() {}) {
					count[task.ID]++
				}
				for _, task := range stay {
					if count[task.ID] != 1 {
						t.Errorf("%s %s: %q was seen %d times", by, order, task.Title, count[task.ID])
					}
				}
			}
		}
		stop()
		writers.Wait()
	})
}

func decoded(cursor string) string {
	raw, _ := base64.RawURLEncoding.DecodeString(cursor)
	return string(raw)
}

func TestCursors(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice, bob := s.as(t, "alice"), s.as(t, "bob")
		sample(t, alice)
		mine := bob.task(t, "create_task", map[string]any{"title": "Bob's"})
		const says = "cursor: not one that list_tasks gave for this sort_by and sort_order"
		for _, by := range sortKeys {
			args := map[string]any{"sort_by": by, "limit": 2}
			cursor := alice.list(t, args).NextCursor
			for _, other := range sortKeys {
				for _, order := range []string{"asc", "desc"} {
					args := map[string]any{"sort_by": other, "sort_order": order, "cursor": cursor}
					if other == by && order == "desc" {
						alice.list(t, args)
						continue
					}
					alice.refused(t, "list_tasks", args, nil, codeInvalid, says)
				}
			}
			// A cursor is a position and no secret: with it Bob sees his own tasks alone.
			for _, task := range bob.list(t, map[string]any{"sort_by": by, "cursor": cursor}).Tasks {
				if task.ID != mine.ID {
					t.Errorf("Alice's cursor shows Bob %+v", task)
				}
			}
			raw, err := base64.RawURLEncoding.DecodeString(cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, forged := range []string{
				cursor + "A", cursor[1:], cursor[:len(cursor)-2], " " + cursor, cursor + "\n", strings.ToUpper(cursor), cursor + "=",
				base64.StdEncoding.EncodeToString(append(raw, ' ')),
				base64.RawURLEncoding.EncodeToString(append(raw, ' ')),
				base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), `"v":1`, `"v":2`, 1))),
				base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), `"v":1`, `"v":1,"x":1`, 1))),
				base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), `"i":"`, `"i":"\u0000`, 1))),
				base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), `"k":"`, `"k":"'; --`, 1))),
			} {
				if by == "title" && strings.Contains(decoded(forged), "'; --") {
					continue // a title may be so
				}
				alice.refused(t, "list_tasks", map[string]any{"sort_by": by, "cursor": forged}, nil, codeInvalid, says)
			}
		}
		for _, junk := range []string{"x", "null", "e30", "W10", "bnVsbA", "MQ", "../..", strings.Repeat("A", 4096), "💥"} {
			alice.refused(t, "list_tasks", map[string]any{"cursor": junk}, nil, codeInvalid, says)
		}
		alice.refused(t, "list_tasks", map[string]any{"cursor": strings.Repeat("A", 4097)}, nil, codeInvalid, "cursor: may have up to 4096 characters")
		alice.refused(t, "list_tasks", map[string]any{"cursor": 5}, nil, codeInvalid, "cursor: must be a string")
	})
}

// A limit may be written in every way that JSON has for an integer.
func TestLimit(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		for i := range 101 {
			alice.task(t, "create_task", map[string]any{"title": fmt.Sprint(i)})
		}
		for text, want := range map[string]int{
			`{}`: 20, `{"limit":null}`: 20, `{"limit":1}`: 1, `{"limit":100}`: 100, `{"limit":10}`: 10,
			`{"limit":10.0}`: 10, `{"limit":1e1}`: 10, `{"limit":1E+1}`: 10, `{"limit":100e-1}`: 10, `{"limit":0.5e1}`: 5, `{"limit":99.000}`: 99,
		} {
			got := alice.do(t, "list_tasks", json.RawMessage(text))
			var list listResult
			if err := json.Unmarshal(got.Structured, &list); err != nil || len(list.Tasks) != want || list.NextCursor == "" {
				t.Errorf("%s lists %d, want %d and a cursor", text, len(list.Tasks), want)
			}
		}
		for _, text := range []string{"0", "-1", "-0", "101", "1e9", "2.5", "1e-1", "99999999999999999999", "100.00000000001", `"10"`, `""`, "true", "[]", "{}"} {
			alice.refused(t, "list_tasks", json.RawMessage(`{"limit":`+text+`}`), nil, codeInvalid, "limit: must be an integer from 1 to 100")
		}
		last := alice.list(t, map[string]any{"limit": 100, "sort_order": "asc"})
		rest := structured(t, alice.do(t, "list_tasks", map[string]any{"limit": 100, "sort_order": "asc", "cursor": last.NextCursor}))
		if tasks, _ := rest["tasks"].([]any); len(tasks) != 1 {
			t.Errorf("the last page has %d tasks, want 1", len(tasks))
		}
		if cursor, ok := rest["next_cursor"]; ok {
			t.Errorf("the last page has a next_cursor: %v", cursor)
		}
		alice.do(t, "delete_task", map[string]any{"task_id": last.Tasks[0].ID})
		if full := alice.list(t, map[string]any{"limit": 100}); len(full.Tasks) != 100 || full.NextCursor != "" {
			t.Errorf("100 of 100: %d tasks, next_cursor %q; want no cursor", len(full.Tasks), full.NextCursor)
		}
	})
}

func TestStats(t *testing.T) {
	everywhere(t, func(t *testing.T, s *site) {
		alice := s.as(t, "alice")
		const none = `{"total":0,"pending":0,"completed":0,"overdue":0,"by_priority":{"high":0,"low":0,"medium":0},"by_category":{"home":0,"other":0,"personal":0,"work":0}}`
		if out := alice.do(t, "get_stats", nil); out.text() != none {
			t.Errorf("without tasks %s, want %s", out.text(), none)
		}
		want := statsResult{}
		if err := json.Unmarshal([]byte(none), &want); err != nil {
			t.Fatal(err)
		}
		for _, task := range sample(t, alice) {
			want.Total++
			if task.Completed {
				want.Completed++
			} else {
				want.Pending++
				if strings.HasPrefix(task.DueDate, "0001") {
					want.Overdue++
				}
			}
			want.ByPriority[store.Priority(task.Priority)]++
			want.ByCategory[store.Category(task.Category)]++
		}
		s.as(t, "bob").task(t, "create_task", map[string]any{"title": "not Alice's"})
		var got statsResult
		out := alice.do(t, "get_stats", map[string]any{}, mcp.Meta{metaTimezone: "UTC"})
		if err := json.Unmarshal(out.Structured, &got); err != nil {
			t.Fatal(err)
		}
		// Whether the dates of 2026 are past depends on the clock of this machine.
		var past int
		for _, task := range alice.list(t, map[string]any{"status": "pending", "limit": 100, "due_before": time.Now().UTC().Add(-24 * time.Hour).Format(time.DateOnly)}).Tasks {
			if !strings.HasPrefix(task.DueDate, "0001") {
				past++
			}
		}
		want.Overdue += past
		if string(mustMarshal(got)) != string(mustMarshal(want)) {
			t.Errorf("%s, want %s", mustMarshal(got), mustMarshal(want))
		}
	})
}
