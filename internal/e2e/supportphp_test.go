package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// supportChannel is the tutorial's support channel under PHP, and a portal whose line it joins.
type supportChannel struct {
	*phpWalk

	dir  string // in which it runs
	base string // its address
}

// TestSupportChannelPHP runs the tutorial's lines about a support channel under PHP: with the code that stands in the text, which is none,
// with one of a line that is not there, and with that of a published line, through which an application then greets its user.
func TestSupportChannelPHP(t *testing.T) {
	t.Parallel()
	source := tutorial(t, "support")
	onBoth(t, func(t *testing.T, in *installation) {
		in.serve("--http", "", "--https", "127.0.0.1:0", "--demo")
		c := &supportChannel{dir: t.TempDir()}
		c.phpWalk = newPHPWalk(t, in, phpBot{})
		c.serve(source)
		c.install()
		code := c.joins()
		c.greets(code)
		c.talks(code)
		in.stop(syscall.SIGTERM)
	})
}

func (c *supportChannel) serve(source string) {
	c.t.Helper()
	c.base = serveTutorial(c.t, c.dir, source, c.in.started.CA)
}

// says is what the tutorial's lines were answered.
type says struct {
	Result any    `json:"result"`
	Error  string `json:"error"`
	Text   string `json:"error_description"`
}

// ask opens the page that runs them.
func (c *supportChannel) ask(form url.Values) (out says) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.base+"/index.php", strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil || json.Unmarshal(body, &out) != nil {
		c.t.Fatalf("the page says %s, %v", body, err)
	}
	return out
}

// refused checks one of the documented faults.
func (c *supportChannel) refused(what string, got says, code, text string) {
	c.t.Helper()
	if got.Error != code || got.Text != text {
		c.t.Errorf("%s: %+v, want %s: %s", what, got, code, text)
	}
}

// install adds the application. The code in the text has a character too many: the page of the method says 32.
func (c *supportChannel) install() {
	c.t.Helper()
	c.in.cli(&c.app, "app", "add", "--name", "Support", "--handler", c.base+"/index.php", "--install", c.base+"/index.php",
		"--scope", "imopenlines,im", "--api-only")
	eventually(c.t, "the application to keep its tokens", func() bool {
		_, err := os.Stat(filepath.Join(c.dir, "auth.json"))
		return err == nil
	})
	c.refused("the lines as they are", c.ask(nil), "CODE", "You entered an invalid code")
}

// put writes another code into the tutorial's lines.
func (c *supportChannel) put(code string) {
	c.t.Helper()
	path := filepath.Join(c.dir, "network_join_snippet.php")
	lines, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	quoted := regexp.MustCompile(`'[0-9a-f]{32,33}'`)
	if !quoted.Match(lines) {
		c.t.Fatalf("the tutorial names no code: %s", lines)
	}
	if err := os.WriteFile(path, quoted.ReplaceAll(lines, []byte("'"+code+"'")), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// publish makes a line and publishes it in the Contact Center.
func (c *supportChannel) publish(name string, on bool) (code string) {
	c.t.Helper()
	var id int64
	c.hook.must("imopenlines.config.add", params{"PARAMS": params{
		"LINE_NAME": name, "CHECK_AVAILABLE": "N", "WELCOME_BOT_ENABLE": "N", "QUEUE": []params{{"ENTITY_TYPE": "user", "ENTITY_ID": 1}},
	}}, &id)
	line := strconv.FormatInt(id, 10)
	form := []string{"LINE", line, "name", name, "description", "We help with " + name + "."}
	if on {
		form = append(form, "active", "1")
	}
	if res := c.page.post("/contact_center/network/line/save", form...); res.StatusCode != http.StatusSeeOther {
		c.t.Fatalf("publish: %d %.300s", res.StatusCode, res.body)
	}
	found := regexp.MustCompile(`value="([0-9a-f]{32})"`).FindStringSubmatch(c.page.get("/contact_center/network/line/?LINE=" + line).body)
	if found == nil {
		c.t.Fatal("the page shows no code")
	}
	return found[1]
}

// joins runs the lines with other codes, and returns that of a line that takes messages.
func (c *supportChannel) joins() string {
	c.t.Helper()
	c.put("a588e1a88baaf301b9d0b0b33b1eefc2")
	c.refused("a line that is not there", c.ask(nil), "NOT_FOUND", "Line not found")
	c.put(c.publish("chairs", false))
	c.refused("a line that is off", c.ask(nil), "INACTIVE", "Openline is inactive")
	code := c.publish("tables", true)
	c.put(code)
	got, again := c.ask(nil), c.ask(nil)
	id, ok := got.Result.(float64)
	if !ok || id <= 0 || again.Result != got.Result {
		c.t.Fatalf("joined as %+v and as %+v", got, again)
	}
	c.botID = strconv.FormatFloat(id, 'f', -1, 64)
	return code
}

// greets writes to the administrator in the name of the line.
func (c *supportChannel) greets(code string) {
	c.t.Helper()
	tell := func(code, userID, text string, more ...string) says {
		form := url.Values{"tell[CODE]": {code}, "tell[USER_ID]": {userID}, "tell[MESSAGE]": {text}}
		for i := 0; i+1 < len(more); i += 2 {
			form.Set("tell"+more[i], more[i+1])
		}
		return c.ask(form)
	}
	const hello = "Thank you for setting up, we will be happy to help."
	c.refused("a code that is none", tell("x", "1", hello), "CODE", "You entered an invalid code")
	c.refused("a line that was not joined", tell(strings.Repeat("0", 32), "1", hello), "NOT_FOUND", "Line not found")
	c.refused("to nobody", tell(code, "", hello), "USER_ID_EMPTY", "User ID can't be empty")
	c.refused("without words", tell(code, "1", " "), "MESSAGE_EMPTY", "Message can't be empty")
	c.refused("to a user who is not there", tell(code, "4711", hello), "WRONG_REQUEST", "Message isn't added")
	c.refused("a wrong attachment", tell(code, "1", hello, "[ATTACH]", "7"), "ATTACH_ERROR", "Incorrect attach params")
	c.refused("a large attachment", tell(code, "1", hello, "[ATTACH][0][MESSAGE]", strings.Repeat("x", 31<<10)), "ATTACH_OVERSIZE",
		"You have exceeded the maximum allowable size of attach")
	c.refused("a button that sends", tell(code, "1", hello, "[KEYBOARD][0][TEXT]", "Yes", "[KEYBOARD][0][ACTION]", "SEND", "[KEYBOARD][0][ACTION_VALUE]", "yes"),
		"KEYBOARD_ERROR", "Incorrect keyboard params")
	if got := tell(code, "1", hello, "[KEYBOARD][0][TEXT]", "Read first", "[KEYBOARD][0][LINK]", "https://example.com/first"); got.Result != true {
		c.t.Errorf("the greeting: %+v", got)
	}
	c.refused("a second message within a week", tell(code, "1", hello), "USER_MESSAGE_LIMIT", "You can't send more than one message per week to each user")
	res := c.page.get("/online/networkLines" + code) // as a page of an application opens it
	for _, part := range []string{hello, "Read first", "https://example.com/first", "tables"} {
		if !strings.Contains(res.body, part) {
			c.t.Errorf("the support chat (%d) has no %q", res.StatusCode, part)
		}
	}
}

// talks has the user write, and an operator answer.
func (c *supportChannel) talks(code string) {
	c.t.Helper()
	c.say("Is anybody there?")
	var chat string
	number := regexp.MustCompile(`/online/(chat\d+)"`)
	eventually(c.t, "the question to reach the line", func() bool {
		for _, found := range number.FindAllStringSubmatch(c.page.get("/online/").body, -1) {
			if strings.Contains(c.page.get("/online/"+found[1]).body, "Is anybody there?") {
				chat = found[1]
				return true
			}
		}
		return false
	})
	if res := c.page.post("/online/send", "dialog", chat, "text", "Yes, all day."); res.StatusCode != http.StatusSeeOther {
		c.t.Fatalf("answer: %d %.300s", res.StatusCode, res.body)
	}
	eventually(c.t, "the answer to come back", func() bool {
		return strings.Contains(c.page.get("/online/networkLines"+code).body, "Yes, all day.")
	})
}
