package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	maxPages       = 32
	maxDescription = 4 << 10  // bytes
	maxSchema      = 64 << 10 // bytes
	// handOverPrefix begins the names of the tools by which agents hand over. A
	// tool server may not have one: it would choose who answers.
	handOverPrefix = "transfer_to_"
)

// A toolList is the list as it was read once. It is not changed any more.
type toolList struct {
	tools []Tool
	hash  string
	until time.Time // when to look again
}

// A miss is an attempt to read the list that failed for everybody.
type miss struct {
	at  time.Time
	err error
}

type wireTool struct {
	Name        string          `json:"name"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Schema      json.RawMessage `json:"inputSchema"`
	Annotations struct {
		Title    string `json:"title"`
		ReadOnly bool   `json:"readOnlyHint"`
	} `json:"annotations"`
}

type listResult struct {
	Tools      []wireTool `json:"tools"`
	NextCursor string     `json:"nextCursor"`
	TTL        *int64     `json:"ttlMs"`
}

// List gives the tools, in the server's order. The list is the same for every
// user, so it is read by whoever asks first and kept for a few minutes; when it
// cannot be read again, the old one stays. Nobody may change the slice: all share it.
func (m *MCPTools) List(ctx context.Context, user string) ([]Tool, error) {
	old := m.list.Load()
	if old != nil && time.Now().Before(old.until) && !m.changed.Load() {
		return old.tools, nil
	}
	began := time.Now()
	if old != nil {
		select {
		case m.loading <- struct{}{}:
		default: // somebody is at it
			return old.tools, nil
		}
	} else {
		select {
		case m.loading <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer func() { <-m.loading }()
	if now := m.list.Load(); now != old { // read while we waited
		return now.tools, nil
	}
	if f := m.failure.Load(); f != nil && f.at.After(began) { // tried while we waited
		return nil, f.err
	}
	list, err := m.reload(ctx, user, old)
	if err != nil {
		return nil, err
	}
	return list.tools, nil
}

// reload reads the list and keeps it. When it cannot, old does for a while, if
// there is one.
func (m *MCPTools) reload(ctx context.Context, user string, old *toolList) (*toolList, error) {
	m.changed.Store(false) // before: it may change again while it is read
	list, err := m.readList(ctx, user)
	switch {
	case err == nil:
		m.keep(ctx, list, old)
		return list, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	m.cfg.Logger.WarnContext(ctx, "tools not listed", "err", err)
	if old != nil {
		again := *old
		again.until = time.Now().Add(10 * time.Second)
		m.list.Store(&again)
		return &again, nil
	}
	if errors.Is(err, ErrToolsUnavailable) && !errors.Is(err, ErrToolsRefused) {
		m.failure.Store(&miss{time.Now(), err})
	}
	return nil, err
}

func (m *MCPTools) keep(ctx context.Context, list, old *toolList) {
	m.list.Store(list)
	switch {
	case old == nil:
		m.cfg.Logger.InfoContext(ctx, "tools listed", "tools", len(list.tools), "hash", list.hash)
	case old.hash != list.hash:
		m.cfg.Logger.WarnContext(ctx, "tools changed", "tools", len(list.tools), "was", old.hash, "hash", list.hash)
	}
}

// readList reads all pages.
func (m *MCPTools) readList(ctx context.Context, user string) (*toolList, error) {
	ctx, cancel := context.WithTimeout(ctx, m.cfg.ListTimeout)
	defer cancel()
	list := &toolList{}
	good := m.cfg.ListFor
	size, cursor := int64(0), ""
	for range maxPages {
		r, err := m.ask(ctx, user, "tools/list", "", listParams{Cursor: cursor, Meta: newMeta()})
		if err != nil {
			return nil, err
		}
		var page listResult
		if r.result == nil || json.Unmarshal(r.result, &page) != nil {
			return nil, &fault{what: "tools/list was refused"}
		}
		if size += int64(len(r.result)); size > m.cfg.MaxAnswer {
			return nil, &fault{what: fmt.Sprintf("a list of tools of more than %d bytes", m.cfg.MaxAnswer)}
		}
		if page.TTL != nil {
			good = min(max(time.Duration(*page.TTL)*time.Millisecond, 30*time.Second), 5*time.Minute)
		}
		full := m.take(ctx, list, page.Tools)
		if cursor = page.NextCursor; cursor == "" || full {
			break
		}
	}
	list.until = time.Now().Add(good)
	list.hash = list.digest()
	return list, nil
}

// take adds the tools of one page that can be offered to a model. It reports
// whether the list is full.
func (m *MCPTools) take(ctx context.Context, list *toolList, page []wireTool) bool {
	for _, w := range page {
		if len(list.tools) == m.cfg.MaxTools {
			m.cfg.Logger.WarnContext(ctx, "tools left out", "kept", m.cfg.MaxTools)
			return true
		}
		tool, err := w.tool()
		if err == nil && list.has(tool.Name) {
			err = errors.New("its name is taken")
		}
		if err != nil {
			m.cfg.Logger.WarnContext(ctx, "tool left out", "tool", clip(w.Name, 64), "err", err)
			continue
		}
		list.tools = append(list.tools, tool)
	}
	return false
}

// tool checks a tool of the wire.
func (w wireTool) tool() (Tool, error) {
	var schema bytes.Buffer
	switch {
	case !toolName.MatchString(w.Name):
		return Tool{}, errors.New("its name is none that models take")
	case strings.HasPrefix(w.Name, handOverPrefix):
		return Tool{}, errors.New("its name is kept for handing over")
	case len(w.Schema) == 0 || w.Schema[0] != '{' || len(w.Schema) > maxSchema || json.Compact(&schema, w.Schema) != nil:
		return Tool{}, fmt.Errorf("its schema is no object of up to %d bytes", maxSchema)
	}
	t := Tool{Name: w.Name, Title: w.Title, Description: clip(w.Description, maxDescription), Schema: schema.Bytes(), ReadOnly: w.Annotations.ReadOnly}
	orElse(&t.Title, w.Annotations.Title)
	orElse(&t.Title, titleFromName(w.Name))
	t.Title = clip(t.Title, 100)
	return t, nil
}

// titleFromName makes "Create task" of "create_task".
func titleFromName(name string) string {
	words := strings.NewReplacer("_", " ", "-", " ").Replace(name)
	return strings.ToUpper(words[:1]) + words[1:]
}

func (l *toolList) has(name string) bool {
	return slices.ContainsFunc(l.tools, func(t Tool) bool { return t.Name == name })
}

// digest is a fingerprint of all that a model is told of the tools.
func (l *toolList) digest() string {
	data, _ := json.Marshal(l.tools) // strings, booleans and checked JSON: cannot fail
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// readOnly reports whether a tool is known to change nothing.
func (m *MCPTools) readOnly(name string) bool {
	list := m.list.Load()
	return list != nil && slices.ContainsFunc(list.tools, func(t Tool) bool { return t.Name == name && t.ReadOnly })
}
