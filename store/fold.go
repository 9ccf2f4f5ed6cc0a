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
			return cases.Fold().String(strings.Map(cherokee, text))
		}
	}
	return strings.ToLower(text)
}

// cherokee maps the small letters of the one script that Fold does not join:
// Unicode gave it small letters late and folds them upwards (CaseFolding.txt).
func cherokee(r rune) rune {
	switch {
	case 0xab70 <= r && r <= 0xabbf:
		return r - 0xab70 + 0x13a0
	case 0x13f8 <= r && r <= 0x13fd:
		return r - 8
	}
	return r
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// containing is the LIKE pattern for any text with this one in it.
func containing(text string) string { return "%" + likeEscaper.Replace(fold(text)) + "%" }

// beginning is the LIKE pattern for any text that begins with this one.
func beginning(text string) string { return likeEscaper.Replace(text) + "%" }
