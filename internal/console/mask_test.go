package console

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestSecretsAreHidden(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, doc, want string }{
		{"nothing to hide", `{"DIALOG_ID":"chat1","MESSAGE":"hi"}`, `{"DIALOG_ID":"chat1","MESSAGE":"hi"}`},
		{"token", `{"access_token":"abc","x":1}`, `{"access_token":"***","x":1}`},
		{"any case", `{"Client-Secret":"abc","APPLICATION_TOKEN":"x"}`, `{"Client-Secret":"***","APPLICATION_TOKEN":"***"}`},
		{"number", `{"password":1234}`, `{"password":"***"}`},
		{"nothing given", `{"password":"","token":null,"auth":false}`, `{"password":"","token":null,"auth":false}`},
		{"an object of secrets", `{"AUTH":{"domain":"a","n":[1,"b"]},"c":"d"}`, `{"AUTH":{"domain":"***","n":["***","***"]},"c":"d"}`},
		{"deep", `{"a":[{"b":{"sip_password":"x"}},"y"]}`, `{"a":[{"b":{"sip_password":"***"}},"y"]}`},
		{"list behind a secret", `{"token":["a"],"next":"b"}`, `{"token":["***"],"next":"b"}`},
		{"webhook address", `{"url":"https://p/rest/1/abcdef123/profile.json"}`, `{"url":"https://p/rest/1/***/profile.json"}`},
		{"webhook address of version 3", `["https://p/rest/api/1/abcdef123/user.get"]`, `["https://p/rest/api/1/***/user.get"]`},
		{"a call of a batch", `{"cmd":{"a":"im.x?DIALOG_ID=1&auth=abc&t=2"}}`, `{"cmd":{"a":"im.x?DIALOG_ID=1&auth=***&t=2"}}`},
		{"a form inside a text", `{"q":"data%5Baccess_token%5D=abc&x=1"}`, `{"q":"data%5Baccess_token%5D=***&x=1"}`},
		{"JSON inside a text", `{"options":"{\"refresh_token\":\"abc\",\"a\":1}"}`, `{"options":"{\"refresh_token\":\"***\",\"a\":1}"}`},
		{"bearer", `{"h":"Authorization: Bearer abcdef.ghi"}`, `{"h":"Authorization: Bearer ***"}`},
		{"a word that is no secret", `{"auth_type":0,"author":"x","KEYBOARD":"y"}`, `{"auth_type":0,"author":"x","KEYBOARD":"y"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := keep([]byte(tt.doc), KeptParams)
			if k.text != tt.want {
				t.Errorf("kept %s, want %s", k.text, tt.want)
			}
			if changed := tt.doc != tt.want; changed != (k.masked > 0) {
				t.Errorf("%d values hidden in %s", k.masked, tt.doc)
			}
			if again := keep([]byte(k.text), KeptParams); again.text != k.text {
				t.Errorf("kept again: %s, was %s", again.text, k.text)
			}
			if k.size != int64(len(k.text)) {
				t.Errorf("says %d bytes, has %d", k.size, len(k.text))
			}
		})
	}
}

func TestALongDocumentKeepsItsStructure(t *testing.T) {
	t.Parallel()
	doc := []byte(`{"PHOTO":"` + strings.Repeat("QUJD", 100_000) + `","token":"abc","NAME":"Anna"}`)
	k := keep(doc, KeptParams)
	var got map[string]string
	if err := json.Unmarshal([]byte(k.text), &got); err != nil {
		t.Fatalf("%v in %.80s…", err, k.text)
	}
	if got["NAME"] != "Anna" || got["token"] != Hidden || !strings.HasSuffix(got["PHOTO"], "QUJD…") || len(got["PHOTO"]) > 600 {
		t.Errorf("kept %.700s", k.text)
	}
	if k.size != int64(len(doc)) || k.masked != 1 {
		t.Errorf("says %d bytes and %d hidden", k.size, k.masked)
	}
	many := []byte(`[` + strings.Repeat(`"ä",`, 50_000) + `1]`)
	if k := keep(many, 1001); len(k.text) > 1001 || !strings.HasPrefix(k.text, `["ä","ä"`) || k.size != int64(len(many)) {
		t.Errorf("kept %d bytes and says %d", len(k.text), k.size)
	}
}

// FuzzKeep holds that whatever comes is kept within the limit, that JSON stays JSON, and that what stands under the name of
// a secret is not to be found in what is kept.
func FuzzKeep(f *testing.F) {
	for _, s := range []string{
		`{"a":1}`, `{"auth":{"b":["c"]}}`, `["\"",{"token":"\\"}]`, `{"x":"auth=a&rest/1/abcdefgh/x"}`, `{`, `"`, `}]`, `{"a\"":"b`, "\xff", `{"token":tru}`,
	} {
		f.Add([]byte(s), 100)
	}
	f.Fuzz(func(t *testing.T, doc []byte, limit int) {
		limit = limit&0xffff + 1
		k := keep(doc, limit)
		if len(k.text) > limit && len(doc) > limit {
			t.Fatalf("kept %d bytes of at most %d", len(k.text), limit)
		}
		if json.Valid(doc) && len(doc) < limit && !json.Valid([]byte(k.text)) && !bytes.Contains(doc, []byte{0}) {
			t.Fatalf("%q became %q", doc, k.text)
		}
		if !json.Valid(doc) {
			return
		}
		quoted, _ := json.Marshal(string(doc)) // any text as a secret, and once more after it
		secret := []byte(`{"k":["password",{"access_token":` + string(quoted) + `}],"z":"q"}`)
		if got := keep(secret, 1<<20).text; got != `{"k":["password",{"access_token":"***"}],"z":"q"}` && len(doc) > 0 {
			t.Fatalf("%s became %s", secret, got)
		}
	})
}
