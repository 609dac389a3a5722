package apprest_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"github.com/portico-hq/portico/internal/app/apprest"
)

func TestCodeForTokens(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		to, err := b.apps.Allow(t.Context(), anna, b.app.ClientID, "", "")
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		query := url.Values{
			"grant_type": {"authorization_code"}, "client_id": {b.app.ClientID}, "client_secret": {b.app.ClientSecret}, "code": {u.Query().Get("code")},
		}.Encode()
		status, answer := b.do(b.oauth, "//oauth/token/?"+query, "", "")
		var got struct {
			Access  string `json:"access_token"`
			Refresh string `json:"refresh_token"`
			Member  string `json:"member_id"`
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{"access_token":"%s","client_endpoint":"https://portal.example.com/rest/","domain":"oauth.bitrix.info",`+
			`"expires":%d,"expires_in":3600,"member_id":"%s","refresh_token":"%s","scope":"im,task",`+
			`"server_endpoint":"https://oauth.bitrix.info/rest/","status":"L","user_id":1}`,
			got.Access, morning.Unix()+3600, got.Member, got.Refresh)
		if status != 200 || answer != want {
			t.Errorf("%d %s, want %s", status, answer, want)
		}
		if status, answer := b.do(b.rest, "/rest/task.ping", "auth="+got.Access, ""); status != 200 {
			t.Errorf("call with the token: %d %s", status, answer)
		}
		spent := `{"error":"invalid_grant","error_description":"The code is unknown, used or expired"}`
		if status, answer := b.do(b.oauth, "/oauth/token/", query, ""); status != 400 || answer != spent {
			t.Errorf("again: %d %s", status, answer)
		}
		if status, _ := b.do(b.rest, "/rest/task.ping", "auth="+got.Access, ""); status != 401 {
			t.Errorf("call after the replay: %d", status)
		}
	})
}

func TestIsAuthorizePath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/oauth/authorize/": true, "//oauth//authorize": true, "/oauth/authorize/x": false, "/oauth/token/": false, "/authorize/": false,
	} {
		if apprest.IsAuthorizePath(path) != want {
			t.Errorf("%s: %t", path, !want)
		}
	}
}
