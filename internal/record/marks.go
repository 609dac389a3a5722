package record

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
)

// marks remember where pages ended, so that the next page goes on from there by key where its start says how many records lie
// before it; a page further on skips only the records in between. A mark counts as long as nothing changed.
type marks struct {
	seed  maphash.Seed
	mu    sync.Mutex
	at    map[trail][]place
	count int
}

// maxMarks is how many places are remembered; with more, all are forgotten.
const maxMarks = 4096

// trail is a list and the state of the data.
type trail struct {
	list       uint64
	generation uint64
}

// place is the sorting keys of a record, and how many records of the list come up to it, with itself.
type place struct {
	offset int64
	keys   []any
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

// nearest returns the last place of a list with at most offset records up to it; the zero place where none is known.
func (m *marks) nearest(t trail, offset int64) place {
	m.mu.Lock()
	defer m.mu.Unlock()
	places := m.at[t]
	i, found := slices.BinarySearchFunc(places, offset, byOffset)
	switch {
	case found:
		return places[i]
	case i > 0:
		return places[i-1]
	}
	return place{}
}

func byOffset(p place, offset int64) int { return cmp.Compare(p.offset, offset) }

func (m *marks) put(t trail, p place) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at == nil || m.count >= maxMarks {
		m.at, m.count = make(map[trail][]place), 0
	}
	places := m.at[t]
	i, found := slices.BinarySearchFunc(places, p.offset, byOffset)
	if found {
		places[i] = p
		return
	}
	m.at[t] = slices.Insert(places, i, p)
	m.count++
}
