package openlinerest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/openlinerest"
	"github.com/portico-hq/portico/internal/openline/openlinetest"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/user"
)

// chats are two: 10 of the line 1, in which is user 4, and 11 of a team.
type chats struct{}

var errNone = fault.New(fault.NotFound, "NONE", "None.")

func (chats) Chat(_ context.Context, viewer, id int64) (openlinerest.QuickChat, error) {
	switch id {
	case 10:
		return openlinerest.QuickChat{LineID: 1, Member: viewer == 4}, nil
	case 11:
		return openlinerest.QuickChat{}, nil
	}
	return openlinerest.QuickChat{}, errNone
}

func (chats) Text(_ context.Context, chatID, id int64) (string, error) {
	if chatID != 10 || id > 2 {
		return "", errNone
	}
	return []string{" ", "We [b]ship[/b] in two days.", strings.Repeat("x", answer.MaxText+1)}[id], nil
}

func TestAMessageBecomesACannedAnswer(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t, setting.Schema(), audit.Schema(), user.Schema(), line.Schema(), answer.Schema())
	clk := clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))
	users, log := user.New(d, clk), audit.New(d, clk)
	for _, name := range []string{"boss", "ann", "bob", "cem"} {
		if _, err := users.Create(t.Context(), user.NewUser{FirstName: name, Email: name + "@x.org"}); err != nil {
			t.Fatal(err)
		}
	}
	answers := answer.New(answer.Config{DB: d, Clock: clk, Audit: log})
	boss := user.Ref{ID: 1, Admin: true}
	folder, err := answers.SaveFolder(t.Context(), boss, answer.Folder{Name: "Shop"})
	if err != nil {
		t.Fatal(err)
	}
	lines := line.New(line.Config{DB: d, Clock: clk, Users: users, Bots: openlinetest.Bots{}, Answers: answers, Audit: log})
	_, err = lines.Add(t.Context(), boss, func(l *line.Line) error {
		l.QuickAnswersID, l.Queue = folder.ID, []line.Entry{{Kind: line.EntryUser, ID: 2}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	registry := rest.NewRegistry()
	openlinerest.RegisterQuick(registry, openlinerest.QuickMethods{Lines: lines, Answers: answers, Chats: chats{}})
	who := openlinetest.Callers{}
	for id := range int64(4) {
		who[strconv.FormatInt(id+1, 10)] = rest.Principal{Kind: rest.ByToken, UserID: id + 1, Admin: id == 0, AppID: 3, Scopes: []string{"imopenlines"}}
	}
	h := rest.NewHandler(registry, who, clk, slog.New(slog.DiscardHandler))
	const denied = `400 {"error":"ACCESS_DENIED","error_description":"Insufficient rights to open the specified chat"}`
	const cannot = `400 {"error":"CANT_SAVE_QUICK_ANSWER","error_description":"Error saving quick answer"}`
	for _, c := range []struct{ who, params, want string }{
		{"2", `{"CHAT_ID":10,"MESSAGE_ID":1}`, `200 {"result":true`}, // answers in the line
		{"1", `{"CHAT_ID":10,"MESSAGE_ID":1}`, `200 {"result":true`}, // administers; it is there already
		{"4", `{"CHAT_ID":10,"MESSAGE_ID":1}`, `200 {"result":true`}, // is in the chat
		{"3", `{"CHAT_ID":10,"MESSAGE_ID":1}`, denied},
		{"2", `{"CHAT_ID":10,"MESSAGE_ID":0}`, cannot}, // nothing but a space
		{"2", `{"CHAT_ID":10,"MESSAGE_ID":2}`, cannot}, // too long
		{"2", `{"CHAT_ID":10,"MESSAGE_ID":3}`, cannot},
		{"2", `{"CHAT_ID":11,"MESSAGE_ID":1}`, `400 {"error":"CHAT_TYPE","error_description":"The specified chat is not an open line"}`},
		{"2", `{"CHAT_ID":12,"MESSAGE_ID":1}`, `400 {"error":"CHAT_ID","error_description":"Invalid chat identifier provided"}`},
		{"2", `{}`, `400 {"error":"CHAT_ID","error_description":"Invalid chat identifier provided"}`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/rest/imopenlines.message.quick.save?auth="+c.who, strings.NewReader(c.params))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		text, _, _ := strings.Cut(w.Body.String(), `,"time":`)
		if got := fmt.Sprintf("%d %s", w.Code, text); got != c.want {
			t.Errorf("%s, %s:\n got %s\nwant %s", c.who, c.params, got, c.want)
		}
	}
	found, err := answers.Find(t.Context(), answer.Query{FolderID: folder.ID, Text: "SHIP"})
	if err != nil || len(found) != 1 || found[0].Text != "We [b]ship[/b] in two days." || found[0].AuthorID != 2 {
		t.Errorf("found %+v, %v", found, err)
	}
}
