package notify

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/db"
)

// Push is what a device shows.
type Push struct {
	Title string `json:"title"`
	Text  string `json:"text"` // plain
	URL   string `json:"url"`  // a path of the portal
	Tag   string `json:"tag"`  // a later one with the same tag takes its place
	ID    int64  `json:"id,omitempty"`
	Sound bool   `json:"sound,omitempty"`

	topic  string
	urgent bool
}

// pushText is how many letters of a text a push carries.
const pushText = 300

// pushOf returns the push of a notice.
func (s *Service) pushOf(n Notice, id int64) Push {
	p := Push{Title: n.Title, Text: n.Out, URL: n.URL, ID: id, urgent: n.Type != System}
	if p.Text == "" {
		p.Text = bbcode.Plain(n.Text)
	}
	if p.Title == "" {
		p.Title = s.kinds[n.Module+"|"+n.Event].Name
	}
	if p.URL == "" {
		p.URL = CenterURL
	}
	p.Text, p.Tag = cutRunes(p.Text, pushText), n.Tag
	if p.Tag == "" {
		p.Tag = "notice" + strconv.FormatInt(id, 10)
	}
	p.topic = topicOf(p.Tag)
	return p
}

// CenterURL is the address of the notification centre.
const CenterURL = "/notifications/"

// topicOf makes of a tag what push services take as a topic: 32 letters at most.
func topicOf(tag string) string {
	sum := sha256.Sum256([]byte(tag))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:32]
}

// queueTx records a push for every device of a person, unless they want to be left alone or look at the portal right now. One with
// the same topic that still waits is forgotten.
func (s *Service) queueTx(ctx context.Context, tx *db.Tx, p person, push Push) error {
	now := s.clock.Now()
	if s.cfg.Box == nil || p.quiet(now) || now.Sub(p.Seen) < lookedAt {
		return nil
	}
	devices, err := idsTx(ctx, tx, "SELECT id FROM notify_device WHERE user_id = ? ORDER BY id", p.id)
	if err != nil || len(devices) == 0 {
		return err
	}
	push.Sound = p.Sound
	payload, err := json.Marshal(push)
	if err != nil {
		return err
	}
	urgent := int64(0)
	if push.urgent {
		urgent = 1
	}
	for _, id := range devices {
		if err := tx.Later(ctx, "DELETE FROM notify_push WHERE device_id = ? AND topic = ?", id, push.topic); err != nil {
			return err
		}
		err := tx.Later(ctx, "INSERT INTO notify_push (device_id, payload, topic, urgent, created, not_before) VALUES (?, ?, ?, ?, ?, ?)",
			id, string(payload), push.topic, urgent, db.Micro(now), db.Micro(now))
		if err != nil {
			return fmt.Errorf("queue push: %w", err)
		}
	}
	tx.AfterCommit(s.hurry)
	return nil
}

// The numbers of sending. They are explained in docs/limits.md.
const (
	maxTries  = 6                // attempts before a push is given up
	pushLife  = 24 * time.Hour   // after it a push is of no use any more
	firstWait = 10 * time.Second // after the first failure; it doubles with each further one, and more than that
	leaseTime = 2 * time.Minute  // for which one process has a push to itself
	atOnce    = 8                // pushes sent at the same time
	idleLook  = time.Minute      // how often the outbox is looked at, at least
)

// maxProblem is how many bytes are kept of why a push was not sent.
const maxProblem = 200

// queued is a push of the outbox.
type queued struct {
	Outgoing

	id, device, tries int64
	created           time.Time
}

// claim takes pushes that are due, for leaseTime: another process does not send them as well.
func (s *Service) claim(ctx context.Context) (out []queued, err error) {
	now := s.clock.Now()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		out = nil
		skip := ""
		if tx.Dialect() == db.Postgres {
			skip = " FOR UPDATE SKIP LOCKED"
		}
		ids, err := idsTx(ctx, tx, "SELECT id FROM notify_push WHERE not_before <= ? ORDER BY not_before, id LIMIT ?"+skip, db.Micro(now), atOnce)
		if err != nil || len(ids) == 0 {
			return err
		}
		if out, err = s.queuedTx(ctx, tx, ids); err != nil {
			return err
		}
		err = tx.Later(ctx, "UPDATE notify_push SET not_before = ? WHERE id IN ("+db.Marks(len(ids))+")",
			append([]any{db.Micro(now.Add(leaseTime))}, db.Args(ids)...)...)
		return err
	})
	return out, err
}

func (s *Service) queuedTx(ctx context.Context, tx *db.Tx, ids []int64) (out []queued, err error) {
	rows, err := tx.Query(ctx, `SELECT p.id, p.device_id, p.tries, p.payload, p.topic, p.urgent, p.created, d.endpoint, d.p256dh, d.auth
		FROM notify_push p JOIN notify_device d ON d.id = p.device_id WHERE p.id IN (`+db.Marks(len(ids))+") ORDER BY p.id", db.Args(ids)...)
	if err != nil {
		return nil, fmt.Errorf("read pushes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var q queued
		var urgent, created int64
		err := rows.Scan(&q.id, &q.device, &q.tries, &q.Payload, &q.Topic, &urgent, &created, &q.Endpoint, &q.P256dh, &q.Auth)
		if err != nil {
			return nil, err
		}
		q.Urgent, q.created = urgent != 0, db.Time(created)
		q.Life = max(q.created.Add(pushLife).Sub(s.clock.Now()), 0)
		out = append(out, q)
	}
	return out, rows.Err()
}

// nextDue returns how long the outbox need not be looked at.
func (s *Service) nextDue(ctx context.Context) time.Duration {
	var at int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COALESCE(MIN(not_before), 0) FROM notify_push").Scan(&at)
	})
	if err != nil || at == 0 {
		return idleLook
	}
	return min(idleLook, max(db.Time(at).Sub(s.clock.Now()), 0))
}

// waitAfter returns how long a push waits after so many failures.
func waitAfter(tries int64) time.Duration {
	return firstWait << (2 * min(tries-1, 6))
}

// Due returns when the outbox has something to send: the zero time is never.
func (s *Service) Due(ctx context.Context) (time.Time, error) {
	var at int64
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT COALESCE(MIN(not_before), 0) FROM notify_push").Scan(&at)
	})
	return db.Time(at), err
}
