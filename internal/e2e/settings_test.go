package e2e

import (
	"testing"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/setting/settingweb"
)

// TestSettingsOnAPhone goes from page to page of the settings by their menu with keys, and looks at each on a phone; on a wide screen the
// same list stands beside the page.
func TestSettingsOnAPhone(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	s := newSite(t, dbtest.SQLiteConfig(t, portal.Schemas()...))
	a := newTab(t, browser, "ann", s.url)
	a.signIn("admin", password)
	a.size(390, 844)
	a.open("/settings/")
	const shown = `document.querySelector("#beside").checkVisibility()`
	a.until("the menu to be closed", `!`+shown)
	a.tabTo(".beside-now button")
	a.key("Enter")
	a.until("the page that is open to be marked", shown+` && document.querySelector("#beside [aria-current]").textContent.trim() === "General"`)
	a.key("Escape")
	a.until("the menu to be closed again", `!`+shown)
	a.key("Enter")
	a.until("the first page to have the focus", `document.activeElement?.closest("#beside") !== null`)
	a.key("ArrowDown", "Enter")
	a.until("the next page", `location.pathname === "`+settingweb.MailURL+`" && document.querySelector(".beside-now").textContent.trim() === "Mail"`)
	pages := evaluate[[]string](a, `[...document.querySelectorAll("#beside a")].map((x) => x.pathname)`)
	if len(pages) < 10 {
		t.Errorf("the menu holds %q", pages)
	}
	for _, page := range pages {
		a.open(page)
		a.until("the page", `document.querySelector(".beside-now")?.textContent.trim() === document.querySelector("#beside [aria-current]").textContent.trim()`)
		a.fits("the settings: " + page)
	}
	a.size(1440, 900)
	a.open(settingweb.AuditURL)
	a.until("the list beside the page", shown+` && !document.querySelector(".beside-now").checkVisibility()`)
	a.click(`#beside a[href="` + settingweb.RolesURL + `"]`)
	a.until("the roles", `location.pathname === "`+settingweb.RolesURL+`" && document.querySelector("#beside [aria-current]").textContent.trim() === "Roles"`)
	if faults := a.complaints(); len(faults) > 0 {
		t.Errorf("the pages complained of %q", faults)
	}
}
