package demo

// What an English sentence begins with, before it comes to the point.
var englishPolite = newSet(`please, pls, plz, kindly, can u, could u, can you, could you, would you, will you, can you please, could you please, would you please,
			i want to, i want you to, i'd like to, i would like to, i'd like you to, i'd like, i would like,
	i need you to, i wanna, let's, lets, let me, hey, hi, hello, ok, okay, now, just, also, then, and, so, alright, well, go ahead and,
			help me, help me to, can i, could i, may i, for me, taskbot, assistant, bot, quickly, can we, shall we, actually, hmm, oh, um, sorry,
			yes, yeah, great, thanks, thank you, dear, next, again, i wish to, you should, you can, try to, time to, it's time to, want to,
			i think i should, one more thing`, "", "")

var englishTail = newSet(`please, pls, plz, thanks, thank you, for me, now, right now, would you, will you, can you, okay, ok, too,
			as well, again, already, yet, at once, immediately, if you can, if possible, asap please, thx, cheers, there, mark it done, mark it as done,
			mark it complete, mark it as complete, mark it off, check it off, tick it off, so mark it done, any more, anymore, so mark it as done`, "", "")

// englishLeads are the words by which a sentence says what it wants.
var englishLeads = newTable(
	meaning[lead]{leadCreate, `add, add another, create, insert, note, note to self, note down, make a note, take a note, write down,
			jot, jot down, put down, schedule, new,
		log a, remind me, remind, set a reminder, set reminder, set up a reminder, set me a reminder, i need a reminder, i need a task, i want a task,
			i want a reminder, remember, remember to, don't forget, do not forget, don't let me forget,
		i need to, i have to, i must, i should, i've got to, i got to, i gotta, gotta, need to, have to, must, make sure i, make sure to,
			keep in mind, todo, to-do, to do, task, reminder`, "", ""},
	meaning[lead]{leadList, `show, list, display, view, see, give me, tell me, read, read out, what, what's, whats, what're, which, do i have,
			have i, is there, are there, any, anything, fetch, print, pull up, bring up, show me, remind me what, remind me who, remind me when,
			remind me where, remind me why, remind me how, remind me of my, todo list, to-do list, to do list, task list, how does my day, how is my day,
			how's my day, how does my week, my, all, all my, all of my, where, when, list out, browse, look at, check out, check my, check the list,
			open my, get my, get all, get the, get me, get, who, are any, go through, go over, let me see, let's see, tasks, filter, sort`, "", ""},
	meaning[lead]{leadFind, `find, search, search for, look for, look up, find me, locate, is there a, is there any, do i have a, do i have any,
			show me the`, "", ""},
	meaning[lead]{leadRemove, `delete, remove, erase, discard, drop, trash, toss, chuck, get rid of, throw away, throw out, cancel, clear,
			clear out, scrap, take off, take out, wipe, dump, bin, forget, forget about, nuke, kill, purge, eliminate, ditch,
		i don't need, i do not need, i no longer need, i don't want, i do not want, i no longer want, i don't have to, i do not have to,
			i no longer have to, i won't need, i won't need to, no need, no need to, there's no need to, never mind, nevermind`, "", ""},
	meaning[lead]{leadRename, `rename, retitle, reword, rephrase, re-name`, "", ""},
	meaning[lead]{leadReopen, `reopen, re-open, undo, uncheck, unmark, untick, restore, reactivate, bring back, uncomplete, un-complete,
			un-check, unfinish, undone, not done, not finished, restart, redo, i haven't done, i have not done, i haven't finished, i didn't do,
			i did not do, i didn't finish, i did not finish, i haven't`, "", ""},
	meaning[lead]{leadDone, `mark off, complete, finish, tick off, check off, cross off, cross out, tick, check, cross, close, done, finished, completed,
			close out, wrap up, resolve, accomplish, i finished, i completed, i did, i've done, i have done, i've finished, i have finished,
			i've completed, i have completed, i'm done with, i am done with,
		i'm done, i am done, done with, i just finished, i just did, i just completed, i already did, i already finished, i've already done,
			i've already finished, just finished, just did, finished with, all done with, i'm finished with, i am finished with, i have just finished,
			i've just finished, i managed to, i got done, i have already done`, "", ""},
	meaning[lead]{leadPast, `i, i've, i have, i just, i already, i have already, i've already, i've just, i have just, just, already`, "", ""},
	meaning[lead]{leadMark, `mark, flag, set, tag, label, consider, treat, put`, "", ""},
	meaning[lead]{leadChange, `put off, change, update, move, make, edit, reschedule, postpone, push, push back, shift, raise, lower, bump, bump up,
			prioritize, prioritise, give, assign, delay, modify, switch, turn, increase, decrease, reduce, extend, categorize, categorise, file,
			upgrade, downgrade, escalate, alter, adjust, reprioritize, deprioritize, defer, bring forward, recategorize, replace`, "", ""},
	meaning[lead]{leadCount, `how many, how much, count, stats, statistics, summary, summarize, summarise, number of, overview, progress,
			how am i doing, how's my progress, how is my progress, task count, totals, total, report, dashboard, analytics, numbers`, "", ""},
	meaning[lead]{leadHelp, `help, tell me about yourself, introduce yourself, what can you do, how do you work, who are you, what are you,
			commands, what can i ask, what can i say, what do you do, how does this work, how do i use, how can you help, what do you understand,
			are you a, are you an, are you, instructions, usage, how to use, how do i, how can i, what is this, what's your name, what is your name,
			which model, what model, how can i use, what are your features, what features`, "", ""},
	meaning[lead]{leadHello, `hello, hi, hey, good morning, good evening, good afternoon, greetings, salam, assalam, assalamualaikum,
			hiya, howdy, yo, good day, hi there, hello there, hey there`, "", ""},
	meaning[lead]{leadThanks, `thanks, thank you, thx, thank you very much, cheers, great, cool, perfect, nice, awesome, well done, good job,
			ok, okay`, "", ""},
)

// A lead is the kind of an English beginning. What it asks for may depend on
// the rest: one can mark a task as done, as open and as urgent.
type lead int

const (
	leadNone lead = iota
	leadCreate
	leadList
	leadFind
	leadRemove
	leadRename
	leadReopen
	leadDone
	leadPast
	leadMark
	leadChange
	leadCount
	leadHelp
	leadHello
	leadThanks
)

var (
	asDone = newSet(`as done, as complete, as completed, as finished, as closed, as accomplished, to done, to completed, to complete,
			to finished, done, complete, completed, finished, is done, is complete, is completed, is finished, are done, has been done, has been completed,
			was done, has been finished, is all done, is over, as being done, as being complete, got done, as resolved, is now done, is now complete, is finally done, is finally finished,
			is finally complete, is finally completed, is already done, is already finished, is already completed, is now finished, is now completed`, "", "")
	asOpen = newSet(`as not done, as pending, as incomplete, as undone, as open, as unfinished, as to do, as todo, as not complete, as not completed,
			as not finished, as uncompleted, as active, as still open, as still pending, as not started, to pending, to open, to incomplete,
			to not done, to todo, not done, undone, incomplete, pending, is not done, isn't done, is not finished, isn't finished, is not complete,
			isn't complete, is still open, is still pending, is pending, not finished, not complete, back to pending, back to open, back to todo,
			back, open again, pending again, wasn't done, was not done, again, is unfinished, is incomplete, unfinished, are not done, are not finished,
			aren't done, are still pending, are still open, are not complete`, "", "")
	isCount = newSet(`how many, statistics, stats, how much, number of tasks, number of`, "", "")
)

// english reads an English sentence.
func (p *parser) english() command {
	p.readValues()
	s := p.rest.trimLeft(nothing)
	kind, after := p.lead(s)
	if len(s.words) == 0 && p.hasValues() && holds(p.full, itWords) { // "make it high priority"
		c := p.values(update)
		c.target.it = true
		return c
	}
	if p.full.onlyQuotation() {
		return command{}
	}
	if task, ok := takenOff(s.trimLeft(englishPolite).trimRight(englishTail)); ok {
		return p.onTask(remove, task)
	}
	switch {
	case holds(s.part(0, 8), isCount) && (kind == leadList || kind == leadFind || kind == leadNone || kind == leadCount):
		return command{do: count}
	case kind == leadCreate:
		return p.createEnglish(after)
	case p.leadsWithValue(): // "Tomorrow: finish homework"
		return p.createEnglish(s)
	case kind == leadMark || kind == leadChange || kind == leadDone || kind == leadReopen || kind == leadPast:
		return p.changeEnglish(kind, after)
	case kind == leadRemove:
		return p.removeEnglish(after)
	case kind == leadRename:
		return p.renameEnglish()
	case kind == leadList || kind == leadFind:
		return p.listEnglish(kind, s, after)
	}
	return p.otherEnglish(kind, s)
}

// lead finds the lead of a sentence and what comes after it.
func (p *parser) lead(s *sentence) (lead, *sentence) {
	rest := s
	for {
		kind, n := englishLeads.at(rest, 0)
		_, polite := englishPolite.at(rest, 0)
		if n > 0 && n >= polite && (kind < leadHello || n == len(rest.trimRight(nothing).words)) {
			return kind, rest.part(n, len(rest.words))
		}
		if polite == 0 {
			return leadNone, rest
		}
		rest = rest.part(polite, len(rest.words)).trimLeft(nothing)
	}
}

// onlyQuotation reports whether nothing is said but a quotation.
func (s *sentence) onlyQuotation() bool {
	for _, w := range s.words {
		if !w.quoted && !w.sign {
			return false
		}
	}
	return true
}

// otherEnglish reads sentences that do not begin with what they want.
func (p *parser) otherEnglish(kind lead, s *sentence) command {
	if do := simpleActs[kind]; do != unknown {
		return command{do: do}
	}
	body := s.trimLeft(englishPolite).trimRight(englishTail)
	if c, ok := p.stateEnglish(body); ok {
		return c
	}
	if t := oneTarget(body); t.nth != 0 { // "the second one": what of it?
		return command{do: tell, target: t}
	}
	if p.asksForList(s) {
		return p.listEnglish(leadList, s, s)
	}
	if c, ok := p.valuesEnglish(s, body); ok {
		return c
	}
	if _, sp, ok := find(s, insideLeads); ok {
		return p.createEnglish(s.part(sp.until, len(s.words)))
	}
	switch {
	case holds(s, helpInside):
		return command{do: help}
	case holds(s, countInside):
		return command{do: count}
	}
	if kind, n := englishLeads.at(p.full, 0); n > 0 && kind == leadHello {
		return command{do: hello}
	}
	return p.pastEnglish(body) // "bought milk"
}

// simpleActs are the leads that say all.
var simpleActs = map[lead]act{leadCount: count, leadHelp: help, leadHello: hello, leadThanks: thanks}

// stateEnglish reads what a sentence says of a task's state: "the milk task is
// done", "buy milk: not done", "the tap has been fixed".
func (p *parser) stateEnglish(body *sentence) (command, bool) {
	for _, state := range []struct {
		words *table[bool]
		do    act
	}{{asOpen, reopen}, {asDone, complete}} {
		if n := body.phraseBefore(state.words, len(body.words)); n > 0 && len(body.words) > n {
			return p.onTask(state.do, body.part(0, len(body.words)-n)), true
		}
	}
	if task, ok := passive(body); ok {
		return p.onTask(complete, task), true
	}
	return command{}, false
}

// valuesEnglish reads what a sentence gives a task, old or new: "milk should be
// high priority", "milk has no due date", "buy eggs tomorrow".
func (p *parser) valuesEnglish(s, body *sentence) (command, bool) {
	if holds(p.full, renamedTo) {
		return p.renameEnglish(), true
	}
	if n := body.phraseBefore(noDue, len(body.words)); n > 0 {
		c := p.onTask(update, body.part(0, len(body.words)-n))
		c.clearDue = true
		return c, true
	}
	if !p.hasValues() || lengthAt(s, 0, questions) > 0 {
		return command{}, false
	}
	if c, ok := p.predicate(); ok {
		return c, true
	}
	if lengthAt(s, 0, errands) > 0 {
		return p.createEnglish(s), true
	}
	// With a date alone "is" may be anyone's: the weather is fine today.
	if holds(s, changeWords) || p.priority+p.category != "" && holds(p.full, changeWords) {
		return p.changeEnglish(leadChange, s), true
	}
	return command{}, false
}

// predicate reads a value that is said of a task: "buy milk is now low
// priority", "pay rent is due on Friday". It ends the sentence.
func (p *parser) predicate() (command, bool) {
	s := p.full.trimLeft(englishPolite).trimRight(quietTail)
	for i := 1; i < len(s.words); i++ {
		n := lengthAt(s, i, beingValued)
		if n == 0 {
			continue
		}
		value := &parser{now: p.now, full: s.part(i, len(s.words))}
		value.readValues()
		if value.hasValues() && len(value.rest.trim(valueRemains).words) == 0 {
			c := value.values(update)
			c.target = targetOf(s.part(0, i))
			return c, c.target.text != "" || c.target.it
		}
	}
	return command{}, false
}

var (
	beingValued = newSet(`is, is now, should be, must be, needs to be, has to be, has, has now, is a, should have, needs, is due, is now due,
			should be due, must be due, is in, belongs to, belongs in, becomes, is of`, "", "")
	valueRemains = newSet(`is, now, should, must, needs, has, have, to, be, a, an, due, task, in, of, the, belongs, becomes, only, really, very, with`, "", "")
)

// takenOff reads "take … off my list".
func takenOff(s *sentence) (*sentence, bool) {
	if lengthAt(s, 0, taking) == 0 {
		return nil, false
	}
	n := s.phraseBefore(offList, len(s.words))
	return s.part(1, len(s.words)-n), n > 0
}

var (
	taking  = newSet("take, strike, pull, knock, scratch, get", "", "")
	offList = newSet(`off my list, off the list, from my list, from the list, off my todo list, off my to-do list, off my tasks, out of my list,
			off of my list`, "", "")
)

// passive reads "the tap has been fixed" and "(mark) the bill as paid".
func passive(s *sentence) (*sentence, bool) {
	last := len(s.words) - 1
	if last < 1 || lengthAt(s, last, undone) > 0 || !regularPast(s.words[last]) && lengthAt(s, last, irregular) == 0 {
		return nil, false
	}
	n := s.phraseBefore(toBe, last)
	return s.part(0, last-n), n > 0 && n < last
}

var toBe = newSet("as, is, are, was, has been, have been, got, were, is now, is already, has already been, is finally", "", "")

// leadsWithValue reports whether the sentence is a value, a colon and a title.
func (p *parser) leadsWithValue() bool {
	for i, w := range p.full.words {
		if w.key == ":" && !w.quoted {
			head := &parser{now: p.now, full: p.full.part(0, i)}
			head.readValues()
			return head.hasValues() && len(head.rest.trim(articles).words) == 0
		}
	}
	return false
}

var (
	// errands are what tasks begin with; with a date they need no "add".
	errands = newSet(`buy, call, pay, pick up, clean, wash, email, visit, meet, renew, submit, return, fix, send, collect, drop off,
			repair, text, ring`, "", "")
	questions = newSet("is, are, was, were, does, do, did, will, has, have, can, why, how, who, should, would, could, it, it's, i, i'm, we", "", "")
)

var (
	changeWords = newSet(`should be, is now, must be, needs to be, is due, due date, moved to, is a, is, to`, "", "")
	noDue       = newSet(`has no due date, no longer has a due date, doesn't have a due date, has no deadline, no longer has a deadline,
			has no due date anymore, needs no due date`, "", "")
	insideLeads = newSet(`remind me to, remind me about, i need to, i have to, i must, add a task to, add task, create a task, add a task,
			don't forget to, need to remember to, i should`, "", "")
	helpInside  = newSet(`help, can you do, who are you, are you a bot, are you real, are you human, yourself, about you`, "", "")
	countInside = newSet(`statistics, stats, summary, overview, progress`, "", "")
)

// asksForList reports whether a sentence without a verb speaks of tasks in
// general: "pending tasks", "overdue", "tasks for today".
func (p *parser) asksForList(s *sentence) bool {
	if !holds(s, taskNoun) && !holds(s, listNoun) && !holds(s, overdueWords) {
		return false
	}
	return len(s.contentWords()) == 0
}
