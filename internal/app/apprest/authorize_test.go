package apprest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/app/apprest"
	"github.com/portico-hq/portico/internal/user"
)

func TestWhoMayCallWhat(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		admin, colleague := b.issue(1).AccessToken, b.issue(2).AccessToken
		_, code, err := b.apps.CreateWebhook(t.Context(), user.Ref{ID: 2, Access: access.OwnWebhooks}, app.WebhookForm{Scopes: []string{"im"}})
		if err != nil {
			t.Fatal(err)
		}
		_, allCode, err := b.apps.CreateWebhook(t.Context(), anna, app.WebhookForm{Scopes: []string{app.AllScopes}})
		if err != nil {
			t.Fatal(err)
		}
		narrow, err := b.apps.Create(t.Context(), anna, app.Form{Name: "n", APIOnly: true, HandlerURL: "http://h", Scopes: []string{"im"}})
		if err != nil {
			t.Fatal(err)
		}
		imOnly, err := b.apps.Issue(t.Context(), narrow.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		removed, err := b.apps.Create(t.Context(), anna, app.Form{Name: "r", APIOnly: true, HandlerURL: "http://h", Scopes: []string{"task"}})
		if err != nil {
			t.Fatal(err)
		}
		revoked, err := b.apps.Issue(t.Context(), removed.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.apps.Remove(t.Context(), anna, removed.ID, false); err != nil {
			t.Fatal(err)
		}
		const pong = `{"result":"pong"`
		cases := []struct {
			what, target, body string
			status             int
			answer             string // its beginning
		}{
			{"token in the body", "/rest/task.ping", "auth=" + admin, 200, pong},
			{"token in the address", "/rest/task.ping.json?auth=" + colleague, "", 200, pong},
			{"webhook with all scopes", "/rest/1/" + allCode + "/task.ping", "", 200, pong},
			{"webhook, doubled slashes", "//rest/1/" + allCode + "//task.ping/", "", 200, pong},
			{"nothing", "/rest/task.ping", "", 401, `{"error":"NO_AUTH_FOUND","error_description":"Wrong authorization data"}`},
			{"foreign token", "/rest/task.ping?auth=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", 401, `{"error":"invalid_token","error_description":"Unable to get application by token"}`},
			{"revoked token", "/rest/task.ping?auth=" + revoked.AccessToken, "", 401, `{"error":"invalid_token","error_description":"Unable to get application by token"}`},
			{"missing scope", "/rest/task.ping?auth=" + imOnly.AccessToken, "", 403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token"}`},
			{"webhook without the scope", "/rest/2/" + code + "/task.ping", "", 403, `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the webhook token"}`},
			{"webhook of another user", "/rest/1/" + code + "/task.ping", "", 401, `{"error":"INVALID_CREDENTIALS","error_description":"Invalid request credentials"}`},
			{"unknown webhook", "/rest/2/zzzzzzzzzzzzzzzzzzzz/task.ping", "", 401, `{"error":"INVALID_CREDENTIALS","error_description":"Invalid request credentials"}`},
			{"feature.get", "/rest/1/" + allCode + "/feature.get", "CODE=REST_auth_connector", 200, `{"result":{"value":"Y"}`},
			{"unknown feature", "/rest/1/" + allCode + "/feature.get", "CODE=x", 200, `{"result":{"value":"N"}`},
			{"no feature", "/rest/1/" + allCode + "/feature.get", "", 400, `{"error":"CODE_EMPTY","error_description":"CODE can't be empty"}`},
			{"app.info by webhook", "/rest/1/" + allCode + "/app.info", "", 400, `{"error":"ACCESS_DENIED","error_description":"Access denied! Application context required"}`},
		}
		check := func(what, target, body string, wantStatus int, want string) {
			t.Helper()
			status, answer := b.do(b.rest, target, body, "")
			if status != wantStatus || !strings.HasPrefix(answer, want) {
				t.Errorf("%s: %d %s, want %d %s", what, status, answer, wantStatus, want)
			}
		}
		for _, c := range cases {
			check(c.what, c.target, c.body, c.status, c.answer)
		}
		b.people.dismissed[2] = true
		check("dismissed user", "/rest/task.ping?auth="+colleague, "", 403, `{"error":"user_access_error","error_description":"The user does not have access to the application.`)
		check("webhook of a dismissed user", "/rest/2/"+code+"/app.info", "", 401, `{"error":"INVALID_CREDENTIALS"`)
		b.clock.Advance(time.Hour)
		check("expired token", "/rest/task.ping", "auth="+admin, 401, `{"error":"expired_token","error_description":"The access token provided has expired.`)
	})
}

func TestEveryScopeThatMayBeGivenIsListed(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		token := b.issue(2).AccessToken
		_, answer := b.do(b.rest, "/rest/scope", "auth="+token, "")
		if !strings.HasPrefix(answer, `{"result":["im","task"],`) {
			t.Errorf("scope: %s", answer)
		}
		_, answer = b.do(b.rest, "/rest/scope?full=true", "auth="+token, "")
		for _, s := range app.Scopes() {
			if !strings.Contains(answer, `"`+s.Code+`"`) {
				t.Errorf("scope full=true lacks %s: %s", s.Code, answer)
			}
		}
	})
}

func TestAppInfo(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		status, answer := b.do(b.rest, "/rest/APP.info.json", "auth="+b.issue(2).AccessToken, "")
		want := `{"result":{"ID":1,"CODE":"` + b.app.ClientID + `","VERSION":1,"STATUS":"L","INSTALLED":true,"PAYMENT_EXPIRED":"N","DAYS":null,` +
			`"LANGUAGE_ID":"de","LICENSE":"de_ent10000","LICENSE_TYPE":"ent10000","LICENSE_FAMILY":"ent"},"time":`
		if status != http.StatusOK || !strings.HasPrefix(answer, want) {
			t.Errorf("%d %s, want %s", status, answer, want)
		}
	})
}

// TestAppInfoAtTheAuthorizationServer is the form that the SDK for Python reads, with what the page of app.info lists beside.
func TestAppInfoAtTheAuthorizationServer(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		member, err := b.apps.MemberID(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		at := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b.rest.ServeHTTP(w, r.WithContext(apprest.AtAuthServer(r.Context())))
		})
		status, answer := b.do(at, "/rest/app.info/?auth="+b.issue(2).AccessToken, "", "")
		want := `"LICENSE_FAMILY":"ent","client_id":"` + b.app.ClientID + `","scope":"im,task","expires":"2026-11-23T10:00:00+00:00",` +
			`"install":{"installed":true,"version":1,"status":"L","scope":"im,task","domain":"portal.example.com","uri":"http://127.0.0.1/bot",` +
			`"client_endpoint":"https://portal.example.com/rest/","member_id":"` + member + `","member_type":""},"user_id":2},"time":`
		if status != http.StatusOK || !strings.Contains(answer, want) {
			t.Errorf("%d %s, want %s", status, answer, want)
		}
		status, answer = b.do(at, "/rest/app.info/?auth=0123456789abcdef0123456789abcdef", "", "")
		if status != http.StatusUnauthorized || !strings.Contains(answer, "invalid_token") {
			t.Errorf("a token of nobody: %d %s", status, answer)
		}
	})
}

func TestIsAuthServer(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"oauth.bitrix.info": true, "OAuth.bitrix24.tech.:443": true, "portal.example.com": false, "oauth.bitrix.info.example.com": false, "": false,
	} {
		if apprest.IsAuthServer(host) != want {
			t.Errorf("%q: %t", host, !want)
		}
	}
}
