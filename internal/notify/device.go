package notify

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
)

// Subscription is how a browser is reached through its push service. Whoever has it and the portal's key can make the browser show
// something, so it goes into no log.
type Subscription struct {
	Endpoint string // an https address of the push service
	P256dh   string // the browser's public key
	Auth     string // the secret that it shares with the portal
}

// Device is a browser that a person lets show pushes.
type Device struct {
	ID      int64
	Name    string // what kind of browser it is
	Created time.Time
	Sent    time.Time // the last push that its service took; zero: none yet
	Problem string    // why its service took none since; empty where it did
}

// Limits of devices. They are in docs/limits.md.
const (
	maxDevices  = 20    // of a person; of more, the oldest is forgotten
	maxEndpoint = 2_000 // bytes
	maxName     = 100   // bytes
)

// The faults of devices.
var (
	ErrNoPush       = fault.New(fault.Unavailable, "PUSH_UNAVAILABLE", "This server has no key for secrets, so it cannot send notifications to devices.")
	ErrSubscription = fault.New(fault.Invalid, "SUBSCRIPTION_INVALID", "The browser's subscription cannot be read.")
	ErrNoDevice     = fault.New(fault.NotFound, "DEVICE_NOT_FOUND", "There is no such device.")
)

// check refuses what no push service can have given out.
func (s Subscription) check() error {
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(s.Endpoint) > maxEndpoint {
		return ErrSubscription
	}
	key, err := decodeKey(s.P256dh)
	if err != nil {
		return ErrSubscription
	}
	if _, err := ecdh.P256().NewPublicKey(key); err != nil {
		return ErrSubscription
	}
	if auth, err := decodeKey(s.Auth); err != nil || len(auth) != 16 {
		return ErrSubscription
	}
	return nil
}

// decodeKey reads a key as browsers write it: base64, of either alphabet, with or without its end.
func decodeKey(text string) ([]byte, error) {
	text = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(text), "=")
	return base64.RawURLEncoding.DecodeString(text)
}

// Subscribe notes that a browser of a person shows pushes. One that another person had before is theirs now.
// Faults: PUSH_UNAVAILABLE, SUBSCRIPTION_INVALID.
func (s *Service) Subscribe(ctx context.Context, userID int64, sub Subscription, name string) error {
	if s.cfg.Box == nil {
		return ErrNoPush
	}
	if err := sub.check(); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		tx.OnCommit(s.devices.forget)
		err := tx.Later(ctx, `INSERT INTO notify_device (user_id, endpoint, p256dh, auth, name, created) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (endpoint) DO UPDATE SET user_id = excluded.user_id, p256dh = excluded.p256dh, auth = excluded.auth,
			name = excluded.name, problem = ''`,
			userID, sub.Endpoint, sub.P256dh, sub.Auth, cutBytes(name, maxName), db.Micro(s.clock.Now()))
		if err != nil {
			return fmt.Errorf("store device: %w", err)
		}
		old, err := idsTx(ctx, tx, "SELECT id FROM notify_device WHERE user_id = ? ORDER BY id DESC LIMIT 100 OFFSET ?", userID, maxDevices)
		if err != nil {
			return err
		}
		for _, id := range old {
			if err := s.dropDeviceTx(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Unsubscribe forgets a browser of a person by its endpoint.
func (s *Service) Unsubscribe(ctx context.Context, userID int64, endpoint string) error {
	return s.forget(ctx, "user_id = ? AND endpoint = ?", userID, endpoint)
}

// RemoveDevice forgets a browser of a person. Fault: DEVICE_NOT_FOUND.
func (s *Service) RemoveDevice(ctx context.Context, userID, id int64) error {
	return s.forget(ctx, "user_id = ? AND id = ?", userID, id)
}

func (s *Service) forget(ctx context.Context, where string, args ...any) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		ids, err := idsTx(ctx, tx, "SELECT id FROM notify_device WHERE "+where, args...)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return ErrNoDevice
		}
		for _, id := range ids {
			if err := s.dropDeviceTx(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// LeaveTx forgets the devices of a person who left.
func (s *Service) LeaveTx(ctx context.Context, tx *db.Tx, userID int64) error {
	ids, err := idsTx(ctx, tx, "SELECT id FROM notify_device WHERE user_id = ?", userID)
	for _, id := range ids {
		err = errors.Join(err, s.dropDeviceTx(ctx, tx, id))
	}
	return err
}

// dropDeviceTx forgets a device and what waits for it.
func (s *Service) dropDeviceTx(ctx context.Context, tx *db.Tx, id int64) error {
	tx.OnCommit(s.devices.forget)
	err := tx.Later(ctx, "DELETE FROM notify_push WHERE device_id = ?", id)
	if err == nil {
		err = tx.Later(ctx, "DELETE FROM notify_device WHERE id = ?", id)
	}
	if err != nil {
		return fmt.Errorf("forget device %d: %w", id, err)
	}
	return nil
}

// Devices returns the browsers of a person that show pushes, the newest first.
func (s *Service) Devices(ctx context.Context, userID int64) (out []Device, err error) {
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		out = nil
		rows, err := tx.Query(ctx, "SELECT id, name, created, sent_at, problem FROM notify_device WHERE user_id = ? ORDER BY id DESC", userID)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var d Device
			var created, sent int64
			if err := rows.Scan(&d.ID, &d.Name, &created, &sent, &d.Problem); err != nil {
				return err
			}
			d.Created, d.Sent = db.Time(created), db.Time(sent)
			out = append(out, d)
		}
		return rows.Err()
	})
	return out, err
}

const (
	vapidName  = "vapid" // RFC 8292
	aboutVapid = "vapid key"
)

// PublicKey returns the key that browsers subscribe with, made when it is asked for first. Fault: PUSH_UNAVAILABLE.
func (s *Service) PublicKey(ctx context.Context) (string, error) {
	k, err := s.pushKeys(ctx)
	return k.Public, err
}

func (s *Service) pushKeys(ctx context.Context) (Keys, error) {
	if s.cfg.Box == nil {
		return Keys{}, ErrNoPush
	}
	s.keyMu.Lock()
	defer s.keyMu.Unlock()
	if s.keys != nil {
		return *s.keys, nil
	}
	var k Keys
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		k, err = s.pushKeysTx(ctx, tx)
		return err
	})
	if err == nil {
		s.keys = &k
	}
	return k, err
}

// pushKeysTx reads the keys, and makes them where there are none: two processes get the same.
func (s *Service) pushKeysTx(ctx context.Context, tx *db.Tx) (k Keys, err error) {
	if err := tx.Lock(ctx, "notify:"+vapidName); err != nil {
		return k, err
	}
	var sealed string
	err = tx.QueryRow(ctx, "SELECT public, sealed FROM notify_key WHERE name = ?", vapidName).Scan(&k.Public, &sealed)
	if err == nil {
		private, err := s.cfg.Box.Open(sealed, aboutVapid)
		if err != nil {
			return k, fmt.Errorf("open the key for push services: %w", err)
		}
		k.Private = string(private)
		return k, nil
	}
	if !errors.Is(err, db.ErrNoRows) {
		return k, err
	}
	if k, err = s.cfg.Pusher.NewKeys(); err != nil {
		return k, fmt.Errorf("make the key for push services: %w", err)
	}
	if sealed, err = s.cfg.Box.Seal([]byte(k.Private), aboutVapid); err != nil {
		return k, err
	}
	err = tx.Later(ctx, "INSERT INTO notify_key (name, public, sealed) VALUES (?, ?, ?)", vapidName, k.Public, sealed)
	return k, err
}
