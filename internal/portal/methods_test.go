package portal_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/conformance/report"
	"github.com/portico-hq/portico/internal/portal"
	"github.com/portico-hq/portico/internal/rest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGoldenMethods keeps docs/methods.txt true: a method that appears or goes, or changes whom it lets in, shows as a line.
func TestGoldenMethods(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, m := range slices.Concat(portal.Methods(), portal.MethodsV3()) {
		name := m.Name
		if m.V3 {
			name = "api/" + name // as in its address
		}
		fmt.Fprintf(&b, "%-24s %-28s %-24s %s\n", name, strings.Join(m.Scopes, ","), accessOf(m), m.Doc)
	}
	golden(t, "methods.txt", b.String())
}

// golden compares a document of docs with what the program says of itself, or writes it anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("..", "..", "docs", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // a document
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("docs/%s is not what the registry holds; `make docs` writes it anew:\n%s", name, got)
	}
}

func accessOf(m *rest.Method) string {
	var out []string
	for _, a := range []struct {
		flag rest.Access
		name string
	}{
		{rest.AdminOnly, "administrators"},
		{rest.AppOnly, "applications"},
		{rest.NoWebhook, "no webhooks"},
		{rest.NoBatch, "not in batch"},
	} {
		if m.Access&a.flag != 0 {
			out = append(out, a.name)
		}
	}
	if out == nil {
		return "everyone"
	}
	return strings.Join(out, "+")
}

// TestEveryMethodNamesItsPage holds the registry against its own promise: whoever reads a row finds the page behind it.
func TestEveryMethodNamesItsPage(t *testing.T) {
	t.Parallel()
	for _, m := range slices.Concat(portal.Methods(), portal.MethodsV3()) {
		if !strings.HasSuffix(m.Doc, ".md") || !strings.HasSuffix(m.Summary, ".") {
			t.Errorf("%s: page %q, summary %q", m.Name, m.Doc, m.Summary)
		}
	}
}

// TestGoldenCompatibility keeps docs/compatibility.md true: what the documentation describes, and what of it is there.
func TestGoldenCompatibility(t *testing.T) {
	t.Parallel()
	var events []string
	for _, def := range portal.Catalog() {
		events = append(events, def.Name)
	}
	got, err := report.Markdown(slices.Concat(portal.Methods(), portal.MethodsV3()), events)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "compatibility.md", got)
}
