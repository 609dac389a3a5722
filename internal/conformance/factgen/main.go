// Factgen writes the facts of package conformance from records that were taken from the documentation by machine.
//
// Its argument is a folder with methods.jsonl, events.jsonl (a JSON object a line) and placements.json. It keeps names,
// marks and paths, and no sentence. Run it in the folder of the repository.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/conformance"
)

// target is where package conformance embeds the facts from.
const target = "internal/conformance/facts"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: factgen <folder with methods.jsonl, events.jsonl and placements.json>")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "factgen:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	methods, err := lines(filepath.Join(folder, "methods.jsonl"), methodRecord.fact)
	if err != nil {
		return err
	}
	slices.SortFunc(methods, func(a, b conformance.Method) int {
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.API, b.API))
	})
	events, err := lines(filepath.Join(folder, "events.jsonl"), eventRecord.fact)
	if err != nil {
		return err
	}
	slices.SortFunc(events, func(a, b conformance.Event) int { return cmp.Compare(a.Code, b.Code) })
	placements, err := readPlacements(filepath.Join(folder, "placements.json"))
	if err != nil {
		return err
	}
	if err := write("methods", methods); err != nil {
		return err
	}
	if err := write("events", events); err != nil {
		return err
	}
	return write("placements", placements)
}

// methodRecord is a line of methods.jsonl.
type methodRecord struct {
	Method   string  `json:"method"`
	Scope    *string `json:"scope"`
	Who      string  `json:"who"`
	Doc      string  `json:"doc"`
	Outdated bool    `json:"outdated"`
	Stub     bool    `json:"stub"`
	API      string  `json:"api"`
	AppOnly  bool    `json:"app_only"`
	Webhook  bool    `json:"webhook_example"`
	Params   []param `json:"params"`
	Errors   []struct {
		Code string `json:"code"`
	} `json:"errors"`
}

type param struct {
	Name     string `json:"name"`
	Parent   string `json:"parent"`
	Required bool   `json:"required"`
	Variant  string `json:"variant"`
}

// admin reports whether nobody but administrators may call, and no other right is named beside.
func (r methodRecord) admin() bool {
	who := strings.ToLower(r.Who)
	return who == "administrator" || who == "administrator, authorized in the application"
}

func (r methodRecord) fact() conformance.Method {
	return conformance.Method{
		Name: r.Method, API: r.API, Scopes: splitScopes(r.Scope), Params: paramNames(r.Params), Errors: r.codes(),
		AppOnly: r.AppOnly, Admin: r.admin(), NoWebhook: !r.Webhook, Outdated: r.Outdated, Stub: r.Stub, Page: r.Doc,
	}
}

// name is what a parameter's name looks like; pages put headings and placeholders into the column now and then.
var name = regexp.MustCompile(`^[=<>!%@]*[A-Za-z0-9_.]+$`)

// paramNames returns the dotted names in the order of the page, each once. One is required when every row of it says so and
// it belongs to no variant.
func paramNames(params []param) []string {
	var order []string
	required := map[string]bool{}
	for _, p := range params {
		if !name.MatchString(p.Name) || strings.ContainsAny(p.Parent, " <") {
			continue
		}
		path := strings.TrimPrefix(p.Parent+"."+p.Name, ".")
		if _, seen := required[path]; !seen {
			order = append(order, path)
			required[path] = true
		}
		required[path] = required[path] && p.Required && p.Variant == ""
	}
	for i, path := range order {
		if required[path] {
			order[i] += "*"
		}
	}
	return order
}

// code is what an error code looks like; pages put sentences into the column now and then.
var code = regexp.MustCompile(`^[A-Za-z0-9_.]+$`)

func (r methodRecord) codes() []string {
	var out []string
	for _, e := range r.Errors {
		if c := strings.TrimSpace(e.Code); code.MatchString(c) && !strings.HasSuffix(c, ".") {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// eventRecord is a line of events.jsonl.
type eventRecord struct {
	Code     string  `json:"code"`
	Scope    *string `json:"scope"`
	Doc      string  `json:"doc"`
	Outdated bool    `json:"outdated"`
}

func (r eventRecord) fact() conformance.Event {
	e := conformance.Event{Code: r.Code, Outdated: r.Outdated, Page: r.Doc}
	if r.Scope != nil {
		e.Scope = *r.Scope
	}
	return e
}

func readPlacements(path string) ([]conformance.Placement, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // named by who runs the program
	if err != nil {
		return nil, err
	}
	var in struct {
		Placements []struct {
			Code  string `json:"code"`
			Codes []struct {
				Code string `json:"code"`
			} `json:"codes"`
			Scopes []string `json:"scopes"`
			Doc    string   `json:"doc"`
		} `json:"placements"`
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var out []conformance.Placement
	for _, p := range in.Placements {
		for _, c := range p.Codes {
			out = append(out, conformance.Placement{Code: c.Code, Scopes: p.Scopes, Page: p.Doc})
		}
		if len(p.Codes) == 0 {
			out = append(out, conformance.Placement{Code: p.Code, Scopes: p.Scopes, Page: p.Doc})
		}
	}
	slices.SortStableFunc(out, func(a, b conformance.Placement) int { return cmp.Compare(a.Code, b.Code) })
	return slices.CompactFunc(out, func(a, b conformance.Placement) bool { return a.Code == b.Code }), nil
}

func splitScopes(scope *string) []string {
	if scope == nil || *scope == "" {
		return nil
	}
	return strings.Split(*scope, ",")
}

// lines reads a JSON object from each line of a file and turns it into a fact.
func lines[R, F any](path string, fact func(R) F) ([]F, error) {
	f, err := os.Open(path) //nolint:gosec // named by who runs the program
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var out []F
	s := bufio.NewScanner(f)
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		var r R
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, len(out)+1, err)
		}
		out = append(out, fact(r))
	}
	return out, s.Err()
}

func write[F any](name string, facts []F) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, f := range facts {
		if err := e.Encode(f); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(target, name+".jsonl"), b.Bytes(), 0o644) //nolint:gosec // part of the source
}
