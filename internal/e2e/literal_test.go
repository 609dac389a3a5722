package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/user"
)

// literalClient asks for each address as an application under PHP does whose names have been pointed at the server: it trusts one
// authority, checks the certificate, and does not follow.
const literalClient = `<?php
[, $ca, $to, $request] = $argv;
$out = [];
foreach (json_decode($request, true) as $url => $form) {
	$c = curl_init($url);
	curl_setopt_array($c, [CURLOPT_RETURNTRANSFER => true, CURLOPT_CAINFO => $ca, CURLOPT_CONNECT_TO => ['::' . $to],
		CURLOPT_SSL_VERIFYPEER => true, CURLOPT_SSL_VERIFYHOST => 2, CURLOPT_FOLLOWLOCATION => false]);
	if ($form !== null) {
		curl_setopt($c, CURLOPT_POSTFIELDS, http_build_query($form));
	}
	$body = curl_exec($c);
	$out[$url] = ['body' => (string)$body, 'error' => curl_error($c), 'status' => curl_getinfo($c, CURLINFO_RESPONSE_CODE),
		'type' => (string)curl_getinfo($c, CURLINFO_CONTENT_TYPE)];
}
echo json_encode($out);
`

// literalAnswer is what PHP got.
type literalAnswer struct {
	Body, Error, Type string
	Status            int
}

// askByPHP sends requests: a form for POST, nil for GET, by address.
func (n *tenants) askByPHP(requests map[string]map[string]string) map[string]literalAnswer {
	n.t.Helper()
	php, err := exec.LookPath("php")
	if err != nil {
		dbtest.Skip(n.t, "PHP is not installed")
	}
	script := filepath.Join(n.t.TempDir(), "literal.php")
	if err := os.WriteFile(script, []byte(literalClient), 0o600); err != nil {
		n.t.Fatal(err)
	}
	raw, err := json.Marshal(requests)
	if err != nil {
		n.t.Fatal(err)
	}
	printed, err := exec.Command(php, script, n.ca, n.address, string(raw)).Output()
	if err != nil {
		n.t.Fatal(err)
	}
	var out map[string]literalAnswer
	if err := json.Unmarshal(printed, &out); err != nil {
		n.t.Fatalf("%v: %s", err, printed)
	}
	return out
}

// TestNamesThatApplicationsCallLiterally shows that an unmodified application finds its portal under the names that are built into
// it, with a certificate that it checks, on a server of several portals.
func TestNamesThatApplicationsCallLiterally(t *testing.T) {
	t.Parallel()
	n := newTenants(t, db.Config{})
	admin := user.Ref{ID: 1, Admin: true}
	b := n.portals[hostB]
	made, err := b.Apps.Create(t.Context(), admin, app.Form{
		Name: "B's", APIOnly: true, HandlerURL: "http://127.0.0.1:9/", Scopes: []string{"user"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{
		"https://oauth.bitrix.info/oauth/token/", "https://oauth.bitrix.info//oauth/token/", "https://oauth.bitrix24.tech/oauth/token/",
		"https://oauth.bitrix24.tech/oauth/token", "https://OAUTH.bitrix.info/oauth/token/",
	} {
		g, err := b.Apps.Issue(t.Context(), made.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		form := map[string]string{
			"grant_type": "refresh_token", "client_id": made.ClientID, "client_secret": made.ClientSecret, "refresh_token": g.RefreshToken,
		}
		a := n.askByPHP(map[string]map[string]string{base: form})[base]
		var out struct {
			Endpoint string `json:"client_endpoint"`
			Domain   string `json:"domain"`
		}
		if err := json.Unmarshal([]byte(a.Body), &out); err != nil || a.Status != 200 || !strings.HasPrefix(out.Endpoint, "https://"+hostB) {
			t.Errorf("%s: %+v (%v), want tokens of %s", base, a, err, hostB)
		}
	}

	const script = "https://api.bitrix24.com/api/v1/"
	for url, a := range n.askByPHP(map[string]map[string]string{script: nil, "https://api.bitrix24.com/": nil, "https://api.bitrix24.com/rest/profile": nil}) {
		isScript := url == script
		switch {
		case a.Error != "" || a.Status >= 300 && a.Status < 400:
			t.Errorf("%s: %+v", url, a)
		case isScript && (a.Status != 200 || !strings.Contains(a.Type, "javascript") || !strings.Contains(a.Body, "BX24")):
			t.Errorf("%s: status %d, type %q, %d bytes", url, a.Status, a.Type, len(a.Body))
		case !isScript && a.Status != 404:
			t.Errorf("%s: status %d, want 404: nothing else answers under this name", url, a.Status)
		}
	}
}
