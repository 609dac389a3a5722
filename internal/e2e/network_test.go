package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/user"
)

// TestTheNetworkOfAServer lets an application of one portal join a line of another one on the same server.
func TestTheNetworkOfAServer(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		support(t, newTenants(t, db.Config{}))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		support(t, newTenants(t, dbtest.PostgresConfig(t)))
	})
}

// publishLine makes a line of an administrator's and publishes it.
func publishLine(t testing.TB, p *portal.Portal, admin int64) network.Published {
	t.Helper()
	ref := user.Ref{ID: admin, Admin: true}
	l, err := p.Lines.Add(t.Context(), ref, func(l *line.Line) error {
		l.Name, l.Active, l.Welcome = "Support", true, false
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: admin}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.Network.Save(t.Context(), ref, network.Published{
		LineID: l.ID, Name: "Desk of Support", Description: "We help.", Welcome: "Welcome!", Active: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lastOf is the newest message of somebody's chat that is no note of the portal's.
func lastOf(t testing.TB, p *portal.Portal, viewer, chatID int64) string {
	t.Helper()
	page, err := p.IM.Messages(t.Context(), viewer, im.History{ChatID: chatID})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Messages {
		if !m.System {
			return m.Text
		}
	}
	return ""
}

// clientsChat is the chat with the newest client of a line; 0: there is none yet.
func clientsChat(t testing.TB, p *portal.Portal) (id int64) {
	t.Helper()
	err := p.DB.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT COALESCE(MAX(chat_id), 0) FROM openline_chat").Scan(&id)
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func support(t *testing.T, n *tenants) {
	ctx := t.Context()
	a, b := n.portals[hostA], n.portals[hostB]
	published := publishLine(t, a, 1)
	_, code, err := b.Apps.CreateWebhook(ctx, user.Ref{ID: 1, Admin: true}, app.WebhookForm{Scopes: []string{app.AllScopes}})
	if err != nil {
		t.Fatal(err)
	}
	hook := n.at(hostB, "1/"+code+"/", "")
	if got := hook.call("imopenlines.network.join", params{"CODE": strings.Repeat("1", 32)}); got.Error != "NOT_FOUND" || got.Status != 400 {
		t.Errorf("a code of no line: %s", got.Raw)
	}
	var bot, again int64
	hook.must("imopenlines.network.join", params{"CODE": published.Code}, &bot)
	hook.must("imopenlines.network.join", params{"CODE": published.Code}, &again)
	if bot == 0 || again != bot {
		t.Errorf("joined as %d and as %d", bot, again)
	}
	var said bool
	hook.must("imopenlines.network.message.add", params{"CODE": published.Code, "USER_ID": 1, "MESSAGE": "Thank you for setting up."}, &said)
	if got := hook.call("imopenlines.network.message.add", params{"CODE": published.Code, "USER_ID": 1, "MESSAGE": "Again"}); got.Error != "USER_MESSAGE_LIMIT" {
		t.Errorf("a second message within a week: %s", got.Raw)
	}
	c, err := b.IM.OpenPrivate(ctx, 1, bot)
	if err != nil {
		t.Fatal(err)
	}
	if got := lastOf(t, b, 1, c.ID); got != "Thank you for setting up." {
		t.Errorf("the greeting is %q", got)
	}
	const many = 30
	for i := range many {
		if _, err := b.IM.Send(ctx, im.NewMessage{ChatID: c.ID, AuthorID: 1, Text: fmt.Sprint("Question ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the conversation begins", func() bool { return clientsChat(t, a) != 0 })
	chat := clientsChat(t, a)
	if err := a.Conversations.Join(ctx, 1, chat); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all questions arrive", func() bool { return lastOf(t, a, 1, chat) == fmt.Sprint("Question ", many-1) })
	n.inOrder(chat, many)
	events, cancel := a.Live.Subscribe(1)
	defer cancel()
	if err := b.IM.Typing(ctx, 1, c.ID); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the operator to see that the client is writing", func() bool {
		select {
		case e := <-events:
			return strings.HasPrefix(string(e), "event: "+im.LiveTyping) && strings.Contains(string(e), fmt.Sprintf(`"chatId":%d,`, chat))
		default:
			return false
		}
	})
	if _, err := a.IM.Send(ctx, im.NewMessage{ChatID: chat, AuthorID: 1, Text: "One answer to all"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the answer arrives", func() bool { return strings.HasSuffix(lastOf(t, b, 1, c.ID), "One answer to all") })

	if err := b.Network.LeaveLine(ctx, user.Ref{ID: 1, Admin: true}, bot); err != nil {
		t.Fatal(err)
	}
	ended := func() bool {
		v, err := a.Conversations.Last(ctx, chat)
		return err == nil && !v.State.Open()
	}
	eventually(t, "the conversation ends, for the portal has left the line", ended)
	hook.must("imopenlines.network.join", params{"CODE": published.Code}, &again)
	if again != bot {
		t.Errorf("joined again as %d, before as %d", again, bot)
	}
	if _, err := b.IM.Send(ctx, im.NewMessage{ChatID: c.ID, AuthorID: 1, Text: "We are back"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what is written after joining again arrives", func() bool { return lastOf(t, a, 1, chat) == "We are back" })
}

// inOrder checks that the questions of a client came each once, in their order.
func (n *tenants) inOrder(chatID int64, many int) {
	n.t.Helper()
	page, err := n.portals[hostA].IM.Messages(n.t.Context(), 1, im.History{ChatID: chatID, First: true, Limit: 100})
	if err != nil {
		n.t.Fatal(err)
	}
	var got, want []string
	for _, m := range page.Messages {
		if strings.HasPrefix(m.Text, "Question") {
			got = append(got, m.Text)
		}
	}
	for i := range many {
		want = append(want, fmt.Sprint("Question ", i))
	}
	if !slices.Equal(got, want) {
		n.t.Errorf("the operator has %q", got)
	}
}
