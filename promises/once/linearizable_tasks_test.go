package once

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// A counter is where tasks are worked on: the tools, or REST.
type counter interface {
	do(ctx context.Context, replica, user int, in taskIn, id, stamp string) (wireTask, verdict, error)
	list(ctx context.Context, replica, user int) (tasks []wireTask, whole bool, err error)
	restart()
	admit(t testing.TB, names []string)
}

// A wireTask is a task as either sends it: one writes snakes, the other camels.
type wireTask struct {
	ID        string
	Title     string
	Completed bool
	Snake     string `json:"updated_at"`
	Camel     string `json:"updatedAt"`
}

func (w wireTask) stamp() string { return w.Snake + w.Camel }

func (w wireTask) out(v verdict) taskOut {
	return taskOut{v, w.Title, w.Completed, micros(w.stamp()), v == done && w.ID == ""}
}

func micros(stamp string) int64 {
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil {
		return 0
	}
	return at.UnixMicro()
}

// taskWork is tasks as a workload.
type taskWork struct {
	counter
	shelves [users]*shelf
}

func (w *taskWork) model() porcupine.Model { return taskModel }

func (w *taskWork) furnish(t testing.TB, name string) {
	t.Helper()
	var names []string
	names, w.shelves = newShelves(name)
	w.admit(t, names)
}

// step works on some task of the client's user. Whoever finds it gone makes a
// new one.
func (w *taskWork) step(c *client) {
	user := c.n % users
	place, id, stamp := w.shelves[user].pick(c.rng)
	var v verdict
	switch n := c.rng.IntN(100); {
	case id == "":
		v = missing
	case n < 66:
		v = w.ask(c, user, id, stamp, taskIn{op: get})
	case n < 70:
		w.look(c, user)
		return
	case n < 80:
		v = w.ask(c, user, id, "", taskIn{op: rename, title: c.name()})
	case n < 87:
		v = w.ask(c, user, id, "", taskIn{op: flip})
	case n < 92:
		v = w.ask(c, user, id, stamp, taskIn{op: rename, title: c.name(), version: micros(stamp)})
	case n < 96:
		v = w.ask(c, user, id, stamp, taskIn{op: flip, version: micros(stamp)})
	default:
		v = w.ask(c, user, id, "", taskIn{op: remove})
	}
	if v == missing {
		w.renew(c, user, place, id)
	}
}

func (w *taskWork) ask(c *client, user int, id, stamp string, in taskIn) verdict {
	ctx, cancel := c.patience()
	defer cancel()
	s := c.begin(c.n)
	task, v, err := w.do(ctx, c.replica, user, in, id, stamp)
	if c.turnedAway(err) {
		return lost
	}
	c.asked.Add(1)
	switch {
	case v != lost:
		if v == done && task.ID != "" {
			w.shelves[user].stamp(id, task.stamp())
		}
		s.ends(id, in, task.out(v))
	case in.op != get:
		s.isLost(id, in, taskOut{verdict: lost})
	}
	return v
}

// renew makes a task for a place whose own is gone.
func (w *taskWork) renew(c *client, user, place int, gone string) {
	ctx, cancel := c.patience()
	defer cancel()
	s := c.begin(c.n)
	in := taskIn{op: create, title: c.name()}
	task, v, err := w.do(ctx, c.replica, user, in, "", "")
	if c.turnedAway(err) {
		return
	}
	c.asked.Add(1)
	if v != done {
		return // if there is one now, nobody knows its id
	}
	s.ends(task.ID, in, task.out(v))
	if !w.shelves[user].replace(place, gone, task.ID) {
		w.ask(c, user, task.ID, "", taskIn{op: remove})
	}
}

// look lists the tasks, which is a look at each. One that the list lacks was
// gone.
func (w *taskWork) look(c *client, user int) {
	ctx, cancel := c.patience()
	defer cancel()
	known := w.shelves[user].all()
	s := c.begin(c.n)
	tasks, whole, err := w.list(ctx, c.replica, user)
	if c.turnedAway(err) {
		return
	}
	c.asked.Add(1)
	if err != nil {
		return
	}
	in := taskIn{op: get}
	for _, id := range known {
		i := slices.IndexFunc(tasks, func(task wireTask) bool { return task.ID == id })
		switch {
		case i >= 0:
			s.ends(id, in, tasks[i].out(done))
		case whole && id != "":
			s.ends(id, in, taskOut{verdict: missing})
		}
	}
}
