package telegramhttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/telegram"
	"github.com/portico-hq/portico/internal/telegram/telegramhttp"
)

const token = "77:secret-of-the-bot"

func client(c *http.Client) telegramhttp.Client {
	return telegramhttp.Client{Clients: func(context.Context) (*http.Client, error) { return c, nil }}
}

// TestAnswers tells what a server says from what is no answer, and never the token.
func TestAnswers(t *testing.T) {
	t.Parallel()
	say := map[string]func(w http.ResponseWriter){
		"slow down": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = io.WriteString(w, `{"ok":false,"error_code":429,"description":"Too Many Requests","parameters":{"retry_after":7}}`)
		},
		"a page":       func(w http.ResponseWriter) { _, _ = io.WriteString(w, "<html>") },
		"another form": func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"ok":true,"result":"text"}`) },
		"elsewhere": func(w http.ResponseWriter) {
			w.Header().Set("Location", "https://x.example/")
			w.WriteHeader(http.StatusFound)
		},
		"no code": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"ok":false,"description":"no"}`)
		},
		"all is well":   func(w http.ResponseWriter) { _, _ = io.WriteString(w, `{"ok":true,"result":{"id":5}}`) },
		"it breaks off": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	}
	for what, f := range say {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/bot"+token+"/getMe" || r.Method != http.MethodPost {
				t.Errorf("%s: asked for %s %s", what, r.Method, r.URL.Path)
			}
			f(w)
		}))
		var got struct{ ID int64 }
		err := client(event.NewClient()).Call(t.Context(), s.URL, token, "getMe", nil, &got)
		s.Close()
		if err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error has the token in it: %v", what, err)
		}
		r, refused := errors.AsType[*telegram.Refusal](err)
		switch what {
		case "slow down":
			if !refused || r.Code != 429 || r.RetryAfter != 7*time.Second {
				t.Errorf("%s: %v", what, err)
			}
		case "no code":
			if !refused || r.Code != 403 || r.Text != "no" {
				t.Errorf("%s: %v", what, err)
			}
		case "all is well":
			if err != nil || got.ID != 5 {
				t.Errorf("%s: %v, %+v", what, err, got)
			}
		default:
			if !errors.Is(err, telegram.ErrAway) || fault.KindOf(err) != fault.Unavailable {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	err := client(event.NewClient()).Call(t.Context(), "http://127.0.0.1:1", token, "getMe", nil, nil)
	if !errors.Is(err, telegram.ErrAway) || strings.Contains(err.Error(), token) {
		t.Errorf("nobody there: %v", err)
	}
}

// TestGuard goes nowhere that the portal may not reach.
func TestGuard(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server was reached") }))
	defer s.Close()
	guarded := client(event.NewClient(event.Policy{RefusePrivate: true}))
	if err := guarded.Call(t.Context(), s.URL, token, "getMe", nil, nil); !errors.Is(err, telegram.ErrAway) {
		t.Errorf("a call: %v", err)
	}
	if _, err := guarded.Download(t.Context(), s.URL, token, "a.txt", 10); !errors.Is(err, telegram.ErrAway) {
		t.Errorf("a download: %v", err)
	}
}

// TestFiles sends a file with its length, and reads one only as far as it may be.
func TestFiles(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			if r.URL.Path != "/file/bot"+token+"/files/a b.txt" {
				http.NotFound(w, r)
				return
			}
			_, _ = io.WriteString(w, "0123456789")
			return
		}
		f, h, err := r.FormFile("document")
		if err != nil || r.ContentLength <= 0 {
			t.Errorf("the form has %d bytes, %v", r.ContentLength, err)
			return
		}
		content, _ := io.ReadAll(f)
		if h.Filename != "Ü \"x\".txt" || string(content) != "hello" || r.FormValue("chat_id") != "5" {
			t.Errorf("got %q, %q, %q", h.Filename, content, r.FormValue("chat_id"))
		}
		_, _ = io.WriteString(w, `{"ok":true,"result":{}}`)
	}))
	defer s.Close()
	c := client(http.DefaultClient)
	f := telegram.File{Name: "Ü \"x\".txt", Size: 5, Body: io.NopCloser(strings.NewReader("hello"))}
	if err := c.Upload(t.Context(), s.URL, token, "sendDocument", map[string]string{"chat_id": "5"}, "document", f, nil); err != nil {
		t.Error(err)
	}
	if got, err := c.Download(t.Context(), s.URL, token, "files/a b.txt", 10); string(got) != "0123456789" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := c.Download(t.Context(), s.URL, token, "files/a b.txt", 9); !errors.Is(err, telegram.ErrLarge) {
		t.Errorf("one that is too large: %v", err)
	}
	for _, path := range []string{"", "/var/lib/file", "../getMe", "files/../../x"} {
		if _, err := c.Download(t.Context(), s.URL, token, path, 10); fault.KindOf(err) != fault.Invalid {
			t.Errorf("the path %q: %v", path, err)
		}
	}
	if _, err := c.Download(t.Context(), s.URL, token, "gone", 10); err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("one that is gone: %v", err)
	}
}
