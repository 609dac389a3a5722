package e2e

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// siteChat is the tutorial's chat of a site under PHP, and a portal with a line for it.
type siteChat struct {
	*phpWalk

	dir  string // in which it runs
	base string // its address
	line int64
	chat int64        // of the portal
	site *http.Client // of a visitor
}

// TestSiteChatPHP runs the tutorial's chat of a site as it is under PHP: it registers its connector, an administrator connects it to a
// line, a visitor writes, an operator answers in the messenger, and the answer shows on the site.
func TestSiteChatPHP(t *testing.T) {
	t.Parallel()
	source := tutorial(t, "sitechat")
	onBoth(t, func(t *testing.T, in *installation) {
		in.serve("--http", "", "--https", "127.0.0.1:0", "--demo")
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c := &siteChat{dir: t.TempDir(), site: &http.Client{Jar: jar}}
		c.phpWalk = newPHPWalk(t, in, phpBot{})
		c.serve(source)
		c.install()
		c.connect()
		c.visit()
		c.answer()
		c.disconnect()
		in.stop(syscall.SIGTERM)
	})
}

// serve puts the tutorial's files beside a client of the REST API. The tutorial has the address of the handler filled in.
func (c *siteChat) serve(source string) {
	c.t.Helper()
	c.base = serveTutorial(c.t, c.dir, source, c.in.started.CA)
	path := filepath.Join(c.dir, "install_connector.php")
	code, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	filled := strings.Replace(string(code), "https://yourdomain.com/handler.php", c.base+"/handler.php", 1)
	if err := os.WriteFile(path, []byte(filled), 0o600); err != nil || filled == string(code) {
		c.t.Fatal("the tutorial names no handler: ", err)
	}
}

// ask makes a request of a visitor to the site.
func (c *siteChat) ask(method, path string, form url.Values) string {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", c.base)
	r.Header.Set("Referer", c.base+"/index.php")
	answer, err := c.site.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		c.t.Fatalf("%s answers %d: %s, %v", path, answer.StatusCode, body, err)
	}
	return string(body)
}

// install adds the application and lets it register its connector, whose tile then stands in the Contact Center.
func (c *siteChat) install() {
	c.t.Helper()
	c.in.cli(&c.app, "app", "add", "--name", "Site chat", "--handler", c.base+"/handler.php", "--install", c.base+"/install.php",
		"--scope", "imopenlines,imconnector,im", "--api-only")
	eventually(c.t, "the application to keep its tokens", func() bool {
		_, err := os.Stat(filepath.Join(c.dir, "settings.json"))
		return err == nil
	})
	if said := c.ask(http.MethodGet, "/install_connector.php", nil); !strings.HasSuffix(said, "successfully") {
		c.t.Fatalf("the installation of the connector says %q", said)
	}
	res := c.page.get("/contact_center/")
	for _, part := range []string{"ExampleSiteChat", "Not connected", "data:image/svg", "#ffb3a3"} {
		if !strings.Contains(res.body, part) {
			c.t.Errorf("the Contact Center (%d) has no %q", res.StatusCode, part)
		}
	}
}

var (
	frameSrc   = regexp.MustCompile(`<app-frame[^>]* src="([^"]+)"`)
	frameForm  = regexp.MustCompile(`<form method="post" action="([^"]+)"`)
	frameField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`)
)

// connect connects the connector to a new line, and opens the application's settings as the slider does.
func (c *siteChat) connect() {
	c.t.Helper()
	c.hook.must("imopenlines.config.add", params{"PARAMS": params{
		"LINE_NAME": "Site", "CHECK_AVAILABLE": "N", "WELCOME_BOT_ENABLE": "N", "QUEUE": []params{{"ENTITY_TYPE": "user", "ENTITY_ID": 1}},
	}}, &c.line)
	line := strconv.FormatInt(c.line, 10)
	res := c.page.post("/contact_center/connector/connect", "ID", "example_connector_1", "LINE", line)
	if res.StatusCode != http.StatusSeeOther {
		c.t.Fatalf("connect: %d %.300s", res.StatusCode, res.body)
	}
	res = c.page.get(res.Header.Get("Location"))
	src := frameSrc.FindStringSubmatch(res.body)
	if src == nil || !strings.Contains(res.body, "Open Channel and permissions") {
		c.t.Fatalf("the settings have no frame: %d %s", res.StatusCode, res.body)
	}
	res = c.page.get(html.UnescapeString(src[1]))
	action, form := frameForm.FindStringSubmatch(res.body), url.Values{}
	for _, f := range frameField.FindAllStringSubmatch(res.body, -1) {
		form.Set(f[1], html.UnescapeString(f[2]))
	}
	want := `{"CONNECTOR":"example_connector_1","LINE":"` + line + `","STATUS":false,"ACTIVE_STATUS":true,"CONNECTION_STATUS":false,"REGISTER_STATUS":false,` +
		`"ERROR_STATUS":false,"URI":"\/contact_center\/connector\/?ID=example_connector_1&IFRAME=Y&IFRAME_TYPE=SIDE_SLIDER"}`
	if got := strings.ReplaceAll(form.Get("PLACEMENT_OPTIONS"), "/", `\/`); action == nil || form.Get("PLACEMENT") != "SETTING_CONNECTOR" || strings.ReplaceAll(got, `\\/`, `\/`) != want {
		c.t.Fatalf("the frame gets %v; want the options %s", form, want)
	}
	address := strings.TrimPrefix(html.UnescapeString(action[1]), c.base)
	if said := c.ask(http.MethodPost, address, form); said != "successfully" {
		c.t.Fatalf("the settings say %q", said)
	}
	if kept, err := os.ReadFile(filepath.Join(c.dir, "line_id.txt")); err != nil || string(kept) != line {
		c.t.Errorf("the site keeps the line %q, %v", kept, err)
	}
}

// visit writes as a visitor of the site, who has no name.
func (c *siteChat) visit() {
	c.t.Helper()
	said := c.ask(http.MethodPost, "/ajax.php", url.Values{"type": {"send_message"}, "name": {""}, "message": {"Hello & <b>"}})
	var out struct {
		Result struct {
			Result struct {
				Success bool `json:"SUCCESS"`
				Data    struct {
					Result []struct {
						Session struct {
							ChatID string `json:"CHAT_ID"`
						} `json:"session"`
					} `json:"RESULT"`
				} `json:"DATA"`
			} `json:"result"`
		} `json:"result"`
	}
	at := strings.IndexByte(said, '{') // PHP may warn before
	if at < 0 || json.Unmarshal([]byte(said[at:]), &out) != nil || !out.Result.Result.Success || len(out.Result.Result.Data.Result) != 1 {
		c.t.Fatalf("the site got %s", said)
	}
	c.chat, _ = strconv.ParseInt(out.Result.Result.Data.Result[0].Session.ChatID, 10, 64)
	res := c.page.get("/online/chat" + strconv.FormatInt(c.chat, 10))
	if !strings.Contains(res.body, "Hello &amp; &lt;b&gt;") || !strings.Contains(strings.ToLower(res.body), "guest") {
		c.t.Errorf("the operator does not see the message: %d %.2000s", res.StatusCode, res.body)
	}
}

// answer answers in the messenger; the site shows the answer and says so.
func (c *siteChat) answer() {
	c.t.Helper()
	dialog := "chat" + strconv.FormatInt(c.chat, 10)
	if res := c.page.post("/online/send", "dialog", dialog, "text", "How can\nI help?"); res.StatusCode != http.StatusSeeOther {
		c.t.Fatalf("answer: %d %s", res.StatusCode, res.body)
	}
	shown := regexp.MustCompile(`<strong>[^<]+:</strong> <br>How can<br>I help\?`)
	eventually(c.t, "the answer to show on the site", func() bool {
		return shown.MatchString(c.ask(http.MethodPost, "/ajax.php", url.Values{"type": {"chat_history"}}))
	})
	doctor := "/contact_center/connector/doctor?ID=example_connector_1&LINE=" + strconv.FormatInt(c.line, 10)
	confirmed := regexp.MustCompile(`[1-9]\d* delivered`)
	eventually(c.t, "the site to confirm the answer", func() bool { return confirmed.MatchString(c.page.get(doctor).body) })
	seen := regexp.MustCompile(`<li class="msg msg-own[^"]* msg-seen[" ]`)
	eventually(c.t, "the tick beside the answer", func() bool { return seen.MatchString(c.page.get("/online/" + dialog).body) })
}

// disconnect takes the connector off the line: what a visitor writes then is refused, which the site can tell.
func (c *siteChat) disconnect() {
	c.t.Helper()
	c.page.post("/contact_center/connector/disconnect", "ID", "example_connector_1", "LINE", strconv.FormatInt(c.line, 10))
	said := c.ask(http.MethodPost, "/ajax.php", url.Values{"type": {"send_message"}, "message": {"Still there?"}})
	if !strings.Contains(said, `"error":"NOT_ACTIVE_LINE"`) {
		c.t.Errorf("after the connector was disconnected the site got %s", said)
	}
}
