package app_test

import (
	"regexp"
	"testing"

	"github.com/portico-hq/portico/internal/app"
)

func TestTokensLeadToTheirPortal(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^[a-z0-9]{38}$`)
	tags := map[string]bool{}
	for range 100 {
		token := app.NewToken("portal-1")
		if !form.MatchString(token) || !app.Tagged(token, "portal-1") || app.Tagged(token, "portal-2") || app.Tagged("x"+token[1:], "portal-1") && token[0] != 'x' {
			t.Errorf("token %q", token)
		}
		tags[token[32:]] = true
	}
	if len(tags) < 99 {
		t.Errorf("100 tokens of a portal have %d tags: they show that they are of the same", len(tags))
	}
	for _, other := range []string{"", app.NewToken(""), app.NewToken("portal-1")[:37]} {
		if app.Tagged(other, "portal-1") {
			t.Errorf("%q leads to a portal", other)
		}
	}
}

func BenchmarkTagged(b *testing.B) {
	token := app.NewToken("portal-1")
	for b.Loop() {
		app.Tagged(token, "portal-2")
	}
}
