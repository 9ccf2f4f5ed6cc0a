package demo

// stateEnglishAsked reads a question about how a task stands: "is buy milk
// done?", "did I finish the gym?", "when is the report due?". A question that
// names no state is another's.
func (p *parser) stateEnglishAsked() (command, bool) {
	s := p.rest.trimLeft(fillers)
	if _, sp, ok := find(s, embedded); ok {
		s = s.part(sp.until, len(s.words))
	}
	evidence := p.hasValues() && opensQuestion(p.full.trimLeft(fillers))
	for {
		if n := lengthAt(s, 0, deedAsked); n > 0 {
			evidence = true
			s = s.part(n, len(s.words))
		} else if n := lengthAt(s, 0, stateHeads); n > 0 {
			s = s.part(n, len(s.words))
		} else {
			break
		}
	}
	s = s.trim(nothing)
	if n := lengthAt(s, 0, ownDoing); evidence && n > 0 {
		s = s.part(n, len(s.words))
	}
	s, ended := withoutState(s)
	if !evidence && !ended {
		return command{}, false
	}
	return command{do: tell, target: targetOf(s)}, true
}

// withoutState takes the words for a state off the end: "buy milk finished yet".
func withoutState(s *sentence) (rest *sentence, found bool) {
	for {
		s = s.trimRight(nothing)
		last := len(s.words) - 1
		n := max(s.phraseBefore(states, last+1), s.phraseBefore(asDone, last+1), s.phraseBefore(asOpen, last+1), s.phraseBefore(overdueWords, last+1))
		if n == 0 && last > 0 && !found && (regularPast(s.words[last]) || lengthAt(s, last, irregular) > 0) {
			n = 1
		}
		if n == 0 {
			if n = s.phraseBefore(stateAdverbs, last+1); n == 0 {
				return s, found
			}
			s = s.part(0, last+1-n)
			continue
		}
		s, found = s.part(0, last+1-n), true
	}
}

var (
	// deedAsked asks what the person or somebody else did about a task.
	deedAsked = newSet(`did i, did we, did you, did they, did anyone, didn't i, have i, have we, have you, haven't i, had i, do i have to,
			do i need to, do i still have to, do i still need to, do we have to, do we need to, must i, status of, the status of, state of,
			the state of, what is the status of, what's the status of, what is the state of, what's the state of, due date of, the due date of,
			deadline of, the deadline of, priority of, the priority of, category of, the category of, when do i have to, when do i need to,
			when should i, when must i, have to, need to`, "", "")
	stateHeads = newSet(`is, are, am, was, were, isn't, aren't, wasn't, weren't, did, didn't, does, doesn't, do, has, hasn't, have, had, what is,
			what's, what are, what was, when is, when's, when was, when are, how is, how's, what, when, how, how about, what about, i, we, you,
			already, ever, so, then, whether, if, which, any idea, in what state is, still, will, should, must, can`, "", "")
	// ownDoing are verbs of finishing, which are not part of a title.
	ownDoing = newSet(`finish, finished, complete, completed, do, done, doing, close, closed, tick off, check off, mark, marked, get, got,
			manage to, remember to, already finish, already complete, already do, mark off`, "", "")
	states = newSet(`done, finished, completed, complete, over, closed, open, pending, overdue, due, late, still open, still pending, incomplete,
			unfinished, deleted, removed, cancelled, canceled, ready, going, coming along, coming on, there, on my list, on the list, in my list,
			in the list, in my tasks, on my todo list, on my to-do list, checked off, ticked off, marked as done, marked done, marked as completed,
			been done, been completed, been finished, get done, get finished, progressing, have a due date, have a deadline,
			important, urgent, status, a high priority, taken care of, sorted, sorted out, dealt with, settled`, "", "")
	stateAdverbs = newSet(`yet, already, still, now, today, been, by now, at last, at all, ever, being, so far, right, again, all, really, please, or not`, "", "")
)
