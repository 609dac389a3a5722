package e2e

import (
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
)

// field is a portal with some people, chats and bots, on which everything wrong is tried.
type field struct {
	*site
	t                *testing.T
	bob              caller // through an application with all scopes
	hook             caller // Bob's webhook
	bot, foreignBot  int64
	mine, theirs     int64 // messages: Bob's, and one of a chat that Bob is not in
	theirChat        string
	expired, revoked string
	unscoped         string
}

// wrong is a call that must be refused.
type wrong struct {
	what   string
	caller caller
	method string
	params params
	code   string
	status int
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
	// nowhere is an address at which no handler answers.
	nowhere = "http://127.0.0.1:9/"
)

func newField(t *testing.T, s *site) *field {
	t.Helper()
	ctx := t.Context()
	f := &field{site: s, t: t, hook: s.webhook(s.bob, app.AllScopes)}
	first, second, gone := s.application("first", everything...), s.application("second", everything...), s.application("gone", everything...)
	f.expired, f.revoked = s.token(first.ID, s.bob.ID), s.token(gone.ID, s.bob.ID)
	if err := s.portal.Apps.Remove(ctx, s.admin.Ref(), gone.ID, false); err != nil {
		t.Fatal(err)
	}
	s.clock.Advance(2 * time.Hour)
	f.unscoped = s.token(s.application("none").ID, s.bob.ID)
	f.bob = s.as(s.token(first.ID, s.bob.ID))
	register := func(c caller, code string) (id int64) {
		c.must("imbot.register", params{
			"CODE": code, "EVENT_MESSAGE_ADD": nowhere, "EVENT_WELCOME_MESSAGE": nowhere, "EVENT_BOT_DELETE": nowhere,
			"PROPERTIES": params{"NAME": code},
		}, &id)
		return id
	}
	f.bot, f.foreignBot = register(f.bob, "ours"), register(s.as(s.token(second.ID, s.admin.ID)), "theirs")
	f.bob.must("im.message.add", params{"DIALOG_ID": dialogOf(s.admin.ID), "MESSAGE": "hello"}, &f.mine)
	admin := s.webhook(s.admin, app.AllScopes)
	group, err := s.portal.IM.CreateGroup(ctx, im.NewGroup{OwnerID: s.admin.ID, Title: "Without Bob", MemberIDs: []int64{s.carol.ID}})
	if err != nil {
		t.Fatal(err)
	}
	f.theirChat = "chat" + strconv.FormatInt(group.ID, 10)
	admin.must("im.message.add", params{"DIALOG_ID": f.theirChat, "MESSAGE": "secret"}, &f.theirs)
	return f
}

// ofItself reports whether a table changes without a call's doing: the log of requests notes refused calls too, the index of messages is
// made in the background, and so are attempts to deliver what was emitted before.
func ofItself(table string) bool {
	return strings.HasPrefix(table, "console_") || strings.HasPrefix(table, "message_word") || table == "event_attempt"
}

// rows counts the rows of every table, but for the log of requests and for when whose tokens were used: both are there to note
// refused calls too.
func (f *field) rows() map[string]int64 {
	f.t.Helper()
	out, ctx := map[string]int64{}, f.t.Context()
	err := f.portal.DB.Read(ctx, func(tx *db.Tx) error {
		names, err := tableNames(ctx, tx)
		for _, name := range names {
			if err != nil {
				return err
			}
			if ofItself(name) || name == "app_use" {
				continue
			}
			var n int64
			err = tx.QueryRow(ctx, "SELECT COUNT(*) FROM "+name).Scan(&n)
			out[name] = n
		}
		return err
	})
	if err != nil || len(out) < 10 {
		f.t.Fatalf("count rows: %v, %v", out, err)
	}
	return out
}

// untouched runs a step and checks that it changed nothing.
func (f *field) untouched(what string, step func()) {
	f.t.Helper()
	before := f.rows()
	step()
	if after := f.rows(); !maps.Equal(before, after) {
		for table, n := range after {
			if before[table] != n {
				f.t.Errorf("%s: table %s had %d rows and has %d", what, table, before[table], n)
			}
		}
	}
}

func (f *field) check(what string, a answer, code string, status int) {
	f.t.Helper()
	if a.Error != code || a.Status != status || a.Text == "" {
		f.t.Errorf("%s: %d %.300s, want %d %s with a description", what, a.Status, a.Raw, status, code)
	}
}
