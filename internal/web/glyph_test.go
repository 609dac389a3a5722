package web_test

import (
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

func TestIconsOfApplicationsAreThoseOfThePortal(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"fa-rocket": "bolt", "fa fa-bar-chart": "chart", "FA-Paperclip": "paperclip", "fa-no-such-thing": "", "": "", "-": "",
	} {
		got := web.Widget{Icon: name}.Glyph()
		if got != want || got != "" && !slices.Contains(ui.Icons(), got) {
			t.Errorf("%q is shown as %q, want %q", name, got, want)
		}
	}
}
