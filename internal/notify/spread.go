package notify

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
)

// A message that somebody may have to be told of is a row in the transaction that stores it, so that none is forgotten when the
// machine stops. Whom to tell, of ten thousand members too, is found behind the sender's back, some people in each write.
const (
	spreadPeople   = 200 // people in one write: others wait for no more
	spreadMessages = 32  // messages in one write
)

// deviceMemory remembers who has a device, so that a message that reaches nobody's costs nothing. What another process changes is
// noticed within db.NoticeTime.
type deviceMemory struct {
	generation atomic.Int64
	known      atomic.Pointer[deviceOwners]
}

// deviceOwners are the people with devices, by their ids, as of a generation.
type deviceOwners struct {
	generation int64
	ids        []int64
}

// forget has the devices read anew.
func (m *deviceMemory) forget() { m.generation.Add(1) }

// deviceOwnersTx returns who has a device, in order. It must not be changed.
func (s *Service) deviceOwnersTx(ctx context.Context, tx *db.Tx) ([]int64, error) {
	if s.cfg.Box == nil {
		return nil, nil
	}
	generation := s.devices.generation.Load()
	if known := s.devices.known.Load(); known != nil && known.generation == generation {
		return known.ids, nil
	}
	ids, err := idsTx(ctx, tx, "SELECT DISTINCT user_id FROM notify_device ORDER BY user_id")
	if err != nil {
		return nil, fmt.Errorf("look for devices: %w", err)
	}
	s.devices.known.Store(&deviceOwners{generation, ids}) // one that is being stored forgets this at its commit
	return ids, nil
}

// MessageTx queues, in the transaction that stores a message, that people are to be told of it. members are those of its chat, in
// order. Where it mentions nobody and no member has a device, nothing is written.
func (s *Service) MessageTx(ctx context.Context, tx *db.Tx, m ChatMessage, members []int64) error {
	if m.Silent || m.System {
		return nil
	}
	if !m.Group {
		m.Mentions, m.All = nil, false // the message itself is as good
	}
	if len(m.Mentions) == 0 && !m.All {
		owners, err := s.deviceOwnersTx(ctx, tx)
		if err != nil || !slices.ContainsFunc(owners, func(id int64) bool { return id != m.AuthorID && has(members, id) }) {
			return err
		}
	}
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	const add = "INSERT INTO notify_message (chat_id, data, created) VALUES (?, ?, ?)"
	if err := tx.Later(ctx, add, m.ChatID, string(data), db.Micro(s.clock.Now())); err != nil {
		return fmt.Errorf("queue message: %w", err)
	}
	tx.AfterCommit(s.hurrySpread)
	return nil
}

// has reports whether a sorted list holds an id.
func has(ids []int64, id int64) bool {
	_, found := slices.BinarySearch(ids, id)
	return found
}

// hurrySpread has the messages looked at.
func (s *Service) hurrySpread() {
	select {
	case s.spread <- struct{}{}:
	default:
	}
}

// tellMessages tells people of messages until ctx ends.
func (s *Service) tellMessages(ctx context.Context) {
	for {
		more, err := s.tellSome(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Error("people not told of messages", "error", err)
			pause(ctx, firstWait)
			continue
		}
		if more {
			continue
		}
		clock.Wait(ctx, clock.System{}, idleLook, s.spread)
	}
}

// spreading is a message that waits, and how far it has come.
type spreading struct {
	ChatMessage

	row     int64
	chat    int64
	after   int64 // the last person who was told
	created time.Time
	author  string
}

// tellSome tells some people of the messages that wait longest, and reports whether there may be more to do.
func (s *Service) tellSome(ctx context.Context) (more bool, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error { // most looks find nothing: they do not write
		var n int64
		err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM notify_message LIMIT 1) waiting").Scan(&n)
		more = n > 0
		return err
	})
	if err != nil || !more {
		return false, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		waiting, err := s.waitingTx(ctx, tx)
		more = len(waiting) > 0
		left := spreadPeople
		for _, m := range waiting {
			if err != nil || left <= 0 {
				break
			}
			var n int
			n, err = s.tellTx(ctx, tx, m, left)
			left -= n
		}
		return err
	})
	return more, err
}

// waitingTx returns messages that wait and are not another process's at this moment.
func (s *Service) waitingTx(ctx context.Context, tx *db.Tx) ([]spreading, error) {
	q := "SELECT id, chat_id, data, after_user, created FROM notify_message ORDER BY id LIMIT ?"
	if tx.Dialect() == db.Postgres {
		q += " FOR UPDATE SKIP LOCKED"
	}
	out, err := scanSpreading(tx.Query(ctx, q, int64(spreadMessages)))
	if err != nil || len(out) == 0 {
		return nil, err
	}
	authors := make([]int64, len(out))
	for i, m := range out {
		authors[i] = m.AuthorID
	}
	users, err := s.cfg.Users.ManyTx(ctx, tx, authors)
	for i := range out {
		out[i].author = users[out[i].AuthorID].DisplayName()
	}
	return out, err
}

func scanSpreading(rows *sql.Rows, err error) (out []spreading, _ error) {
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var m spreading
		var data string
		var created int64
		if err := rows.Scan(&m.row, &m.chat, &data, &m.after, &created); err != nil {
			return nil, fmt.Errorf("read messages: %w", err)
		}
		// What cannot be read mentions nobody and is by nobody: it is passed over.
		_ = json.Unmarshal([]byte(data), &m.ChatMessage)
		m.ChatID, m.created = m.chat, db.Time(created)
		out = append(out, m)
	}
	return out, rows.Err()
}

// tellTx tells at most limit people of a message and returns how many it looked at. Where they were the last, it waits no more.
func (s *Service) tellTx(ctx context.Context, tx *db.Tx, m spreading, limit int) (int, error) {
	among, err := s.audienceTx(ctx, tx, m, limit)
	if err != nil {
		return 0, err
	}
	hearers, err := s.cfg.Chats.HearersTx(ctx, tx, m.ChatID, among, m.after, limit)
	if err != nil {
		return 0, fmt.Errorf("read who hears of a message: %w", err)
	}
	var push []int64
	for _, h := range hearers {
		switch {
		case h.UserID == m.AuthorID:
		case m.All || slices.Contains(m.Mentions, h.UserID):
			if _, err := s.TellTx(ctx, tx, m.mention(m.author, h.UserID)); err != nil {
				return 0, fmt.Errorf("tell of a mention: %w", err)
			}
		case !h.Muted:
			push = append(push, h.UserID)
		}
	}
	if err := s.pushMessageTx(ctx, tx, m, push); err != nil {
		return 0, err
	}
	looked, last := len(hearers), int64(0)
	if m.All && looked == limit {
		last = hearers[looked-1].UserID
	} else if !m.All && len(among) == limit {
		looked, last = limit, among[limit-1]
	}
	if last == 0 {
		err = tx.Later(ctx, "DELETE FROM notify_message WHERE id = ?", m.row)
	} else {
		err = tx.Later(ctx, "UPDATE notify_message SET after_user = ? WHERE id = ?", last, m.row)
	}
	return max(looked, 1), err
}

// audienceTx returns who is to be told next if they are in the chat, at most limit, by their ids: those who are mentioned, and those
// with a device. Of a message to everybody it returns nil.
func (s *Service) audienceTx(ctx context.Context, tx *db.Tx, m spreading, limit int) ([]int64, error) {
	if m.All {
		return nil, nil
	}
	owners, err := s.deviceOwnersTx(ctx, tx)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(m.Mentions, owners)
	slices.Sort(all)
	all = slices.Compact(all)
	from, _ := slices.BinarySearch(all, m.after+1)
	all = all[from:]
	return append([]int64{}, all[:min(len(all), limit)]...), nil
}

// pushMessageTx queues pushes of a message for those of to who have a device and want it. What is too old is of no use any more.
func (s *Service) pushMessageTx(ctx context.Context, tx *db.Tx, m spreading, to []int64) error {
	if len(to) == 0 || s.clock.Now().Sub(m.created) > pushLife {
		return nil
	}
	people, err := peopleTx(ctx, tx, to)
	if err != nil {
		return err
	}
	for _, id := range to {
		p, known := people[id]
		if !known {
			p = person{id: id}
		}
		if !p.Way(m.kind()).Push {
			continue
		}
		if err := s.queueTx(ctx, tx, p, m.push(m.author)); err != nil {
			return err
		}
	}
	return nil
}
