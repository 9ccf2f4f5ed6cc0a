package web

import "bytes"

// withoutComments leaves out what only readers of the source need: lines that
// are comments, blank ones and indentation, a fifth of what would go over the
// wire. It reads lines and no syntax, and asks two things of the files for it
// (TestSourcesAreReadByLine): a comment has its lines to itself, and no string
// goes over the end of a line.
func withoutComments(source []byte) []byte {
	var out bytes.Buffer
	block := false
	for line := range bytes.Lines(source) {
		line = bytes.TrimSpace(line)
		switch {
		case block:
			block = !bytes.HasSuffix(line, []byte("*/"))
		case bytes.HasPrefix(line, []byte("/*")):
			block = !bytes.HasSuffix(line, []byte("*/"))
		case len(line) == 0, bytes.HasPrefix(line, []byte("//")):
		default:
			out.Write(line)
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}
