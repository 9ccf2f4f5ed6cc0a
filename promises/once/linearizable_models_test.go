package once

import (
	"strings"

	"github.com/anishathalye/porcupine"
)

// A taskState is all that there is to a task. The version is that of its last
// change, 0 while nobody has been told of it.
type taskState struct {
	made, gone bool
	title      string
	completed  bool
	version    int64
}

// What is done with a task.
const (
	create = "create"
	get    = "get"
	rename = "rename"
	flip   = "flip"
	remove = "delete"
)

type taskIn struct {
	op      string
	title   string // for create and rename
	version int64  // to be changed only if it is this one; 0: whichever
}

type taskOut struct {
	verdict
	title     string
	completed bool
	version   int64
	bare      bool // the answer does not say how the task was
}

var taskModel = porcupine.Model{
	Init: func() any { return taskState{} },
	Step: func(state, in, out any) (bool, any) { return state.(taskState).step(in.(taskIn), out.(taskOut)) },
}

func (s taskState) step(in taskIn, out taskOut) (bool, taskState) {
	switch {
	case in.op == create:
		return !s.made, taskState{made: true, title: in.title, completed: out.completed, version: out.version}
	case !s.made:
		return false, s
	case out.verdict == missing:
		return s.gone, s
	case out.verdict == stale:
		return !s.gone && s.version != in.version, s
	}
	unmet := s.gone || in.version != 0 && s.version != in.version
	if unmet {
		return out.verdict == lost, s
	}
	next := s
	switch in.op {
	case rename:
		next.title = in.title
	case flip:
		next.completed = !s.completed
	case remove:
		next.gone = true
	}
	if out.verdict == lost {
		next.version = 0
		return true, next
	}
	if out.bare {
		return true, next
	}
	next.version = out.version
	same := next.title == out.title && next.completed == out.completed
	if in.op == rename || in.op == flip {
		return same && out.version > s.version, next
	}
	return same && (s.version == 0 || out.version == s.version), next
}

// A threadState is a thread's title, empty while nobody has been told of it,
// and its items: their texts, each of which there is once.
type threadState struct {
	made, gone bool
	title      string
	items      string
}

// What is done with a thread, beside create, get, rename and remove.
const (
	appendItem = "append"
	items      = "items"
	titles     = "titles"
)

type threadIn struct {
	op   string
	text string // the title, or that of an item
}

type threadOut struct {
	verdict
	title string
	items string
	part  bool // there are more items than were given
}

var threadModel = porcupine.Model{
	Init: func() any { return threadState{} },
	Step: func(state, in, out any) (bool, any) { return state.(threadState).step(in.(threadIn), out.(threadOut)) },
}

func (s threadState) step(in threadIn, out threadOut) (bool, threadState) {
	next := s
	switch {
	case in.op == create:
		return !s.made, threadState{made: true, title: out.title, items: out.items}
	case !s.made:
		return false, s
	case in.op == remove: // says the same whether there was anything
		next.gone = true
		return true, next
	case out.verdict == missing:
		return s.gone, s
	case s.gone:
		return out.verdict == lost, s
	case in.op == rename:
		next.title = in.text
		return out.verdict == lost || out.title == in.text, next
	case in.op == appendItem:
		message, answers := strings.CutPrefix(in.text, reply(""))
		next.items += "|" + in.text
		return !answers || strings.Contains(s.items+"|", "|"+message+"|"), next
	}
	if in.op != items {
		if next.title = out.title; s.title != "" && s.title != out.title {
			return false, s
		}
	}
	if in.op != titles && !out.part && s.items != out.items {
		return false, s
	}
	return true, next
}
