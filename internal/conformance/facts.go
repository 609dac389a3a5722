package conformance

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
)

//go:embed facts/*.jsonl
var factFiles embed.FS

// V3 is the value of Method.API for the form REST 3.0.
const V3 = "v3"

// Method is what the page of a method says.
type Method struct {
	Name   string   `json:"method"`           // as the page spells it
	API    string   `json:"api,omitempty"`    // V3, or empty for the first form
	Scopes []string `json:"scopes,omitempty"` // alternatives; none where the page names none
	// Params are the dotted names of all parameters. A name that ends in "*" is marked as required.
	Params    []string `json:"params,omitempty"`
	Errors    []string `json:"errors,omitempty"`     // the documented codes, without those that all methods share
	AppOnly   bool     `json:"app_only,omitempty"`   // an application has to call it
	Admin     bool     `json:"admin,omitempty"`      // an administrator has to call it
	NoWebhook bool     `json:"no_webhook,omitempty"` // the page shows no call by a webhook
	Outdated  bool     `json:"outdated,omitempty"`   // the documentation advises against it
	Stub      bool     `json:"stub,omitempty"`       // the page announces the method and says nothing of it
	Page      string   `json:"page"`                 // path in the documentation repository
}

// Event is what the page of an event says.
type Event struct {
	Code     string `json:"event"`           // in upper case
	Scope    string `json:"scope,omitempty"` // empty where the page names none
	Outdated bool   `json:"outdated,omitempty"`
	Page     string `json:"page"`
}

// Placement is a place where an application may show a page of its own.
type Placement struct {
	Code   string   `json:"placement"`
	Scopes []string `json:"scopes,omitempty"`
	Page   string   `json:"page"`
}

// Required returns the dotted names of the parameters that are marked as required.
func (m *Method) Required() []string {
	var out []string
	for _, p := range m.Params {
		if name, ok := strings.CutSuffix(p, "*"); ok {
			out = append(out, name)
		}
	}
	return out
}

// ParamNames returns the dotted names of all parameters.
func (m *Method) ParamNames() []string {
	out := make([]string, len(m.Params))
	for i, p := range m.Params {
		out[i] = strings.TrimSuffix(p, "*")
	}
	return out
}

// Family returns the first part of the method's name; "common" for names of one part.
func (m *Method) Family() string {
	first, _, ok := strings.Cut(m.Name, ".")
	if !ok {
		return "common"
	}
	return strings.ToLower(first)
}

// Methods returns every documented method in the order of the names. The slice is shared: callers must not change it.
func Methods() []Method { return loaded().methods }

// Events returns every documented event in the order of the codes. The slice is shared.
func Events() []Event { return loaded().events }

// Placements returns every documented placement in the order of the codes. The slice is shared.
func Placements() []Placement { return loaded().placements }

// Find returns what is documented of a method, whose name may be in any case, in the form api ("" or V3); nil when there is
// no page for it.
func Find(name, api string) *Method { return loaded().byName[key(name, api)] }

func key(name, api string) string { return api + ":" + strings.ToLower(name) }

// loadedFacts are the facts, read at the first use: a portal that never asks pays nothing.
type loadedFacts struct {
	methods    []Method
	events     []Event
	placements []Placement
	byName     map[string]*Method
}

var loaded = sync.OnceValue(func() *loadedFacts {
	f := &loadedFacts{
		methods: read[Method]("methods"), events: read[Event]("events"), placements: read[Placement]("placements"),
		byName: map[string]*Method{},
	}
	for i := range f.methods {
		f.byName[key(f.methods[i].Name, f.methods[i].API)] = &f.methods[i]
	}
	return f
})

// read reads a file of facts, which is part of the program: one that is broken is a mistake of its makers.
func read[T any](name string) []T {
	raw, err := factFiles.ReadFile("facts/" + name + ".jsonl")
	if err != nil {
		panic(err)
	}
	var out []T
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	for {
		var v T
		switch err := d.Decode(&v); {
		case err == io.EOF:
			return out
		case err != nil:
			panic(fmt.Sprintf("facts of %s: %v", name, err))
		}
		out = append(out, v)
	}
}
