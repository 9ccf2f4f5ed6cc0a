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
// tongue.go says which language it is in, verb.go what is asked for, when.go
// and values.go take out dates, priorities and the like, title.go finds the
// words that remain as a title, and reply.go decides what to call or to say,
// with the sentences of phrases.go.
package demo
