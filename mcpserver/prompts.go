package main

import (
	"context"
	"embed"
	"strings"
	"text/template"
	"time"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"taskwire/store"
)

//go:embed prompts/*.md
var promptFiles embed.FS

var promptTemplates = template.Must(template.New("").
	Funcs(template.FuncMap{"line": taskLine}).
	ParseFS(promptFiles, "prompts/*.md"))

// languages that the prompts are written in, the default first.
var languages = []string{"en", "ur"}

// promptTasks is how many tasks a section of a prompt names at the most: a
// prompt is read by a person too.
const promptTasks = 25

// A prompt is a text with the user's tasks in it, in every language.
type prompt struct {
	name, title, description string
	sections                 func(promptReader) (any, error)
}

var allPrompts = []prompt{
	{
		name: "plan_my_day", title: "Plan my day",
		description: "Plans today from the tasks that are overdue, due today, or important",
		sections:    dayPlan,
	},
	{
		name: "weekly_review", title: "Weekly review",
		description: "Looks back on what was done in the last seven days and ahead on the next seven",
		sections:    weekReview,
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
	tmpl := promptTemplates.Lookup(p.name + "." + language + ".md")
	if tmpl == nil {
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
	data, err := p.sections(promptReader{ctx, tasks, user, ts.now().In(meta.zone)})
	if err != nil {
		return nil, ts.protocolError(ctx, p.name, err)
	}
	var text strings.Builder
	if err := tmpl.Execute(&text, data); err != nil {
		return nil, ts.protocolError(ctx, p.name, err)
	}
	return &mcp.GetPromptResult{
		Description: p.description,
		Messages:    []*mcp.PromptMessage{{Role: "user", Content: &mcp.TextContent{Text: text.String()}}},
	}, nil
}

// A promptReader reads the tasks of one user for one prompt.
type promptReader struct {
	ctx   context.Context
	tasks *store.Tasks
	user  string
	now   time.Time // in the user's zone
}

// day returns the calendar date that lies n days from today.
func (r promptReader) day(n int) store.Due {
	due, err := store.ParseDue(r.now.AddDate(0, 0, n).Format(time.DateOnly))
	if err != nil {
		panic(err) // a formatted date parses
	}
	return due
}

func (r promptReader) list(f store.Filter) ([]store.Task, error) {
	f.Zone, f.Limit = r.now.Location(), promptTasks
	page, err := r.tasks.List(r.ctx, r.user, f)
	return page.Tasks, err
}

type dayData struct {
	Date, Zone                string
	Overdue, DueToday, Urgent []store.Task
}

func dayPlan(r promptReader) (any, error) {
	data := dayData{Date: r.now.Format(time.DateOnly), Zone: r.now.Location().String()}
	open := store.Filter{Completed: new(false), SortBy: "due_date", Ascending: true}
	overdue, today, urgent := open, open, open
	overdue.Before = r.day(-1)
	today.After, today.Before = r.day(0), r.day(0)
	urgent.Priority = store.High
	var err error
	if data.Overdue, err = r.list(overdue); err != nil {
		return nil, err
	}
	if data.DueToday, err = r.list(today); err != nil {
		return nil, err
	}
	all, err := r.list(urgent)
	if err != nil {
		return nil, err
	}
	data.Urgent = without(all, data.Overdue, data.DueToday)
	return data, nil
}

type weekData struct {
	Date, Zone              string
	Done, Overdue, Upcoming []store.Task
	Stats                   store.Stats
}

func weekReview(r promptReader) (any, error) {
	data := weekData{Date: r.now.Format(time.DateOnly), Zone: r.now.Location().String()}
	done, err := r.list(store.Filter{Completed: new(true), SortBy: "updated_at"})
	if err != nil {
		return nil, err
	}
	weekAgo := r.now.AddDate(0, 0, -7)
	for _, t := range done {
		if t.UpdatedAt.After(weekAgo) {
			data.Done = append(data.Done, t)
		}
	}
	open := store.Filter{Completed: new(false), SortBy: "due_date", Ascending: true}
	overdue, upcoming := open, open
	overdue.Before = r.day(-1)
	upcoming.After, upcoming.Before = r.day(0), r.day(7)
	if data.Overdue, err = r.list(overdue); err != nil {
		return nil, err
	}
	if data.Upcoming, err = r.list(upcoming); err != nil {
		return nil, err
	}
	data.Stats, err = r.tasks.Stats(r.ctx, r.user, r.now, r.now.Location())
	return data, err
}

// without returns the tasks that stand in none of the lists.
func without(tasks []store.Task, lists ...[]store.Task) []store.Task {
	seen := map[string]bool{}
	for _, list := range lists {
		for _, t := range list {
			seen[t.ID] = true
		}
	}
	var rest []store.Task
	for _, t := range tasks {
		if !seen[t.ID] {
			rest = append(rest, t)
		}
	}
	return rest
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

// protocolError words a failure outside a tool: there is no isError there.
func (ts *toolset) protocolError(ctx context.Context, what string, err error) error {
	ts.logger.ErrorContext(ctx, "request failed", "what", what, "err", err)
	return errInternal
}
