package main

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sniffLen is how much of a file is looked at to know what it is.
const sniffLen = 512

// magic is how the binary kinds begin.
var magic = []struct {
	mimeType string
	is       func([]byte) bool
}{
	{"image/png", func(b []byte) bool { return bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) }},
	{"image/jpeg", func(b []byte) bool { return bytes.HasPrefix(b, []byte("\xff\xd8\xff")) }},
	{"image/gif", func(b []byte) bool {
		return bytes.HasPrefix(b, []byte("GIF87a")) || bytes.HasPrefix(b, []byte("GIF89a"))
	}},
	{"image/webp", func(b []byte) bool {
		return len(b) >= 12 && bytes.HasPrefix(b, []byte("RIFF")) && bytes.Equal(b[8:12], []byte("WEBP"))
	}},
	{"application/pdf", func(b []byte) bool { return bytes.HasPrefix(b, []byte("%PDF-")) }},
}

// sniff tells what a file is by how it begins; the name only tells one text
// from another. Empty: it can only be a text, if all of it proves to be.
func sniff(head []byte, name string) (mimeType string, isText bool) {
	for _, m := range magic {
		if m.is(head) {
			return m.mimeType, false
		}
	}
	switch strings.ToLower(filepath.Ext(name)) {
	case ".md", ".markdown":
		return "text/markdown", true
	case ".csv":
		return "text/csv", true
	case ".json":
		if start := bytes.TrimLeft(head, " \t\r\n"); len(start) > 0 && (start[0] == '{' || start[0] == '[') {
			return "application/json", true
		}
	}
	return "text/plain", true
}

// knownType reports whether files may be of a type.
func knownType(mimeType string) bool {
	switch mimeType {
	case "text/plain", "text/markdown", "text/csv", "application/json":
		return true
	}
	for _, m := range magic {
		if m.mimeType == mimeType {
			return true
		}
	}
	return false
}

// isRaster reports whether browsers may show the type where it is linked.
func isRaster(mimeType string) bool { return strings.HasPrefix(mimeType, "image/") }

var errNotText = errors.New("not text in UTF-8")

// A textCheck is written a file in pieces and fails when it is no text: not
// UTF-8, or with control characters that no text has.
type textCheck struct{ rest []byte }

func (t *textCheck) Write(p []byte) (int, error) {
	data := p
	if len(t.rest) > 0 {
		data = append(t.rest, p...)
	}
	for len(data) > 0 {
		if data[0] < utf8.RuneSelf {
			if data[0] < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b\b", rune(data[0])) {
				return 0, errNotText
			}
			data = data[1:]
			continue
		}
		if !utf8.FullRune(data) {
			break
		}
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			return 0, errNotText
		}
		data = data[size:]
	}
	t.rest = append(t.rest[:0:0], data...)
	return len(p), nil
}

// end fails when the last character was cut.
func (t *textCheck) end() error {
	if len(t.rest) > 0 {
		return errNotText
	}
	return nil
}

const maxFileName = 255

// validName takes names of files as people give them: no path, nothing that is
// not seen but changes how the rest is read.
func validName(name string) bool {
	if name == "" || name == "." || name == ".." || !utf8.ValidString(name) || utf8.RuneCountInString(name) > maxFileName ||
		strings.TrimSpace(name) == "" {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return r == '/' || r == '\\' || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}
