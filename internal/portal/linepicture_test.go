package portal_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/openline/line"
)

// tries calls a method as the application for somebody, and returns the status and the answer without its time.
func (b *lineBench) tries(userID int64, method string, form url.Values) string {
	b.t.Helper()
	grant, err := b.Apps.Issue(b.t.Context(), b.appID, userID)
	b.must(err)
	form.Set("auth", grant.AccessToken)
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, "https://portal.test/rest/"+method, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	said, _, _ := strings.Cut(w.Body.String(), `,"time"`)
	return fmt.Sprint(w.Code, " ", strings.TrimSpace(said))
}

// TestPicturesOfOperators that are files of the portal: clients see those that a line names, and only those.
func TestPicturesOfOperators(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		ctx := t.Context()
		b := newLineBench(t, database("portal"), func(l *line.Line) { l.OperatorData, l.DefaultOperator.Name = line.OperatorHide, "Shop" })
		var raw bytes.Buffer
		b.must(png.Encode(&raw, image.NewRGBA(image.Rect(0, 0, 40, 30))))
		keep := func(name, content string) int64 {
			t.Helper()
			n, err := b.Files.KeepUpload(ctx, file.Actor{UserID: b.anna.ID}, name, strings.NewReader(content))
			b.must(err)
			return n.ID
		}
		face, secret, text := keep("face.png", raw.String()), keep("secret.png", raw.String()), keep("notes.txt", "none of a client's business")
		set := func(userID, fileID int64) string {
			t.Helper()
			return b.tries(userID, "imopenlines.config.update", url.Values{
				"CONFIG_ID": {strconv.FormatInt(b.line, 10)}, "PARAMS[DEFAULT_OPERATOR_DATA][NAME]": {"Shop"}, "PARAMS[DEFAULT_OPERATOR_DATA][AVATAR_ID]": {strconv.FormatInt(fileID, 10)},
			})
		}
		refused := func(id int64) string {
			return fmt.Sprintf(`400 {"error":"ERROR_ARGUMENT","error_description":"DEFAULT_OPERATOR_DATA names the file %d in AVATAR_ID, which is no picture that you may read","argument":"DEFAULT_OPERATOR_DATA"}`, id)
		}
		for _, try := range []struct {
			who, file int64
			want      string
		}{
			{b.anna.ID, text, refused(text)},
			{b.anna.ID, 4711, refused(4711)},
			{b.ben.ID, secret, refused(secret)},
			{b.anna.ID, face, `200 {"result":true`},
			{b.anna.ID, face, `200 {"result":true`},
		} {
			if got := set(try.who, try.file); got != try.want {
				t.Errorf("the file %d by %d: %s, want %s", try.file, try.who, got, try.want)
			}
		}
		path := fmt.Sprintf("/openline/picture/%d/%d", b.line, face)
		got := strings.ReplaceAll(b.tries(b.anna.ID, "imopenlines.config.get", url.Values{"CONFIG_ID": {strconv.FormatInt(b.line, 10)}}), `\/`, "/")
		if want := fmt.Sprintf(`"DEFAULT_OPERATOR_DATA":{"NAME":"Shop","AVATAR":"https://portal.test%s","AVATAR_ID":"%d"}`, path, face); !strings.Contains(got, want) {
			t.Errorf("the settings are %s\nwant in them %s", got, want)
		}
		for address, want := range map[string]int{
			path: http.StatusOK, fmt.Sprintf("/openline/picture/%d/%d", b.line, secret): http.StatusNotFound,
			fmt.Sprintf("/openline/picture/%d/%d", b.line, text): http.StatusNotFound, fmt.Sprintf("/openline/picture/%d/%d", b.line+1, face): http.StatusNotFound,
			fmt.Sprintf("/openline/picture/%d/0", b.line): http.StatusNotFound,
		} {
			w := httptest.NewRecorder()
			b.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "https://portal.test"+address, nil))
			if w.Code != want || want == http.StatusOK && !strings.HasPrefix(w.Header().Get("Content-Type"), "image/") {
				t.Errorf("%s: %d %s", address, w.Code, w.Header().Get("Content-Type"))
			}
		}
		b.shownTo(path)
	})
}

// shownTo checks the picture that a visitor of a site sees beside an answer.
func (b *lineBench) shownTo(want string) {
	b.t.Helper()
	ctx := b.t.Context()
	set := livechat.Defaults()
	set.Email, set.Name = livechat.AskNo, livechat.AskNo
	w, err := b.LiveChat.Add(ctx, b.anna.Ref(), b.line, set)
	b.must(err)
	visitor := livechat.Caller{Code: w.Code, Token: strings.Repeat("a", 43), Address: "192.0.2.1"}
	_, err = b.LiveChat.Send(ctx, visitor, livechat.NewMessage{UUID: "uuid-0001", Text: "Hello"})
	b.must(err)
	var chat int64
	b.must(b.DB.Read(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, "SELECT MAX(chat_id) FROM openline_chat").Scan(&chat)
	}))
	b.must(b.Conversations.Intercept(ctx, b.anna.ID, chat))
	_, err = b.IM.Send(ctx, im.NewMessage{ChatID: chat, AuthorID: b.anna.ID, Text: "Hi"})
	b.must(err)
	o, err := b.LiveChat.Enter(ctx, visitor)
	b.must(err)
	if m := o.History.Messages[len(o.History.Messages)-1]; m.Author != "Shop" || m.Avatar != want {
		b.t.Errorf("the visitor sees %q with %q, want the picture %q", m.Author, m.Avatar, want)
	}
}
