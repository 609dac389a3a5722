package portal_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/user"
)

// TestFilesOfTheSecondGeneration sends files as a bot and as a person, and downloads them by the links of the answers.
func TestFilesOfTheSecondGeneration(t *testing.T) {
	t.Parallel()
	p := open(t, false)
	anna, _, err := p.EnsureAdmin(t.Context(), user.NewUser{Login: "anna", FirstName: "Anna", LastName: "Bird", Password: "a long password"})
	if err != nil {
		t.Fatal(err)
	}
	boris, err := p.CreateUser(t.Context(), user.NewUser{Login: "boris", FirstName: "Boris", Password: "a long password"})
	if err != nil {
		t.Fatal(err)
	}
	_, code, err := p.Apps.CreateWebhook(t.Context(), user.Ref{ID: anna.ID, Admin: true}, app.WebhookForm{Title: "x", Scopes: []string{"im", "imbot"}})
	if err != nil {
		t.Fatal(err)
	}
	serve := func(r *http.Request) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		p.Handler().ServeHTTP(w, r)
		return w
	}
	type answer struct {
		Result struct {
			Bot  struct{ ID int64 }
			File struct {
				ID                                int64
				Name, Extension, Type, AuthorName string
				Size                              int64
				Date                              string
			}
			MessageID   int64  `json:"messageId"`
			DialogID    string `json:"dialogId"`
			DownloadURL string `json:"downloadUrl"`
		}
		Error string
	}
	call := func(method, params, wantError string) answer {
		t.Helper()
		path := fmt.Sprintf("/rest/%d/%s/%s", anna.ID, code, method)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(params))
		r.Header.Set("Content-Type", "application/json")
		w := serve(r)
		var a answer
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.Error != wantError {
			t.Fatalf("%s %s: %d %s, want the error %q", method, params, w.Code, w.Body, wantError)
		}
		return a
	}
	download := func(address, want string) {
		t.Helper()
		path := strings.TrimPrefix(address, "https://portal.test/")
		w := serve(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/"+path, nil))
		if w.Code != http.StatusOK || w.Body.String() != want {
			t.Errorf("%s: %d %q, want %q", address, w.Code, w.Body, want)
		}
	}
	content := base64.StdEncoding.EncodeToString([]byte("Hello World!"))
	bot := call("imbot.v2.Bot.register", `{"fields":{"code":"b","botToken":"t","properties":{"name":"Ada"}}}`, "").Result.Bot.ID
	as := fmt.Sprintf(`"botId":%d,"botToken":"t"`, bot)
	sent := call("imbot.v2.File.upload", fmt.Sprintf(`{%s,"dialogId":"%d","fields":{"name":"report.txt","content":"%s","message":"Here"}}`, as, anna.ID, content), "").Result
	if f := sent.File; f.Name != "report.txt" || f.Extension != "txt" || f.Size != 12 || f.AuthorName != "Ada" || f.Type != "file" || f.Date == "" {
		t.Errorf("sent %+v", f)
	}
	m, _, err := p.IM.Message(t.Context(), anna.ID, sent.MessageID)
	if err != nil || m.Text != "Here" || m.AuthorID != bot || len(m.Extra.Files) != 1 || m.Extra.Files[0] != sent.File.ID {
		t.Errorf("%+v, %v", m, err)
	}
	download(call("imbot.v2.File.download", fmt.Sprintf(`{%s,"fileId":%d}`, as, sent.File.ID), "").Result.DownloadURL, "Hello World!")
	call("imbot.v2.File.download", fmt.Sprintf(`{%s,"fileId":4711}`, as), "FILE_NOT_FOUND")
	call("imbot.v2.File.upload", fmt.Sprintf(`{%s,"dialogId":"%d","fields":{"name":"","content":"%s"}}`, as, anna.ID, content), "FILE_EMPTY")
	call("imbot.v2.File.upload", fmt.Sprintf(`{%s,"dialogId":"%d","fields":{"name":"a","content":"no base64!"}}`, as, anna.ID), "FILE_INVALID_CONTENT")

	mine := call("im.v2.File.upload", fmt.Sprintf(`{"dialogId":"%d","fields":{"name":"a.txt","content":"%s"}}`, boris.ID, content), "").Result
	if mine.DialogID != strconv.FormatInt(boris.ID, 10) || mine.File.AuthorName != "Anna Bird" {
		t.Errorf("sent %+v", mine)
	}
	download(call("im.v2.File.download", fmt.Sprintf(`{"dialogId":"%d","fileId":%d}`, boris.ID, mine.File.ID), "").Result.DownloadURL, "Hello World!")
	call("im.v2.File.download", fmt.Sprintf(`{"dialogId":"%d","fileId":%d}`, boris.ID, sent.File.ID), "FILE_NOT_FOUND") // of another chat
	call("im.v2.File.download", `{"dialogId":"chat4711","fileId":1}`, "ACCESS_DENIED")
	call("im.v2.File.upload", fmt.Sprintf(`{"dialogId":"chat4711","fields":{"name":"a","content":"%s"}}`, content), "CHAT_NOT_FOUND")
	call("imbot.v2.File.download", fmt.Sprintf(`{%s,"fileId":%d}`, as, mine.File.ID), "FILE_ACCESS_ERROR")

	// Where nothing may be said, no file is left either: the next one of that name has it to itself.
	quiet, err := p.IM.OpenPrivate(t.Context(), anna.ID, boris.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, open := range []bool{false, true} {
		if err := p.IM.SetTextField(t.Context(), quiet.ID, open); err != nil {
			t.Fatal(err)
		}
		again := fmt.Sprintf(`{"dialogId":"%d","fields":{"name":"b.txt","content":"%s"}}`, boris.ID, content)
		if !open {
			call("im.v2.File.upload", again, "SEND_FAILED")
		} else if name := call("im.v2.File.upload", again, "").Result.File.Name; name != "b.txt" {
			t.Errorf("the file that was not sent is still there: the next one is %q", name)
		}
	}
}
