package openline_test

import (
	"testing"

	"github.com/portico-hq/portico/internal/openline/line"
)

func TestTheConsentComesBeforeTheFirstConversation(t *testing.T) {
	t.Parallel()
	ask := func(l *line.Line) {
		l.Agreement, l.AgreementText = true, "We keep what you write."
		l.Welcome, l.WelcomeText, l.WelcomeEachSession = true, "Welcome!", true
		l.FullClose = 0
	}
	with(t, ask, func(b *bundle) {
		b.there.set(b.anna, true)
		r := b.client("Vera", "Hello")
		same(b.t, "what went out", b.out.take(), []string{"started in chat-Vera", "line: We keep what you write.", "line: Welcome!"})
		b.must(b.Answer(b.t.Context(), b.anna, r.ChatID))
		b.must(b.Finish(b.t.Context(), b.anna, r.ChatID))
		b.out.take()
		b.client("Vera", "It is me again")
		same(b.t, "what went out", b.out.take(), []string{"started in chat-Vera", "line: Welcome!"})
	})
}
