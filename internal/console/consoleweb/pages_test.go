package consoleweb_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/setting"
)

var rowID = regexp.MustCompile(`<tr id="([cd]\d+)"`)

func TestTheTimelineShowsCallsToWhomTheyBelong(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.anna.get("/devops/console/").is(http.StatusOK).has("Nothing has been called yet")
	b.anna.call("profile").is(http.StatusOK)
	b.ben.call("user.current").is(http.StatusOK)
	b.ben.call("im.message.add", "DIALOG_ID", "1").is(http.StatusForbidden)
	b.ben.post("/rest/profile", "auth", "nonsense").is(http.StatusUnauthorized)
	b.Console.Flush()

	b.anna.get("/devops/console/").is(http.StatusOK).has(
		"profile", "user.current", "im.message.add", "insufficient_scope", "invalid_token", "ben&#39;s script", "Ben Ode", "/devops/console/settings/",
	)
	b.ben.get("/devops/console/").is(http.StatusOK).has("user.current", "im.message.add").lacks(
		"invalid_token", "anna&#39;s script", "/devops/console/settings/", "/devops/console/limits/",
	)
	for query, want := range map[string]int{
		"": 4, "?method=user.": 1, "?result=failed": 2, "?result=ok": 2, "?error=insufficient_scope": 1, "?q=dialog_id": 1, "?slow=5000": 0,
		"?source=webhook-1": 1, "?user=1": 1, "?from=2030-01-01T00:00": 0,
	} {
		a := b.anna.get("/devops/console/" + query).is(http.StatusOK)
		if got := len(rowID.FindAllString(a.body, -1)); got != want {
			t.Errorf("%q shows %d rows, want %d", query, got, want)
		}
	}
	b.anna.get("/devops/console/?from=yesterday").is(http.StatusOK).has("This is no date and time.")
	b.ben.get("/devops/console/settings/").is(http.StatusForbidden)
	b.ben.get("/devops/console/limits/").is(http.StatusForbidden)
}

func TestWhatDepartsFromTheDocumentationIsShownAndCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	err := b.DB.Write(t.Context(), func(tx *db.Tx) error {
		return setting.SaveTx(t.Context(), tx, b.Settings, setting.APIKey, setting.API{Warnings: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	b.anna.call("profile").is(http.StatusOK)
	b.anna.get("/devops/console/").is(http.StatusOK).lacks("from the documentation")
	b.anna.call("im.recent.list", "SKIP_CHATS", "Y").is(http.StatusOK)
	const warning = "There is no parameter SKIP_CHATS. Is SKIP_CHAT meant?"
	b.anna.get("/devops/console/call/" + b.last().IDText() + "/").is(http.StatusOK).has(warning)
	b.anna.call("batch", "cmd[one]", "im.recent.list?SKIP_CHATS=Y").is(http.StatusOK)

	b.anna.get("/devops/console/").is(http.StatusOK).has("2 calls depart from the documentation", `href="/devops/console/?result=warned"`)
	b.ben.get("/devops/console/").is(http.StatusOK).lacks("from the documentation")
	a := b.anna.get("/devops/console/?result=warned").is(http.StatusOK).has("im.recent.list", "2 calls depart").lacks("result=warned\"")
	if n := len(rowID.FindAllString(a.body, -1)); n != 2 {
		t.Errorf("%d rows", n)
	}
	b.anna.get("/devops/console/?q=skip_chat&source=webhook-2").is(http.StatusOK).lacks("from the documentation")
	b.anna.get("/devops/console/export?format=jsonl&result=warned").is(http.StatusOK).has(`"warnings":["` + warning)
}

func TestNewRowsAreAskedForByTheirKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ben.call("profile")
	page := b.ben.get("/devops/console/").is(http.StatusOK)
	newest := regexp.MustCompile(`data-newest="([^"]+)"`).FindStringSubmatch(page.body)[1]
	b.ben.call("user.current")
	b.anna.call("profile")
	a := b.ben.get("/devops/console/rows?after="+newest).is(http.StatusOK).has("user.current").lacks("<html", "Anna")
	if n := len(rowID.FindAllString(a.body, -1)); n > 2 {
		t.Errorf("%d rows came", n)
	}
}

func TestTheDetailsOfACallAndItsReplay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.anna.call("im.message.add", "DIALOG_ID", "2", "MESSAGE", "It's <b>done</b>").is(http.StatusOK)
	c := b.last()
	path := "/devops/console/call/" + c.IDText() + "/"
	b.anna.get(path).is(http.StatusOK).has(
		"im.message.add", "anna&#39;s script", "Inbound webhook", "Granted", c.RequestID, "Edit and resend", "Call im.message.add again?",
		"curl -H", "CRest::call(&#39;im.message.add&#39;", `It\&#39;s &lt;b&gt;done&lt;/b&gt;`, "BX24.callMethod", "http.Post(",
	)
	b.ben.get(path).is(http.StatusNotFound)
	b.ben.post(path + "replay").is(http.StatusNotFound)

	messages := func() (n int64) {
		err := b.DB.Read(t.Context(), func(tx *db.Tx) error {
			return tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM message WHERE text = ?", "It's <b>done</b>").Scan(&n)
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	again := b.anna.post(path + "replay").is(http.StatusSeeOther)
	now := b.last()
	if messages() != 2 || now.ID == c.ID || now.Method != c.Method || now.Params != c.Params || now.UserID != c.UserID || now.WebhookID != c.WebhookID {
		t.Errorf("%d messages, the newest call is %+v", messages(), now)
	}
	if to := again.header.Get("Location"); to != "/devops/console/call/"+now.IDText()+"/" {
		t.Errorf("leads to %q", to)
	}
	b.anna.do(http.MethodPost, path+"replay", "", "Origin", "https://evil.example").is(http.StatusForbidden)
	if messages() != 2 {
		t.Error("a form of another site was obeyed")
	}
}

func TestAReplayIsRefusedWhereItWouldNotBeTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.anna.call("im.message.add", "DIALOG_ID", "2", "MESSAGE", "x", "password", "secret")
	hidden := "/devops/console/call/" + b.last().IDText() + "/"
	b.anna.get(hidden).has("Secrets of its parameters were hidden").lacks("secret</")
	b.anna.post(hidden + "replay").is(http.StatusConflict)
	b.anna.get("/devops/console/composer/?call="+strings.Split(hidden, "/")[4]).is(http.StatusOK).has("Secrets were hidden", "***")

	b.ben.post("/rest/profile", "auth", "nonsense")
	b.Console.Flush()
	nobody := "/devops/console/call/" + b.last().IDText() + "/"
	b.anna.get(nobody).has("Nobody was recognised in it")
	b.anna.post(nobody + "replay").is(http.StatusConflict)

	b.ben.call("profile")
	gone := "/devops/console/call/" + b.last().IDText() + "/"
	if err := b.Apps.RemoveWebhook(t.Context(), ref(b.ben), b.ben.hookID); err != nil {
		t.Fatal(err)
	}
	b.anna.post(gone + "replay").is(http.StatusConflict).has("is gone")

	// Somebody else's call is made again by an administrator, and the audit log tells.
	b.anna.call("profile")
	own := b.last()
	b.anna.post("/devops/console/call/" + own.IDText() + "/replay").is(http.StatusSeeOther)
	var told int64
	err := b.DB.Read(t.Context(), func(tx *db.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM audit_entry WHERE type = 'REST_REPLAY'").Scan(&told)
	})
	if err != nil || told != 0 {
		t.Errorf("%d entries for replays of one's own, %v", told, err)
	}
}

func TestComposedCallsHaveTheRightsOfWhoComposesThem(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.anna.get("/devops/console/composer/").is(http.StatusOK).has("Choose a method", "im.message.add")
	b.anna.get("/devops/console/composer/?method=none.such").is(http.StatusOK).has("There is no method none.such.")
	b.anna.get("/devops/console/composer/?method=im.message.add").is(http.StatusOK).has(
		`name="p.DIALOG_ID"`, `name="p.MESSAGE"`, "api-reference/", "Needs im", "This changes data",
	)
	for _, tt := range []struct {
		name   string
		who    person
		form   []string
		status int
		want   string
	}{
		{"myself", b.ben, []string{"method", "USER.current", "as", "session"}, 200, "&#34;ID&#34;: &#34;2&#34;"},
		{"my webhook", b.ben, []string{"method", "im.message.add", "as", "webhook-2", "p.DIALOG_ID", "1"}, 200, "insufficient_scope"},
		{"fewer permissions", b.ben, []string{"method", "im.recent.list", "as", "session", "scopes", "task, user"}, 200, "insufficient_scope"},
		{"not more than the webhook has", b.ben, []string{"method", "im.recent.list", "as", "webhook-2", "scopes", "im"}, 200, "insufficient_scope"},
		{"somebody else's webhook", b.ben, []string{"method", "profile", "as", "webhook-1"}, 422, "Choose as whom to call."},
		{"nobody", b.ben, []string{"method", "profile"}, 422, "Choose as whom to call."},
		{"broken JSON", b.anna, []string{"method", "profile", "as", "session", "mode", "raw", "json", "{"}, 422, "This is no JSON object."},
		{"no object", b.anna, []string{"method", "profile", "as", "session", "mode", "raw", "json", "1"}, 422, "This is no JSON object."},
		{"no method", b.anna, []string{"method", "none", "as", "session"}, 422, "There is no such method."},
		{"JSON", b.anna, []string{"method", "im.message.add", "as", "session", "mode", "raw", "json", `{"DIALOG_ID":"2","MESSAGE":"hi"}`}, 200, "In the timeline"},
	} {
		a := tt.who.post("/devops/console/composer/run", tt.form...)
		if a.status != tt.status {
			t.Errorf("%s: %d, want %d", tt.name, a.status, tt.status)
		}
		a.has(tt.want)
	}
	c := b.last()
	if c.Method != "im.message.add" || c.UserID != b.anna.id || c.Params != `{"DIALOG_ID":"2","MESSAGE":"hi"}` || c.Remote == "" {
		t.Errorf("the last call is %+v", c)
	}
	// What was typed stays when the form is turned, both ways.
	b.anna.post("/devops/console/composer/edit", "method", "im.message.add", "as", "session", "mode", "fields", "p.MESSAGE", "typed").
		is(http.StatusOK).has("&#34;MESSAGE&#34;: &#34;typed&#34;", `value="raw"`)
	b.anna.post("/devops/console/composer/edit", "method", "im.message.add", "as", "session", "mode", "raw", "json", `{"MESSAGE":"typed"}`).
		is(http.StatusOK).has(`value="typed"`, `value="fields"`)
	b.anna.post("/devops/console/composer/edit", "method", "im.message.add", "as", "session", "mode", "raw", "json", `{"MESSAGE":`).
		is(http.StatusUnprocessableEntity).has(`{&#34;MESSAGE&#34;:`, "This is no JSON object.")
}

func TestCallsAreExported(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ben.call("user.current")
	b.ben.call("im.message.add", "DIALOG_ID", "1")
	b.anna.call("profile")
	a := b.ben.get("/devops/console/export?format=jsonl").is(http.StatusOK)
	var methods []string
	lines := bufio.NewScanner(strings.NewReader(a.body))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var c struct {
			ID, Method, Authorization, Scope string
			Params                           map[string]string
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		methods = append(methods, c.Method+" "+c.Authorization+" "+c.Scope+" "+c.Params["DIALOG_ID"])
	}
	if got := strings.Join(methods, "|"); got != "im.message.add webhook refused 1|user.current webhook granted " {
		t.Errorf("exported %q", got)
	}
	if d := a.header.Get("Content-Disposition"); !strings.Contains(d, ".jsonl") || !strings.HasPrefix(d, "attachment") {
		t.Errorf("it comes as %q", d)
	}
	var har struct {
		Log struct {
			Version string
			Entries []struct {
				Request struct {
					URL      string
					PostData struct{ Text string }
				}
				Response struct {
					Status  int
					Content struct{ Text string }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(b.anna.get("/devops/console/export?format=har&result=failed").is(http.StatusOK).body), &har); err != nil {
		t.Fatal(err)
	}
	if har.Log.Version != "1.2" || len(har.Log.Entries) != 1 {
		t.Fatalf("HAR %+v", har)
	}
	e := har.Log.Entries[0]
	if e.Request.URL != b.server.URL+"/rest/im.message.add" || e.Request.PostData.Text != `{"DIALOG_ID":"1"}` || e.Response.Status != 403 ||
		!strings.Contains(e.Response.Content.Text, "insufficient_scope") {
		t.Errorf("entry %+v", e)
	}
	b.anna.get("/devops/console/export?format=xls").is(http.StatusUnprocessableEntity)
}

func TestWhatIsKeptIsSetOnAPage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.anna.get("/devops/console/settings/").is(http.StatusOK).has(`value="14"`, `value="200000"`)
	b.anna.post("/devops/console/settings/save", "on", "1", "days", "999", "calls", "200").is(http.StatusUnprocessableEntity).has("Keep calls for 1 to 366 days.", `value="999"`)
	b.anna.post("/devops/console/settings/save", "days", "3", "calls", "500").is(http.StatusSeeOther)
	b.anna.get("/devops/console/").has("Calls are not logged now")
	b.anna.call("profile").is(http.StatusOK)
	b.anna.get("/devops/console/").has("Nothing has been called yet")
}

func TestTheLimitsShowWhoUsesWhat(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.ben.call("user.current")
	b.anna.post("/devops/console/composer/run", "method", "profile", "as", "session")
	b.anna.get("/devops/console/limits/").is(http.StatusOK).has("user.current", "ben&#39;s script", "profile", "Anna Berger, composer", "Not limited on this portal")
}
