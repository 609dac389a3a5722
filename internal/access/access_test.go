package access_test

import (
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/access"
)

func TestNamesAreKeptAndRead(t *testing.T) {
	t.Parallel()
	s := access.ManagePeople | access.ViewConsole
	if got := s.String(); got != "people.manage console.view" {
		t.Errorf("stored as %q", got)
	}
	if got := access.Parse(" console.view  people.manage of.the.future "); got != s {
		t.Errorf("read back as %q", got)
	}
	if !s.Has(access.ViewConsole) || s.Has(access.ViewConsole|access.ManageApps) || !s.Has(0) {
		t.Error("Has is not about all of them")
	}
}

func TestEveryPermissionIsExplained(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	var sum access.Set
	for _, p := range access.All() {
		if p.Set == 0 || sum&p.Set != 0 || seen[p.Name] || p.Title == "" || p.Group == "" || !strings.HasSuffix(p.Text, ".") {
			t.Errorf("%+v", p)
		}
		if q, ok := access.Named(p.Name); !ok || q != p {
			t.Errorf("%s is not found", p.Name)
		}
		seen[p.Name] = true
		sum |= p.Set
	}
	if sum != access.Everything || access.Parse(access.Everything.String()) != access.Everything {
		t.Error("Everything is not all of them")
	}
}
