package crash

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"taskwire/adapter/agent/agenttest"
)

// A wish is what people write here, and the model does: it counts that far and
// says "end", "tell" taking its time and "make" making a task of that name
// before it does. No two wishes have the same name.
type wish struct {
	verb string
	far  int
	name string
}

var wishes = regexp.MustCompile(`(say|tell|make) (\d+) ([a-z]+-\d+)`)

func (w wish) String() string { return fmt.Sprintf("%s %d %s", w.verb, w.far, w.name) }

// wished finds what the model was asked last. Behind an answer that left
// nothing, the message that led to it stands in one with the next.
func wished(req agenttest.Request) (w wish, ok bool) {
	for _, message := range slices.Backward(req.Messages) {
		found := wishes.FindAllStringSubmatch(message.Text(), -1)
		if len(found) == 0 || message.Role != "user" {
			continue
		}
		m := found[len(found)-1]
		far, err := strconv.Atoi(m[2])
		return wish{m[1], far, m[3]}, err == nil
	}
	return wish{}, false
}

// model does what people wish. What a tool has returned to it was acknowledged.
func (l *ledger) model(w *agenttest.Writer, req agenttest.Request) {
	wish, ok := wished(req)
	fromTool := req.Last().Role == "tool"
	if fromTool {
		l.returned(req.Last().Text())
	}
	switch {
	case strings.Contains(req.System(), "Write a title"):
		agenttest.Text("A title")(w, req)
	case !ok:
		l.fault("the model was asked %s", req.Body)
		agenttest.Text("What?")(w, req)
	case wish.verb == "make" && !fromTool:
		agenttest.Calls(agenttest.Call{Name: "create_task", Arguments: fmt.Sprintf(`{"title":%q}`, wish.name)})(w, req)
	default:
		wish.speak(w)
	}
}

func (w wish) speak(to *agenttest.Writer) {
	pause := 8 * time.Millisecond
	if w.verb == "tell" {
		pause = 60 * time.Millisecond
	}
	to.Begin()
	to.Delta(w.name + ":")
	for i := range w.far {
		time.Sleep(pause) // the pace of the model
		to.Delta(" " + strconv.Itoa(i))
	}
	to.Delta(" end")
	to.Finish("stop")
}

// whole reports whether a text of the model is all that it said, or is marked
// as what it is not.
func whole(text string) bool {
	return strings.HasSuffix(text, " end") || strings.HasSuffix(text, "…")
}

// returned notes a task that came back from a tool.
func (l *ledger) returned(text string) {
	var result struct{ Task taskJSON }
	if json.Unmarshal([]byte(text), &result) != nil || result.Task.ID == "" {
		return // an error, which promises nothing
	}
	user, _, _ := strings.Cut(result.Task.Title, "-")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made[user] = append(l.made[user], &task{id: result.Task.ID, may: []state{result.Task.state()}})
}
