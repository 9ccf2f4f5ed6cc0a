package demo

// forceEnglish tells the force of an English sentence. c is what its words ask
// for.
func (p *parser) forceEnglish(c command) force {
	s := p.full.trimLeft(fillers)
	kind, after := p.lead(p.rest.trimLeft(nothing))
	switch {
	case forbidden(s) && !(kind == leadReopen && c.do == reopen && !foreign(after)):
		return forbids
	case lengthAt(s, 0, requests) > 0 && !holds(s, embedded):
	case opensQuestion(s) || holds(s, embedded):
		return asks
	case s.endsAsking() && !(kind == leadCreate && c.do == create):
		return asks
	}
	switch {
	case kind == leadDone && wished(s):
		return supposes
	case (c.do == complete || c.do == remove || c.do == reopen) && p.scheduled():
		return supposes
	case kind == leadNone || kind == leadPast:
		return p.statementForce(c)
	case kind == leadRemove && holds(after.part(0, 2), deeds) && lengthAt(s, 0, noNeed) > 0:
		return forbids // "I don't want to delete gym"
	}
	return orders
}

var (
	// fillers may stand before any sentence.
	fillers = newSet(`please, pls, plz, kindly, hey, hi, hello, ok, okay, now, just, also, then, and, so, alright, well, actually, hmm,
			oh, um, sorry, yes, yeah, great, thanks, thank you, dear, again, but, wait, taskbot, assistant, bot, careful, btw`, "", "")
	// requests are orders in the clothes of a question.
	requests = newSet(`can you, could you, would you, will you, can u, could u, can you please, could you please, would you please,
			will you please, would you mind, can we, shall we`, "", "")
	questionOpeners = newSet(`is, are, am, was, were, isn't, aren't, wasn't, weren't, do i, do we, do you, do they, does, doesn't, did i,
			did we, did you, did they, did he, did she, did anyone, didn't i, didn't we, has, hasn't, have i, have we, have you, have they,
			haven't i, haven't we, had i, had we, can, can't, could, couldn't, should, shouldn't, shall, may, might, must i, must we, will, won't,
			would, wouldn't, what, what's, which, who, who's, whose, when, when's, where, where's, why, how, how's, what if, any idea`, "", "")
	// embedded questions stand inside of another sentence.
	embedded = newSet(`tell me if, tell me whether, check if, check whether, check that, see if, see whether, know if, know whether,
			wonder if, wonder whether, wondering if, wondering whether, let me know if, let me know whether, let me know when, is it true that,
			tell me when, tell me how, tell me why, not sure if, not sure whether, asking if, ask if, ask whether, verify if,
			verify whether, verify that, make sure that`, "", "")
)

func opensQuestion(s *sentence) bool { return lengthAt(s, 0, questionOpeners) > 0 }

// forbidden reports whether the sentence begins by forbidding a deed.
func forbidden(s *sentence) bool {
	n := lengthAt(s, 0, prohibitions)
	if n == 0 {
		return false
	}
	rest := s.part(n, len(s.words)).trimLeft(toTheDeed)
	return lengthAt(rest, 0, deeds) > 0
}

var (
	prohibitions = newSet(`don't, do not, dont, never, not, no need, no need to, there's no need to, there is no need to, don't ever, never ever,
			i don't want, i do not want, i don't want you, i don't need, i do not need, i don't need you, i don't have, i do not have, i didn't want,
			i did not want, i didn't mean, i did not mean, i didn't ask you, i didn't say, i never said, i never wanted, i never asked you,
			you don't have, you don't need, you do not have, you do not need, you must not, you mustn't, you should not, you shouldn't, you may not,
			you can't, you cannot, i won't, i will not, i can't, i cannot, i can not, i couldn't, i could not, i wouldn't, i would not, i shouldn't,
			i should not, i mustn't, i must not, i'm not, i am not, i'd rather not, i would rather not, i'd rather you didn't, i'd rather you did not,
			let's not, let us not, better not, you better not, you'd better not, you had better not, avoid, refrain from, without, instead of,
			i didn't, i did not, i never, we don't, we won't, we can't, we cannot, we shouldn't, we should not, we must not, nobody should,
			no one should, i no longer want, i no longer need, it's not necessary, it is not necessary, not necessary, can you not, could you not,
			would you not, will you not, can you please not, could you please not, would you please not, i refuse, try not, i wish you hadn't,
			i wish you had not, why did you, please don't, please do not, please never, please not, i haven't, i have not, i've not, i hadn't, stop`, "", "")
	toTheDeed = newSet(`to, you, going, go and, go ahead and, me, actually, really, just, yet, ever, please, want, be, have, need, and, even, us,
			try, start, accidentally, simply, wish, like, it, that, i, should, the, my, a, any, anything, have to`, "", "")
	// deeds are what the tools do, in all forms. What people do themselves
	// (finishing) is in them too, but not where it is told as not done.
	deeds = newSet(`delete, deleting, deleted, remove, removing, removed, erase, erasing, erased, discard, drop, dropping, trash, cancel,
			cancelling, canceling, clear, clearing, get rid of, getting rid of, throw away, scrap, wipe, take off, purge, dump, complete, completing,
			finish, finishing, mark, marking, marked, check off, check, tick, tick off, cross off, cross out, close, closing, set, setting,
			rename, renaming, renamed, retitle, change, changing, changed, update, updating, updated, edit, editing, edited, move, moving, moved,
			postpone, postponing, postponed, reschedule, rescheduling, rescheduled, reopen, reopening, reopened, add, adding, added, create,
			creating, created, make, making, put, putting, write down, schedule, raise, lower, prioritize, prioritise, undo, uncheck, restore,
			touch, touching, give, giving, modify, alter, shift, push, assign, remind, note down, insert, done`, "", "")
	noNeed = newSet(`i don't, i do not, i no longer, i won't, no need, there's no need, i don't have`, "", "")
	// wishes make of "finish gym" what a person means to do.
	wishes = newSet(`i want to, i'd like to, i would like to, i wanna, i wish to, want to, let's, let us, let me, i think i should, try to,
			time to, it's time to, i'd love to, i hope to, i plan to, i need to, help me, help me to, can we, shall we, next, i'd like, i would like,
			i need, we need to, we want to`, "", "")
	youTo = newSet(`you to, you, marked, marking`, "", "")
)

// foreign reports whether a deed is told of that is not one's own: "I haven't
// deleted gym" does not say that gym is to be done again.
func foreign(after *sentence) bool {
	return lengthAt(after, 0, deeds) > 0 && lengthAt(after, 0, ownDeeds) == 0
}

var ownDeeds = newSet(`complete, completed, completing, finish, finished, finishing, done, close, closed`, "", "")

// wished reports whether a sentence is a wish about oneself: "I want to finish
// gym". "I want you to complete gym" and "I want to mark it" are orders.
func wished(s *sentence) bool {
	n := lengthAt(s, 0, wishes)
	return n > 0 && lengthAt(s, n, youTo) == 0
}

// statementForce tells the force of a sentence that begins with no order: what
// it states may be denied, doubted, or still to come.
func (p *parser) statementForce(c command) force {
	if c.do == create {
		if _, sp, ok := find(p.rest, insideLeads); ok && outside(p.rest.part(0, sp.from), negators, nil) {
			return forbids
		}
		return orders // "buy milk tomorrow, not bread"
	}
	var covered []span
	for _, t := range []*table[bool]{asOpen, noDue} {
		covered = append(covered, spansOf(p.rest, t)...)
	}
	switch {
	case outside(p.rest, negators, covered):
		return forbids
	case outside(p.rest, uncertain, covered):
		return supposes
	case (c.do == complete || c.do == reopen) && outside(p.rest, obligations, covered):
		return supposes
	}
	return orders
}

var (
	negators = newSet(`not, no, never, don't, dont, doesn't, didn't, won't, wouldn't, can't, cannot, couldn't, shouldn't, mustn't, isn't,
			aren't, wasn't, weren't, hasn't, haven't, hadn't, neither, nor, nobody, none, nothing, without, except, hardly, barely, ain't,
			instead, rather`, "", "")
	uncertain = newSet(`if, unless, when, whenever, once, until, till, before, after, as soon as, maybe, perhaps, probably, possibly,
			hopefully, might, may, could, would, will, i'll, we'll, you'll, he'll, she'll, it'll, they'll, shall, going to, gonna, hope, hoping,
			plan, planning, plans, wants, want, wish, expect, expects, think, guess, suppose, supposed, wonder, wondering, thinking, almost,
			nearly, half, halfway, partly, partially, mostly, soon, later, in case, i'd, promise, forgot, forget, said, says, told, someone`, "", "")
	obligations = newSet(`should, must, needs to, need to, has to, have to, had to, ought to, to be, can, needs, requires, wanted, deserves,
			due, supposed to, better, want it, trying`, "", "")
)
