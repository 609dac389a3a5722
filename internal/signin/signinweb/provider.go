package signinweb

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/web"
)

// stateCookie holds what proves on the way back from the provider that the same browser left for it.
const stateCookie = "portico_provider"

func itoa(n int) string { return strconv.Itoa(n) }

// toProvider sends the browser to the identity provider.
func (h pages) toProvider(ctx context.Context, r *web.Request) (web.Result, error) {
	address, state, err := h.signin.BeginProvider(ctx, h.publicURL(backURL), nextOf(r))
	if err != nil {
		return h.shell.SignInPage(ctx, err)
	}
	return web.WithCookies{
		Result: web.Redirect{To: address}, Cookies: []*http.Cookie{r.SecretCookie(stateCookie, state, ProviderURL, 10*time.Minute)},
	}, nil
}

// fromProvider goes on with who comes back.
func (h pages) fromProvider(ctx context.Context, r *web.Request) (web.Result, error) {
	done := r.SecretCookie(stateCookie, "", ProviderURL, 0)
	out, next, err := h.signin.Provided(ctx, h.publicURL(backURL), signin.Return{
		State: r.FormValue("state"), Kept: r.CookieValue(stateCookie), Code: r.FormValue("code"),
	}, browser(r))
	if err != nil {
		p, err := h.shell.SignInPage(ctx, err)
		return web.WithCookies{Result: p, Cookies: []*http.Cookie{done}}, err
	}
	return web.WithCookies{Result: h.arrived(r, out, web.LocalPath(next)), Cookies: []*http.Cookie{done}}, nil
}
