package portal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/user"
)

// trusting has two portals of two servers exchange their keys, as administrators do.
func trusting(a, b *networked) {
	a.t.Helper()
	for _, x := range [][2]*networked{{a, b}, {b, a}} {
		key, err := x[1].Network.PublicKey(a.t.Context())
		a.must(err)
		_, err = x[0].Network.Trust(a.t.Context(), x[0].ref(), x[1].url+"/", x[1].name(), " "+key+" ")
		a.must(err)
	}
}

// TestTwoServers leads a conversation between portals whose administrators exchanged keys.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		w := newWires(t)
		a, b := w.portal(t, "north", database("north")), w.portal(t, "south", database("south"))
		p := a.publish()
		if _, err := b.Network.Join(t.Context(), b.ref(), p.Code); !errors.Is(err, network.ErrNotFound) {
			t.Errorf("a line of a stranger: %v", err)
		}
		trusting(a, b)
		a.down = true
		silent := new(network.SilentError)
		if _, err := b.Network.Join(t.Context(), b.ref(), p.Code); !errors.Is(err, network.ErrNotFound) || !errors.As(err, &silent) || !slices.Equal(silent.Servers, []string{"North"}) {
			t.Errorf("a line of a server that is down: %v", err)
		}
		a.down = false
		bot, err := b.Network.Join(t.Context(), user.Ref{ID: b.ben.ID}, p.Code)
		b.must(err)
		want := network.Joined{BotID: bot, Code: p.Code, Name: "Desk of Support", Description: "We help with the portal.", Server: "North"}
		b.wantJoined(want)
		talk(t, a, b, bot)
		leave(t, a, b, p, bot)

		servers, err := b.Network.Servers(t.Context(), b.ref())
		b.must(err)
		b.must(b.Network.Distrust(t.Context(), b.ref(), servers[0].ID))
		want.Server, want.Stranger = "", true
		b.wantJoined(want)
	})
}

// wantJoined compares the lines that a portal has joined.
func (n *networked) wantJoined(want ...network.Joined) {
	n.t.Helper()
	got, err := n.Network.JoinedLines(n.t.Context())
	n.must(err)
	if !slices.Equal(got, want) {
		n.t.Errorf("joined %+v, want %+v", got, want)
	}
}

// TestAServerIsDownForAnHour loses nothing and keeps the order.
func TestAServerIsDownForAnHour(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		w := newWires(t)
		a, b := w.portal(t, "north", database("north")), w.portal(t, "south", database("south"))
		p := a.publish()
		trusting(a, b)
		bot, err := b.Network.Join(ctx, b.ref(), p.Code)
		b.must(err)
		c, err := b.IM.OpenPrivate(ctx, b.ben.ID, bot)
		b.must(err)
		a.down = true
		for i := range 3 {
			b.say(c.ID, b.ben.ID, fmt.Sprint("Question ", i))
		}
		for range 60 {
			b.deliver(0)
			if due, err := b.Network.Due(ctx); err != nil || !due.After(w.clock.Now()) {
				t.Fatalf("something is due at %s, %v; it is %s, and what failed comes first", due, err, w.clock.Now())
			}
			w.clock.Advance(time.Minute)
		}
		all, err := b.Network.Servers(ctx, b.ref())
		b.must(err)
		if got := all[0].Waiting; got.Count != 3 || got.Problem != network.ErrAway.Text {
			t.Errorf("what waits: %+v", got)
		}
		a.down = false
		w.clock.Advance(10 * time.Minute)
		b.deliver(3)
		chat, visitor := a.clientChat()
		a.must(a.Conversations.Join(ctx, a.admin.ID, chat))
		page, err := a.IM.Messages(ctx, a.admin.ID, im.History{ChatID: chat, First: true, Limit: 1})
		a.must(err)
		if m := page.Messages[0]; m.Date.Sub(time.Unix(m.Extra.Written, 0)) != 70*time.Minute {
			t.Errorf("what was under way for 70 minutes arrived %s, written %s", m.Date, time.Unix(m.Extra.Written, 0))
		}
		a.wantTexts(a.admin.ID, chat, fmt.Sprintf("%d Question 0", visitor), fmt.Sprintf("%d Question 1", visitor), fmt.Sprintf("%d Question 2", visitor))

		a.down = true
		b.say(c.ID, b.ben.ID, "One more question")
		b.deliver(0)
		a.down = false
		a.say(chat, a.admin.ID, "We are back")
		a.deliver(1)
		b.deliver(1) // at once: who speaks is there

		b.down = true
		a.say(chat, a.admin.ID, "An answer")
		a.deliver(0)
		servers, err := a.Network.Servers(ctx, a.ref())
		a.must(err)
		a.must(a.Network.Distrust(ctx, a.ref(), servers[0].ID))
		b.down = false
		w.clock.Advance(time.Hour)
		a.deliver(0)
		if got := a.texts(a.admin.ID, chat); got[len(got)-1] != "0 The message was not delivered. The servers do not trust each other any more." {
			t.Errorf("what waited for a server that is not trusted any more: %q", got)
		}
		b.say(c.ID, b.ben.ID, "Are you there?")
		b.deliver(0)
		if got := b.texts(b.ben.ID, c.ID); got[len(got)-1] != "0 The message was not delivered. The servers do not trust each other any more." {
			t.Errorf("a server that trusts no more: %q", got)
		}
	})
}

// recorder keeps the last request that went out.
type recorder struct {
	next http.RoundTripper
	last *http.Request
	body []byte
}

func (r *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	r.last, r.body = q, b
	q = q.Clone(q.Context())
	q.Body = io.NopCloser(bytes.NewReader(b))
	return r.next.RoundTrip(q)
}

// TestRequestsOfOthersAreRefused sends a good request again, changed, late, and to somebody else.
func TestRequestsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		w := newWires(t)
		rec := &recorder{next: w.client.Transport}
		w.client.Transport = rec
		a, b := w.portal(t, "north", database("north")), w.portal(t, "south", database("south"))
		c := w.portal(t, "east", database("east"))
		p := a.publish()
		trusting(a, b)
		trusting(c, b)
		_, err := b.Network.Join(ctx, b.ref(), p.Code) // the last request is that for the card of c or a
		b.must(err)
		to, other := a, c
		if rec.last.URL.Host == "east.test" {
			to, other = c, a
		}
		again := func(n *networked, change func(q *http.Request)) string {
			q := httptest.NewRequestWithContext(ctx, rec.last.Method, rec.last.URL.String(), bytes.NewReader(rec.body))
			q.Header = rec.last.Header.Clone()
			if change != nil {
				change(q)
			}
			got := httptest.NewRecorder()
			n.ServeHTTP(got, q)
			return fmt.Sprint(got.Code, " ", strings.TrimSpace(got.Body.String()))
		}
		const (
			replay    = `503 {"code":"NETWORK_REPLAY","text":"The request was made before."}`
			signature = `403 {"code":"NETWORK_SIGNATURE","text":"The signature of the request is wrong."}`
			skew      = `503 {"code":"NETWORK_CLOCK","text":"The clocks of the servers are more than 5 minutes apart."}`
			stranger  = `403 {"code":"NETWORK_NOT_TRUSTED","text":"The servers do not trust each other any more."}`
		)
		for name, try := range map[string]struct {
			to     *networked
			change func(q *http.Request)
			want   string
		}{
			"the same again":              {to, nil, replay},
			"at another portal":           {other, nil, signature},
			"another nonce":               {to, func(q *http.Request) { q.Header.Set("X-Portico-Nonce", strings.Repeat("0", 32)) }, signature},
			"another path":                {to, func(q *http.Request) { q.URL.Path = "/network/v1/message"; q.RequestURI = "/network/v1/message" }, signature},
			"another signature":           {to, func(q *http.Request) { q.Header.Set("X-Portico-Signature", "AAAA") }, signature},
			"no headers":                  {to, func(q *http.Request) { q.Header = http.Header{} }, signature},
			"from a stranger":             {to, func(q *http.Request) { q.Header.Set("X-Portico-From", "https://west.test") }, stranger},
			"from another that it trusts": {to, func(q *http.Request) { q.Header.Set("X-Portico-From", other.url) }, stranger},
		} {
			if got := again(try.to, try.change); got != try.want {
				t.Errorf("%s: %s", name, got)
			}
		}
		w.clock.Advance(network.Skew + time.Second)
		if got := again(to, nil); got != skew {
			t.Errorf("five minutes later: %s", got)
		}
		// A body that is not the signed one changes nothing.
		rec.body = []byte(`{"code":"` + strings.Repeat("0", 32) + `"}`)
		w.clock.Advance(-network.Skew - time.Second)
		to.forgetNonces()
		if got := again(to, nil); got != signature {
			t.Errorf("another body: %s", got)
		}
	})
}

// forgetNonces has the portal take what was made before.
func (n *networked) forgetNonces() {
	n.t.Helper()
	n.must(n.DB.Write(n.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(n.t.Context(), "DELETE FROM network_nonce")
		return err
	}))
}

// TestWhoMayBeTrusted refuses what is no address or key of another portal.
func TestWhoMayBeTrusted(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		w := newWires(t)
		a, b := w.portal(t, "north", database("north")), w.portal(t, "south", database("south"))
		own, err := a.Network.PublicKey(ctx)
		a.must(err)
		key, err := b.Network.PublicKey(ctx)
		a.must(err)
		if again, _ := b.Network.PublicKey(ctx); again != key || own == key || len(key) != 44 {
			t.Errorf("the keys: %q, %q, %q", own, key, again)
		}
		for _, try := range [][3]string{
			{"http://south.test", key, "url"},
			{"south.test", key, "url"},
			{"https://south.test/path", key, "url"},
			{"https://u@south.test", key, "url"},
			{"https://north.test", key, "url"},
			{"https://south.test", "AAAA", "key"},
			{"https://south.test", own, "key"},
		} {
			_, err := a.Network.Trust(ctx, a.ref(), try[0], "South", try[1])
			if fault.Of(err).Field != try[2] {
				t.Errorf("trust %q: %v", try[:2], err)
			}
		}
		if _, err := a.Network.Trust(ctx, user.Ref{ID: a.ben.ID}, "https://south.test", "South", key); !errors.Is(err, network.ErrDenied) {
			t.Errorf("an employee trusts: %v", err)
		}
		trusting(a, b)
		if _, err := a.Network.Trust(ctx, a.ref(), "https://SOUTH.test", "South", key); fault.Of(err).Field != "url" {
			t.Errorf("trusted again: %v", err)
		}
	})
}
