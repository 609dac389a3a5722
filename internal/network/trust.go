package network

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// Trusted is a portal of another server whose administrators and ours have exchanged keys.
type Trusted struct {
	ID      int64
	URL     string // without a slash at the end
	Name    string
	Key     ed25519.PublicKey
	Created time.Time
	Waiting Waiting // set by Servers
}

func (t Trusted) peer() string { return serverPeer + strconv.FormatInt(t.ID, 10) }

// Key is what a portal signs its requests with.
type Key = ed25519.PrivateKey

// sealedKey is the key as it is stored.
type sealedKey struct {
	Sealed string `json:"sealed"`
}

var keySetting = setting.Key[sealedKey]{Name: "network.key"}

const sealedAs = "network key"

// Faults of trusted servers.
var (
	errNoTrust  = fault.New(fault.NotFound, "SERVER_NOT_FOUND", "There is no such server.")
	errURL      = fault.New(fault.Invalid, "ADDRESS", "Enter the address that the other portal shows, e.g. https://portal.example.").At("url")
	errOwnURL   = fault.New(fault.Invalid, "ADDRESS", "This is the address of this portal. Enter that of the other one.").At("url")
	errNoHTTPS  = fault.New(fault.Invalid, "ADDRESS", "This portal has no address of its own with https. Give the server one first.").At("url")
	errKnown    = fault.New(fault.Conflict, "SERVER_KNOWN", "This server is trusted already. End that first if its key has changed.").At("url")
	errKey      = fault.New(fault.Invalid, "KEY", "Enter the public key that the other portal shows: 44 characters.").At("key")
	errOwnKey   = fault.New(fault.Invalid, "KEY", "This is the key of this portal. Enter that of the other one.").At("key")
	errTrusting = fault.New(fault.Invalid, "SERVER_NAME", "Enter a name of at most 100 characters.").At("name")
	// ErrNoKey is returned where the portal has no place for secrets.
	ErrNoKey = fault.New(fault.Unavailable, "NETWORK_NO_KEY", "This portal keeps no secrets, so it has no key to sign with.")
)

// key returns the portal's key, which is made when it is first asked for. Fault: NETWORK_NO_KEY.
func (s *Service) key(ctx context.Context) (k Key, err error) {
	if s.Box == nil {
		return nil, ErrNoKey
	}
	stored, err := setting.Load(ctx, s.Settings, keySetting)
	if err == nil && stored.Sealed == "" {
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			stored, err = s.makeKeyTx(ctx, tx)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	seed, err := s.Box.Open(stored.Sealed, sealedAs)
	if err == nil && len(seed) != ed25519.SeedSize {
		err = seal.ErrBroken
	}
	if err != nil {
		return nil, fmt.Errorf("open key of network: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func (s *Service) makeKeyTx(ctx context.Context, tx *db.Tx) (sealedKey, error) {
	if err := tx.Lock(ctx, "network key"); err != nil {
		return sealedKey{}, err
	}
	stored, err := setting.LoadTx(ctx, tx, keySetting)
	if err != nil || stored.Sealed != "" {
		return stored, err
	}
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return stored, fmt.Errorf("make key: %w", err)
	}
	if stored.Sealed, err = s.Box.Seal(private.Seed(), sealedAs); err != nil {
		return stored, fmt.Errorf("seal key: %w", err)
	}
	if err := setting.SaveTx(ctx, tx, s.Settings, keySetting, stored); err != nil {
		return stored, err
	}
	return stored, s.noteTx(ctx, tx, "NETWORK_KEY", 0, "Made the key with which this portal signs its requests to other servers.")
}

// PublicKey returns what other servers need to know requests of this portal: 44 characters. Fault: NETWORK_NO_KEY.
func (s *Service) PublicKey(ctx context.Context) (string, error) {
	k, err := s.key(ctx)
	if err != nil {
		return "", err
	}
	return encodeKey(k.Public().(ed25519.PublicKey)), nil
}

func encodeKey(k ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(k) }

func decodeKey(text string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, errKey
	}
	return b, nil
}

// Reachable reports whether an address is one by which other servers can trust a portal.
func Reachable(address string) bool {
	_, err := cleanURL(address)
	return err == nil
}

// cleanURL returns the address of a portal as it is compared: scheme and host alone.
func cleanURL(text string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", errURL
	}
	return "https://" + strings.ToLower(u.Host), nil
}

// Trust lets a portal of another server find and write to the lines of this one, and the other way round once its administrators have done
// the same. Faults: ACCESS_DENIED, ADDRESS, KEY, SERVER_NAME, SERVER_KNOWN, NETWORK_NO_KEY.
func (s *Service) Trust(ctx context.Context, actor user.Ref, address, name, key string) (Trusted, error) {
	if !actor.Admin {
		return Trusted{}, ErrDenied
	}
	t := Trusted{Name: strings.TrimSpace(name), Created: s.now()}
	var err error
	if t.URL, err = cleanURL(address); err != nil {
		return t, err
	}
	if t.Key, err = decodeKey(key); err != nil {
		return t, err
	}
	own, err := s.PublicKey(ctx)
	switch mine, noAddress := cleanURL(s.URL()); {
	case err != nil:
		return t, err
	case noAddress != nil:
		return t, errNoHTTPS
	case t.URL == mine:
		return t, errOwnURL
	case encodeKey(t.Key) == own:
		return t, errOwnKey
	case t.Name == "" || utf8.RuneCountInString(t.Name) > MaxName:
		return t, errTrusting
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := tx.Lock(ctx, "network trust"); err != nil {
			return err
		}
		if _, err := trustedTx(ctx, tx, "url = ?", t.URL); !errors.Is(err, errNoTrust) {
			return cmpErr(err, errKnown)
		}
		const add = "INSERT INTO network_trust (url, name, public_key, created) VALUES (?, ?, ?, ?)"
		if t.ID, err = tx.Insert(ctx, add, t.URL, t.Name, encodeKey(t.Key), db.Micro(t.Created)); err != nil {
			return fmt.Errorf("insert server: %w", err)
		}
		return s.noteTx(ctx, tx, "NETWORK_TRUST", t.ID, "Trusted the server "+t.URL+" with the key "+encodeKey(t.Key)+".")
	})
	return t, err
}

// Distrust ends the trust in a server at once: nothing is taken from it any more, and what waits for it is given up, which its chats
// are told. Faults: ACCESS_DENIED, SERVER_NOT_FOUND.
func (s *Service) Distrust(ctx context.Context, actor user.Ref, id int64) error {
	if !actor.Admin {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := trustedTx(ctx, tx, "id = ?", id)
		if err != nil {
			return err
		}
		for _, q := range []string{"DELETE FROM network_trust WHERE id = ?", "DELETE FROM network_nonce WHERE trust_id = ?"} {
			if _, err := tx.Exec(ctx, q, id); err != nil {
				return fmt.Errorf("end trust: %w", err)
			}
		}
		if err := s.giveUpTx(ctx, tx, t.peer()); err != nil {
			return err
		}
		return s.noteTx(ctx, tx, "NETWORK_DISTRUST", id, "Ended the trust in the server "+t.URL+".")
	})
}

// giveUpTx gives up what waits for a peer.
func (s *Service) giveUpTx(ctx context.Context, tx *db.Tx, peer string) error {
	rows, err := tx.Query(ctx, "SELECT id, kind, chat_id FROM network_outbox WHERE peer = ? ORDER BY id", peer)
	if err != nil {
		return fmt.Errorf("read outbox: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var all []parcel
	for rows.Next() {
		var p parcel
		if err := rows.Scan(&p.id, &p.kind, &p.chatID); err != nil {
			return err
		}
		all = append(all, p)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, p := range all {
		if err := s.refusedTx(ctx, tx, p, ErrStranger); err != nil {
			return err
		}
	}
	return nil
}

func trustedTx(ctx context.Context, tx *db.Tx, where string, arg any) (Trusted, error) {
	t, err := scanTrusted(tx.QueryRow(ctx, "SELECT id, url, name, public_key, created FROM network_trust WHERE "+where, arg))
	if errors.Is(err, db.ErrNoRows) {
		return t, errNoTrust
	}
	return t, err
}

func scanTrusted(r scanner) (t Trusted, err error) {
	var key string
	var created int64
	if err := r.Scan(&t.ID, &t.URL, &t.Name, &key, &created); err != nil {
		return t, err
	}
	t.Created = db.Time(created)
	t.Key, err = decodeKey(key)
	return t, err
}

// Servers returns the trusted servers with what waits for them, for an administrator. Fault: ACCESS_DENIED.
func (s *Service) Servers(ctx context.Context, actor user.Ref) ([]Trusted, error) {
	if !actor.Admin {
		return nil, ErrDenied
	}
	all, err := s.allTrusted(ctx)
	if err != nil {
		return nil, err
	}
	err = s.DB.Read(ctx, func(tx *db.Tx) (err error) {
		for i := range all {
			if all[i].Waiting, err = waitingTx(ctx, tx, all[i].peer()); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

func (s *Service) allTrusted(ctx context.Context) (out []Trusted, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		rows, err := tx.Query(ctx, "SELECT id, url, name, public_key, created FROM network_trust ORDER BY id")
		if err != nil {
			return fmt.Errorf("read servers: %w", err)
		}
		defer func() { _ = rows.Close() }()
		out = nil
		for rows.Next() {
			t, err := scanTrusted(rows)
			if err != nil {
				return err
			}
			out = append(out, t)
		}
		return rows.Err()
	})
	return out, err
}
