package main

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// task is a task as the tools give it.
type task struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
	Priority    string `json:"priority"`
	Category    string `json:"category"`
	Status      string `json:"status"`
	Completed   bool   `json:"completed"`
	DueDate     string `json:"due_date"`
	CreatedAt   string `json:"created_at"`
	UpdatedAt   string `json:"updated_at"`
}

// restTask is the same in the REST face.
type restTask struct {
	ID          string `json:"id"`
	UserID      string `json:"userId"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	Priority    string `json:"priority"`
	Category    string `json:"category"`
	Status      string `json:"status"`
	Completed   bool   `json:"completed"`
	DueDate     string `json:"dueDate,omitempty"`
	CreatedAt   string `json:"createdAt"`
	UpdatedAt   string `json:"updatedAt"`
}

func (t task) rest(user string) restTask {
	return restTask{
		ID: t.ID, UserID: user, Title: t.Title, Description: t.Description, Priority: t.Priority, Category: t.Category,
		Status: t.Status, Completed: t.Completed, DueDate: t.DueDate, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
}

// etag names this version of the task: the tools change updated_at with every
// change, and compare it themselves.
func (t task) etag() string { return `"` + t.UpdatedAt + `"` }

type taskStats struct {
	Total      int            `json:"total"`
	Pending    int            `json:"pending"`
	Completed  int            `json:"completed"`
	Overdue    int            `json:"overdue"`
	ByPriority map[string]int `json:"by_priority"`
	ByCategory map[string]int `json:"by_category"`
}

type restStats struct {
	Total      int            `json:"total"`
	Pending    int            `json:"pending"`
	Completed  int            `json:"completed"`
	Overdue    int            `json:"overdue"`
	ByPriority map[string]int `json:"byPriority"`
	ByCategory map[string]int `json:"byCategory"`
}

func writeTask(c *gin.Context, status int, user string, t task) error {
	c.Writer.Header().Set("ETag", t.etag())
	writeJSON(c, status, t.rest(user))
	return nil
}

// snakeCase turns dueDate into due_date.
func snakeCase(name string) string {
	var out strings.Builder
	for _, r := range name {
		if 'A' <= r && r <= 'Z' {
			out.WriteByte('_')
			r += 'a' - 'A'
		}
		out.WriteRune(r)
	}
	return out.String()
}

// camelNames turns the fields that the tools' sentences name into ours.
var camelNames = strings.NewReplacer(
	"due_date", "dueDate", "due_after", "dueAfter", "due_before", "dueBefore", "task_id", "taskId",
	"sort_by", "sortBy", "sort_order", "sortOrder", "created_at", "createdAt", "updated_at", "updatedAt",
	"_meta taskwire/call-id", "Idempotency-Key", "idempotency_key", "Idempotency-Key",
	"list_tasks", "this list", "toggle_complete", "PATCH …/complete", "\n", " ",
)

// ifMatch gives the version that a change depends on, empty for any (RFC 9110
// section 13.1.1). Of several tags it is the one that the task has now.
func (s *server) ifMatch(c *gin.Context, user string) (string, error) {
	given := c.Request.Header.Values("If-Match")
	tags := splitTags(given)
	switch {
	case len(given) == 0 || len(tags) == 1 && tags[0] == "*":
		return "", nil
	case len(tags) == 1 && isVersion(tags[0]):
		return strings.Trim(tags[0], `"`), nil
	}
	t, err := s.oneTask(c, user, "get_task", map[string]any{"task_id": c.Param("task_id")}, "")
	if err != nil {
		return "", err
	}
	if !anyTag(given, t.etag(), false) {
		return "", errStale
	}
	return t.UpdatedAt, nil
}

var errStale = refuse(http.StatusPreconditionFailed, "stale", "The task has changed since it was read; read it again, then decide.")

func splitTags(headers []string) (tags []string) {
	for _, header := range headers {
		for tag := range strings.SplitSeq(header, ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

// anyTag reports whether one of the tags is etag, or any. Weak ones count only
// where that does no harm.
func anyTag(headers []string, etag string, weak bool) bool {
	for _, tag := range splitTags(headers) {
		if weak {
			tag = strings.TrimPrefix(tag, "W/")
		}
		if tag == etag || tag == "*" {
			return true
		}
	}
	return false
}

// isVersion reports whether a tag can be one of ours, to the letter: others
// match no task, and are not for the tools to judge.
func isVersion(tag string) bool {
	inner := strings.Trim(tag, `"`)
	at, err := time.Parse(time.RFC3339Nano, inner)
	return err == nil && !at.IsZero() && at.Nanosecond()%1000 == 0 &&
		tag == `"`+at.UTC().Format(time.RFC3339Nano)+`"`
}
