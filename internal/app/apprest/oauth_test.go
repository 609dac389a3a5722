package apprest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/app/apprest"
)

func (b *bench) refreshQuery(token string) string {
	return url.Values{
		"grant_type": {"refresh_token"}, "client_id": {b.app.ClientID}, "client_secret": {b.app.ClientSecret}, "refresh_token": {token},
	}.Encode()
}

func TestRefreshAnswer(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		status, answer := b.do(b.oauth, "/oauth/token/", b.refreshQuery(b.issue(2).RefreshToken), "")
		var got struct {
			Access  string `json:"access_token"`
			Refresh string `json:"refresh_token"`
			Member  string `json:"member_id"`
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil || status != http.StatusOK {
			t.Fatalf("%d %s: %v", status, answer, err)
		}
		want := fmt.Sprintf(`{"access_token":"%s","client_endpoint":"https://portal.example.com/rest/","domain":"oauth.bitrix.info",`+
			`"expires":%d,"expires_in":3600,"member_id":"%s","refresh_token":"%s","scope":"im,task",`+
			`"server_endpoint":"https://oauth.bitrix.info/rest/","status":"L","user_id":2}`,
			got.Access, morning.Unix()+3600, got.Member, got.Refresh)
		if answer != want {
			t.Errorf("%s, want %s", answer, want)
		}
		if status, answer := b.do(b.rest, "/rest/task.ping", "auth="+got.Access, ""); status != http.StatusOK {
			t.Errorf("call with the new token: %d %s", status, answer)
		}
		if status, _ := b.do(b.oauth, "/oauth/token/", b.refreshQuery(got.Refresh), ""); status != http.StatusOK {
			t.Errorf("refresh of the refreshed: %d", status)
		}
	})
}

func TestRefreshInEverySpelling(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		token := b.issue(1).RefreshToken
		next := func(what, target, body, contentType string) {
			t.Helper()
			status, answer := b.do(b.oauth, target, body, contentType)
			var got struct {
				Refresh string `json:"refresh_token"`
			}
			if err := json.Unmarshal([]byte(answer), &got); err != nil || status != http.StatusOK || got.Refresh == "" {
				t.Fatalf("%s: %d %s, %v", what, status, answer, err)
			}
			token = got.Refresh
		}
		next("GET", "/oauth/token/?"+b.refreshQuery(token), "", "")
		next("GET, doubled slash", "//oauth/token/?"+b.refreshQuery(token)+"&bx24_request_id=1", "", "")
		next("GET, no final slash", "/oauth/token?"+b.refreshQuery(token), "", "")
		next("POST, slashes everywhere", "//oauth//token//", b.refreshQuery(token), "")
		next("POST without a type", "/oauth/token/", b.refreshQuery(token), "text/plain")
		raw, err := json.Marshal(map[string]string{
			"grant_type": "refresh_token", "client_id": b.app.ClientID, "client_secret": b.app.ClientSecret, "refresh_token": token,
		})
		if err != nil {
			t.Fatal(err)
		}
		next("POST of JSON", "/oauth/token/", string(raw), "application/json; charset=utf-8")
		var form strings.Builder
		query, err := url.ParseQuery(b.refreshQuery(token))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range query {
			fmt.Fprintf(&form, "--x\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", k, v[0])
		}
		next("POST of a multipart form", "/oauth/token/", form.String()+"--x--\r\n", "multipart/form-data; boundary=x")
	})
}

func TestOAuthRefusals(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		token := b.issue(1).RefreshToken
		good := b.refreshQuery(token)
		swap := func(from, to string) string { return strings.Replace(good, from, to, 1) }
		for _, c := range []struct {
			what, target, body string
			status             int
			answer             string
		}{
			{"wrong secret", "/oauth/token/", swap(b.app.ClientSecret, "guess"), 400, `{"error":"invalid_client","error_description":"Unknown client_id or wrong client_secret"}`},
			{"unknown client", "/oauth/token/", swap(b.app.ClientID, "local.0.0"), 400, `{"error":"invalid_client","error_description":"Unknown client_id or wrong client_secret"}`},
			{"unknown token", "/oauth/token/", swap(token, "guess"), 400, `{"error":"invalid_grant","error_description":"The refresh_token is unknown, used or expired"}`},
			{"no token", "/oauth/token/", swap("refresh_token="+token, "x=1"), 400, `{"error":"invalid_request","error_description":"The parameter refresh_token is missing"}`},
			{"no client", "/oauth/token/", swap("client_id=", "x="), 400, `{"error":"invalid_request","error_description":"The parameter client_id is missing"}`},
			{"a list for a secret", "/oauth/token/", swap("client_secret=", "client_secret[]="), 400, `{"error":"invalid_request","error_description":"The parameter client_secret is missing"}`},
			{"no grant type", "/oauth/token/?client_id=x", "", 400, `{"error":"invalid_request","error_description":"The parameter grant_type is missing"}`},
			{"no client of a code", "/oauth/token/?grant_type=authorization_code&code=x", "", 400, `{"error":"invalid_request","error_description":"The parameter client_id is missing"}`},
			{"more permissions than it has", "/oauth/token/", good + "&scope=im,crm", 403, `{"error":"invalid_scope","error_description":"The application was not given all of these permissions"}`},
			{"password", "/oauth/token/", "grant_type=password", 400, `{"error":"unsupported_grant_type","error_description":"This grant_type is not supported"}`},
			{"broken query", "/oauth/token/?grant_type=%ff", "", 400, `{"error":"invalid_request","error_description":"The query of the address cannot be read"}`},
			{"large body", "/oauth/token/", strings.Repeat("x", 70<<10), 400, `{"error":"invalid_request","error_description":"The body cannot be read"}`},
			{"elsewhere", "/oauth/tokens/", good, 404, `{"error":"invalid_request","error_description":"There is nothing at this address"}`},
		} {
			if status, answer := b.do(b.oauth, c.target, c.body, ""); status != c.status || answer != c.answer {
				t.Errorf("%s: %d %s, want %d %s", c.what, status, answer, c.status, c.answer)
			}
		}
		w := httptest.NewRecorder()
		b.oauth.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodDelete, "/oauth/token/?"+good, http.NoBody))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("DELETE: %d", w.Code)
		}
		if status, answer := b.do(b.oauth, "/oauth/token/", good, ""); status != http.StatusOK {
			t.Errorf("after all refusals: %d %s, want the token to be unspent", status, answer)
		}
		b.clock.Advance(2 * time.Minute)
		_, answer := b.do(b.oauth, "/oauth/token/", good, "")
		if answer != `{"error":"invalid_grant","error_description":"The refresh_token is unknown, used or expired"}` {
			t.Errorf("the same token again: %s", answer)
		}
	})
}

func TestIsOAuthPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/oauth/token/": true, "//oauth//token": true, "/oauth": true, "/oauths/token/": false, "/rest/oauth/": false, "/": false, "oauth": false,
	} {
		if apprest.IsOAuthPath(path) != want {
			t.Errorf("%s: %t", path, !want)
		}
	}
}
