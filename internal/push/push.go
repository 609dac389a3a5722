// Package push tells a person's open pages what changed. It is a hint: a page that comes back after a pause asks for all
// since what it has, so nothing is kept here for those who are away.
package push

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

// buffered is how many messages a slow page may lag behind before it is cut off; it then comes back and catches up.
const buffered = 64

// Hub passes messages on to open pages. It is safe for use by several goroutines.
type Hub struct {
	mu    sync.RWMutex
	pages map[int64]map[*page]struct{} // by user
}

// page is one open stream.
type page struct{ ch chan []byte }

// New returns a hub without pages.
func New() *Hub { return &Hub{pages: map[int64]map[*page]struct{}{}} }

// Subscribe opens a stream of a user's messages, each a complete server-sent event. The channel is closed when the page
// reads too slowly. The caller must call cancel at the end.
func (h *Hub) Subscribe(userID int64) (messages <-chan []byte, cancel func()) {
	p := &page{ch: make(chan []byte, buffered)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.pages[userID] == nil {
		h.pages[userID] = map[*page]struct{}{}
	}
	h.pages[userID][p] = struct{}{}
	return p.ch, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.drop(userID, p)
	}
}

// drop closes a page's stream once. The caller holds the lock.
func (h *Hub) drop(userID int64, p *page) {
	if _, open := h.pages[userID][p]; !open {
		return
	}
	close(p.ch)
	delete(h.pages[userID], p)
	if len(h.pages[userID]) == 0 {
		delete(h.pages, userID)
	}
}

// Online reports whether the user has a page open.
func (h *Hub) Online(userID int64) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.pages[userID]) > 0
}

// Publish sends an event with data, as JSON, to the open pages of the users. It never waits for a page. Ten thousand users, in order,
// cost what the pages that are open do.
func (h *Hub) Publish(userIDs []int64, event string, data any) {
	var slow []slowPage
	h.mu.RLock()
	var message []byte // encoded once, and only if somebody looks
	send := func(id int64) {
		for p := range h.pages[id] {
			if message == nil {
				message = encode(event, data)
			}
			if !p.offer(message) {
				slow = append(slow, slowPage{id, p})
			}
		}
	}
	if len(userIDs) > manyUsers && len(userIDs) > 4*len(h.pages) && slices.IsSorted(userIDs) {
		for id := range h.pages {
			if _, found := slices.BinarySearch(userIDs, id); found {
				send(id)
			}
		}
	} else {
		for _, id := range userIDs {
			send(id)
		}
	}
	h.mu.RUnlock()
	h.cut(slow)
}

// manyUsers is from how many users on it is looked which of those with open pages are among them.
const manyUsers = 64

// PublishAll sends an event to every open page.
func (h *Hub) PublishAll(event string, data any) {
	h.mu.RLock()
	ids := make([]int64, 0, len(h.pages))
	for id := range h.pages {
		ids = append(ids, id)
	}
	h.mu.RUnlock()
	h.Publish(ids, event, data)
}

// slowPage is a page that did not take a message.
type slowPage struct {
	userID int64
	page   *page
}

func (h *Hub) cut(slow []slowPage) {
	if len(slow) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range slow {
		h.drop(s.userID, s.page)
	}
}

func (p *page) offer(message []byte) bool {
	select {
	case p.ch <- message:
		return true
	default:
		return false
	}
}

// encode writes a server-sent event. Data that cannot be encoded is a programming error.
func encode(event string, data any) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "event: %s\ndata: ", event)
	if err := json.NewEncoder(&b).Encode(data); err != nil {
		panic(fmt.Sprintf("live event %s: %v", event, err))
	}
	b.WriteByte('\n') // the encoder wrote the first line break
	return b.Bytes()
}
