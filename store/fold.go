package store

import (
	"strings"

	"golang.org/x/text/cases"
)

// fold maps a text to what it compares by when letter case does not count, in
// every script. It is done here, not in SQL: the two databases disagree
// outside ASCII.
func fold(text string) string {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return cases.Fold().String(text)
		}
	}
	return strings.ToLower(text)
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// containing is the LIKE pattern for any text with this one in it.
func containing(text string) string { return "%" + likeEscaper.Replace(fold(text)) + "%" }

// beginning is the LIKE pattern for any text that begins with this one.
func beginning(text string) string { return likeEscaper.Replace(text) + "%" }
