// Package agreement keeps what people agree to on this portal: the agreements that administrators write, each with all its versions, and
// the consents that were given, each to one version. A version is never changed; neither is a consent.
//
// A standard agreement is a text of the portal's own, in the language that was chosen, with the details of the company in it; a custom one
// is HTML that an administrator wrote.
//
// The documentation: api-reference/user-consent/index.md.
package agreement

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

//go:embed schema/*.sql
var schemaFiles embed.FS

// Schema returns the tables of the agreements.
func Schema() db.Schema { return db.EmbeddedSchema("agreement", schemaFiles) }

// Path is where everybody reads an agreement: Path + its code + "/" + the number of the version + "/".
const Path = "/agreement/"

// Kind says where the text of an agreement comes from.
type Kind string

// The kinds.
const (
	Standard Kind = "standard" // of the portal's own text and Fields
	Custom   Kind = "custom"   // of Words.HTML
)

// Fields are what a standard agreement says of the company.
// Page: api-reference/user-consent/user-consent-agreement-text.md.
type Fields struct {
	Company  string `json:"company,omitempty"`  // COMPANY_NAME
	Address  string `json:"address,omitempty"`  // COMPANY_ADDRESS
	Purposes string `json:"purposes,omitempty"` // PURPOSES
	Parties  string `json:"parties,omitempty"`  // THIRD_PARTIES
	Email    string `json:"email,omitempty"`    // EMAIL
}

// Words are what an administrator writes of an agreement.
type Words struct {
	Kind     Kind
	Name     string
	Language string // one of Languages; of a custom one it may be empty
	Fields   Fields // of a standard one
	HTML     string // of a custom one; it is stored as Safe returns it
	Label    string // what stands beside the confirmation; empty: the portal's own words
	Button   string // the caption of the confirmation; empty: the portal's own word
}

// Version is an agreement as it was at a time.
type Version struct {
	Words

	ID          int64
	AgreementID int64
	Number      int64 // from 1
	At          time.Time
	AuthorID    int64
	Code        string // of the agreement
	ShownLabel  string
	ShownButton string
	Text        string // plain text of a standard one, safe HTML of a custom one
}

// Path returns the path at which everybody reads the version.
func (v Version) Path() string { return Path + v.Code + "/" + strconv.FormatInt(v.Number, 10) + "/" }

// Agreement is an agreement as it is now.
type Agreement struct {
	Version // the newest

	ID      int64
	Active  bool
	Created time.Time
}

// The limits of agreements.
const (
	MaxAgreements = 500
	MaxName       = 255    // characters
	MaxLabel      = 1000   // characters
	MaxButton     = 100    // characters
	MaxField      = 5000   // characters of one of the Fields
	MaxHTML       = 100000 // bytes
)

// The faults of agreements.
var (
	ErrNotFound = fault.New(fault.NotFound, "AGREEMENT_NOT_FOUND", "There is no such agreement.")
	ErrDenied   = fault.New(fault.Denied, "ACCESS_DENIED", "Only who changes the settings of the portal changes agreements.")
	ErrTooMany  = fault.Newf(fault.TooLarge, "TOO_MANY_AGREEMENTS", "A portal has at most %d agreements.", MaxAgreements)
)

// Audit keeps the log of what administrators do.
type Audit interface {
	RecordTx(ctx context.Context, tx *db.Tx, e audit.Entry) error
}

// People tells who people are; *user.Service is one.
type People interface {
	ManyTx(ctx context.Context, tx *db.Tx, ids []int64) (map[int64]user.User, error)
}

// Config is what a Service is made of.
type Config struct {
	DB    *db.DB
	Clock clock.Clock
	Audit Audit
	Users People
	// UsedTx returns the names of what asks people to agree to an agreement: that cannot be switched off meanwhile. Nil: nothing does.
	UsedTx func(ctx context.Context, tx *db.Tx, id int64) ([]string, error)
}

// Service keeps agreements and consents. It is safe for use by several goroutines.
type Service struct{ Config }

// New returns the agreements that are kept in c.DB.
func New(c Config) *Service { return &Service{c} }

func lockTx(ctx context.Context, tx *db.Tx, id int64) error {
	return tx.Lock(ctx, "agreement:"+strconv.FormatInt(id, 10))
}

// Save stores what actor wrote: a new agreement where id is 0, else a new version of it, where something is new. saved reports whether
// something was. Faults: ACCESS_DENIED, AGREEMENT_NOT_FOUND, INVALID_AGREEMENT at a field, TOO_MANY_AGREEMENTS.
func (s *Service) Save(ctx context.Context, actor user.Ref, id int64, w Words) (a Agreement, saved bool, err error) {
	if !actor.May(access.ChangeSettings) {
		return a, false, ErrDenied
	}
	if err := w.clean(); err != nil {
		return a, false, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		a, saved, err = s.saveTx(ctx, tx, actor, id, w)
		return err
	})
	return a, saved, err
}

func (s *Service) saveTx(ctx context.Context, tx *db.Tx, actor user.Ref, id int64, w Words) (a Agreement, saved bool, err error) {
	if err := lockTx(ctx, tx, id); err != nil { // of 0: whoever adds one
		return a, false, err
	}
	verb, kind := "Added", "AGREEMENT_ADDED"
	if id == 0 {
		if a, err = s.addTx(ctx, tx); err != nil {
			return a, false, err
		}
	} else {
		verb, kind = "Changed", "AGREEMENT_CHANGED"
		if a, err = s.GetTx(ctx, tx, id); err != nil || a.Words == w {
			return a, false, err
		}
	}
	a.Version = w.version(Version{AgreementID: a.ID, Code: a.Code, Number: a.Number + 1, At: s.Clock.Now().UTC(), AuthorID: actor.ID})
	if a.Version.ID, err = insertVersionTx(ctx, tx, a.Version); err != nil {
		return a, false, err
	}
	if _, err := tx.Exec(ctx, "UPDATE agreement SET version_id = ? WHERE id = ?", a.Version.ID, a.ID); err != nil {
		return a, false, fmt.Errorf("note version of agreement: %w", err)
	}
	return a, true, s.noteTx(ctx, tx, kind, a.ID, fmt.Sprintf("%s the agreement %s: version %d.", verb, a.Name, a.Number))
}

// addTx adds an agreement without words.
func (s *Service) addTx(ctx context.Context, tx *db.Tx) (a Agreement, err error) {
	var n int64
	if err := tx.QueryRow(ctx, "SELECT COUNT(*) FROM agreement").Scan(&n); err != nil {
		return a, fmt.Errorf("count agreements: %w", err)
	}
	if n >= MaxAgreements {
		return a, ErrTooMany
	}
	a = Agreement{Active: true, Created: s.Clock.Now().UTC()}
	a.Code = strings.ToLower(rand.Text())
	a.ID, err = tx.Insert(ctx, "INSERT INTO agreement (code, active, version_id, created) VALUES (?, 1, 0, ?)", a.Code, db.Micro(a.Created))
	if err != nil {
		return a, fmt.Errorf("insert agreement: %w", err)
	}
	return a, nil
}

// Switch lets an agreement be asked for, or not any more. One that something asks for stays on: choose another one there first.
// Faults: ACCESS_DENIED, AGREEMENT_NOT_FOUND, AGREEMENT_USED.
func (s *Service) Switch(ctx context.Context, actor user.Ref, id int64, on bool) error {
	if !actor.May(access.ChangeSettings) {
		return ErrDenied
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := lockTx(ctx, tx, id); err != nil {
			return err
		}
		a, err := s.GetTx(ctx, tx, id)
		if err != nil || a.Active == on {
			return err
		}
		if !on && s.UsedTx != nil {
			where, err := s.UsedTx(ctx, tx, id)
			if err != nil {
				return err
			}
			if len(where) > 0 {
				return fault.New(fault.Conflict, "AGREEMENT_USED", "It is asked for in "+strings.Join(where, ", ")+". Choose another one there first.")
			}
		}
		if _, err := tx.Exec(ctx, "UPDATE agreement SET active = ? WHERE id = ?", db.Bit(on), id); err != nil {
			return fmt.Errorf("switch agreement: %w", err)
		}
		if on {
			return s.noteTx(ctx, tx, "AGREEMENT_ON", id, "Switched on the agreement "+a.Name+".")
		}
		return s.noteTx(ctx, tx, "AGREEMENT_OFF", id, "Switched off the agreement "+a.Name+".")
	})
}

func (s *Service) noteTx(ctx context.Context, tx *db.Tx, kind string, id int64, text string) error {
	return s.Audit.RecordTx(ctx, tx, audit.Entry{Severity: audit.Notice, Type: kind, Module: "agreement", Item: strconv.FormatInt(id, 10), Description: text})
}

// List returns all agreements, the newest first.
func (s *Service) List(ctx context.Context) (out []Agreement, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = agreementsTx(ctx, tx, "ORDER BY a.id DESC")
		return err
	})
	return out, err
}

// Get returns an agreement. Fault: AGREEMENT_NOT_FOUND.
func (s *Service) Get(ctx context.Context, id int64) (a Agreement, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		a, err = s.GetTx(ctx, tx, id)
		return err
	})
	return a, err
}

// GetTx is Get inside a transaction.
func (s *Service) GetTx(ctx context.Context, tx *db.Tx, id int64) (Agreement, error) {
	found, err := agreementsTx(ctx, tx, "WHERE a.id = ?", id)
	if err == nil && len(found) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Agreement{}, err
	}
	return found[0], nil
}

// ActiveTx reports whether there is an agreement id that is switched on.
func (s *Service) ActiveTx(ctx context.Context, tx *db.Tx, id int64) (bool, error) {
	a, err := s.GetTx(ctx, tx, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return a.Active, err
}

// VersionTx returns a version by its id. Fault: AGREEMENT_NOT_FOUND.
func (s *Service) VersionTx(ctx context.Context, tx *db.Tx, id int64) (Version, error) {
	return oneVersionTx(ctx, tx, "WHERE v.id = ?", id)
}

// Public returns what everybody reads under a code: a version, or with number 0 the newest one of an agreement that is switched on. A
// version stays readable for who agreed to it. Fault: AGREEMENT_NOT_FOUND.
func (s *Service) Public(ctx context.Context, code string, number int64) (v Version, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		if number > 0 {
			v, err = oneVersionTx(ctx, tx, "WHERE a.code = ? AND v.number = ?", code, number)
			return err
		}
		v, err = oneVersionTx(ctx, tx, "WHERE a.code = ? AND a.active = 1 AND v.id = a.version_id", code)
		return err
	})
	return v, err
}

// Versions returns the versions of an agreement, the newest first, at most limit.
func (s *Service) Versions(ctx context.Context, id int64, limit int) (out []Version, err error) {
	err = s.DB.Read(ctx, func(tx *db.Tx) error {
		out, err = versionsTx(ctx, tx, "WHERE v.agreement_id = ? ORDER BY v.number DESC LIMIT ?", id, limit)
		return err
	})
	return out, err
}
