package mail_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/mailtest"
)

// given gives its tokens one after the other, the last again and again.
type given struct {
	tokens []string
	asked  []string // which were refused
	err    error
}

func (g *given) Token(_ context.Context, refused string) (string, error) {
	g.asked = append(g.asked, refused)
	if refused != "" && len(g.tokens) > 1 {
		g.tokens = g.tokens[1:]
	}
	if refused != "" && g.err != nil {
		return "", g.err
	}
	return g.tokens[0], nil
}

// TestTokens signs in with tokens by either way, asks for another once, and says what the server says.
func TestTokens(t *testing.T) {
	t.Parallel()
	const login = "a,b=c@example.com" // which OAUTHBEARER writes in a way of its own
	s := mailtest.NewSMTP(t, mail.StartTLS)
	sender := mail.Sender{Dial: mailtest.Dial, TLS: mailtest.Trust()}
	send := func(g *given) string {
		to := s.Server
		to.Login, to.Bearer = login, g
		err := sender.Send(t.Context(), to, "a@example.com", "c@shop.example", func(w io.Writer) error {
			_, err := io.WriteString(w, "From: a@example.com\r\nTo: c@shop.example\r\nSubject: x\r\n\r\nhello\r\n")
			return err
		})
		return fmt.Sprint(err)
	}
	accepts := func(who, token string) bool { return who == login && token == "good" }
	for _, way := range []string{mailtest.XOAuth2, mailtest.OAuthBearer} {
		s.TakeTokens(accepts, way)
		for what, c := range map[string]struct {
			g     given
			want  string
			asked string
		}{
			"a good one":     {given{tokens: []string{"good"}}, "<nil>", `[""]`},
			"an old one":     {given{tokens: []string{"old", "good"}}, "<nil>", `["" "old"]`},
			"two old ones":   {given{tokens: []string{"old", "older", "good"}}, "localhost did not take the sign-in as a,b=c@example.com: the token was refused", `["" "old"]`},
			"no other":       {given{tokens: []string{"old"}}, "localhost did not take the sign-in as a,b=c@example.com: the token was refused", `["" "old"]`},
			"none to be had": {given{tokens: []string{"old"}, err: errors.New("the provider is down")}, "the provider is down", `["" "old"]`},
			"a long one":     {given{tokens: []string{strings.Repeat("x", 1000), "good"}}, "<nil>", fmt.Sprintf("[%q %q]", "", strings.Repeat("x", 1000))},
		} {
			if got := send(&c.g); !strings.HasPrefix(got, c.want) || fmt.Sprintf("%q", c.g.asked) != c.asked {
				t.Errorf("%s, %s: %s, asked with %q", way, what, got, c.g.asked)
			}
		}
	}
	if n := len(s.Sent()); n != 6 {
		t.Errorf("%d mails were sent", n)
	}
	s.TakeTokens(accepts)
	g := given{tokens: []string{"good"}}
	if got := send(&g); !strings.HasPrefix(got, "localhost offers no sign-in by a provider") || len(g.asked) != 1 {
		t.Errorf("without a way: %s, asked with %q", got, g.asked)
	}
}
