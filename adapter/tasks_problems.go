package main

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"taskwire/adapter/agent"
	"taskwire/edge"
)

// toolStatuses maps the word in a tool's _meta "taskwire/error" to a status.
// The sentence beside it is for people and goes on as it is.
var toolStatuses = map[string]int{
	"invalid":      http.StatusBadRequest,
	"not_found":    http.StatusNotFound,
	"stale":        http.StatusPreconditionFailed,
	"key_reused":   http.StatusUnprocessableEntity,
	"unavailable":  http.StatusServiceUnavailable,
	"rate_limited": http.StatusTooManyRequests,
}

// toolProblem turns what a tool refused into a problem.
func toolProblem(result agent.ToolResult) error {
	status, known := toolStatuses[result.Code]
	switch {
	case !known:
		return errors.New("a tool failed: " + result.Code)
	case status == http.StatusNotFound:
		return errNotFound
	case status == http.StatusPreconditionFailed:
		return errStale
	}
	problem := refuse(status, result.Code, sentence(camelNames.Replace(result.Text)))
	if status == http.StatusTooManyRequests {
		return later(waitOf(result.Text), problem)
	}
	return problem
}

// sentence begins with a capital, unless with a field's name, and ends with a
// full stop.
func sentence(text string) string {
	if text == "" {
		return "The tools refused this."
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	if first, _, _ := strings.Cut(text, " "); !strings.HasSuffix(first, ":") {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

var seconds = regexp.MustCompile(`(\d{1,4}) s\b`)

// waitOf reads how long the tools said to wait.
func waitOf(text string) time.Duration {
	if m := seconds.FindStringSubmatch(text); m != nil {
		n, _ := strconv.Atoi(m[1])
		return time.Duration(n) * time.Second
	}
	return retryAfter
}

// toolsAway is for calls that did not come back: whether they took effect is
// not known.
func toolsAway(err error) error {
	return &edge.Refusal{
		Status: http.StatusServiceUnavailable, Code: "tools_unavailable", Err: err,
		Detail: "The tools are out of reach. Try again in a moment.",
	}
}
