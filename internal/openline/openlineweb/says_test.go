package openlineweb_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/openline/line"
)

// TestTheListShowsWhatSomebodyWrote keeps what a line says by itself from standing where operators look for the client's words.
func TestTheListShowsWhatSomebodyWrote(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		chat := d.writes("Igor", "Are you [b]open[/b]?").ChatID
		d.must(d.Conversations.BotSay(t.Context(), 0, chat, false, "We will answer soon."))
		list := func() shown { return d.as("ben", "/channels/rows", true).is(http.StatusOK) }
		list().has(`<span class="list-sub truncate">Are you open?</span>`).lacks("We will answer soon.")
		d.must(d.Conversations.Answer(t.Context(), d.ben.ID, chat))
		d.clock.Advance(20 * time.Minute)
		said := d.clock.Now().UTC().Format(time.RFC3339)
		d.as("ben", "/online/send", true, "dialog", "chat"+decimal(chat), "text", "Until six.").is(http.StatusOK)
		d.must(d.Conversations.BotSay(t.Context(), 0, chat, false, "We close at six."))
		list().has(`<span class="list-sub truncate">You: Until six.</span>`, `<time datetime="`+said)
	})
}

// TestGuestsAreToldApart gives clients without a name the one of their chat.
func TestGuestsAreToldApart(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		var names []string
		for i, id := range []string{"one", "two"} {
			all, err := d.Connectors.Receive(t.Context(), d.app.ID, "chat", d.line.ID, []connector.Message{{User: connector.Person{ID: id}, ID: id, Text: "Hello", ChatID: id}})
			d.must(err)
			titles, err := d.IM.Titles(t.Context(), []int64{all[0].ChatID})
			d.must(err)
			name, ok := strings.CutSuffix(titles[all[0].ChatID], " - Sales")
			if !ok || !strings.Contains(name, " guest #") || i > 0 && strings.Contains(names[0], name) {
				t.Fatalf("the chat is called %q, another %q", titles[all[0].ChatID], names)
			}
			v, err := d.Conversations.Last(t.Context(), all[0].ChatID)
			d.must(err)
			d.as("anna", "/channels/"+decimal(v.ID), false).is(http.StatusOK).has(">" + name + "<")
			names = append(names, `<span class="list-title">`+name+`</span>`)
		}
		d.as("anna", "/channels/rows?tab=all", true).is(http.StatusOK).has(names...).lacks(">Guest<")
	})
}

// TestTheStoryTellsRoundsOnce tells of what happens over and over the first time, the last, and how many were between: a conversation may wait a whole night for who is alone.
func TestTheStoryTellsRoundsOnce(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		_, _, err := d.Lines.Update(t.Context(), d.boss(), d.line.ID, func(l *line.Line) error {
			l.QueueTime, l.Queue = time.Minute, []line.Entry{{Kind: line.EntryUser, ID: d.ben.ID}}
			return nil
		})
		d.must(err)
		chat := d.writes("Igor", "Are you open?").ChatID
		for range 5 {
			d.clock.Advance(time.Minute)
			_, err := d.Conversations.FireDue(t.Context())
			d.must(err)
		}
		d.must(d.Conversations.Skip(t.Context(), d.ben.ID, chat))
		v, err := d.Conversations.Last(t.Context(), chat)
		d.must(err)
		page := d.as("anna", "/channels/story?id="+decimal(v.ID), false).is(http.StatusOK).has("3 more times since the one above", "skipped it")
		if n := strings.Count(page.body, "did not take it in time"); n != 2 {
			t.Errorf("it stands there %d times that nobody took it in time", n)
		}
	})
}

// TestOperatorsFindTheChannel leads from a client to the channel on its own side, as its application says with imconnector.connector.data.set.
func TestOperatorsFindTheChannel(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		chat := d.writes("Igor", "Are you open?").ChatID
		v, err := d.Conversations.Last(t.Context(), chat)
		d.must(err)
		shown := func(ch connector.Channel) shown {
			d.must(d.Connectors.SetChannel(t.Context(), d.boss().ID, d.app.ID, "chat", d.line.ID, ch))
			return d.as("ben", "/channels/"+decimal(v.ID), false).is(http.StatusOK)
		}
		const link = `<dt>Channel</dt><dd><a href="https://chat.test/`
		shown(connector.Channel{Name: "Shop", URL: "https://chat.test/a", URLIM: "https://chat.test/b"}).has(link + `b" rel="noopener noreferrer" target="_blank">Shop</a>`)
		shown(connector.Channel{URL: "https://chat.test/a"}).has(link + `a" rel="noopener noreferrer" target="_blank">https://chat.test/a</a>`)
		shown(connector.Channel{Name: "Shop"}).has("<dt>Channel</dt><dd>Shop</dd>")
		if got := (connector.Channel{Name: "Shop", URLIM: "javascript:alert(1)"}).Opened(); got != (connector.Channel{Name: "Shop"}) {
			t.Errorf("of what was kept before addresses were looked at, %+v is shown", got)
		}
		shown(connector.Channel{}).lacks("<dt>Channel</dt>")
	})
}

// TestColleaguesConversationsInTheList shows to operators of a line what a colleague has there: who waits and who answers, not what is said.
func TestColleaguesConversationsInTheList(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		chat := d.writes("Igor", "A secret of mine").ChatID
		d.must(d.Conversations.Answer(t.Context(), d.ben.ID, chat))
		v, err := d.Conversations.Last(t.Context(), chat)
		d.must(err)
		list := func(who string) shown { return d.as(who, "/channels/?tab=all", false).is(http.StatusOK) }
		list("dora").has(`href="/channels/`+decimal(v.ID)+`?tab=all"`, `<span class="list-title">Igor</span>`, "Join to read it", "Ben Ode", "ch-wait-time").lacks("A secret")
		list("ben").has("A secret of mine").lacks("Join to read it")
		list("anna").has("A secret of mine").lacks("Join to read it")
		d.as("dora", "/channels/"+decimal(v.ID), false).is(http.StatusOK).has("Ben Ode answers Igor, a client of Sales.", `name="do" value="join"`).lacks("A secret")
		d.as("dora", "/channels/?tab=all&q=secret", false).is(http.StatusOK).lacks("A secret", "Igor")
		d.must(d.Conversations.Join(t.Context(), d.dora.ID, chat))
		list("dora").has("A secret of mine")
		d.must(d.Conversations.FinishAny(t.Context(), d.ben.ID, chat))
		outside := d.writes("Olga", "Another").ChatID
		d.must(d.Conversations.Answer(t.Context(), d.ben.ID, outside))
		d.must(d.Conversations.FinishAny(t.Context(), d.ben.ID, outside))
		list("dora").lacks("Olga", "Another")
	})
}

// TestConsentIsShown tells operators when a visitor of a site agreed to what the line wants, and that the text is another by now.
func TestConsentIsShown(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d, ctx := newDesk(t, database("desk")), t.Context()
		text := func(to string) {
			_, _, err := d.Lines.Update(ctx, d.boss(), d.line.ID, func(l *line.Line) error {
				l.Agreement, l.AgreementText = true, to
				return nil
			})
			d.must(err)
		}
		text("We keep what you write.")
		set := livechat.Defaults()
		set.Name, set.Email = livechat.AskNo, livechat.AskNo
		w, err := d.LiveChat.Add(ctx, d.boss(), d.line.ID, set)
		d.must(err)
		visitor := livechat.Caller{Code: w.Code, Token: strings.Repeat("a", 43), Address: "192.0.2.1"}
		_, err = d.LiveChat.Send(ctx, visitor, livechat.NewMessage{UUID: "uuid-0001", Text: "Hello", Consent: true})
		d.must(err)
		var chat int64
		d.must(d.DB.Read(ctx, func(tx *db.Tx) error { return tx.QueryRow(ctx, "SELECT MAX(chat_id) FROM openline_chat").Scan(&chat) }))
		v, err := d.Conversations.Last(ctx, chat)
		d.must(err)
		card := func() shown { return d.as("ben", "/channels/"+decimal(v.ID), false).is(http.StatusOK) }
		card().has("<dt>Agreed</dt><dd><time").lacks("to an earlier text")
		text("We keep it longer.")
		card().has("<dt>Agreed</dt><dd><time", "to an earlier text")
		other, err := d.Conversations.Last(ctx, d.chat)
		d.must(err)
		d.as("ben", "/channels/"+decimal(other.ID), false).is(http.StatusOK).lacks("<dt>Agreed</dt>")
	})
}

// TestTheAgreementOfALine has a visitor of a site agree to an agreement of the portal, changes it meanwhile, and shows operators to what the
// visitor agreed; who writes through another channel is told where it is read.
func TestTheAgreementOfALine(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d, ctx := newDesk(t, database("desk")), t.Context()
		words := agreement.Words{Kind: agreement.Custom, Name: "House rules", HTML: "<p>Be <b>kind</b>.</p>", Button: "I will"}
		a, _, err := d.Agreements.Save(ctx, d.boss(), 0, words)
		d.must(err)
		use := func(id int64) error {
			_, _, err := d.Lines.Update(ctx, d.boss(), d.line.ID, func(l *line.Line) error {
				l.Agreement, l.AgreementID, l.AgreementText = true, id, ""
				return nil
			})
			return err
		}
		if err := use(a.ID + 1); fault.Of(err).Field != "AGREEMENT_ID" || fault.Of(err).Code != "ERROR_ARGUMENT" {
			t.Errorf("an unknown agreement: %v", err)
		}
		d.must(use(a.ID))
		if err := d.Agreements.Switch(ctx, d.boss(), a.ID, false); fault.Of(err).Code != "AGREEMENT_USED" || !strings.Contains(fault.Of(err).Text, d.line.Name) {
			t.Errorf("switching off what the line asks for: %v", err)
		}
		set := livechat.Defaults()
		set.Name, set.Email = livechat.AskNo, livechat.AskNo
		w, err := d.LiveChat.Add(ctx, d.boss(), d.line.ID, set)
		d.must(err)
		visitor := livechat.Caller{Code: w.Code, Token: strings.Repeat("a", 43), Address: "192.0.2.1"}
		terms := func() *livechat.Terms {
			t.Helper()
			o, err := d.LiveChat.Enter(ctx, visitor)
			d.must(err)
			return o.State.Terms
		}
		first := terms()
		if first == nil || first.Text != "Be kind." || first.Button != "I will" || first.Label != "By pressing “I will” I agree to “House rules”." || !strings.HasSuffix(first.URL, "/agreement/"+a.Code+"/1/") {
			t.Fatalf("the visitor is shown %+v", first)
		}
		words.HTML = "<p>Be <b>very</b> kind.</p>"
		_, _, err = d.Agreements.Save(ctx, d.boss(), a.ID, words)
		d.must(err)
		n := livechat.NewMessage{UUID: "uuid-0001", Text: "Hello", Consent: true, Version: first.Version, Page: "https://shop.example/cart"}
		if _, err := d.LiveChat.Send(ctx, visitor, n); !errors.Is(err, livechat.ErrConsent) {
			t.Errorf("who agreed to what they did not see: %v", err)
		}
		n.Version = terms().Version
		_, err = d.LiveChat.Send(ctx, visitor, n)
		d.must(err)
		n.UUID, n.Consent = "uuid-0002", false
		_, err = d.LiveChat.Send(ctx, visitor, n)
		d.must(err)
		if left := terms(); left != nil {
			t.Errorf("who has agreed is asked once more: %+v", left)
		}
		kept, _, err := d.Agreements.Consents(ctx, agreement.Query{AgreementID: a.ID})
		d.must(err)
		if len(kept) != 1 || kept[0].Number != 2 || kept[0].IP != "192.0.2.1" || kept[0].URL != "https://shop.example/cart" || kept[0].OriginID != "livechat" || kept[0].UserID == 0 {
			t.Errorf("kept is %+v", kept)
		}
		var chat int64
		d.must(d.DB.Read(ctx, func(tx *db.Tx) error { return tx.QueryRow(ctx, "SELECT MAX(chat_id) FROM openline_chat").Scan(&chat) }))
		v, err := d.Conversations.Last(ctx, chat)
		d.must(err)
		card := func() shown { return d.as("ben", "/channels/"+decimal(v.ID), false).is(http.StatusOK) }
		card().has("<dt>Agreed</dt><dd><time", "/agreement/"+a.Code+"/2/", "House rules").lacks("to an earlier text")
		words.HTML = "<p>Be kind to all.</p>"
		_, _, err = d.Agreements.Save(ctx, d.boss(), a.ID, words)
		d.must(err)
		card().has("/agreement/"+a.Code+"/2/", "to an earlier text")
		other := d.writes("Olga", "Hello")
		var text string
		d.must(d.DB.Read(ctx, func(tx *db.Tx) error {
			return tx.QueryRow(ctx, "SELECT text FROM message WHERE chat_id = ? AND text LIKE '%House rules%'", other.ChatID).Scan(&text)
		}))
		if !strings.HasPrefix(text, "By writing to us you agree to “House rules”: http") || !strings.HasSuffix(text, "/agreement/"+a.Code+"/3/") {
			t.Errorf("who writes through another channel reads %q", text)
		}
	})
}
