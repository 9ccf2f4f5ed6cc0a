package walls

import (
	"math/rand/v2"
	"net/url"
	"strings"
	"unicode"
)

// mutations make another's id into something near to it.
var mutations = []func(rng *rand.Rand, id string) string{
	func(_ *rand.Rand, id string) string { return id },
	func(_ *rand.Rand, id string) string { return strings.ToUpper(id) },
	func(rng *rand.Rand, id string) string { // the case of one letter
		return at(rng, id, func(c rune) string {
			if unicode.IsUpper(c) {
				return string(unicode.ToLower(c))
			}
			return string(unicode.ToUpper(c))
		})
	},
	func(rng *rand.Rand, id string) string { // one character another
		return at(rng, id, func(rune) string { return string("0123456789abcdefghijklmnopqrstuvwxyz_-"[rng.IntN(38)]) })
	},
	func(rng *rand.Rand, id string) string { return at(rng, id, func(rune) string { return "" }) },
	func(rng *rand.Rand, id string) string {
		return at(rng, id, func(c rune) string { return string(c) + string(c) })
	},
	func(rng *rand.Rand, id string) string { return id[:rng.IntN(len(id))] },
	func(rng *rand.Rand, id string) string { return id[rng.IntN(len(id)):] },
	func(rng *rand.Rand, id string) string { return one(rng, fragments) + id },
	func(rng *rand.Rand, id string) string { return id + one(rng, fragments) },
	func(rng *rand.Rand, id string) string {
		return at(rng, id, func(c rune) string { return one(rng, fragments) })
	},
	func(rng *rand.Rand, id string) string { return id[:rng.IntN(len(id))] + one(rng, patterns) },
	func(rng *rand.Rand, id string) string { return one(rng, patterns) + id[rng.IntN(len(id)):] },
	func(rng *rand.Rand, id string) string { // letters that look alike
		return at(rng, id, func(c rune) string {
			if alike, ok := lookAlikes[unicode.ToLower(c)]; ok {
				return string(alike)
			}
			return string(c + 0xfee0) // full width
		})
	},
	func(_ *rand.Rand, id string) string { // all of it in full width
		return strings.Map(func(c rune) rune { return c + 0xfee0 }, id)
	},
	func(rng *rand.Rand, id string) string { // percent-encoded, once or twice, in part or whole
		var b strings.Builder
		for _, c := range []byte(id) {
			if rng.IntN(2) == 0 {
				b.WriteString("%" + hex(c))
			} else {
				b.WriteByte(c)
			}
		}
		if rng.IntN(3) == 0 {
			return url.PathEscape(b.String())
		}
		return b.String()
	},
	func(rng *rand.Rand, id string) string { return id + strings.Repeat(id, 1+rng.IntN(40)) },
	func(rng *rand.Rand, id string) string { return strings.Repeat("x", rng.IntN(3000)) + id },
	func(rng *rand.Rand, id string) string { return one(rng, wraps(id)) },
}

// fragments go before, behind or into an id.
var fragments = []string{
	" ", "\t", "\n", "\r\n", "\x00", "\u200b", "\ufeff", "\u202e", "\u00a0", "\u0301", "/", "//", "\\", ".", "..", "/..", "/../", "../", "%2e%2e%2f", "%2F", "%00",
	";", "?", "#", "&", "=", ":", ",", "'", "\"", "`", "' OR '1'='1", "' OR 1=1--", "\"; DROP TABLE tasks;--", "$1", "{}", "[]", "\ufffd", "@bob", "bob/", "bob:",
}

// patterns mean more than themselves in some languages of queries.
var patterns = []string{"%", "_", "*", "?", "%%", "_%", ".*", "[a-z]*", "(.*)", "%25", "\\%", "{*}", "~", "^", "$"}

var lookAlikes = map[rune]rune{'a': 'а', 'c': 'с', 'e': 'е', 'h': 'һ', 'i': 'і', 'k': 'κ', 'm': 'м', 'o': 'о', 'p': 'р', 's': 'ѕ', 't': 'т', 'x': 'х', '0': 'О', '1': 'l', '_': '＿'}

// wraps are forms in which an id may be taken for itself.
func wraps(id string) []string {
	return []string{
		`"` + id + `"`, "[" + id + "]", `{"id":"` + id + `"}`, "task://" + id, "urn:uuid:" + id, "{" + id + "}", "<" + id + ">", "bob/" + id, "../bob/" + id,
		"//" + id, "./" + id, id + "/../" + id, id + "," + id, id + "\x00" + id, "user_id=bob&id=" + id, id + "?user_id=bob", "%s" + id, "${" + id + "}",
	}
}

func one(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }

// at puts something in the place of one character.
func at(rng *rand.Rand, id string, put func(rune) string) string {
	chars := []rune(id)
	i := rng.IntN(len(chars))
	return string(chars[:i]) + put(chars[i]) + string(chars[i+1:])
}

func hex(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}

// mutate gives something near to an id, one or two steps away.
func mutate(rng *rand.Rand, id string) string {
	near := mutations[rng.IntN(len(mutations))](rng, id)
	if near != "" && rng.IntN(4) == 0 {
		near = mutations[rng.IntN(len(mutations))](rng, near)
	}
	return near
}
