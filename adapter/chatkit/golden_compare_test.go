package chatkit_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A difference is one that we want. theirs or ours is empty where a side has
// nothing: of events and items in a list, the one that only one side has. The
// path counts in the list of the side that has it.
type difference struct {
	recording, path, theirs, ours, why string
	used                               bool
}

// A comparison holds recorded JSON against ours by meaning: ids are bound to
// those that the recording names as they turn up.
type comparison struct {
	recording string
	wanted    []*difference
	ours      map[string]string // recorded id -> our id
	theirs    map[string]string // and back
	problems  []string
}

func newComparison(recording string) *comparison {
	c := &comparison{recording: recording, ours: map[string]string{}, theirs: map[string]string{}}
	for i := range differences {
		if differences[i].recording == recording {
			c.wanted = append(c.wanted, &differences[i])
		}
	}
	return c
}

// bind takes an id of ours for a recorded one.
func (c *comparison) bind(theirs, ours string) {
	c.ours[theirs], c.theirs[ours] = ours, theirs
}

var (
	placeholder = regexp.MustCompile(`<[a-z]+:\d+>`)
	wholeID     = regexp.MustCompile(`^` + placeholder.String() + `$`)
)

// translate writes our ids in the place of recorded ones, anywhere in a text.
func (c *comparison) translate(recorded string) string {
	if ours, ok := c.ours[recorded]; ok {
		return ours
	}
	return placeholder.ReplaceAllStringFunc(recorded, func(id string) string {
		if ours, ok := c.ours[id]; ok {
			return ours
		}
		return id
	})
}

// translateAll does so in all strings of a JSON value.
func (c *comparison) translateAll(v any) any {
	switch v := v.(type) {
	case string:
		return c.translate(v)
	case []any:
		for i := range v {
			v[i] = c.translateAll(v[i])
		}
	case object:
		for k := range v {
			v[k] = c.translateAll(v[k])
		}
	}
	return v
}

// same compares two values and notes what is different and not wanted.
func (c *comparison) same(path string, theirs, ours any) {
	a, aIsObject := theirs.(object)
	b, bIsObject := ours.(object)
	x, xIsList := theirs.([]any)
	y, yIsList := ours.([]any)
	switch {
	case kind(theirs) != kind(ours):
		c.differ(path, short(theirs), short(ours))
	case aIsObject && bIsObject:
		c.sameObject(path, a, b)
	case xIsList && yIsList:
		c.sameList(path, x, y)
	case !c.sameScalar(theirs, ours):
		c.differ(path, short(theirs), short(ours))
	}
}

func (c *comparison) sameObject(path string, theirs, ours object) {
	keys := slices.Sorted(maps.Keys(theirs))
	for key := range ours {
		if _, both := theirs[key]; !both {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		a, inTheirs := theirs[key]
		b, inOurs := ours[key]
		switch at := path + "." + key; {
		case !inTheirs:
			c.differ(at, "", short(b))
		case !inOurs:
			c.differ(at, short(a), "")
		default:
			c.same(at, a, b)
		}
	}
}

// sameList leaves out the entries that only one side is wanted to have.
func (c *comparison) sameList(path string, theirs, ours []any) {
	left := c.without(path, theirs, func(d *difference) (string, string) { return d.theirs, d.ours })
	right := c.without(path, ours, func(d *difference) (string, string) { return d.ours, d.theirs })
	if len(left) != len(right) {
		c.problems = append(c.problems, fmt.Sprintf("%s: recorded %s\nours %s", path, shortList(left), shortList(right)))
		return
	}
	for i := range left {
		c.same(fmt.Sprintf("%s[%d]", path, i), left[i], right[i])
	}
}

func (c *comparison) without(path string, list []any, sides func(*difference) (this, other string)) (rest []any) {
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		d := slices.IndexFunc(c.wanted, func(d *difference) bool {
			this, other := sides(d)
			return d.path == at && other == "" && this == short(v)
		})
		if d < 0 {
			rest = append(rest, v)
			continue
		}
		c.wanted[d].used = true
	}
	return rest
}

func (c *comparison) sameScalar(theirs, ours any) bool {
	a, ok := theirs.(string)
	b, ok2 := ours.(string)
	if !ok || !ok2 {
		return theirs == ours
	}
	switch {
	case a == "<time>":
		_, err := time.Parse(time.RFC3339Nano, b)
		return err == nil && strings.HasSuffix(b, "Z")
	case a == "<note that the user stopped the answer>":
		return strings.Contains(b, "stopped")
	case wholeID.MatchString(a) && c.ours[a] == "" && c.theirs[b] == "":
		c.bind(a, b)
	}
	return c.translate(a) == b || c.theirs[b] == a || a == b
}

// differ notes a difference, unless it is wanted.
func (c *comparison) differ(path, theirs, ours string) {
	for _, d := range c.wanted {
		if d.path == path && d.theirs == theirs && d.ours == ours {
			d.used = true
			return
		}
	}
	c.problems = append(c.problems, fmt.Sprintf("%s: recorded %q, ours %q", path, theirs, ours))
}

// short names an event or item by its kind and writes other values whole.
func short(v any) string {
	if k := kind(v); k != "" {
		return k
	}
	text := strings.TrimSpace(plainJSON(v))
	if text == `""` {
		return text
	}
	return strings.Trim(text, `"`)
}

func shortList(list []any) string {
	var words []string
	for _, v := range list {
		words = append(words, short(v))
	}
	return strings.Join(words, ", ")
}
