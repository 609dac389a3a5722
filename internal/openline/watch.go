package openline

import (
	"slices"
	"sync"
	"time"
)

// watchFor is how long somebody is told of all conversations after their page last said that it shows them.
const watchFor = 2 * time.Minute

// watchers are who looks at conversations that are not theirs. It is kept in memory: pages say again and again that they look.
type watchers struct {
	mu    sync.Mutex
	until map[int64]time.Time
}

// Watch has hints of every conversation go to somebody for the next two minutes. Who may is for the caller to check.
func (s *Service) Watch(userID int64) {
	w := &s.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.until == nil {
		w.until = map[int64]time.Time{}
	}
	w.until[userID] = s.now().Add(watchFor)
}

// andWatchers returns ids and who looks besides.
func (s *Service) andWatchers(ids []int64) []int64 {
	w := &s.watching
	w.mu.Lock()
	defer w.mu.Unlock()
	now := s.now()
	for id, until := range w.until {
		if now.After(until) {
			delete(w.until, id)
		} else if !has(ids, id) {
			ids = append(slices.Clip(ids), id)
		}
	}
	return ids
}
