package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/browsertest"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/portal"
)

// TestLineSettingsOnAPhone opens every page of a line's settings on a phone, in the dark: nothing is wider than the screen.
func TestLineSettingsOnAPhone(t *testing.T) {
	t.Parallel()
	browser := browsertest.Start(t)
	s := newSite(t, dbtest.SQLiteConfig(t, portal.Schemas()...))
	a := newTab(t, browser, "ann", s.url)
	a.signIn("admin", password)
	l, err := s.portal.Lines.Add(t.Context(), s.admin.Ref(), func(l *line.Line) error {
		l.Name = "Support for customers with a rather long name of their own"
		l.WorkTime.Enabled, l.Vote.Enabled = true, true
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: s.admin.ID}, {Kind: line.EntryUser, ID: s.bob.ID}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	a.open("/online/")
	a.click(`[popovertarget=menu-me]`)
	a.click(`#menu-me button[value=dark]`)
	a.until("the dark theme", `document.documentElement.dataset.theme === "dark"`)
	a.size(390, 844)
	for _, tab := range []string{"", "hours/", "texts/", "closing/", "alerts/"} {
		a.open(fmt.Sprintf("/contact_center/lines/%d/%s", l.ID, tab))
		a.until("the form", `[...document.querySelectorAll("form [type=submit], form .button-primary")].some((x) => x.checkVisibility())`)
		a.fits("the settings: " + tab)
		a.shot("line-" + strings.TrimSuffix(tab, "/") + "-390-dark")
	}
	a.size(1440, 900)
	a.open(fmt.Sprintf("/contact_center/lines/%d/", l.ID))
	a.shot("line-1440-dark")
	if faults := a.complaints(); len(faults) > 0 {
		t.Errorf("the pages complained of %q", faults)
	}
}
