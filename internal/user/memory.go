package user

import (
	"sync"

	"github.com/portico-hq/portico/internal/db"
)

// maxRemembered bounds the memory; beyond it all are forgotten and the busy ones come back at once.
const maxRemembered = 20_000

// memory holds users that were read, since the same few are asked for by every call and every page. What this process
// changes is forgotten when it is durable; what another one changes, when package db notices.
//
// An entry that was read before a change and arrives after it is not kept: the generation tells.
type memory struct {
	mu         sync.RWMutex
	generation uint64
	users      map[int64]remembered
}

// remembered is a user; details tells whether their Details were read too.
type remembered struct {
	user    User
	details bool
}

// get returns what is known of ids and the ids of the others. Their Details are asked for as well where details is set.
func (m *memory) get(ids []int64, details bool) (known map[int64]User, missing []int64, generation uint64) {
	known = make(map[int64]User, len(ids))
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, id := range ids {
		r, ok := m.users[id]
		if !ok || details && !r.details {
			missing = append(missing, id)
			continue
		}
		known[id] = r.user
	}
	return known, missing, m.generation
}

// keep remembers users that were read at generation.
func (m *memory) keep(users map[int64]User, details bool, generation uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.generation != generation {
		return
	}
	if m.users == nil || len(m.users)+len(users) > maxRemembered {
		m.users = map[int64]remembered{}
	}
	for id, u := range users {
		if !m.users[id].details {
			m.users[id] = remembered{u, details}
		}
	}
}

// forget forgets one user.
func (m *memory) forget(id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.generation++
	delete(m.users, id)
}

// forgetAll forgets everybody.
func (m *memory) forgetAll() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.generation++
	clear(m.users)
}

// changedTx forgets the user id once a change of them is durable. Every statement that changes a user calls it.
func (s *Service) changedTx(tx *db.Tx, id int64) {
	tx.Note(noted(id), nil)
	tx.OnCommit(func() { s.memory.forget(id) })
}
