package demo

import "strings"

// createEnglish takes the title of a new task out of what follows the lead.
func (p *parser) createEnglish(s *sentence) command {
	if p.hasWhen && holds(p.full, dueNoun) && lengthAt(s.trimLeft(articles), 0, ontoTask) > 0 {
		return p.updateEnglish(s) // "add a due date of Friday to …"
	}
	if c, ok := p.addDescription(s.trimLeft(articles)); ok {
		return c
	}
	if c, ok := p.annotate(s.trimLeft(articles)); ok {
		return c
	}
	c := p.values(create)
	c.title = createTitle(s)
	if c.title == "" && p.category != "" { // "add work"
		c.title = createTitle(p.full.part(1, len(p.full.words)))
	}
	return c
}

var (
	articles = newSet(`a, an, another, the, this, one, one more, my, me, us, a new, another new, the following, some, new, following,
			quick, down, also`, "", "")
	createNoun = newSet(`task, todo, to-do, to do, reminder, item, tasks, todos, note, entry, thing, new task, new todo, task item, to-do item,
			todo item, new reminder, new item, things, errand, chore, assignment, job, one:, new one:`, "", "")
	linkers = newSet(`to, called, named, titled, for, about, that says, saying, which says, with the title, with title, entitled, of,
			that i need to, that i have to, that i must, to my list, to the list, to my tasks, to my todo list, to my to-do list, to my task list,
			to do, i need to, i have to, for me to, in my list, on my list, where i, with the name, with name, title, name, is, it's, that,
			i should, i must`, "", "")
	titleTail = newSet(`please, pls, plz, thanks, thank you, for me, to my list, to the list, to my tasks, to my todo list, to my to-do list,
			to my task list, to the task list, to the todo list, on my list, on the list, on my todo list, on my to-do list, in my list, in the list,
			to list, as a task, as a new task, as a todo, as task, as a to-do, as an item, as a reminder, to my todos, to tasks, on my task list,
			in my tasks, in my todo list, in my to-do list, into my list, to do list, to my to do list, on my to do list, to todo list, to my agenda,
			and, with, by, on, at, for, due, to be done, the, task, thx, which is due, in, of, due by, it's, it is, as, to-do list`, "", "")
)

var ontoTask = newSet("to, to the, for, for the", "", "")

// createTitle strips what only leads to a title, and what only ends it.
func createTitle(s *sentence) string {
	if sp := s.quotations(); len(sp) > 0 {
		return s.part(sp[0].from, sp[0].until).string()
	}
	s = s.trimLeft(nothing)
	body := s
	if _, n := articles.at(s, 0); n > 0 { // "a new task", "me a reminder"
		for {
			_, n := articles.at(body, 0)
			if n == 0 {
				break
			}
			body = body.part(n, len(body.words))
		}
	}
	if _, n := createNoun.at(body, 0); n > 0 {
		s = body.part(n, len(body.words)).trimLeft(nothing)
	}
	// "to", "called: ", "for me to": one linker, then what a sign separates.
	for {
		_, n := linkers.at(s, 0)
		if n == 0 {
			break
		}
		s = s.part(n, len(s.words)).trimLeft(nothing)
	}
	s = s.trimLeft(newTitleArticle).trimRight(titleTail)
	s = s.part(0, len(s.words)-namedList(s)).unquoted()
	if s.onlyQuotes() {
		return ""
	}
	return s.string()
}

// onlyQuotes reports whether nothing is left but quotation marks.
func (s *sentence) onlyQuotes() bool {
	for _, w := range s.words {
		if !w.sign || !strings.Contains("\"'`“”„«»‘’‹›", w.key) {
			return false
		}
	}
	return true
}

// namedList is the length of "to my shopping list" at the end of a sentence:
// there is only one list.
func namedList(s *sentence) int {
	n := s.phraseBefore(listNoun, len(s.words))
	for k := 1; n > 0 && k <= 4; k++ {
		i := len(s.words) - n - k
		if lengthAt(s, i, intoList) > 0 && i > 0 {
			return n + k
		}
	}
	return 0
}

var intoList = newSet("to my, to the, to our, on my, on the, into my, in my, to", "", "")

// newTitleArticle is what a title is better without.
var newTitleArticle = newSet(`a, an, please`, "", "")
