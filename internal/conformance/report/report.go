// Package report tells how the registered methods stand to their pages: which are complete, which have gaps, which are not
// there. It writes docs/compatibility.md, and its tests hold the registry to the facts.
//
// Differences that are meant are listed in exceptions.txt with a reason; one that no longer differs fails a test. The files
// under proofs are calls with the documented error that they provoke; a test makes every one of them.
package report

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/conformance"
	"github.com/portico-hq/portico/internal/rest"
)

//go:embed exceptions.txt proofs/*.txt
var files embed.FS

// Exception is a difference that is meant.
type Exception struct {
	conformance.Difference
	Reason string
}

// Exceptions returns what exceptions.txt lists: "method kind what: reason" in a line.
func Exceptions() ([]Exception, error) {
	raw, err := files.ReadFile("exceptions.txt")
	if err != nil {
		return nil, err
	}
	var out []Exception
	for i, line := range strings.Split(string(raw), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		head, reason, ok := strings.Cut(line, ": ")
		words := strings.Fields(head)
		if !ok || len(words) < 3 || strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("exceptions.txt, line %d: want \"method kind what: reason\"", i+1)
		}
		out = append(out, Exception{
			conformance.Difference{Method: words[0], Kind: conformance.Kind(words[1]), What: strings.Join(words[2:], " ")}, reason,
		})
	}
	return out, nil
}

// Standing is how one registered method stands to its page.
type Standing struct {
	Method *rest.Method
	Fact   *conformance.Method // nil where there is no page
	Gaps   []conformance.Difference
	Meant  []Exception
}

// Complete reports whether everything that the page names is there.
func (s Standing) Complete() bool { return s.Fact != nil && len(s.Gaps) == 0 }

// Standings compares all methods. unused are the exceptions that no difference needs.
func Standings(methods []*rest.Method) (out []Standing, unused []Exception, err error) {
	exceptions, err := Exceptions()
	if err != nil {
		return nil, nil, err
	}
	proofs, err := Proofs()
	if err != nil {
		return nil, nil, err
	}
	codes := codesByMethod(proofs)
	used := make([]bool, len(exceptions))
	for _, m := range methods {
		s := Standing{Method: m, Fact: conformance.FactOf(m)}
		for _, d := range conformance.Compare(m, codes[strings.ToLower(conformance.Address(m))]) {
			i := slices.IndexFunc(exceptions, func(e Exception) bool { return e.Difference == d })
			if i < 0 {
				s.Gaps = append(s.Gaps, d)
				continue
			}
			used[i] = true
			s.Meant = append(s.Meant, exceptions[i])
		}
		out = append(out, s)
	}
	for i, e := range exceptions {
		if !used[i] {
			unused = append(unused, e)
		}
	}
	return out, unused, nil
}
