package portal_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/network"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/user"
)

// leave has b leave the line p of a, in which Ben is in a conversation, and join it again.
func leave(t *testing.T, a, b *networked, p network.Published, bot int64) {
	t.Helper()
	ctx := t.Context()
	c, err := b.IM.OpenPrivate(ctx, b.ben.ID, bot)
	b.must(err)
	chat, visitor := a.clientChat()
	said := len(b.texts(b.ben.ID, c.ID))
	b.say(c.ID, b.ben.ID, "One more thing.")
	if err := b.Network.LeaveLine(ctx, user.Ref{ID: b.ben.ID}, bot); !errors.Is(err, network.ErrDenied) {
		t.Errorf("who may not manage connectors leaves: %v", err)
	}
	b.must(b.Network.LeaveLine(ctx, b.ref(), bot))
	if err := b.Network.LeaveLine(ctx, b.ref(), bot); fault.Of(err).Code != "NETWORK_NOT_JOINED" {
		t.Errorf("leaves twice: %v", err)
	}
	b.deliver(2) // what waited comes first
	v, err := a.Conversations.Last(ctx, chat)
	a.must(err)
	if v.State != openline.StateClosed || v.Reason != openline.ByClient {
		t.Errorf("after the client left the conversation is %s because of %q", v.State, v.Reason)
	}
	got := a.texts(a.admin.ID, chat)
	if want := []string{fmt.Sprintf("%d One more thing.", visitor), "0 The client has left the line: answers do not reach them any more."}; !slices.Equal(got[len(got)-2:], want) {
		t.Errorf("the operator reads %q", got)
	}

	joined, err := b.Network.JoinedLines(ctx)
	b.must(err)
	if len(joined) != 1 || joined[0].Left.IsZero() || joined[0].Code != p.Code {
		t.Errorf("joined %+v", joined)
	}
	found, err := b.Users.List(ctx, user.Query{Search: "Desk of Support", ActiveOnly: true, Findable: true, Kinds: []user.Kind{user.Bot}})
	b.must(err)
	if len(found) != 0 {
		t.Errorf("the bot of a line that was left is found: %+v", found)
	}
	if got := b.texts(b.ben.ID, c.ID); len(got) != said+1 {
		t.Errorf("the chat with the line reads %q", got)
	}
	b.say(c.ID, b.ben.ID, "Anybody?")
	b.deliver(0)
	if got := b.texts(b.ben.ID, c.ID); got[len(got)-1] != "0 The message was not delivered. This portal has left the line." {
		t.Errorf("what is written to a line that was left: %q", got)
	}
	if err := b.Network.Tell(ctx, network.Told{Code: p.Code, UserID: b.ben.ID, Text: "News"}); !errors.Is(err, network.ErrNotFound) {
		t.Errorf("in the name of a line that was left: %v", err)
	}
	a.say(chat, a.admin.ID, "Are you there?")
	a.deliver(0)
	if got := a.texts(a.admin.ID, chat); got[len(got)-1] != "0 The message was not delivered. The client has left." {
		t.Errorf("an answer to a client who has left: %q", got)
	}

	again, err := b.Network.Join(ctx, user.Ref{ID: b.ben.ID}, p.Code)
	b.must(err)
	if again != bot {
		t.Errorf("joined again it is bot %d, before %d", again, bot)
	}
	b.say(c.ID, b.ben.ID, "Here we are again.")
	b.deliver(1)
	v, err = a.Conversations.Last(ctx, chat)
	a.must(err)
	if got := a.texts(a.admin.ID, chat); !v.State.Open() || got[len(got)-1] != fmt.Sprintf("%d Here we are again.", visitor) {
		t.Errorf("joined again the conversation is %s: %q", v.State, got)
	}
	a.say(chat, a.admin.ID, "Welcome back.")
	a.deliver(1)
	if got := b.texts(b.ben.ID, c.ID); got[len(got)-1] != fmt.Sprintf("%d [b]Anna Berg:[/b]\nWelcome back.", bot) {
		t.Errorf("joined again, Ben reads %q", got)
	}
}
