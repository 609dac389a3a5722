package livechatweb_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestPagesOfAdministrators sets a widget up as people do.
func TestPagesOfAdministrators(t *testing.T) {
	t.Parallel()
	b := newBench(t, manual(), nil)
	const at = "/contact_center/livechat/"
	for _, path := range []string{at, at + "new", fmt.Sprintf("%s%d/", at, b.widget.ID)} {
		b.page(http.MethodGet, "ben", path, "").is(t, path+" for an employee", 403)
	}
	b.page(http.MethodPost, "ben", at+"new", "line=1&title=x&color=%23000000").is(t, "an employee adds", 403)
	b.page(http.MethodGet, "anna", "/contact_center/", "").is(t, "the Contact Center", 200, at, "Live chat")
	b.page(http.MethodGet, "anna", at, "").is(t, "the list", 200, "Chat with us", "to Support")
	b.page(http.MethodGet, "anna", at+"new", "").is(t, "the form", 200, ">Support</option>")
	b.page(http.MethodPost, "anna", at+"new", "line=&title=Shop+chat&color=%23ff0000").is(t, "no line", 422, "Choose an open line.", "Shop chat")
	b.page(http.MethodPost, "anna", at+"new", fmt.Sprintf("line=%d&title=&color=%%23ff0000", b.line.ID)).is(t, "no title", 422, "A title has 1 to 60 characters.")
	a := b.page(http.MethodPost, "anna", at+"new", fmt.Sprintf("line=%d&title=Shop+chat&color=%%23ff0000", b.line.ID))
	a.is(t, "a new one", 303)
	page := a.header.Get("Location")
	b.page(http.MethodGet, "anna", page, "").is(t, "its page", 200, "&lt;script src=&#34;"+b.server.URL+"/widget/", "There is no secret yet.", "Shop chat", "no "+b.widget.Code)

	form := "active=1&title=Shop+chat&greeting=Welcome&color=%2300ff00&position=left&theme=dark&name=before&email=before&phone=no&offline=absent&offline_text=Later&continue=1&continue_after=20&sites=shop.example%0A"
	b.page(http.MethodPost, "anna", page, form+"not+a+site!&public=1").is(t, "a wrong site", 422, "is no site", "Welcome", "shop.example")
	b.page(http.MethodPost, "anna", page, strings.Replace(form, "after=20", "after=soon", 1)).is(t, "no number", 422, "Enter 1 to 1,440 minutes.", `value="soon"`)
	b.page(http.MethodPost, "anna", page, form).is(t, "save", 303)
	saved := b.page(http.MethodGet, "anna", page, "")
	saved.is(t, "as it was saved", 200, "https://shop.example", "Welcome", "#00ff00", "no /chat/", `value="20"`, "No mail goes out yet")

	a = b.page(http.MethodPost, "anna", page+"secret", "")
	a.is(t, "a secret", 200, "data-secret")
	_, rest, _ := strings.Cut(a.body, "data-secret")
	_, rest, _ = strings.Cut(rest, `value="`)
	secret, _, _ := strings.Cut(rest, `"`)
	if len(secret) != 52 {
		t.Errorf("the secret is %q", secret)
	}
	b.page(http.MethodGet, "anna", page, "").is(t, "the secret again", 200, "no "+secret, "There is a secret, made")
	b.page(http.MethodPost, "anna", page+"delete", "").is(t, "delete by mistake", 422, "Tick the box")
	b.page(http.MethodPost, "anna", page+"delete", "sure=1").is(t, "delete", 303)
	b.page(http.MethodGet, "anna", page, "").is(t, "its page afterwards", 404)
}
