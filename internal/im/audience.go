package im

import (
	"slices"
	"time"
)

// What is told to everybody in a chat is bounded, so that a chat of ten thousand does not drown its pages. In small chats everything
// is told.
const (
	largeChat   = 100             // members; in a larger one what follows holds
	shownTypers = 5               // people whose typing is told at a time
	typingTime  = 5 * time.Second // for which a page shows that somebody types
	toldMembers = 50              // members named in a hint; of more the hint says that the chat changed
)

// publishMembers tells the members of a chat, in order, who came or left. Of many, each of those who left is told of themselves.
func (s *Service) publishMembers(to []int64, hint LiveMembers) {
	removed := hint.Removed
	if len(hint.Added) > toldMembers {
		hint.Added = nil
	}
	if len(removed) > toldMembers {
		hint.Removed = nil
		s.live.Publish(without(to, removed), LiveChat, hint)
		for _, id := range removed {
			s.live.Publish([]int64{id}, LiveChat, LiveMembers{ChatID: hint.ChatID, Removed: []int64{id}})
		}
		return
	}
	s.live.Publish(to, LiveChat, hint)
}

// publishOthers sends a hint to the members of a chat but one.
func (s *Service) publishOthers(members []int64, except int64, event string, data any) {
	at, found := slices.BinarySearch(members, except)
	if !found {
		s.live.Publish(members, event, data)
		return
	}
	if at > 0 {
		s.live.Publish(members[:at], event, data)
	}
	if at+1 < len(members) {
		s.live.Publish(members[at+1:], event, data)
	}
}

// crowd is what is remembered of a large chat, so as to tell its members no more than a page shows.
type crowd struct {
	typers  map[int64]time.Time // who types, and when they were heard last
	readers [2]reader           // the two who have read the furthest; the first is the one further
	loaded  bool                // readers knows what was read before this process began
}

type reader struct{ userID, messageID int64 }

// crowd calls f with what is remembered of a chat. It is kept by this process alone: another one tells a few hints more.
func (s *Service) crowd(chatID int64, f func(*crowd)) {
	s.crowdMu.Lock()
	defer s.crowdMu.Unlock()
	c := s.crowds[chatID]
	if c == nil {
		if len(s.crowds) >= maxCrowds {
			clear(s.crowds)
		}
		c = &crowd{typers: map[int64]time.Time{}}
		s.crowds[chatID] = c
	}
	f(c)
}

// maxCrowds bounds the large chats of which something is remembered.
const maxCrowds = 1_000

// showsTyping reports whether somebody's typing is told: a page shows a few people at a time.
func (s *Service) showsTyping(st *state, userID int64) (shown bool) {
	if len(st.members) <= largeChat {
		return true
	}
	now := s.clock.Now()
	s.crowd(st.chat.ID, func(c *crowd) {
		for id, at := range c.typers {
			if now.Sub(at) > typingTime || now.Before(at) {
				delete(c.typers, id)
			}
		}
		if _, types := c.typers[userID]; types || len(c.typers) < shownTypers {
			c.typers[userID], shown = now, true
		}
	})
	return shown
}

// showsRead reports whether the others are told how far somebody has read: a page shows that somebody else has read a message, not who,
// and for that the two who have read the furthest are enough.
func (s *Service) showsRead(st *state, userID, messageID int64) (shown bool) {
	if len(st.members) <= largeChat {
		return true
	}
	s.crowd(st.chat.ID, func(c *crowd) { shown = c.read(reader{userID, messageID}) })
	return shown
}

// read takes a mark in and reports whether it is among the two furthest.
func (c *crowd) read(r reader) bool {
	first, second := &c.readers[0], &c.readers[1]
	switch {
	case first.userID == r.userID:
		if r.messageID <= first.messageID {
			return false
		}
		first.messageID = r.messageID
	case r.messageID <= second.messageID:
		return false
	case r.messageID > first.messageID:
		*second, *first = *first, r
	default:
		*second = r
	}
	return true
}

// noteSent counts a message as read by who sent it.
func (s *Service) noteSent(st *state, m Message) {
	if len(st.members) > largeChat && !slices.Contains(st.bots, m.SenderID) && m.SenderID != 0 {
		s.crowd(st.chat.ID, func(c *crowd) { c.read(reader{m.SenderID, m.ID}) })
	}
}

// forgetCrowds forgets what is remembered of large chats: another process has written.
func (s *Service) forgetCrowds() {
	s.crowdMu.Lock()
	defer s.crowdMu.Unlock()
	clear(s.crowds)
}

// publishRead tells how far somebody has read: their own pages always.
func (s *Service) publishRead(st *state, hint LiveReader) {
	to := st.members
	if !s.showsRead(st, hint.UserID, hint.MessageID) {
		to = []int64{hint.UserID}
	}
	s.live.Publish(to, LiveRead, hint)
}
