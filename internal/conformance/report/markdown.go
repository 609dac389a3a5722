package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/conformance"
	"github.com/portico-hq/portico/internal/rest"
)

const head = `# Compatibility

What the public documentation of the Bitrix24 REST API describes, and what of it Portico has. This page is written by
` + "`make docs`" + ` from the registry of methods and from facts about the documentation; a test keeps it true.

A method is **complete** when its name, scopes, access and every documented parameter are as on its page, and a test provokes
every documented error code. What is lacking is listed beside it, and what differs on purpose with its reason.

`

// family is the methods whose names begin alike.
type family struct {
	name                             string
	documented, registered, complete int
	standings                        []Standing
	missing                          []string
}

// Markdown returns docs/compatibility.md for the registered methods and the events that can be bound.
func Markdown(methods []*rest.Method, events []string) (string, error) {
	standings, _, err := Standings(methods)
	if err != nil {
		return "", err
	}
	families := familiesOf(standings)
	var b strings.Builder
	b.WriteString(head)
	writeTotals(&b, families, events)
	for _, f := range families {
		f.write(&b)
	}
	return b.String(), nil
}

func familiesOf(standings []Standing) []*family {
	byName := map[string]*family{}
	get := func(name string) *family {
		if byName[name] == nil {
			byName[name] = &family{name: name}
		}
		return byName[name]
	}
	has := map[*conformance.Method]bool{}
	for _, s := range standings {
		f := get(familyOf(s.Method.Name))
		f.standings = append(f.standings, s)
		if s.Fact != nil {
			f.registered++
			has[s.Fact] = true
		}
		if s.Complete() {
			f.complete++
		}
	}
	facts := conformance.Methods()
	for i := range facts {
		f := get(facts[i].Family())
		f.documented++
		if !has[&facts[i]] {
			f.missing = append(f.missing, label(&facts[i]))
		}
	}
	out := make([]*family, 0, len(byName))
	for _, f := range byName {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b *family) int { return cmp.Compare(a.name, b.name) })
	return out
}

func familyOf(name string) string { return (&conformance.Method{Name: name}).Family() }

func label(m *conformance.Method) string {
	out := m.Name
	if m.API == conformance.V3 {
		out += " (REST 3.0)"
	}
	if m.Outdated {
		out += " (outdated)"
	}
	return out
}

func writeTotals(b *strings.Builder, families []*family, events []string) {
	var documented, registered, complete int
	b.WriteString("| Family | Documented | Registered | Complete |\n|---|---:|---:|---:|\n")
	for _, f := range families {
		documented, registered, complete = documented+f.documented, registered+f.registered, complete+f.complete
		fmt.Fprintf(b, "| %s | %d | %d | %d |\n", f.name, f.documented, f.registered, f.complete)
	}
	fmt.Fprintf(b, "| **all** | **%d** | **%d** | **%d** |\n\n", documented, registered, complete)
	known := 0
	var missing []string
	for _, e := range conformance.Events() {
		if slices.Contains(events, e.Code) {
			known++
		} else {
			missing = append(missing, e.Code)
		}
	}
	fmt.Fprintf(b, "Events: %d of %d documented ones can be received. Placements: %d codes on %d pages are documented.\n\n",
		known, len(conformance.Events()), len(conformance.Placements()), placementPages())
	fmt.Fprintf(b, "<details><summary>Events that are not there yet</summary>\n\n%s\n\n</details>\n\n", strings.Join(missing, ", "))
}

func placementPages() int {
	pages := map[string]bool{}
	for _, p := range conformance.Placements() {
		pages[p.Page] = true
	}
	return len(pages)
}

func (f *family) write(b *strings.Builder) {
	fmt.Fprintf(b, "## %s\n\n", f.name)
	if len(f.standings) > 0 {
		b.WriteString("| Method | State |\n|---|---|\n")
		for _, s := range f.standings {
			fmt.Fprintf(b, "| `%s` | %s |\n", conformance.Address(s.Method), s.text())
		}
		b.WriteString("\n")
	}
	if len(f.missing) > 0 {
		fmt.Fprintf(b, "Missing: %s\n\n", strings.Join(f.missing, ", "))
	}
}

// text says in words how a method stands.
func (s Standing) text() string {
	var parts []string
	switch {
	case s.Fact == nil:
		parts = append(parts, "no page of its own")
	case s.Complete():
		parts = append(parts, "complete")
	default:
		parts = append(parts, "registered; lacks "+gaps(s.Gaps))
	}
	if s.Fact != nil && s.Fact.Outdated {
		parts = append(parts, "outdated")
	}
	for _, e := range s.Meant {
		if e.Kind != conformance.Undocumented {
			parts = append(parts, fmt.Sprintf("%s %s on purpose: %s", e.Kind, e.What, e.Reason))
		} else {
			parts = append(parts, e.Reason)
		}
	}
	return strings.Join(parts, "; ")
}

// gaps lists differences by their kind, in the order in which they were found.
func gaps(list []conformance.Difference) string {
	var order []conformance.Kind
	byKind := map[conformance.Kind][]string{}
	for _, d := range list {
		if byKind[d.Kind] == nil {
			order = append(order, d.Kind)
		}
		byKind[d.Kind] = append(byKind[d.Kind], d.What)
	}
	parts := make([]string, 0, len(order))
	for _, k := range order {
		parts = append(parts, string(k)+" "+strings.Join(byKind[k], ", "))
	}
	return strings.Join(parts, "; ")
}
