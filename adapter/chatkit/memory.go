package chatkit

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// Memory is a Store in memory, for trials and tests: nothing outlives the
// process, and nothing is ever thrown away. The zero value is empty.
type Memory struct {
	mu    sync.Mutex
	users map[string]*memoryUser
}

type memoryUser struct {
	threads     memoryList[*memoryThread]
	attachments map[string]*Attachment
}

type memoryThread struct {
	thread *Thread
	items  memoryList[memoryItem]
}

// A memoryItem is kept encoded: that is the copy which a store must make.
type memoryItem struct {
	encoded []byte
	hidden  bool
}

var _ Store = (*Memory)(nil)

// of returns what there is of a user. The lock must be held.
func (m *Memory) of(user string) *memoryUser {
	u := m.users[user]
	if u == nil {
		u = &memoryUser{attachments: map[string]*Attachment{}}
		if m.users == nil {
			m.users = map[string]*memoryUser{}
		}
		m.users[user] = u
	}
	return u
}

func (m *Memory) thread(user, threadID string) (*memoryThread, error) {
	if t, ok := m.of(user).threads.get(threadID); ok {
		return t, nil
	}
	return nil, ErrNotFound
}

func (m *Memory) GenerateThreadID(context.Context, string) string { return NewID(KindThread) }

func (m *Memory) GenerateItemID(_ context.Context, _ string, kind ItemKind, _ string) string {
	return NewID(kind)
}

func (m *Memory) LoadThread(_ context.Context, user, threadID string) (*Thread, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.thread(user, threadID)
	if err != nil {
		return nil, err
	}
	return t.thread.clone(), nil
}

func (m *Memory) SaveThread(_ context.Context, user string, thread *Thread) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, err := m.thread(user, thread.ID); err == nil {
		t.thread = thread.clone()
		return nil
	}
	m.of(user).threads.put(thread.ID, &memoryThread{thread: thread.clone()})
	return nil
}

func (m *Memory) LoadThreads(_ context.Context, user string, p PageParams) (Page[*Thread], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids, threads, more := m.of(user).threads.page(p.After, p.Limit, p.Ascending, func(*memoryThread) bool { return true })
	data := make([]*Thread, len(threads))
	for i, t := range threads {
		data[i] = t.thread.clone()
	}
	return pageOf(data, ids, more), nil
}

func (m *Memory) DeleteThread(_ context.Context, user, threadID string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(user).threads.remove(threadID)
	return nil
}

func (m *Memory) LoadThreadItems(_ context.Context, user, threadID string, p PageParams) (Page[Item], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.thread(user, threadID)
	if err != nil {
		return Page[Item]{}, nil
	}
	ids, kept, more := t.items.page(p.After, p.Limit, p.Ascending, func(i memoryItem) bool { return p.Hidden || !i.hidden })
	data := make([]Item, len(kept))
	for i, k := range kept {
		if data[i], err = UnmarshalItem(k.encoded); err != nil {
			return Page[Item]{}, err
		}
	}
	return pageOf(data, ids, more), nil
}

// pageOf names the place to go on from, which only a page with more behind it
// has.
func pageOf[T any](data []T, ids []string, more bool) Page[T] {
	p := Page[T]{Data: data, HasMore: more}
	if more {
		p.After = ids[len(ids)-1]
	}
	return p
}

func (m *Memory) AddThreadItem(_ context.Context, user, threadID string, item Item) error {
	return m.putItem(user, threadID, item, true)
}

func (m *Memory) SaveItem(_ context.Context, user, threadID string, item Item) error {
	return m.putItem(user, threadID, item, false)
}

func (m *Memory) putItem(user, threadID string, item Item, isNew bool) error {
	encoded, err := MarshalItem(item)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.thread(user, threadID)
	if err != nil {
		return err
	}
	if _, there := t.items.get(item.ItemID()); there && isNew {
		return ErrExists
	}
	t.items.put(item.ItemID(), memoryItem{encoded, item.Hidden()})
	return nil
}

func (m *Memory) LoadItem(_ context.Context, user, threadID, itemID string) (Item, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, err := m.thread(user, threadID)
	if err != nil {
		return nil, err
	}
	item, ok := t.items.get(itemID)
	if !ok {
		return nil, ErrNotFound
	}
	return UnmarshalItem(item.encoded)
}

func (m *Memory) DeleteThreadItem(_ context.Context, user, threadID, itemID string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, err := m.thread(user, threadID); err == nil {
		t.items.remove(itemID)
	}
	return nil
}

func (m *Memory) SaveAttachment(_ context.Context, user string, a *Attachment) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(user).attachments[a.ID] = a.clone()
	return nil
}

func (m *Memory) LoadAttachment(_ context.Context, user, id string) (*Attachment, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.of(user).attachments[id]
	if !ok {
		return nil, ErrNotFound
	}
	return a.clone(), nil
}

func (m *Memory) DeleteAttachment(_ context.Context, user, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of(user).attachments, id)
	return nil
}

func (t *Thread) clone() *Thread {
	c := *t
	c.AllowedImageDomains = slices.Clone(t.AllowedImageDomains)
	c.Metadata = cloneMap(t.Metadata)
	return &c
}

func (a *Attachment) clone() *Attachment {
	c := *a
	c.Metadata = cloneMap(a.Metadata)
	if a.Upload != nil {
		upload := *a.Upload
		upload.Headers = maps.Clone(upload.Headers)
		c.Upload = &upload
	}
	return &c
}

func cloneMap(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	c := make(map[string]any, len(m))
	for k, v := range m {
		c[k] = cloneValue(v)
	}
	return c
}

// cloneValue copies the maps and lists of a JSON value, other values as they
// are.
func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return cloneMap(v)
	case []any:
		c := make([]any, len(v))
		for i := range v {
			c[i] = cloneValue(v[i])
		}
		return c
	}
	return v
}
