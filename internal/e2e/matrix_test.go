package e2e

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/conformance"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// refusal is what a method's row says to a caller: the documented status, code and the beginning of the text.
type refusal struct {
	status     int
	code, text string
}

var (
	admitted     = refusal{}
	noAuth       = refusal{http.StatusUnauthorized, "NO_AUTH_FOUND", "Wrong authorization data"}
	expired      = refusal{http.StatusUnauthorized, "expired_token", "The access token provided has expired."}
	unknownToken = refusal{http.StatusUnauthorized, "invalid_token", "Unable to get application by token"}
	wrongHook    = refusal{http.StatusUnauthorized, "INVALID_CREDENTIALS", "Invalid request credentials"}
	noUser       = refusal{http.StatusForbidden, "user_access_error", "The user does not have access to the application."}
	noScope      = refusal{http.StatusForbidden, "insufficient_scope", "The request requires higher privileges than provided by the access token"}
	noScopeHook  = refusal{http.StatusForbidden, "insufficient_scope", "The request requires higher privileges than provided by the webhook token"}
	noWebhook    = refusal{http.StatusForbidden, "WRONG_AUTH_TYPE", "Current authorization type is denied for this method"}
)

// refused returns a fault of a row as the wire has it.
func refused(f *fault.Fault) refusal {
	status := map[fault.Kind]int{fault.Denied: http.StatusForbidden, fault.Invalid: http.StatusBadRequest}[f.Kind]
	if f.Code == noWebhook.code {
		status = http.StatusForbidden
	}
	return refusal{status, f.Code, f.Text}
}

// in returns the refusal as the form of the API that a method belongs to words it: REST 3.0 has codes of its own for what a
// caller may not do, and those of the protocol for who a caller is.
func (r refusal) in(m *rest.Method) refusal {
	switch {
	case !m.V3:
		return r
	case r.code == noScope.code:
		return refusal{http.StatusForbidden, dto.CodeScope, "Insufficient permissions"}
	case r.code == "ACCESS_DENIED":
		return refusal{http.StatusForbidden, dto.CodeDenied, "Access denied"}
	}
	return r
}

// identity is a way to call, and what a method's row says to it.
type identity struct {
	name   string
	token  string // of an application
	hook   string // "user/code" of a webhook
	cookie string // of a signed-in browser
	verify func(m *rest.Method) refusal
}

// matrix makes identities on a site, each once.
type matrix struct {
	*site
	all     []string // every scope that some method asks for
	methods []*rest.Method
	made    map[string]identity
	calls   int
}

func newMatrix(s *site) *matrix {
	m := &matrix{site: s, methods: slices.Concat(s.portal.Methods(), s.portal.MethodsV3()), made: map[string]identity{}}
	for _, method := range m.methods {
		for _, scope := range method.Scopes {
			if scope != rest.Basic && !slices.Contains(m.all, scope) {
				m.all = append(m.all, scope)
			}
		}
	}
	slices.Sort(m.all)
	return m
}

func always(r refusal) func(*rest.Method) refusal { return func(*rest.Method) refusal { return r } }

// strangers are those whom no method lets in, whatever its row says.
func (m *matrix) strangers() []identity {
	ctx := m.t.Context()
	all, gone, waiting := m.application("all", m.all...), m.application("gone", m.all...), m.waiting()
	late, orphan := m.token(all.ID, m.bob.ID), m.token(gone.ID, m.bob.ID)
	short := m.hookOf(m.bob, app.WebhookForm{Scopes: []string{app.AllScopes}, Expires: m.clock.Now().Add(time.Minute)})
	m.clock.Advance(61 * time.Minute)
	if err := m.portal.Apps.Remove(ctx, m.admin.Ref(), gone.ID, false); err != nil {
		m.t.Fatal(err)
	}
	off := m.hookOf(m.carol, app.WebhookForm{Scopes: []string{app.AllScopes}})
	if _, err := m.portal.Apps.SwitchWebhook(ctx, m.carol.Ref(), m.lastHook(m.carol), false); err != nil {
		m.t.Fatal(err)
	}
	dave := m.person(user.NewUser{Login: "dave", FirstName: "Dave", LastName: "Dunn", Password: password})
	davesToken, davesHook := m.token(all.ID, dave.ID), m.hookOf(dave, app.WebhookForm{Scopes: []string{app.AllScopes}})
	inactive := false
	if _, err := m.portal.Users.Update(ctx, dave.ID, user.Change{Active: &inactive}); err != nil {
		m.t.Fatal(err)
	}
	user, _, _ := strings.Cut(off, "/")
	return []identity{
		{name: "nobody", verify: always(noAuth)},
		{name: "a signed-in browser", cookie: m.session("bob"), verify: always(noAuth)},
		{name: "a token of nobody", token: "0123456789abcdef0123456789abcdef", verify: always(unknownToken)},
		{name: "something that is no token", token: "' OR 1=1 --", verify: always(unknownToken)},
		{name: "an expired token", token: late, verify: always(expired)},
		{name: "a token of a removed application", token: orphan, verify: always(unknownToken)},
		{name: "a token of a dismissed person", token: davesToken, verify: always(noUser)},
		{name: "an employee's token of an application that is not installed", token: m.token(waiting.ID, m.bob.ID), verify: always(noUser)},
		{name: "a webhook of nobody", hook: user + "/0123456789abcdefghij", verify: always(wrongHook)},
		{name: "a webhook under another's number", hook: strconv.FormatInt(m.admin.ID, 10) + strings.TrimPrefix(off, user), verify: always(wrongHook)},
		{name: "a webhook of a dismissed person", hook: davesHook, verify: always(wrongHook)},
		{name: "a webhook that is switched off", hook: off, verify: always(wrongHook)},
		{name: "a webhook that has expired", hook: short, verify: always(wrongHook)},
	}
}

// waiting adds an application whose page has not completed the installation.
func (m *matrix) waiting() app.Created {
	m.t.Helper()
	c, err := m.portal.Apps.Create(m.t.Context(), m.admin.Ref(), app.Form{
		Name: "waiting", HandlerURL: "http://127.0.0.1:9/", InstallURL: "http://127.0.0.1:9/install", Scopes: m.all,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return c
}

func (m *matrix) hookOf(u user.User, f app.WebhookForm) string {
	m.t.Helper()
	w, code, err := m.portal.Apps.CreateWebhook(m.t.Context(), user.Ref{ID: u.ID, Admin: u.Admin, Access: access.OwnWebhooks}, f)
	if err != nil {
		m.t.Fatal(err)
	}
	return strconv.FormatInt(w.UserID, 10) + "/" + code
}

func (m *matrix) lastHook(u user.User) int64 {
	m.t.Helper()
	list, err := m.portal.Apps.Webhooks(m.t.Context(), u.Ref())
	if err != nil || len(list) == 0 {
		m.t.Fatal(err)
	}
	return list[0].ID
}

// known returns those who get in as far as the row of a method lets them: an application and a webhook of an administrator and
// of an employee, with each scope that opens the method alone, and with all the others.
func (m *matrix) known(method *rest.Method) []identity {
	sets := [][]string{m.without(method.Scopes)}
	for _, scope := range method.Scopes {
		if scope != rest.Basic {
			sets = append(sets, []string{scope})
		}
	}
	out := []identity{m.pending()}
	for _, scopes := range sets {
		for _, u := range []user.User{m.admin, m.bob} {
			out = append(out, m.byApp(u, scopes), m.byHook(u, scopes))
		}
	}
	return out
}

// without returns all scopes but those.
func (m *matrix) without(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(m.all), func(s string) bool { return slices.Contains(scopes, s) })
}

// once makes an identity, or returns the one that was made before.
func (m *matrix) once(name string, build func() identity) identity {
	i, ok := m.made[name]
	if !ok {
		i = build()
		i.name = name
		m.made[name] = i
	}
	return i
}

// pending is an administrator's token of an application that is not installed: only they may try it.
func (m *matrix) pending() identity {
	return m.once("an administrator's token of an application that is not installed", func() identity {
		return identity{token: m.token(m.waiting().ID, m.admin.ID), verify: verdict(false, true, m.all)}
	})
}

func (m *matrix) byApp(u user.User, scopes []string) identity {
	return m.once("an application with "+strings.Join(scopes, ",")+" for "+u.Login, func() identity {
		a := m.application("with "+strconv.Itoa(len(scopes)), scopes...)
		return identity{token: m.token(a.ID, u.ID), verify: verdict(false, u.Admin, scopes)}
	})
}

func (m *matrix) byHook(u user.User, scopes []string) identity {
	return m.once("a webhook with "+strings.Join(scopes, ",")+" of "+u.Login, func() identity {
		return identity{hook: m.hookOf(u, app.WebhookForm{Scopes: scopes}), verify: verdict(true, u.Admin, scopes)}
	})
}

// verdict computes what the row of a method says to a caller who is known.
func verdict(hook, admin bool, scopes []string) func(*rest.Method) refusal {
	current := rest.CurrentScopes(scopes)
	return func(m *rest.Method) refusal {
		open := slices.ContainsFunc(m.Scopes, func(s string) bool { return s == rest.Basic || slices.Contains(current, s) })
		noApp, noAdmin := m.Refusals()
		switch {
		case !open && hook:
			return noScopeHook
		case !open:
			return noScope
		case m.Access&rest.NoWebhook != 0 && hook:
			return noWebhook
		case m.Access&rest.AppOnly != 0 && hook:
			return refused(noApp)
		case m.Access&rest.AdminOnly != 0 && !admin:
			return refused(noAdmin)
		}
		return admitted
	}
}

// TestWhoMayCallEveryMethod calls every method with every kind of authorization, role and scope, in every form of the protocol.
// What is expected is computed from the method's row. Refused calls leave nothing behind.
func TestWhoMayCallEveryMethod(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		m := newMatrix(s)
		strangers := m.strangers()
		type cell struct {
			method *rest.Method
			who    identity
			want   refusal
		}
		var let, turned []cell
		for _, method := range m.methods {
			for _, who := range slices.Concat(strangers, m.known(method)) {
				if want := who.verify(method); want == admitted {
					let = append(let, cell{method, who, want})
				} else {
					turned = append(turned, cell{method, who, want.in(method)})
				}
			}
		}
		for _, who := range m.made { // notes when it was used, which happens once in a minute
			m.answer(forms[0], who, m.portal.Methods()[0])
		}
		// Which form a call has does not depend on the database: on one of them each cell has every form, on the other one in turn.
		whole := s.portal.DB.Dialect() == db.SQLite
		before, calls := s.tables(), 0
		for i, c := range turned {
			for j, f := range forms {
				if !f.fits(c.method) || !whole && (i+j)%len(forms) != 0 {
					continue
				}
				calls++
				if got := m.answer(f, c.who, c.method); got.status != c.want.status || got.code != c.want.code || !strings.HasPrefix(got.text, c.want.text) {
					t.Errorf("%s by %s, %s: %+v, want %+v", conformance.Address(c.method), c.who.name, f.name, got, c.want)
				}
			}
		}
		s.unchanged(before)
		for i, c := range let {
			f := forms[i%len(forms)]
			if !f.fits(c.method) {
				f = forms[0]
			}
			got := m.answer(f, c.who, c.method)
			if noApp, noAdmin := c.method.Refusals(); got.status >= http.StatusInternalServerError || got.isOneOf(c.method, refused(noApp), refused(noAdmin)) {
				t.Errorf("%s by %s, %s: %+v, want it to be let in", conformance.Address(c.method), c.who.name, f.name, got)
			}
		}
		t.Logf("%d methods, %d refused calls, %d let in", len(m.methods), calls, len(let))
	})
}

// isOneOf reports whether an answer is one of those that the protocol gives, whatever the method itself says.
func (r refusal) isOneOf(m *rest.Method, own ...refusal) bool {
	for _, x := range append(own, noAuth, expired, unknownToken, wrongHook, noUser, noScope, noScopeHook, noWebhook) {
		if x = x.in(m); r.code == x.code && strings.HasPrefix(r.text, x.text) && !m.V3 {
			return true
		}
	}
	return m.V3 && r.code == dto.CodeScope
}

// TestRowsHoldInsideBatch calls every method inside batch, with those who get as far as its row.
func TestRowsHoldInsideBatch(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		m := newMatrix(s)
		methods := s.portal.Methods()
		for _, who := range []identity{
			m.byApp(s.bob, nil), m.byApp(s.bob, m.all), m.byApp(s.admin, nil), m.byHook(s.bob, m.all), m.byHook(s.admin, []string{"user_basic"}),
		} {
			codes := map[string]string{}
			for chunk := range slices.Chunk(methods, 50) {
				maps.Copy(codes, m.batch(who, chunk))
			}
			for _, method := range methods {
				want := who.verify(method).code
				if method.Access&rest.NoBatch != 0 {
					want = "ERROR_BATCH_METHOD_NOT_ALLOWED"
				}
				if got := codes[method.Name]; want != "" && got != want {
					t.Errorf("%s by %s: %q, want %q", method.Name, who.name, got, want)
				} else if want == "" && (got == noScope.code || got == noWebhook.code && who.hook != "") {
					t.Errorf("%s by %s: %q, want it to be let in", method.Name, who.name, got)
				}
			}
		}
	})
}
