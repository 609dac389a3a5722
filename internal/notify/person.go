package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Way is in which ways a person wants to hear of a kind.
type Way struct {
	Page bool // in the notification centre
	Push bool // on their devices
}

// Settings are how a person wants to hear of things. The zero value is: of everything, in every way, without a sound.
type Settings struct {
	NoPage    []string `json:"no_page,omitempty"` // kinds that do not come into the centre
	NoPush    []string `json:"no_push,omitempty"` // kinds that are not pushed
	Quiet     bool     `json:"quiet,omitempty"`   // nothing is pushed, and nothing sounds, in the quiet hours
	QuietFrom int      `json:"quiet_from,omitempty"`
	QuietTo   int      `json:"quiet_to,omitempty"` // both in minutes since midnight, in the person's zone; over midnight where the end is before the beginning
	Sound     bool     `json:"sound,omitempty"`
	Zone      string   `json:"zone,omitempty"` // IANA, in which the quiet hours are meant
}

// Way returns in which ways the person wants to hear of a kind.
func (s Settings) Way(kind string) Way {
	return Way{Page: !slices.Contains(s.NoPage, kind), Push: !slices.Contains(s.NoPush, kind)}
}

// minutesADay is how many minutes since midnight there are.
const minutesADay = 24 * 60

func (s Settings) check(known map[string]Kind) error {
	for _, k := range slices.Concat(s.NoPage, s.NoPush) {
		if _, ok := known[k]; !ok {
			return fault.New(fault.Invalid, "INVALID_FIELD", "There is no such kind of notification: "+k).At("kind")
		}
	}
	if s.QuietFrom < 0 || s.QuietFrom >= minutesADay || s.QuietTo < 0 || s.QuietTo >= minutesADay {
		return fault.New(fault.Invalid, "INVALID_FIELD", "Use a time between 00:00 and 23:59.").At("quiet")
	}
	if s.Quiet && s.QuietFrom == s.QuietTo {
		return fault.New(fault.Invalid, "INVALID_FIELD", "The quiet hours end when they begin.").At("quiet")
	}
	return nil
}

// quietAt reports whether t is in the quiet hours.
func (s Settings) quietAt(t time.Time) bool {
	if !s.Quiet {
		return false
	}
	if zone, err := time.LoadLocation(s.Zone); err == nil {
		t = t.In(zone)
	}
	now := t.Hour()*60 + t.Minute()
	if s.QuietFrom < s.QuietTo {
		return now >= s.QuietFrom && now < s.QuietTo
	}
	return now >= s.QuietFrom || now < s.QuietTo
}

// Status is what a person says of being there.
type Status string

// The statuses that a person can choose.
const (
	Online    Status = "online"
	Away      Status = "away"
	Busy      Status = "dnd" // do not disturb: nothing is pushed, nothing sounds
	Invisible Status = "invisible"
)

// Statuses returns those that can be chosen.
func Statuses() []Status { return []Status{Online, Away, Busy, Invisible} }

// Presence is whether a person is there.
type Presence struct {
	Status Status    // what they chose; Online where they chose nothing
	Idle   time.Time // since when they do nothing at their machine; zero: they do
	Seen   time.Time // when a page of theirs was last in front of them; zero: never
}

// person is a row of notify_person.
type person struct {
	id     int64
	chatID int64
	Settings
	Presence
}

// quiet reports whether the person wants to be left alone at a moment.
func (p person) quiet(now time.Time) bool { return p.Status == Busy || p.quietAt(now) }

// lookedAt is for how long a page that was in front of somebody counts as seen: what comes then is not pushed.
const lookedAt = 75 * time.Second

const personColumns = "user_id, chat_id, settings, status, idle_since, seen_at"

func scanPerson(r scanner) (p person, err error) {
	var settings string
	var idle, seen int64
	if err = r.Scan(&p.id, &p.chatID, &settings, &p.Status, &idle, &seen); err != nil {
		return p, err
	}
	if settings != "" {
		if err := json.Unmarshal([]byte(settings), &p.Settings); err != nil {
			return p, fmt.Errorf("settings of person %d: %w", p.id, err)
		}
	}
	if p.Status == "" {
		p.Status = Online
	}
	p.Idle, p.Seen = db.Time(idle), db.Time(seen)
	return p, nil
}

// personTx returns what is kept of a person.
func (s *Service) personTx(ctx context.Context, tx *db.Tx, userID int64) (person, error) {
	p, err := scanPerson(tx.QueryRow(ctx, "SELECT "+personColumns+" FROM notify_person WHERE user_id = ?", userID))
	if errors.Is(err, db.ErrNoRows) {
		return person{id: userID, Presence: Presence{Status: Online}}, nil
	}
	return p, err
}

// changeTx sets a column of a person.
func changeTx(ctx context.Context, tx *db.Tx, userID int64, column string, value any) error {
	err := tx.Later(ctx, "INSERT INTO notify_person (user_id, "+column+") VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET "+column+
		" = excluded."+column, userID, value)
	if err != nil {
		return fmt.Errorf("store %s of person %d: %w", column, userID, err)
	}
	return nil
}

// chatTx makes the chat of a person's notifications where they have none.
func (s *Service) chatTx(ctx context.Context, tx *db.Tx, userID int64) error {
	p, err := s.personTx(ctx, tx, userID)
	if err != nil || p.chatID != 0 {
		return err
	}
	chatID, err := s.cfg.Chats.NotifyChatTx(ctx, tx, userID)
	if err != nil {
		return err
	}
	return changeTx(ctx, tx, userID, "chat_id", chatID)
}

// Settings returns how a person wants to hear of things.
func (s *Service) Settings(ctx context.Context, userID int64) (Settings, error) {
	p, err := s.person(ctx, userID)
	return p.Settings, err
}

func (s *Service) person(ctx context.Context, userID int64) (p person, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		p, err = s.personTx(ctx, tx, userID)
		return err
	})
	return p, err
}

// SaveSettings changes how a person wants to hear of things. Fault: INVALID_FIELD.
func (s *Service) SaveSettings(ctx context.Context, userID int64, v Settings) error {
	if err := v.check(s.kinds); err != nil {
		return err
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return changeTx(ctx, tx, userID, "settings", string(raw)) })
}

// LivePresence is the name of the hint that somebody's status changed, with a PresenceHint.
const LivePresence = "presence"

// PresenceHint tells open pages of a status. An invisible person looks away.
type PresenceHint struct {
	UserID int64  `json:"userId"`
	Status Status `json:"status"`
}

// ErrStatus is answered where a status is set that there is not.
var ErrStatus = fault.New(fault.Invalid, "STATUS_ERROR", "There is no such status.").At("STATUS")

// SetStatus changes what a person says of being there. Fault: STATUS_ERROR.
func (s *Service) SetStatus(ctx context.Context, userID int64, status Status) error {
	if !slices.Contains(Statuses(), status) {
		return ErrStatus
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		tx.AfterCommit(func() { s.cfg.Live.PublishAll(LivePresence, PresenceHint{userID, status.Shown()}) })
		return changeTx(ctx, tx, userID, "status", string(status))
	})
}

// Shown returns what others see of a status.
func (s Status) Shown() Status {
	if s == Invisible {
		return "offline"
	}
	return s
}

// SetIdle notes since when a person does nothing at their machine; the zero time: they do.
func (s *Service) SetIdle(ctx context.Context, userID int64, since time.Time) error {
	return s.db.Write(ctx, func(tx *db.Tx) error { return changeTx(ctx, tx, userID, "idle_since", db.Micro(since)) })
}

// See notes that a page of the portal is in front of a person: what happens now is not pushed to them.
func (s *Service) See(ctx context.Context, userID int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return changeTx(ctx, tx, userID, "seen_at", db.Micro(s.clock.Now()))
	})
}

// LookAway notes that no page of the portal is in front of a person any more.
func (s *Service) LookAway(ctx context.Context, userID int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return changeTx(ctx, tx, userID, "seen_at", db.Micro(s.clock.Now().Add(-lookedAt)))
	})
}

// Presence returns whether people are there. Of those about whom nothing is known it says Online, and that they were never seen.
func (s *Service) Presence(ctx context.Context, ids []int64) (map[int64]Presence, error) {
	var out map[int64]Presence
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		out, err = s.PresenceTx(ctx, tx, ids)
		return err
	})
	return out, err
}

// PresenceTx is Presence inside a transaction.
func (s *Service) PresenceTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]Presence, error) {
	out := make(map[int64]Presence, len(ids))
	for part := range slices.Chunk(ids, 500) {
		people, err := peopleTx(ctx, tx, part)
		if err != nil {
			return nil, err
		}
		for _, id := range part {
			out[id] = people[id].Presence
			if _, known := people[id]; !known {
				out[id] = Presence{Status: Online}
			}
		}
	}
	return out, nil
}

// peopleTx returns what is kept of people, of at most 500.
func peopleTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]person, error) {
	out := map[int64]person{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := tx.Query(ctx, "SELECT "+personColumns+" FROM notify_person WHERE user_id IN ("+db.Marks(len(ids))+")", db.Args(ids)...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		p, err := scanPerson(rows)
		if err != nil {
			return nil, err
		}
		out[p.id] = p
	}
	return out, rows.Err()
}
