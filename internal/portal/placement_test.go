package portal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/portico-hq/portico/internal/placement"
)

var widgetsAt = regexp.MustCompile(`widgets "([A-Z_]+)"`)

// TestThePlacesThatAreCalledShownAreThoseOfThePages holds what is said of places to the templates that have them.
func TestThePlacesThatAreCalledShownAreThoseOfThePages(t *testing.T) {
	t.Parallel()
	// What package frameweb shows without a template: an item of the rail, a link that is followed, a field, the settings of a connector.
	pages := []string{placement.LeftMenu, placement.AppURI, placement.UserFieldType, placement.SettingConnector}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".tmpl" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range widgetsAt.FindAllStringSubmatch(string(text), -1) {
			pages = append(pages, m[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, p := range placement.Places() {
		if p.Shown {
			shown = append(shown, p.Code)
		}
	}
	slices.Sort(pages)
	if pages = slices.Compact(pages); !slices.Equal(pages, shown) {
		t.Errorf("the pages have %q, the places that are said to be shown are %q", pages, shown)
	}
}
