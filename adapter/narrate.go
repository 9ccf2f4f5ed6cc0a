package main

import (
	"errors"
	"slices"

	"taskwire/adapter/agent"
	"taskwire/adapter/chatkit"
)

// A narrator turns the events of one run into those of ChatKit: text as it
// comes, tool calls as the steps of a workflow, tasks as widgets. Beside what
// is shown it stores what the model said and called, for the turns to come:
// each step when it is over, so that an answer which is stopped later does not
// make the model forget what it has done.
type narrator struct {
	turn   *chatkit.Turn
	voices *voices

	agent  string                 // who speaks
	text   *chatkit.MessageStream // open while text comes
	whole  bool                   // nothing comes to text any more
	steps  steps
	cards  cards
	stored int // messages of the run
}

// tell shows an event at once, but a text whose next piece is at hand with that.
func (n *narrator) tell(e agent.Event) error {
	err := n.take(e)
	if _, more := e.(agent.TextDelta); more || err != nil {
		return err
	}
	return n.turn.Flush()
}

func (n *narrator) take(e agent.Event) error {
	if n.whole {
		if err := n.endText(); err != nil {
			return err
		}
	}
	switch e := e.(type) {
	case agent.AgentStarted:
		n.agent = e.Name
		n.voices.speaks(n.turn.User, n.turn.Thread.ID, e.Name)
		return n.turn.Progress(e.Label, "agent")
	case agent.TextDelta:
		return n.write(e.Text)
	case agent.TextDone, agent.TextUnfinished:
		n.whole = n.text != nil // it may be the last: then it is stored with the end
	case agent.ToolStarted:
		return n.steps.begin(n.turn, e)
	case agent.ToolFinished:
		n.cards.note(e)
		return n.steps.end(e)
	case agent.StepDone:
		if err := n.turn.Remember(n.record(e.Messages)); err != nil {
			return err
		}
		n.stored += len(e.Messages)
	case agent.LimitReached:
		return errors.Join(n.closeSteps(), n.turn.Notify(chatkit.NoticeWarning, e.Message))
	}
	return nil
}

// write appends to the answer. The steps that led to it are closed, and so
// stored, before it begins.
func (n *narrator) write(delta string) (err error) {
	if n.text == nil {
		if err := n.closeSteps(); err != nil {
			return err
		}
		if n.text, err = n.turn.StartMessage(); err != nil {
			return err
		}
	}
	return n.text.Write(delta)
}

func (n *narrator) endText() error {
	if n.text == nil {
		return nil
	}
	text := n.text
	n.text, n.whole = nil, false
	return text.Done()
}

// closeSteps stores the workflow, and shows the tasks that it was about.
func (n *narrator) closeSteps() error {
	if err := n.steps.close(); err != nil {
		return err
	}
	return n.cards.show(n.turn)
}

// finish stores what is left of the run, for a turn that goes on.
func (n *narrator) finish(r agent.Result) error {
	err := errors.Join(n.endText(), n.closeSteps())
	if rest := r.Messages[n.stored:]; err == nil && len(rest) > 0 {
		err = n.turn.Remember(n.record(rest))
	}
	if err != nil {
		return err
	}
	return n.turn.Flush()
}

// end does the same for a turn that is over now: at its end.
func (n *narrator) end(r agent.Result) error {
	if err := n.closeSteps(); err != nil {
		return err
	}
	if n.text != nil {
		if err := n.text.DoneAtEnd(); err != nil {
			return err
		}
	}
	return n.atEnd(r.Messages[n.stored:])
}

// interrupted keeps what the tools did in the step in which a run was stopped,
// and ends the steps that are shown.
func (n *narrator) interrupted(r agent.Result) error {
	err := n.steps.interrupt()
	rest := r.Messages[n.stored:]
	if !slices.ContainsFunc(rest, func(m agent.Message) bool { return m.Role == agent.RoleTool }) {
		return err
	}
	return errors.Join(err, n.atEnd(rest))
}

func (n *narrator) atEnd(rest []agent.Message) error {
	if len(rest) == 0 {
		return nil
	}
	hidden, err := n.record(rest).item()
	if err != nil {
		return err
	}
	return n.turn.AtEnd(hidden)
}

func (n *narrator) record(messages []agent.Message) storedRun {
	return storedRun{Kind: kindRun, Agent: n.agent, Messages: messages}
}
