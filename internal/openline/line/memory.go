package line

import "sync"

// maxRemembered bounds the memory; beyond it all are forgotten.
const maxRemembered = 1000

// memory holds lines that were read, since each message of a client asks for one. Every change gives its line a new
// stamp, drawn by lot, and a look at a line begins with its stamp: what is remembered is what the transaction sees, and nothing that
// was undone.
type memory struct {
	mu    sync.RWMutex
	lines map[int64]remembered
}

type remembered struct {
	line  Line
	stamp int64
}

func (m *memory) get(id, stamp int64) (Line, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, ok := m.lines[id]
	if !ok || r.stamp != stamp {
		return Line{}, false
	}
	return r.line.clone(), true
}

func (m *memory) keep(l Line, stamp int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.lines == nil || len(m.lines) >= maxRemembered {
		m.lines = map[int64]remembered{}
	}
	m.lines[l.ID] = remembered{l, stamp}
}
