package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// TestWrongBatch finds each wrong call of a batch refused under its own name, and the portal as it was.
func TestWrongBatch(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		f := newField(t, s)
		calls := []string{
			"im.message.add?DIALOG_ID=987654&MESSAGE=x", "USER_NOT_FOUND",
			"im.message.explode", "ERROR_METHOD_NOT_FOUND",
			"batch?cmd[a]=profile", "ERROR_BATCH_METHOD_NOT_ALLOWED",
			"im.message.add?DIALOG_ID=%FF", "INVALID_REQUEST",
			"im.message.add?DIALOG_ID=1&MESSAGE" + strings.Repeat("[a]", 1000) + "=x", "INVALID_REQUEST",
			"", "ERROR_METHOD_NOT_FOUND",
			"imbot.message.add?BOT_ID=" + dialogOf(f.foreignBot) + "&DIALOG_ID=1&MESSAGE=x", "APP_ID_ERROR",
		}
		cmd, want := []string{}, []string{}
		for i := 0; i < len(calls); i += 2 {
			cmd, want = append(cmd, calls[i]), append(want, calls[i+1])
		}
		for len(cmd) < 50 {
			cmd, want = append(cmd, "profile"), append(want, "")
		}
		cmd, want = append(cmd, "im.message.add?DIALOG_ID=1&MESSAGE=the+51st"), append(want, "ERROR_BATCH_LENGTH_EXCEEDED")
		f.untouched("a batch of wrong calls", func() {
			var out struct {
				Errors map[string]struct {
					Code string `json:"error"`
				} `json:"result_error"`
			}
			f.bob.must("batch", params{"cmd": cmd}, &out)
			for i, code := range want {
				if got := out.Errors[strconv.Itoa(i)].Code; got != code {
					t.Errorf("%.80q: %q, want %q", cmd[i], got, code)
				}
			}
		})
	})
}

// TestWrongBodies sends bodies that are no parameters.
func TestWrongBodies(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, s *site) {
		f := newField(t, s)
		auth := "auth=" + f.bob.token
		asJSON := `{"auth":"` + f.bob.token + `","DIALOG_ID":"1","MESSAGE":"x"`
		keys := func(n int, format string) string {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, format, i)
			}
			return b.String()
		}
		part := "--b\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
		for _, c := range []struct {
			what, kind, body, code string
			status                 int
		}{
			{"broken JSON", jsonType, asJSON, "INVALID_REQUEST", 400},
			{"JSON with something behind it", jsonType, asJSON + `} x`, "INVALID_REQUEST", 400},
			{"a word of JSON", jsonType, `"word"`, "INVALID_REQUEST", 400},
			{"JSON that is not UTF-8", jsonType, asJSON + ",\"A\":\"\xff\xfe\"}", "INVALID_REQUEST", 400},
			{"JSON nested 1,000 deep", jsonType, asJSON + `,"A":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + "}", "INVALID_REQUEST", 413},
			{"JSON nested a million deep", jsonType, asJSON + `,"A":` + strings.Repeat("[", 1_000_000), "INVALID_REQUEST", 413},
			{"JSON of too many keys", jsonType, asJSON + keys(10_001, `,"k%d":1`) + "}", "INVALID_REQUEST", 413},
			{"brackets nested 1,000 deep", formType, auth + "&DIALOG_ID=1&MESSAGE" + strings.Repeat("[a]", 1000) + "=x", "INVALID_REQUEST", 413},
			{"encoded brackets nested 1,000 deep", formType, auth + "&A" + strings.Repeat("%5B%5D", 1000) + "=x", "INVALID_REQUEST", 413},
			{"too many parameters", formType, auth + keys(10_001, "&k%d=1"), "INVALID_REQUEST", 413},
			{"too many elements", formType, auth + keys(10_001, "&k[]=%d"), "INVALID_REQUEST", 413},
			{"a form that is not UTF-8", formType, auth + "&DIALOG_ID=1&MESSAGE=\xff\xfe", "INVALID_REQUEST", 400},
			{"a form that is encoded and not UTF-8", formType, auth + "&DIALOG_ID=1&MESSAGE=%C3%28", "INVALID_REQUEST", 400},
			{"a name that is not UTF-8", formType, auth + "&%FF=1", "INVALID_REQUEST", 400},
			{"a NUL", formType, auth + "&DIALOG_ID=1&MESSAGE=a%00b", "INVALID_REQUEST", 400},
			{"a NUL in JSON", jsonType, asJSON + `,"A":"\u0000"}`, "INVALID_REQUEST", 400},
			{"more than 10 MB", formType, auth + "&DIALOG_ID=1&MESSAGE=" + strings.Repeat("x", 10<<20), "INVALID_REQUEST", 413},
			{"a multipart form without boundary", "multipart/form-data", "x", "INVALID_REQUEST", 400},
			{"a multipart form cut short", "multipart/form-data; boundary=b", fmt.Sprintf(part, "auth", f.bob.token) + "--b\r\nContent-Dis", "INVALID_REQUEST", 400},
			{"a multipart form that is not UTF-8", "multipart/form-data; boundary=b", fmt.Sprintf(part, "auth", f.bob.token) + fmt.Sprintf(part, "MESSAGE", "\xff") + "--b--\r\n", "INVALID_REQUEST", 400},
			{"a multipart form nested 1,000 deep", "multipart/form-data; boundary=b", fmt.Sprintf(part, "a"+strings.Repeat("[a]", 1000), "x") + "--b--\r\n", "INVALID_REQUEST", 413},
			{"bytes without a type", "application/octet-stream", "\x00\x01\x02", "INVALID_REQUEST", 400},
		} {
			f.untouched(c.what, func() {
				f.check(c.what, f.as("").send("im.message.add", c.kind, strings.NewReader(c.body)), c.code, c.status)
			})
		}
		f.untouched("an endless body", func() {
			// Without a length: the server finds out while it reads.
			body := struct{ *bytes.Reader }{bytes.NewReader(bytes.Repeat([]byte("a=1&"), 3<<20))}
			a, err := f.as("").trySend("im.message.add", formType, hideLength{body})
			if err == nil {
				f.check("a body of 12 MB without a length", a, "INVALID_REQUEST", 413)
			}
		})
		f.untouched("another HTTP method", func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.url+"/rest/profile?auth="+f.bob.token, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			res, err := s.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			var a answer
			decode(t, res, &a)
			if a.Error != "INVALID_REQUEST" || res.StatusCode != http.StatusBadRequest {
				t.Errorf("PUT: %d %+v", res.StatusCode, a)
			}
		})
		// What is at the edge of the limits still works.
		var id int64
		if a := f.as("").send("im.message.add", formType, strings.NewReader(auth+"&DIALOG_ID=1&MESSAGE=edge"+keys(9_900, "&k%d=1"))); a.Error != "" {
			t.Errorf("9,900 parameters: %s", a.Raw)
		}
		f.bob.must("im.message.add", params{"DIALOG_ID": "1", "MESSAGE": strings.Repeat("ä", 19_000)}, &id)
	})
}

// hideLength keeps net/http from knowing how long a body is.
type hideLength struct {
	r interface{ Read([]byte) (int, error) }
}

func (h hideLength) Read(p []byte) (int, error) { return h.r.Read(p) }
