package main

import (
	"context"
	"embed"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store"
)

//go:embed prompts/*.md
var promptFiles embed.FS

// languages that the prompts are written in, the default first.
var languages = []string{"en", "ur"}

// noTasks stands where a section of a prompt is empty, moreTasks where it has
// more than it shows.
var (
	noTasks   = map[string]string{"en": "- none", "ur": "- کوئی نہیں"}
	moreTasks = map[string]string{"en": "- and more: list_tasks shows them", "ur": "- اور بھی ہیں: list_tasks سے دیکھیں"}
)

// promptTasks is how many tasks a section of a prompt names at the most: a
// prompt is read by a person too.
const promptTasks = 25

// A prompt is a text with the user's tasks in it, in every language.
type prompt struct {
	name, title, description string
	// fill gives what replaces each {{word}} of the text.
	fill func(promptReader) (map[string]string, error)
}

var allPrompts = []prompt{
	{
		name: "plan_my_day", title: "Plan my day",
		description: "Plans today from the tasks that are overdue, due today, or important",
		fill:        dayPlan,
	},
	{
		name: "weekly_review", title: "Weekly review",
		description: "Looks back on what was done in the last seven days and ahead on the next seven",
		fill:        weekReview,
	},
}

func (ts *toolset) addPrompts(server *mcp.Server) {
	for _, p := range allPrompts {
		server.AddPrompt(&mcp.Prompt{
			Name: p.name, Title: p.title, Description: p.description,
			Arguments: []*mcp.PromptArgument{{
				Name: "language", Title: "Language", Description: "en (English, the default) or ur (Urdu)",
			}},
		}, func(ctx context.Context, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
			return ts.prompt(ctx, p, req)
		})
	}
}

func (ts *toolset) prompt(ctx context.Context, p prompt, req *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
	user, err := ts.caller(req)
	if err != nil {
		return nil, err
	}
	language := req.Params.Arguments["language"]
	if language == "" {
		language = languages[0]
	}
	text, err := promptFiles.ReadFile("prompts/" + p.name + "." + language + ".md")
	if err != nil || noTasks[language] == "" {
		return nil, invalidParams("language: must be one of " + strings.Join(languages, ", "))
	}
	for name := range req.Params.Arguments {
		if name != "language" {
			return nil, invalidParams(clip(name) + ": no such argument; allowed is language")
		}
	}
	meta, err := ts.readMeta(req.Params.Meta)
	if err != nil {
		return nil, invalidParams(err.Error())
	}
	tasks, err := ts.tasks(ctx)
	if err != nil {
		return nil, ts.protocolError(ctx, p.name, err)
	}
	words, err := p.fill(promptReader{ctx, tasks, user, ts.now().In(meta.zone), language})
	if err != nil {
		return nil, ts.protocolError(ctx, p.name, err)
	}
	return &mcp.GetPromptResult{
		Description: p.description,
		Messages:    []*mcp.PromptMessage{{Role: "user", Content: &mcp.TextContent{Text: expand(string(text), words)}}},
	}, nil
}

// A promptReader reads the tasks of one user for one prompt.
type promptReader struct {
	ctx   context.Context
	tasks *store.Tasks
	user  string
	now   time.Time // in the user's zone

	language string
}

// expand replaces the words in double braces, all at once: what a title says
// is not looked at again.
func expand(text string, words map[string]string) string {
	var pairs []string
	for word, value := range words {
		pairs = append(pairs, "{{"+word+"}}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// words are those that every prompt has.
func (r promptReader) words() map[string]string {
	return map[string]string{"date": r.now.Format(time.DateOnly), "zone": r.now.Location().String()}
}

// lines writes tasks one a line, or that there are none. A prompt that left some
// out without a word would mislead.
func (r promptReader) lines(tasks []store.Task) string {
	if len(tasks) == 0 {
		return noTasks[r.language]
	}
	var lines []string
	for _, t := range tasks[:min(len(tasks), promptTasks)] {
		lines = append(lines, taskLine(t))
	}
	if len(tasks) > promptTasks {
		lines = append(lines, moreTasks[r.language])
	}
	return strings.Join(lines, "\n")
}

// day returns the calendar date that lies n days from today.
func (r promptReader) day(n int) store.Due {
	due, err := store.ParseDue(r.now.AddDate(0, 0, n).Format(time.DateOnly))
	if err != nil {
		panic(err) // a formatted date parses
	}
	return due
}

// lists reads the first tasks of each filter.
func (r promptReader) lists(filters ...store.Filter) ([][]store.Task, error) {
	out := make([][]store.Task, len(filters))
	for i, f := range filters {
		f.Zone, f.Limit = r.now.Location(), promptTasks+1 // one more, to know that there is
		page, err := r.tasks.List(r.ctx, r.user, f)
		if err != nil {
			return nil, err
		}
		out[i] = page.Tasks
	}
	return out, nil
}

func dayPlan(r promptReader) (map[string]string, error) {
	open := store.Filter{Completed: new(false), SortBy: "due_date", Ascending: true}
	overdue, today, urgent := open, open, open
	overdue.Before = r.day(-1)
	today.After, today.Before = r.day(0), r.day(0)
	urgent.Priority = store.High
	lists, err := r.lists(overdue, today, urgent)
	if err != nil {
		return nil, err
	}
	words := r.words()
	words["overdue"], words["today"] = r.lines(lists[0]), r.lines(lists[1])
	words["urgent"] = r.lines(without(lists[2], lists[0], lists[1]))
	return words, nil
}

func weekReview(r promptReader) (map[string]string, error) {
	open := store.Filter{Completed: new(false), SortBy: "due_date", Ascending: true}
	overdue, upcoming := open, open
	overdue.Before = r.day(-1)
	upcoming.After, upcoming.Before = r.day(0), r.day(7)
	lists, err := r.lists(store.Filter{Completed: new(true), SortBy: "updated_at"}, overdue, upcoming)
	if err != nil {
		return nil, err
	}
	stats, err := r.tasks.Stats(r.ctx, r.user, r.now, r.now.Location())
	if err != nil {
		return nil, err
	}
	weekAgo := r.now.AddDate(0, 0, -7)
	done := slices.DeleteFunc(lists[0], func(t store.Task) bool { return t.UpdatedAt.Before(weekAgo) })
	words := r.words()
	words["done"], words["overdue"], words["upcoming"] = r.lines(done), r.lines(lists[1]), r.lines(lists[2])
	words["total_count"], words["pending_count"] = strconv.Itoa(stats.Total), strconv.Itoa(stats.Pending)
	words["completed_count"], words["overdue_count"] = strconv.Itoa(stats.Completed), strconv.Itoa(stats.Overdue)
	return words, nil
}

// without returns the tasks that stand in none of the lists.
func without(tasks []store.Task, lists ...[]store.Task) []store.Task {
	others := slices.Concat(lists...)
	return slices.DeleteFunc(tasks, func(t store.Task) bool {
		return slices.ContainsFunc(others, func(o store.Task) bool { return o.ID == t.ID })
	})
}

// taskLine is a task on one line of a prompt. The title is quoted and made
// neutral: it is data that anybody may have written.
func taskLine(t store.Task) string {
	line := "- «" + neutral(t.Title) + "» (" + string(t.Priority) + ", " + string(t.Category)
	if !t.Due.IsZero() {
		line += ", " + t.Due.Text
	}
	return line + ", id " + t.ID + ")"
}

func invalidParams(text string) error {
	return &jsonrpc.Error{Code: jsonrpc.CodeInvalidParams, Message: text}
}

// unavailable is what passes by itself; JSON-RPC has no code of its own for it.
func unavailable(text string) error {
	return &jsonrpc.Error{Code: jsonrpc.CodeInternalError, Message: text}
}

// protocolError words a failure outside a tool: there is no isError there.
func (ts *toolset) protocolError(ctx context.Context, what string, err error) error {
	if errors.Is(err, store.ErrUnavailable) {
		ts.logger.WarnContext(ctx, "request failed", "what", what, "err", err)
		return unavailable("temporarily unavailable; try again in a moment")
	}
	ts.logger.ErrorContext(ctx, "request failed", "what", what, "err", err)
	return errInternal
}
