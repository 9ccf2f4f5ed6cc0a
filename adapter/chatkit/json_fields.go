package chatkit

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// text is a string that is always there.
func (c *codec) text(name string, s *string) {
	if !c.reading {
		c.key(name)
		c.out = appendString(c.out, *s)
		return
	}
	if at, ok := c.need(name); ok {
		c.readText(name, at, s)
	}
}

// optText is a string that is left out when empty.
func (c *codec) optText(name string, s *string) {
	if !c.reading {
		if *s != "" {
			c.text(name, s)
		}
		return
	}
	if at, ok := c.find(name); ok {
		c.readText(name, at, s)
	}
}

// constant is a string that says nothing, because it is always the same.
func (c *codec) constant(name, value string) {
	got := value
	c.optText(name, &got)
	if got != value {
		c.failAt(name, "must be %q", value)
	}
}

// word is one of a few strings.
func word[T ~string](c *codec, name string, v *T, allowed ...T) {
	value := string(*v)
	c.text(name, &value)
	if c.reading {
		*v = T(value)
	}
	if c.err == nil && !slices.Contains(allowed, T(value)) {
		c.failAt(name, "must be %s", oneOf(allowed))
	}
}

// wordOr is one of a few strings, of which the first stands for none.
func wordOr[T ~string](c *codec, name string, v *T, allowed ...T) {
	value := string(*v)
	if value == "" {
		value = string(allowed[0])
	}
	c.optText(name, &value)
	if value == "" {
		value = string(allowed[0])
	}
	if c.reading {
		*v = T(value) // a value that is only written stays as it is
	}
	if c.err == nil && !slices.Contains(allowed, T(value)) {
		c.failAt(name, "must be %s", oneOf(allowed))
	}
}

func oneOf[T ~string](allowed []T) string {
	quoted := make([]string, len(allowed))
	for i, a := range allowed {
		quoted[i] = strconv.Quote(string(a))
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// flag is a bool, false when it is not there.
func (c *codec) flag(name string, b *bool) {
	if !c.reading {
		c.key(name)
		c.out = strconv.AppendBool(c.out, *b)
		return
	}
	if at, ok := c.find(name); ok {
		switch string(c.in[at.from:at.to]) {
		case "true":
			*b = true
		case "false":
			*b = false
		default:
			c.failAt(name, "must be true or false")
		}
	}
}

// integer is a whole number that is always there.
func (c *codec) integer(name string, i *int) {
	if !c.reading {
		c.key(name)
		c.out = strconv.AppendInt(c.out, int64(*i), 10)
		return
	}
	if at, ok := c.need(name); ok {
		c.readInt(name, at, i)
	}
}

// optInt is a whole number that is left out when nil.
func (c *codec) optInt(name string, i **int) {
	if !c.reading {
		if *i != nil {
			c.integer(name, *i)
		}
		return
	}
	if at, ok := c.find(name); ok {
		*i = new(int)
		c.readInt(name, at, *i)
	}
}

// optNumber is a number that is left out when nil.
func (c *codec) optNumber(name string, f **float64) {
	if !c.reading {
		if *f == nil {
			return
		}
		if math.IsNaN(**f) || math.IsInf(**f, 0) {
			c.failAt(name, "must be finite")
			return
		}
		c.key(name)
		c.out = strconv.AppendFloat(c.out, **f, 'g', -1, 64)
		return
	}
	if at, ok := c.find(name); ok {
		v, err := strconv.ParseFloat(string(c.in[at.from:at.to]), 64)
		if err != nil {
			c.failAt(name, "must be a number")
			return
		}
		*f = &v
	}
}

// time is an instant that is always there.
func (c *codec) time(name string, t *time.Time) {
	if c.reading {
		var s string
		c.text(name, &s)
		read, err := time.Parse(time.RFC3339Nano, s)
		if err != nil && c.err == nil {
			c.failAt(name, "must be a time as in RFC 3339")
		}
		*t = read.UTC()
		return
	}
	at := t.UTC()
	if c.wire {
		at = at.Truncate(time.Microsecond) // what the reference sends at most
	}
	if at.Year() < 0 || at.Year() > 9999 {
		c.failAt(name, "must have a year of four digits")
		return
	}
	c.key(name)
	c.out = append(c.out, '"')
	c.out = at.AppendFormat(c.out, time.RFC3339Nano)
	c.out = append(c.out, '"')
}

// texts is a list of strings, empty when it is not there.
func (c *codec) texts(name string, list *[]string) {
	if !c.reading {
		c.key(name)
		c.out = append(c.out, '[')
		for i, s := range *list {
			if i > 0 {
				c.out = append(c.out, ',')
			}
			c.out = appendString(c.out, s)
		}
		c.out = append(c.out, ']')
		return
	}
	c.elements(name, func(at span) {
		var s string
		if c.readString(at, &s) {
			*list = append(*list, s)
		}
	})
}

// optTexts is a list of strings for which nil and empty differ.
func (c *codec) optTexts(name string, list *[]string) {
	if c.reading {
		if _, ok := c.find(name); ok {
			*list = []string{}
		}
	} else if *list == nil {
		return
	}
	c.texts(name, list)
}

// textMap is an object of strings, empty when it is not there.
func (c *codec) textMap(name string, m *map[string]string) {
	if c.reading {
		at, ok := c.find(name)
		if !ok {
			return
		}
		c.enter(name, -1)
		c.readObject(at, func() {
			if len(c.members) > c.first {
				*m = make(map[string]string, len(c.members)-c.first)
			}
			for _, member := range c.members[c.first:] {
				key, value := string(member.key), ""
				c.readText(key, member.value, &value)
				(*m)[key] = value
			}
		})
		c.leave()
		return
	}
	c.key(name)
	c.out = append(c.out, '{')
	for _, key := range sortedKeys(*m) {
		c.anyKey(key)
		c.out = appendString(c.out, (*m)[key])
	}
	c.out = append(c.out, '}')
}

// record is an object that is always there.
func (c *codec) record(name string, r record) {
	if !c.reading {
		c.key(name)
		c.enter(name, -1)
		c.recordValue(r)
		c.leave()
		return
	}
	at, ok := c.need(name)
	if !ok {
		return
	}
	c.enter(name, -1)
	c.readObject(at, func() { r.fields(c) })
	c.leave()
}

// optRecord is an object that is written when it is present, and need not be
// there when reading.
func (c *codec) optRecord(name string, present bool, r record) {
	if c.reading {
		_, present = c.find(name)
	}
	if present {
		c.record(name, r)
	}
}

// optional is an object that is left out when nil.
func optional[T any, P interface {
	*T
	record
}](c *codec, name string, v *P) {
	if c.reading {
		if _, ok := c.find(name); !ok {
			return
		}
		*v = new(T)
	}
	if *v != nil {
		c.record(name, *v)
	}
}

// list is a list of objects, empty when it is not there.
func list[T any, P interface {
	*T
	record
}](c *codec, name string, l *[]T) {
	if c.reading {
		c.elements(name, func(at span) {
			var v T
			c.readObject(at, func() { P(&v).fields(c) })
			*l = append(*l, v)
		})
		return
	}
	c.key(name)
	c.enter(name, -1)
	c.out = append(c.out, '[')
	for i := range *l {
		if i > 0 {
			c.out = append(c.out, ',')
		}
		c.enter("", i)
		c.recordValue(P(&(*l)[i]))
		c.leave()
	}
	c.out = append(c.out, ']')
	c.leave()
}

// recordValue writes a record as an object.
func (c *codec) recordValue(r record) {
	c.out = append(c.out, '{')
	r.fields(c)
	c.out = append(c.out, '}')
}
