package record

import (
	"fmt"
	"hash/maphash"
	"sync"
)

// marks remember where pages ended, so that the next page goes on from there by key where its start says how many records lie
// before it. A mark counts as long as nothing changed.
type marks struct {
	seed maphash.Seed
	mu   sync.Mutex
	at   map[mark]place
}

// maxMarks is how many pages are remembered; with more, all are forgotten.
const maxMarks = 4096

// mark is the end of a page: a list, how many records came before, and the state of the data.
type mark struct {
	list       uint64
	offset     int64
	generation uint64
}

// place is the sorting keys of the last record before a page, and its id.
type place struct {
	keys []any
}

// list names a statement with its values.
func (m *marks) list(text string, args []any) uint64 {
	var h maphash.Hash
	h.SetSeed(m.seed)
	_, _ = h.WriteString(text)
	for _, a := range args {
		_, _ = fmt.Fprintf(&h, "\x00%T%v", a, a)
	}
	return h.Sum64()
}

func (m *marks) get(k mark) (place, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p, ok := m.at[k]
	return p, ok
}

func (m *marks) put(k mark, p place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at == nil || len(m.at) >= maxMarks {
		m.at = make(map[mark]place, 64)
	}
	m.at[k] = p
}
