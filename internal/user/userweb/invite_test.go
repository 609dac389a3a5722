package userweb_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func (b *bench) post(target string, form url.Values) *httptest.ResponseRecorder {
	return b.do(httptest.NewRequestWithContext(b.Context(), "POST", target, strings.NewReader(form.Encode())))
}

var linkOf = regexp.MustCompile(`https://portal\.example(/join/[A-Z0-9]+)`)

func TestInvitedPersonSetsAPasswordAndIsDismissed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.shows("/company/", `href="/company/invite"`)
	b.shows("/company/invite", "Shops &amp; stalls")
	for field, form := range map[string]url.Values{
		"Enter the e-mail address.":      {"first_name": {"Nora"}},
		"This is not an e-mail address.": {"email": {"nora@"}, "first_name": {"Nora"}},
		"Somebody else has this":         {"email": {"anna@example.com"}, "first_name": {"Nora"}},
		"Department not found":           {"email": {"n@example.com"}, "first_name": {"Nora"}, "department": {"77"}},
	} {
		w := b.post("/company/invite", form)
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), field) || !strings.Contains(w.Body.String(), `value="Nora"`) {
			t.Errorf("%v answers %d %s", form, w.Code, w.Body)
		}
	}
	w := b.post("/company/invite", url.Values{"email": {"nora@example.com"}, "first_name": {"Nora"}, "department": {"2"}})
	link := linkOf.FindStringSubmatch(w.Body.String())
	if w.Code != http.StatusOK || link == nil {
		t.Fatalf("the invitation answers %d %s", w.Code, w.Body)
	}
	b.shows("/company/personal/user/3/", "Invitation link", "3/dismiss", "Shops &amp; stalls")
	anna := b.token
	b.token = ""
	b.shows(link[1], "Set your password", "nora@example.com")
	for text, form := range map[string]url.Values{
		"The passwords differ.":  {"password": {"correct horse"}, "again": {"correct"}},
		"at least 8 characters.": {"password": {"short"}, "again": {"short"}},
	} {
		if w := b.post(link[1], form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), text) {
			t.Errorf("%v answers %d %s", form, w.Code, w.Body)
		}
	}
	form := url.Values{"password": {"nora's horse"}, "again": {"nora's horse"}}
	if w := b.post(link[1], form); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Your password is set.") {
		t.Errorf("the link answers %d %s", w.Code, w.Body)
	}
	if w := b.post(link[1], form); w.Code != http.StatusNotFound {
		t.Errorf("the link answers %d a second time", w.Code)
	}
	w = b.post("/login", url.Values{"login": {"nora@example.com"}, "password": {"nora's horse"}})
	if len(w.Result().Cookies()) == 0 {
		t.Fatalf("Nora's sign-in answers %d %s", w.Code, w.Body)
	}
	nora := w.Result().Cookies()[0].Value
	b.token = nora
	b.shows("/company/", "!/company/invite")
	b.shows("/company/personal/user/2/", "!/dismiss")
	for _, target := range []string{"/company/invite", "/company/personal/user/1/dismiss", "/company/personal/user/1/link", "/company/personal/user/1/return"} {
		if w := b.post(target, url.Values{"email": {"x@example.com"}}); w.Code != http.StatusForbidden {
			t.Errorf("%s answers %d to who is no administrator", target, w.Code)
		}
	}
	b.token = anna
	if w := b.post("/company/personal/user/3/dismiss", nil); w.Code != http.StatusSeeOther {
		t.Errorf("dismissing answers %d %s", w.Code, w.Body)
	}
	b.shows("/company/personal/user/3/", "Dismissed", "3/return", "!Reset password")
	if w := b.post("/company/personal/user/3/link", nil); w.Code != http.StatusConflict {
		t.Errorf("a link for who was dismissed answers %d", w.Code)
	}
	b.token = nora
	if w := b.get("/company/"); w.Code != http.StatusSeeOther {
		t.Errorf("who was dismissed gets %d", w.Code)
	}
	b.token = anna
	b.post("/company/personal/user/3/return", nil)
	b.shows("/company/personal/user/3/", "3/dismiss", "Reset password")
}
