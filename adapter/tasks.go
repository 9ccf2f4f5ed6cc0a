package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"taskwire/adapter/agent"
	"taskwire/edge"
)

// The REST face of the tasks: each request is one call of a tool, over MCP, as
// the user who calls. The rules are the tools'; here names and statuses are
// translated.

// ownTasks serves those whose path this is.
func (s *server) ownTasks(h handler) gin.HandlerFunc {
	return s.forUser(func(c *gin.Context, user string) error {
		if c.Param("user_id") != user {
			return refuse(http.StatusForbidden, "forbidden", "This path is another user's; yours begins with your own user id.")
		}
		return s.readsLimited(h)(c, user)
	})
}

// maxTaskBody is ample for a title of 255 characters and a description of 1,000.
const maxTaskBody = 64 << 10

func (s *server) listTasks(c *gin.Context, user string) error {
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil {
		return errQuery
	}
	args, err := listArguments(query)
	if err != nil {
		return err
	}
	var page struct {
		Tasks []task `json:"tasks"`
		Next  string `json:"next_cursor"`
	}
	if err := s.callTool(c, user, "list_tasks", args, "", &page); err != nil {
		return err
	}
	out := make([]restTask, len(page.Tasks))
	for i, t := range page.Tasks {
		out[i] = t.rest(user)
	}
	if page.Next != "" {
		query.Set("cursor", page.Next)
		c.Writer.Header().Set("Link", "<"+s.cfg.publicURL+tasksPath(user)+"?"+query.Encode()+`>; rel="next"`)
	}
	writeJSON(c, http.StatusOK, out)
	return nil
}

func tasksPath(user string) string { return "/api/" + url.PathEscape(user) + "/tasks" }

func (s *server) createTask(c *gin.Context, user string) error {
	args, err := readArguments(c, "title", "description", "priority", "category", "dueDate")
	if err != nil {
		return err
	}
	t, err := s.oneTask(c, user, "create_task", args, "")
	if err != nil {
		return err
	}
	c.Writer.Header().Set("Location", tasksPath(user)+"/"+url.PathEscape(t.ID))
	return writeTask(c, http.StatusCreated, user, t)
}

func (s *server) getTask(c *gin.Context, user string) error {
	t, err := s.oneTask(c, user, "get_task", map[string]any{"task_id": c.Param("task_id")}, "")
	if err != nil {
		return err
	}
	if tags := c.Request.Header.Values("If-None-Match"); len(tags) > 0 && anyTag(tags, t.etag(), true) {
		c.Writer.Header().Set("ETag", t.etag())
		c.Writer.WriteHeader(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return nil
	}
	return writeTask(c, http.StatusOK, user, t)
}

func (s *server) updateTask(c *gin.Context, user string) error {
	args, err := readArguments(c, "title", "description", "priority", "category", "dueDate")
	if err != nil {
		return err
	}
	return s.changeTask(c, user, "update_task", args)
}

func (s *server) completeTask(c *gin.Context, user string) error {
	args, err := readArguments(c, "completed")
	if err != nil {
		return err
	}
	return s.changeTask(c, user, "toggle_complete", args)
}

func (s *server) changeTask(c *gin.Context, user, tool string, args map[string]any) error {
	version, err := s.ifMatch(c, user)
	if err != nil {
		return err
	}
	args["task_id"] = c.Param("task_id")
	t, err := s.oneTask(c, user, tool, args, version)
	if err != nil {
		return err
	}
	return writeTask(c, http.StatusOK, user, t)
}

func (s *server) deleteTask(c *gin.Context, user string) error {
	version, err := s.ifMatch(c, user)
	if err != nil {
		return err
	}
	if _, err := s.oneTask(c, user, "delete_task", map[string]any{"task_id": c.Param("task_id")}, version); err != nil {
		return err
	}
	c.Writer.WriteHeader(http.StatusNoContent)
	c.Writer.WriteHeaderNow()
	return nil
}

func (s *server) taskStats(c *gin.Context, user string) error {
	var stats taskStats
	if err := s.callTool(c, user, "get_stats", map[string]any{}, "", &stats); err != nil {
		return err
	}
	writeJSON(c, http.StatusOK, restStats(stats))
	return nil
}

// oneTask calls a tool that answers with a task.
func (s *server) oneTask(c *gin.Context, user, tool string, args map[string]any, version string) (task, error) {
	var out struct {
		Task task `json:"task"`
	}
	err := s.callTool(c, user, tool, args, version, &out)
	return out.Task, err
}

// callTool calls a tool once; what it refuses comes back as a problem. With an
// idempotency key the tool itself makes sure that the call takes effect once,
// whatever becomes of this program.
func (s *server) callTool(c *gin.Context, user, tool string, args map[string]any, version string, out any) error {
	zone, err := s.timezone(c.Request)
	if err != nil {
		return err
	}
	key, err := idempotencyKey(c.Request)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	call := agent.ToolCall{Name: tool, Arguments: raw, Timezone: zone, IfUpdatedAt: version}
	if key != "" && c.Request.Method != http.MethodGet {
		call.CallID = restCallID(key)
	}
	ctx, cancel := inTime(c.Request.Context())
	defer cancel()
	result, err := s.tools.Call(ctx, user, call)
	switch {
	case err != nil:
		return toolsAway(err)
	case result.IsError:
		return toolProblem(result)
	}
	if err := json.Unmarshal(result.Structured, out); err != nil {
		return errors.New("a tool's result is not what it should be: " + tool)
	}
	return nil
}

// timezone is what "today" means to the user: X-Timezone, else the program's.
func (s *server) timezone(r *http.Request) (string, error) {
	name := r.Header.Get("X-Timezone")
	if name == "" {
		return s.cfg.zone.String(), nil
	}
	if _, err := edge.LoadZone(name); err != nil {
		return "", refuse(http.StatusBadRequest, "invalid", "X-Timezone: must be an IANA time zone such as Asia/Karachi.")
	}
	return name, nil
}

// listQuery says which argument of list_tasks a query parameter is.
var listQuery = map[string]string{
	"status": "status", "priority": "priority", "category": "category", "search": "search",
	"dueAfter": "due_after", "dueBefore": "due_before", "sortBy": "sort_by", "sortOrder": "sort_order",
	"limit": "limit", "cursor": "cursor",
}

func listArguments(query url.Values) (map[string]any, error) {
	args := map[string]any{}
	for name, values := range query {
		argument, known := listQuery[name]
		switch {
		case !known:
			return nil, invalidField(name, "no such parameter; there are status, priority, category, search, dueAfter, dueBefore, sortBy, sortOrder, limit and cursor")
		case len(values) > 1:
			return nil, invalidField(name, "given more than once")
		case !utf8.ValidString(values[0]):
			return nil, invalidField(name, "must be text in UTF-8")
		case name == "limit":
			n, err := strconv.Atoi(values[0])
			if err != nil {
				return nil, invalidField(name, "must be a whole number")
			}
			args[argument] = n
		case name == "sortBy":
			args[argument] = snakeCase(values[0])
		default:
			args[argument] = values[0]
		}
	}
	return args, nil
}

// readArguments reads a body whose fields are those named, and gives them the
// names that the tools know.
func readArguments(c *gin.Context, fields ...string) (map[string]any, error) {
	given := map[string]any{}
	if err := readJSON(c, maxTaskBody, &given, fields...); err != nil {
		return nil, err
	}
	args := map[string]any{}
	for _, field := range fields {
		if value, ok := given[field]; ok {
			args[snakeCase(field)] = value
			delete(given, field)
		}
	}
	for name := range given {
		hint := "no such field here; there are " + strings.Join(fields, ", ")
		if name == "completed" {
			hint += "; to complete a task: PATCH …/complete"
		}
		return nil, invalidField(name, hint)
	}
	return args, nil
}

// maxFieldName bounds how much of a name that we do not know is given back.
const maxFieldName = 64

func invalidField(name, problem string) error {
	if len(name) > maxFieldName {
		name = strings.ToValidUTF8(name[:maxFieldName], "") + "…"
	}
	return refuse(http.StatusBadRequest, "invalid", name+": "+problem+".")
}
