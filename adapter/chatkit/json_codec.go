package chatkit

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// A codec goes over the fields of a value and either writes them or reads
// them: one list of fields serves both directions, so the two cannot drift
// apart. The first failure is kept and the rest of the way means nothing.
//
// Writing appends to out. Reading works on in, which has been checked to be
// one JSON value; objects are looked up by key, exactly as it is spelled.
type codec struct {
	reading bool
	wire    bool // writing for a client, not for a store
	out     []byte
	in      []byte
	noNUL   bool     // strings with U+0000 are refused, in free-form JSON too
	members []member // of the objects that are open for reading, innermost last
	first   int      // where those of the innermost begin
	path    []step   // to the value that is being written or read
	err     error
}

// A record has fields.
type record interface{ fields(*codec) }

// A span is a value as it stands in codec.in.
type span struct{ from, to int }

// A member is a key, unescaped, and its value.
type member struct {
	key   []byte
	value span
}

// A step is a member or, without a name, an element.
type step struct {
	name  string
	index int
}

var codecs = sync.Pool{New: func() any { return new(codec) }}

func newCodec() *codec { return codecs.Get().(*codec) }

// release gives the codec back, unless a large value has made it large.
func (c *codec) release() {
	const keep = 256
	if cap(c.members) > keep {
		c.members = nil
	}
	if c.reading {
		clear(c.members[:cap(c.members)]) // the keys, which hold on to the text
	}
	*c = codec{members: c.members[:0], path: c.path[:0]}
	codecs.Put(c)
}

// encode appends what write writes to dst. When it fails, dst comes back.
func encode(dst []byte, wire bool, write func(*codec)) ([]byte, error) {
	c := newCodec()
	c.out, c.wire = dst, wire
	write(c)
	return c.written(dst)
}

// written ends writing.
func (c *codec) written(dst []byte) ([]byte, error) {
	out, err := c.out, c.err
	c.release()
	if err != nil {
		return dst, fmt.Errorf("chatkit: %w", err)
	}
	return out, nil
}

// decode reads data, which need not be JSON at all.
func decode(data []byte, read func(*codec)) error {
	if err := checkForm(data, maxDepth); err != nil {
		return err
	}
	return readChecked(data, read)
}

func readChecked(data []byte, read func(*codec)) error {
	c := newCodec()
	c.in, c.reading = data, true
	read(c)
	err := c.err
	c.release()
	return err
}

// whole is the span of a text.
func whole(data []byte) span { return span{0, len(data)} }

// A fieldError says what is wrong with a value and where it is.
type fieldError struct{ path, problem string }

func (e *fieldError) Error() string { return e.path + " " + e.problem }

// fail says what is wrong with the value that the path leads to.
func (c *codec) fail(format string, args ...any) {
	if c.err == nil {
		c.stop(&fieldError{c.place(), fmt.Sprintf(format, args...)})
	}
}

// failAt says what is wrong with a member.
func (c *codec) failAt(name, format string, args ...any) {
	c.enter(name, -1)
	c.fail(format, args...)
	c.leave()
}

func (c *codec) stop(err error) {
	if c.err == nil {
		c.err = err
	}
}

// enter goes to a member or, when index is not negative, to an element.
func (c *codec) enter(name string, index int) { c.path = append(c.path, step{name, index}) }

func (c *codec) leave() { c.path = c.path[:len(c.path)-1] }

// place spells the path as in params.input.content[2].text.
func (c *codec) place() string {
	if len(c.path) == 0 {
		return "the value"
	}
	var b strings.Builder
	for i, s := range c.path {
		switch {
		case s.index >= 0:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case i > 0:
			b.WriteString("." + s.name)
		default:
			b.WriteString(s.name)
		}
	}
	return b.String()
}
