package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
	"github.com/portico-hq/portico/internal/mail/mailtest"
	"github.com/portico-hq/portico/internal/seal"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

var schemas = []db.Schema{setting.Schema(), audit.Schema(), mail.Schema()}

var admin = user.Ref{ID: 1, Admin: true}

// bench is a portal that sends mails, and the server that takes them.
type bench struct {
	*mail.Service

	t      *testing.T
	db     *db.DB
	clock  *clock.Manual
	smtp   *mailtest.SMTP
	states *states
}

// states are the messages of whose mails something became.
type states struct {
	mu  sync.Mutex
	all []int64
}

func (s *states) note(_, messageID int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, messageID)
}

type files map[int64]string

func (f files) Open(_ context.Context, id int64) (mail.File, bool, error) {
	text, ok := f[id]
	size := int64(len(text))
	if text == "huge" {
		size = mail.MaxFiles + 1
	}
	return mail.File{Name: fmt.Sprintf("%d.txt", id), Type: "text/plain", Size: size, Body: io.NopCloser(strings.NewReader(text))}, ok, nil
}

func both(t *testing.T, test func(b *bench)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) { test(setup(t, d, mail.StartTLS)) })
}

func setup(t *testing.T, d *db.DB, how mail.Encryption) *bench {
	t.Helper()
	b := &bench{t: t, db: d, clock: clock.NewManual(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)), smtp: mailtest.NewSMTP(t, how), states: &states{}}
	box, err := seal.New(bytes.Repeat([]byte{7}, seal.KeySize))
	b.must(err)
	b.Service = mail.New(mail.Config{
		DB: d, Clock: b.clock, Settings: setting.New(d, b.clock), Audit: audit.New(d, b.clock), Box: box, Files: files{1: "one", 2: "huge"},
		Sender: mail.Sender{Dial: mailtest.Dial, TLS: mailtest.Trust()}, OnState: b.states.note,
	})
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// on has the portal send through the server.
func (b *bench) on() {
	b.t.Helper()
	server := b.smtp.Server
	b.must(b.SaveSettings(b.t.Context(), admin, mail.Settings{On: true, Server: server, From: "Portal@Example.com", Name: "The Portal"}, new(mailtest.Password)))
}

func (b *bench) queue(p mail.Parcel) {
	b.t.Helper()
	b.must(b.db.Write(b.t.Context(), func(tx *db.Tx) error { return b.QueueTx(b.t.Context(), tx, p) }))
}

func to(email, text string) mail.Parcel {
	return mail.Parcel{Kind: "Test", Letter: letter.Letter{To: letter.Address{Email: email}, Subject: "About " + text, Text: text}}
}

func (b *bench) deliver() {
	b.t.Helper()
	_, err := b.Deliver(b.t.Context())
	b.must(err)
}

// took are the texts that the server took, in order.
func (b *bench) took() (out []string) {
	for _, s := range b.smtp.Sent() {
		out = append(out, s.To+": "+s.Text)
	}
	return out
}

func (b *bench) want(what string, got, want any) {
	b.t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		b.t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func (b *bench) refused(what string, err, want error, field string) {
	b.t.Helper()
	f, ok := errors.AsType[*fault.Fault](err)
	if want != nil && !errors.Is(err, want) || want == nil && (!ok || f.Field != field) {
		b.t.Errorf("%s: %v", what, err)
	}
}
