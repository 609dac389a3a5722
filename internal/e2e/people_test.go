package e2e

import (
	"encoding/base32"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/totp"
)

// TestPeopleInChromium walks the way of a person in a browser: invited, joined, with a second factor, signed in from two
// browsers, of which one signs the other out.
func TestPeopleInChromium(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	in := newInstallation(t, "")
	in.serve("--http", "127.0.0.1:0", "--https", "", "--demo")
	admin := newTab(t, browser, "admin", in.started.URLs[0])
	admin.signIn(in.started.Admin.Login, in.started.Admin.Password)
	link := invite(admin)

	const login, password = "nora@example.com", "battery staple"
	nora := newTab(t, browser, "nora", in.started.URLs[0])
	nora.open(strings.TrimPrefix(link, in.started.URLs[0]))
	nora.fill(`input[name=password]`, password)
	nora.fill(`input[name=again]`, password)
	nora.shot("people-join")
	nora.click(`form[action^="/join/"] button`)
	nora.clickText(`//a[contains(., "Sign in")]`)
	nora.see(`form[action="/login"]`) // else the way there is in the way of the next
	nora.signIn(login, password)
	secret := enrol(nora)

	other := newTab(t, browser, "nora elsewhere", in.started.URLs[0])
	other.open("/profile/security/")
	other.fill(`input[name=login]`, login)
	other.fill(`input[name=password]`, password)
	other.click(`form[action="/login"] button`)
	other.see(`input[name=code]`)
	other.size(390, 844)
	other.fits("the question for the code")
	other.shot("people-code-390")
	other.size(1440, 900)
	// The code of this period was used to set the factor up; that of the next one counts already.
	other.fill(`input[name=code]`, totp.Code(secret, totp.Step(time.Now())+1))
	other.click(`form[action="/login/step/code"] button`)
	other.see(`.session`)
	other.until("both sessions", `document.querySelectorAll(".session").length === 2`)
	other.shot("people-security")
	other.clickText(`//button[contains(., "Sign out all others")]`)
	other.until("one session", `document.querySelectorAll(".session").length === 1`)
	nora.open("/profile/")
	nora.see(`form[action="/login"]`)

	look(admin)
	for _, p := range []*tab{admin, nora, other} {
		if faults := p.complaints(); len(faults) > 0 {
			t.Errorf("the page of %s complained of %q", p.name, faults)
		}
	}
	in.stop(syscall.SIGTERM)
}

// invite invites Nora from the list of people and returns her link.
func invite(admin *tab) string {
	admin.open("/company/manage/")
	admin.see(`[data-row]`)
	admin.shot("people-manage")
	admin.click(`a[href="/company/invite"]`)
	admin.fill(`input[name=email]`, "nora@example.com")
	admin.fill(`input[name=first_name]`, "Nora")
	admin.shot("people-invite")
	admin.click(`form[action="/company/invite"] button.button-primary`)
	admin.see(`.shown-once input`)
	return evaluate[string](admin, `document.querySelector(".shown-once input").value`)
}

// enrol sets up a second factor and returns its secret.
func enrol(b *tab) []byte {
	b.open("/profile/security/factor")
	b.see(`svg.qr`)
	b.shot("people-factor")
	key := evaluate[string](b, `document.querySelector("details input").value`)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(key, " ", ""))
	if err != nil {
		b.t.Fatalf("key %q: %v", key, err)
	}
	b.fill(`input[name=code]`, totp.Code(secret, totp.Step(time.Now())))
	b.click(`form[action="/profile/security/factor"] button.button-primary`)
	b.see(`.codes`)
	b.shot("people-codes")
	if n := evaluate[int64](b, `document.querySelectorAll(".codes li").length`); n != 10 {
		b.t.Errorf("%d recovery codes are shown", n)
	}
	return secret
}

// look looks at the pages of who looks after people on every kind of screen.
func look(admin *tab) {
	pages := []struct{ name, path, see string }{
		{"manage", "/company/manage/", "[data-row]"},
		{"invite", "/company/invite", "#page form"},
		{"structure", "/company/structure/", ".dept"},
		{"department", "/company/structure/1/", ".slider form"},
		{"edit", "/company/personal/user/2/edit", "#page form"},
		{"card", "/company/personal/user/2/", ".person-card"},
		{"profile", "/profile/", "#page form"},
		{"security", "/profile/security/", ".session"},
		{"settings-sign-in", "/settings/sign-in/", "#page form"},
		{"roles", "/settings/roles/", ".role-line"},
		{"role", "/settings/roles/4/", ".slider form"},
	}
	for _, screen := range []struct {
		name          string
		width, height int64
		dark          bool
	}{{"-390", 390, 844, false}, {"", 1440, 900, false}, {"-dark", 1440, 900, true}, {"-dark-390", 390, 844, true}} {
		if screen.name != "-390" && os.Getenv(shotsEnv) == "" {
			return // the narrowest is the one in which things do not fit
		}
		admin.size(screen.width, screen.height)
		if screen.dark {
			evaluate[bool](admin, `fetch("/theme", { method: "POST", headers: { "Portico-Fetch": "1" }, body: new URLSearchParams({ theme: "dark" }) }).then((r) => r.ok)`)
		}
		for _, p := range pages {
			admin.open(p.path)
			admin.see(p.see)
			admin.fits(p.name + screen.name)
			admin.shot("people-" + p.name + screen.name)
		}
	}
}
