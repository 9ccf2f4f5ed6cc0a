// Package demo is the model that answers while there is no key for a real one.
//
// It speaks the wire of OpenAI's chat completions, so that the program goes the
// same way with it as with any provider: it gets messages and a list of tools
// and answers with text or with tool calls. Behind that wire are rules, not a
// language model: it understands sentences about tasks in English, Urdu and
// Roman Urdu, and says that it is a demo when it is asked who it is or does not
// understand.
//
// It keeps nothing between requests. Where a turn stands follows from its
// messages: the last message of the user says what to do, the tool results
// after it say what was done. What tools return is read as data; nothing in it
// is taken for a request.
//
// The way of a sentence: words.go cuts it into words and folds their spelling,
// tongue.go says which language it is in, english.go and urdu.go what its words
// ask for; when.go and values.go take out dates, priorities and the like,
// target.go and several.go find which tasks are meant. force.go then decides
// whether the sentence may have that effect: what is forbidden, asked about or
// still to come changes nothing. followup.go reads the answers to questions of
// the model's own. reply.go, change.go and tell.go decide what to call or to
// say, with the sentences of phrases.go in the language that speaker.go tells.
//
// A date in figures has the day first: 12/05 is the 12th of May, and only where
// that gives no date the other way round. Answers say dates in words.
//
// A wrong effect is worse than none. So a title must hold all words that were
// said for it, several tasks change together or not at all, and of two orders
// in one sentence neither is carried out.
package demo
