package file_test

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/blob"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/setting"
)

var schemas = []db.Schema{setting.Schema(), file.Schema()}

// The people of the tests: Anna and Boris are employees and in chat 7, Clara is an employee who is in no chat, Dora the
// administrator, Ed an outsider.
const (
	anna = iota + 1
	boris
	clara
	dora
	ed
	chat  = 7
	other = 8 // a chat of Boris and Clara
)

// bundle is a fresh file area.
type bundle struct {
	*file.Service

	db       *db.DB
	clock    *clock.Manual
	settings *setting.Store
	store    *blob.Folder
	root     string
}

func setup(t testing.TB, d *db.DB) *bundle {
	t.Helper()
	b := &bundle{db: d, clock: clock.NewManual(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)), root: filepath.Join(t.TempDir(), "blobs")}
	b.settings, b.store = setting.New(d, b.clock), blob.NewFolder(b.root)
	b.Service = file.New(file.Config{
		DB: d, Clock: b.clock, Store: b.store, Settings: b.settings, People: people{}, Key: []byte("the key of the tests"),
		Entities: map[string]file.Entity{
			file.Chat: members{{chat, anna}, {chat, boris}, {other, boris}, {other, clara}},
			"task":    members{{3, clara}},
		},
	})
	return b
}

type people struct{}

func (people) PersonTx(_ context.Context, _ *db.Tx, id int64) (file.Person, error) {
	return file.Person{Name: "Person", Active: id >= anna && id <= ed, Admin: id == dora, Employee: id != ed}, nil
}

func (people) CodesTx(_ context.Context, _ *db.Tx, id int64) ([]string, error) {
	if id == clara {
		return []string{"D4", "DR4", "DR1"}, nil
	}
	return nil, nil
}

// members are pairs of an entity and somebody who may see it.
type members [][2]int64

func (m members) MayReadTx(_ context.Context, _ *db.Tx, userID, id int64) (bool, error) {
	return slices.Contains(m, [2]int64{id, userID}), nil
}

func as(user int64) file.Actor { return file.Actor{UserID: user} }

func (b *bundle) upload(t testing.TB, user, chat int64, name, content string) file.Node {
	t.Helper()
	n, err := b.Upload(t.Context(), as(user), chat, name, strings.NewReader(content))
	must(t, err)
	return n
}

func (b *bundle) read(t testing.TB, n file.Node) string {
	t.Helper()
	o, err := b.Open(t.Context(), n)
	must(t, err)
	defer func() { _ = o.Close() }()
	raw, err := io.ReadAll(o)
	must(t, err)
	return string(raw)
}

// attach ties files to something.
func (b *bundle) attach(t testing.TB, user int64, p file.Place, ids ...int64) ([]file.Attached, error) {
	t.Helper()
	var out []file.Attached
	err := b.db.Write(t.Context(), func(tx *db.Tx) (err error) {
		out, err = b.AttachTx(t.Context(), tx, as(user), p, ids)
		return err
	})
	return out, err
}

// objects returns how many objects the store holds.
func (b *bundle) objects(t testing.TB) (n int) {
	t.Helper()
	must(t, b.store.Each(t.Context(), func(blob.Info) error { n++; return nil }))
	return n
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantFault(t testing.TB, what string, got error, want *fault.Fault) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v, want %s", what, got, want.Code)
	}
}
