package chatkit

import (
	"cmp"
	"slices"
)

// A memoryList keeps values in the order they were added, so that a page can
// go on behind an entry that is gone since.
type memoryList[T any] struct {
	entries []memoryEntry[T]
	places  map[string]int64 // by id, those of removed entries too
	next    int64
}

type memoryEntry[T any] struct {
	place int64
	id    string
	value T
}

func (l *memoryList[T]) find(id string) (int, bool) {
	place, ok := l.places[id]
	if !ok {
		return 0, false
	}
	return slices.BinarySearchFunc(l.entries, place, func(e memoryEntry[T], at int64) int { return cmp.Compare(e.place, at) })
}

func (l *memoryList[T]) get(id string) (value T, ok bool) {
	i, ok := l.find(id)
	if ok {
		value = l.entries[i].value
	}
	return value, ok
}

// put overwrites in place or adds at the end.
func (l *memoryList[T]) put(id string, value T) {
	if i, ok := l.find(id); ok {
		l.entries[i].value = value
		return
	}
	if l.places == nil {
		l.places = map[string]int64{}
	}
	l.next++
	l.places[id] = l.next
	l.entries = append(l.entries, memoryEntry[T]{l.next, id, value})
}

func (l *memoryList[T]) remove(id string) {
	if i, ok := l.find(id); ok {
		l.entries = slices.Delete(l.entries, i, i+1)
	}
}

// page returns up to limit of the values that are wanted, from behind the entry
// after, and whether there are more. Behind an id that never was there is
// nothing.
func (l *memoryList[T]) page(after string, limit int, ascending bool, want func(T) bool) (ids []string, values []T, more bool) {
	from, step, end := 0, 1, len(l.entries)
	if !ascending {
		from, step, end = len(l.entries)-1, -1, -1
	}
	if after != "" {
		if _, ok := l.places[after]; !ok {
			return nil, nil, false
		}
		at, found := l.find(after)
		switch {
		case !ascending:
			from = at - 1
		case found:
			from = at + 1
		default:
			from = at
		}
	}
	for i := from; i != end; i += step {
		if !want(l.entries[i].value) {
			continue
		}
		if len(values) == limit {
			return ids, values, true
		}
		ids, values = append(ids, l.entries[i].id), append(values, l.entries[i].value)
	}
	return ids, values, false
}
