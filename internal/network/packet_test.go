package network

import (
	"strings"
	"testing"
)

// FuzzPacket reads what another portal may send: nothing of it goes beyond the limits.
func FuzzPacket(f *testing.F) {
	code := strings.Repeat("0a", 16)
	for _, text := range []string{
		"", "{}", "null", `{"code":"` + code + `","side":"client","user":{"id":3},"id":7,"text":"Hello","files":[1,2]}`,
		`{"code":"` + code + `","side":"other","user":{"id":-3},"id":7}`, `{"code":7}`, `{"user":{"avatar":"AA=="}}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := readPacket(strings.NewReader(text))
		if err == nil && (!IsCode(p.Code) || !p.Side.valid() || p.User.ID <= 0 || p.ID <= 0 || len(p.Files) > maxFiles || len(p.Text) > 4*maxText) {
			t.Errorf("%q was read as %+v", text, p)
		}
		if p, err := readHint(KindRead, strings.NewReader(text)); err == nil && (!IsCode(p.Code) || !p.Side.valid() || p.User.ID <= 0 || p.ID <= 0) {
			t.Errorf("%q was read as the hint %+v", text, p)
		}
		if m, err := readFileMeta(text); err == nil && (!IsCode(m.Code) || m.Name == "" || m.ID <= 0) {
			t.Errorf("%q was read as %+v", text, m)
		}
		if peer, id, ok := readClient(text); ok && !strings.HasPrefix(text, peer+"|") {
			t.Errorf("%q was read as %q and %d", text, peer, id)
		}
	})
}

func TestNamesStayBehind(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Ask [USER=7]Anna[/USER] in [CHAT=3]Sales[/CHAT].": "Ask Anna in Sales.",
		"[b]bold[/b] [url=https://a.example]here[/url]":    "[b]bold[/b] [url=https://a.example]here[/url]",
		"[user=7]two\nlines[/user] [USER=7]open":           "two\nlines [USER=7]open",
	} {
		if got := abroad(text); got != want {
			t.Errorf("%q goes as %q", text, got)
		}
	}
}
