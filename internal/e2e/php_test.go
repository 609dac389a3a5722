package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/portico-hq/portico/internal/db/dbtest"
)

// appsEnv names the folder that holds the tutorial's own applications; the default stands beside the checkout.
const appsEnv = "PORTICO_APPS"

// phpBot is the tutorial's bot under PHP.
type phpBot struct {
	url string
	dir string // in which it keeps what it knows
}

// tutorialBot returns the path of the tutorial's bot, which is not part of this project.
func tutorialBot() (string, error) {
	dir := os.Getenv(appsEnv)
	if dir == "" {
		dir = filepath.Join(moduleRoot, "..", "shared", "apps")
	}
	path := filepath.Join(dir, "reportbot", "bot.php")
	_, err := os.Stat(path)
	return path, err
}

// tutorial returns the folder of one of the tutorial's applications for PHP; where it or PHP is not here, the test is skipped.
func tutorial(t *testing.T, name string) string {
	t.Helper()
	bot, err := tutorialBot()
	if err != nil {
		t.Skip("the tutorial's applications are not here: ", err)
	}
	if _, err := exec.LookPath("php"); err != nil {
		dbtest.Skip(t, "PHP is not installed")
	}
	return filepath.Join(filepath.Dir(bot), "..", name)
}

// serveTutorial serves the application at source from dir, beside what it includes, a client of the REST API, and returns its address.
func serveTutorial(t testing.TB, dir, source, ca string) string {
	t.Helper()
	for _, from := range []string{filepath.Join("testdata", filepath.Base(source)), source} {
		if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	return servePHP(t, dir, ca)
}

// startPHP serves the bot at source, with ca as the only authority that it trusts.
func startPHP(t testing.TB, source, ca string) phpBot {
	t.Helper()
	b := phpBot{dir: t.TempDir()}
	code, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(b.dir, "reportbot"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, "reportbot", "bot.php"), code, 0o600); err != nil {
		t.Fatal(err)
	}
	b.url = servePHP(t, b.dir, ca) + "/reportbot/bot.php"
	return b
}

// servePHP serves a folder under PHP, with ca as the only authority that it trusts, and returns its address.
func servePHP(t testing.TB, dir, ca string) string {
	t.Helper()
	address := freeAddress(t)
	cmd := exec.Command("php", "-d", "opcache.enable=0", "-d", "curl.cainfo="+ca, "-d", "openssl.cafile="+ca,
		"-d", "date.timezone=UTC", "-S", address, "-t", dir)
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PHP_CLI_SERVER_WORKERS=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("PHP said:\n%s", &log)
		}
	})
	eventually(t, "PHP to listen", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return "http://" + address
}

// freeAddress returns an address of this machine at which nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// config returns the file in which the bot keeps what it knows of a portal; "" before there is one.
func (b phpBot) config(t testing.TB, domain string) (path, content string) {
	t.Helper()
	path = filepath.Join(b.dir, "reportbot", "config_"+strings.ReplaceAll(domain, ".", "_")+".php")
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return path, string(raw)
}

// TestReportBotPHP runs the tutorial's bot as it is under PHP, beside the program with TLS, installed by the command line.
func TestReportBotPHP(t *testing.T) {
	t.Parallel()
	source, err := tutorialBot()
	if err != nil {
		t.Skip("the tutorial's applications are not here: ", err)
	}
	if _, err := exec.LookPath("php"); err != nil {
		dbtest.Skip(t, "PHP is not installed")
	}
	onBoth(t, func(t *testing.T, in *installation) {
		in.serve("--http", "", "--https", "127.0.0.1:0", "--demo")
		w := newPHPWalk(t, in, startPHP(t, source, in.started.CA))
		w.install()
		w.talk()
		w.reinstall()
		w.uninstall()
		in.stop(syscall.SIGTERM)
	})
}

// phpWalk is a portal with demo data, its administrator, and the bot under PHP.
type phpWalk struct {
	t      *testing.T
	in     *installation
	bot    phpBot
	domain string
	page   *browser
	hook   caller
	app    struct {
		ID    int64  `json:"id"`
		Token string `json:"application_token"`
	}
	botID string
}

func newPHPWalk(t *testing.T, in *installation, bot phpBot) *phpWalk {
	t.Helper()
	w := &phpWalk{t: t, in: in, bot: bot, domain: strings.TrimPrefix(in.started.URLs[0], "https://")}
	client := clientFor(t, in.started.CA, strings.TrimPrefix(in.started.Addresses[0], "https://"))
	w.page = &browser{t: t, http: client, url: in.started.URLs[0]}
	res := w.page.post("/login", "login", in.started.Admin.Login, "password", in.started.Admin.Password)
	if w.page.cookies = res.Cookies(); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign in: %d %.300s", res.StatusCode, res.body)
	}
	var hook struct{ URL string }
	in.cli(&hook, "webhook", "add", "--scope", "*")
	w.hook = caller{t: t, http: client, base: hook.URL}
	return w
}

func (w *phpWalk) install() {
	w.t.Helper()
	w.in.cli(&w.app, "app", "add", "--name", "ReportBot", "--handler", w.bot.url, "--install", w.bot.url,
		"--scope", strings.Join(reportScopes, ","), "--api-only")
	w.registered()
	if n := w.announced(); n != 1 {
		w.t.Errorf("the bot was announced %d times", n)
	}
}

// registered waits until the bot has kept its number: an integer, under the token of the installation.
func (w *phpWalk) registered() {
	w.t.Helper()
	number := regexp.MustCompile(`'BOT_ID' => (\d+),`)
	eventually(w.t, "the bot to keep its number", func() bool {
		_, content := w.bot.config(w.t, w.domain)
		found := number.FindStringSubmatch(content)
		if found == nil || !strings.Contains(content, "'"+w.app.Token+"' =>") || !strings.Contains(content, "'LANGUAGE_ID' => 'en'") {
			return false
		}
		w.botID = found[1]
		return true
	})
	var bots map[string]struct{ NAME, CODE string }
	w.hook.must("imbot.bot.list", nil, &bots)
	if b := bots[w.botID]; len(bots) != 1 || b.NAME != "ReportBot" || b.CODE != "ReportBot" {
		w.t.Errorf("imbot.bot.list: %v, the bot knows itself as %s", bots, w.botID)
	}
}

// announced returns how often everybody was told of the bot.
func (w *phpWalk) announced() (n int) {
	w.t.Helper()
	var recent struct {
		Items []struct {
			ID    any    `json:"id"`
			Title string `json:"title"`
		} `json:"items"`
	}
	w.hook.must("im.recent.list", nil, &recent)
	for _, it := range recent.Items {
		if it.Title != "General chat" {
			continue
		}
		for _, m := range w.hook.messages(fmt.Sprint(it.ID)) {
			if strings.Contains(m.Text, "[USER="+w.botID+"]ReportBot[/USER]") {
				n++
			}
		}
	}
	return n
}

// newest waits for a new message of the bot whose text begins so.
func (w *phpWalk) newest(after int64, begin string) (found message) {
	w.t.Helper()
	eventually(w.t, "an answer that begins with "+begin, func() bool {
		for _, m := range w.hook.messages(w.botID) {
			if m.ID > after && dialogOf(m.Author) == w.botID && strings.HasPrefix(m.Text, begin) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (w *phpWalk) say(words string) {
	w.t.Helper()
	if res := w.page.post("/online/send", "dialog", w.botID, "text", words); res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("send %q: %d %s", words, res.StatusCode, res.body)
	}
}

func (w *phpWalk) talk() {
	w.t.Helper()
	if res := w.page.post("/online/start", "dialog", w.botID); res.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("open the chat: %d %s", res.StatusCode, res.body)
	}
	hello := w.newest(0, "Hello! I am ReportBot, reporting everything as it is.")
	if a := hello.attach(w.t); !strings.Contains(a, "[send=what is burning]What's burning?[/send]") {
		w.t.Errorf("the welcome has the attachment %s", a)
	}
	w.say("What is burning")
	report := w.newest(hello.ID, "Yes, some tasks are overdue, for example:")
	var cards []struct {
		Blocks []struct {
			Link []struct{ Name, Link string }
		}
	}
	if err := json.Unmarshal([]byte(report.attach(w.t)), &cards); err != nil || len(cards) != 1 {
		w.t.Fatalf("%v in %s", err, report.Params)
	}
	links := 0
	for _, b := range cards[0].Blocks {
		for _, l := range b.Link {
			links++
			path, ours := strings.CutPrefix(l.Link, w.in.started.URLs[0])
			if !ours || !regexp.MustCompile(`^/company/personal/user/1/tasks/task/view/\d+/$`).MatchString(path) {
				w.t.Errorf("the report links to %s", l.Link)
			}
			if res := w.page.get(path); res.StatusCode != http.StatusOK || !strings.Contains(res.body, strings.ReplaceAll(l.Name, "'", "&#39;")) {
				w.t.Errorf("%s answers %d without %q", path, res.StatusCode, l.Name)
			}
		}
	}
	if links != 2 {
		w.t.Errorf("the report has %d links, the administrator has 2 overdue tasks", links)
	}
	w.say("Good morning!")
	w.newest(report.ID, "I'm confused\nI don't understand what you want to know.")
}

// reinstall has the bot learn everything anew.
func (w *phpWalk) reinstall() {
	w.t.Helper()
	before := w.botID
	path, _ := w.bot.config(w.t, w.domain)
	if err := os.Remove(path); err != nil {
		w.t.Fatal(err)
	}
	var out any
	w.in.cli(&out, "app", "install", strconv.FormatInt(w.app.ID, 10))
	w.registered()
	if w.botID != before || w.announced() != 1 {
		w.t.Errorf("installed again the bot is %s, was %s, announced %d times", w.botID, before, w.announced())
	}
}

func (w *phpWalk) uninstall() {
	w.t.Helper()
	var out any
	w.in.cli(&out, "app", "uninstall", strconv.FormatInt(w.app.ID, 10))
	eventually(w.t, "the bot to forget the portal", func() bool {
		_, content := w.bot.config(w.t, w.domain)
		return content != "" && !strings.Contains(content, w.app.Token)
	})
	if a := w.hook.call("imbot.bot.list", nil); string(a.Result) != "[]" {
		w.t.Errorf("bots after the removal: %s", a.Raw)
	}
}
