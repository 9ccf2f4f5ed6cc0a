package demo

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of the title of a conversation.
const (
	titleWordsMax = 8
	titleRunesMax = 60
)

// titleFor names a conversation if that is what the request asks: it brings no
// tools, has called none, and its instructions speak of a title.
func titleFor(req *request) (string, bool) {
	asked := false
	for _, m := range req.Messages {
		if m.Role == "tool" || len(m.ToolCalls) > 0 {
			return "", false
		}
		asked = asked || m.instructs() && strings.Contains(strings.ToLower(m.Content.all()), "title")
	}
	if len(req.Tools) > 0 || !asked {
		return "", false
	}
	for _, m := range req.Messages {
		if m.Role == "user" {
			return chatTitle(m.Content.first()), true
		}
	}
	return "", false
}

// chatTitle makes a title of a message: of a new task its title, else the first
// words.
func chatTitle(said string) string {
	if c := understand(said, time.Now()); c.title != "" {
		said = c.title
	}
	words := strings.Fields(said)
	text := strings.Join(words[:min(len(words), titleWordsMax)], " ")
	if end := runeOffset(text, titleRunesMax); end < len(text) {
		text = strings.TrimSpace(text[:end])
	}
	text = strings.TrimFunc(text, func(r rune) bool { return strings.ContainsRune(".,:;!?۔،؟\"“”«»", r) })
	if text == "" {
		return "Tasks"
	}
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
