package faultproxy

import (
	"bytes"
	"encoding/binary"
	"regexp"
)

// frames cuts a stream into messages of PostgreSQL's protocol, version 3.
type frames struct {
	buffer []byte
	raw    []byte // the last message as it came
}

func (f *frames) add(data []byte) { f.buffer = append(f.buffer, data...) }

// next gives the next whole message. The first of a client has no kind.
func (f *frames) next(typed bool) (kind byte, body []byte, ok bool) {
	head := 0
	if typed {
		head = 1
	}
	if len(f.buffer) < head+4 {
		return 0, nil, false
	}
	size := head + int(binary.BigEndian.Uint32(f.buffer[head:]))
	if size < head+4 || len(f.buffer) < size {
		return 0, nil, false
	}
	if typed {
		kind = f.buffer[0]
	}
	f.raw = bytes.Clone(f.buffer[:size])
	f.buffer = f.buffer[size:]
	return kind, f.raw[head+4:], true
}

// startup is the version that a client speaks; everything else that may come
// first is encrypted or asks to cancel.
const startup = 3 << 16

// readClient follows what the client has sent, as far as it is whole.
func (w *watch) readClient() {
	if !w.started {
		_, body, ok := w.client.next(false)
		if !ok {
			return
		}
		if len(body) < 4 || binary.BigEndian.Uint32(body)&^0xffff != startup {
			w.opaque = true
			return
		}
		w.started = true
		w.statements, w.portals = map[string]string{}, map[string]string{}
		w.pending = append(w.pending, batch{}) // ends with the first ReadyForQuery
	}
	for {
		kind, body, ok := w.client.next(true)
		if !ok {
			return
		}
		w.message(kind, body)
	}
}

// message follows one message: https://www.postgresql.org/docs/current/protocol-message-formats.html
func (w *watch) message(kind byte, body []byte) {
	switch kind {
	case 'P': // Parse: name, text
		name, rest := text(body)
		w.statements[name], _ = text(rest)
	case 'B': // Bind: portal, statement
		portal, rest := text(body)
		name, _ := text(rest)
		w.portals[portal] = w.statements[name]
	case 'E': // Execute: portal
		portal, _ := text(body)
		w.execute(w.portals[portal])
	case 'Q': // Query, with its own end
		sql, _ := text(body)
		w.execute(sql)
		w.sync()
	case 'S', 'F': // Sync; a function call ends like one
		w.sync()
	}
}

func text(body []byte) (first string, rest []byte) {
	before, after, _ := bytes.Cut(body, []byte{0})
	return string(before), after
}

var (
	begins  = regexp.MustCompile(`(?i)^\s*(BEGIN|START TRANSACTION)\b`)
	commits = regexp.MustCompile(`(?i)^\s*(COMMIT|END)\b`)
	undoes  = regexp.MustCompile(`(?i)^\s*ROLLBACK\b`)
	changes = regexp.MustCompile(`\b(INSERT INTO|UPDATE|DELETE FROM)\b`)
)

func (w *watch) execute(sql string) {
	w.texts, w.midway = append(w.texts, sql), true
	switch {
	case begins.MatchString(sql):
		w.explicit = true
	case undoes.MatchString(sql):
		w.explicit, w.texts = false, nil
	case commits.MatchString(sql):
		w.explicit, w.batch.commits = false, true
	}
}

// sync ends a batch. Outside of BEGIN that commits what it has changed.
func (w *watch) sync() {
	for _, sql := range w.texts {
		w.batch.commits = w.batch.commits || !w.explicit && changes.MatchString(sql)
	}
	w.batch.texts = w.texts
	w.pending = append(w.pending, w.batch)
	w.batch, w.midway = batch{}, false
	if !w.explicit {
		w.texts = nil
	}
}
