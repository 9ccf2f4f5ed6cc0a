package demo

// targetsOf reads the tasks that a list of words names: "gym and buy milk",
// "1, 2 and 4". It gives none where only one is named.
func targetsOf(s *sentence) []target {
	var out []target
	s = bareTarget(s)
	from, quotes := 0, s.quotations()
	for i := 0; i <= len(s.words); {
		n := lengthAt(s, i, andWords)
		if n == 0 && i < len(s.words) && s.words[i].sign && !s.words[i].quoted && (s.words[i].key == "," || s.words[i].key == "،") {
			n = 1
		}
		if n == 0 && i < len(s.words) {
			i++
			continue
		}
		if part := s.part(from, i).trim(andEdge); len(part.words) > 0 {
			out = append(out, oneTarget(part))
		}
		i += max(n, 1)
		from = i
	}
	if len(out) < 2 && len(quotes) > 1 { // delete "gym" "milk"
		out = nil
		for _, q := range quotes {
			out = append(out, target{text: s.part(q.from, q.until).string()})
		}
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

var (
	andWords = newSet("and, &, +, plus, as well as, and also, also, and then", "اور, نیز, اور پھر", "aur, or, and, aur phir")
	andEdge  = newSet("and, also, both, then, the, my", "اور, دونوں, بھی", "aur, dono, bhi")
)

// maxTogether bounds the tasks that one sentence may change.
const maxTogether = 10

// pages reads all tasks that there are, a page at a time. ready is false while
// there is another to ask for.
func (t *turn) pages() (tasks []task, whole, ready bool, next answer) {
	s, ok := t.last(toolList)
	if !ok {
		return nil, false, false, t.call(toolList, map[string]any{"limit": pageSize})
	}
	if s.result.tasks == nil {
		return nil, false, false, say(t.voice.unreadable)
	}
	tasks, n := t.seen(false)
	if s.result.more != "" && n < maxPages && !s.result.cut {
		return nil, false, false, t.nextPage(s)
	}
	return tasks, s.result.more == "" && !s.result.cut, true, answer{}
}

// nextPage asks for what comes after a list, with the same filters.
func (t *turn) nextPage(s step) answer {
	args := map[string]any{}
	for name, value := range s.args {
		args[name] = value
	}
	args["cursor"] = s.result.more
	return t.call(toolList, args)
}

// findEach looks for every task that was named, and goes on only when each of
// them is known: what was asked for is done as a whole or not at all.
func (t *turn) findEach() answer {
	if len(t.target.each) > maxTogether {
		return say(t.voice.askOne)
	}
	tasks, whole, ready, next := t.pages()
	if !ready {
		return next
	}
	one := matching(t.target.text, tasks)
	if len(one) > 0 && fitOf(t.target.text, titleWords(t.target.text), one[0].Title) >= same {
		return t.resolve(t.narrow(one), !whole)
	}
	var found []task
	for _, part := range t.target.each {
		fits := t.fits(part, tasks)
		switch {
		case len(one) > 0 && len(fits) != 1:
			return t.resolve(t.narrow(one), !whole) // words of one title after all
		case len(fits) == 0 && part.text == "":
			return say(t.voice.askTarget)
		case len(fits) == 0:
			return say(t.voice.saying(t.voice.noMatch, part.text))
		case len(fits) > 1:
			return say(t.voice.saying(t.voice.unclear, part.text))
		}
		found = append(found, fits[0])
	}
	if t.do == tell {
		return t.tellOf(found)
	}
	return t.changeAll(found)
}

// fits are the tasks that one of several targets may mean.
func (t *turn) fits(part target, tasks []task) []task {
	one := turn{t.conversation, t.command, t.voice}
	one.target = part
	if id, known := one.fromHistory(); known {
		for i := range tasks {
			if tasks[i].ID == id {
				return tasks[i : i+1]
			}
		}
		return nil
	}
	return t.narrow(matching(part.text, tasks))
}
