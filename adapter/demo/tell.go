package demo

// tell answers how a task stands: it looks, and changes nothing.
func (t *turn) tell() answer {
	if s, ok := t.last(toolGet); ok {
		if s.result.task == nil {
			return say(t.voice.unreadable)
		}
		return t.tellOf([]task{*s.result.task})
	}
	switch {
	case t.target.all, t.target.text == "" && !t.target.it && t.target.nth == 0:
		t.do = count
		return t.count()
	case len(t.target.each) > 0:
		return t.findEach()
	}
	if id, known := t.fromHistory(); known {
		if id == "" {
			return say(t.voice.askTarget)
		}
		return t.call(toolGet, map[string]any{"task_id": id})
	}
	return t.find()
}

// tellOf says how tasks stand: of one in a sentence, of more in a list.
func (t *turn) tellOf(tasks []task) answer {
	if len(tasks) > 1 {
		return say(t.voice.manyFound + "\n\n" + t.bullets(tasks[:min(len(tasks), maxListed)]))
	}
	text := t.voice.isOpen
	if tasks[0].Completed {
		text = t.voice.isDone
	}
	return say(t.voice.end(t.voice.saying(text, tasks[0].Title), t.details(tasks[0])))
}
