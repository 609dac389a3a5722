package conformance

import (
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/rest"
)

// Kind says in which respect a registered method differs from its page.
type Kind string

// The kinds of differences.
const (
	Undocumented Kind = "undocumented" // there is no page for the method
	Spelling     Kind = "spelling"     // its name is written in another case
	Scope        Kind = "scope"        // other scopes open it
	Access       Kind = "access"       // others may call it
	Page         Kind = "page"         // it names another page
	Parameter    Kind = "parameter"    // a documented parameter is not declared
	Required     Kind = "required"     // a required parameter is not declared as such
	ErrorCode    Kind = "error"        // no test provokes a documented code
)

// Difference is a respect in which a registered method differs from its page.
type Difference struct {
	Method string // its Address
	Kind   Kind
	What   string // the parameter, the code, or what is expected
}

// Compare holds a registered method against its page. provoked are the codes that a test has it answer.
func Compare(m *rest.Method, provoked []string) []Difference {
	f := FactOf(m)
	if f == nil {
		return []Difference{{Address(m), Undocumented, "no page"}}
	}
	c := comparison{fact: f, method: m}
	if f.Name != m.Name {
		c.add(Spelling, f.Name)
	}
	if f.Page != m.Doc {
		c.add(Page, f.Page)
	}
	c.scopes()
	c.access()
	c.params()
	c.errors(provoked)
	return c.found
}

// FactOf returns what is documented of a registered method; nil when there is no page for it.
func FactOf(m *rest.Method) *Method {
	if m.V3 {
		return Find(m.Name, V3)
	}
	return Find(m.Name, "")
}

// Address is a method's name as it stands in its address: below api/ for one of REST 3.0.
func Address(m *rest.Method) string {
	if m.V3 {
		return "api/" + m.Name
	}
	return m.Name
}

type comparison struct {
	fact   *Method
	method *rest.Method
	found  []Difference
}

func (c *comparison) add(kind Kind, what string) {
	c.found = append(c.found, Difference{Address(c.method), kind, what})
}

func (c *comparison) scopes() {
	if len(c.fact.Scopes) == 0 {
		return // the page leaves it open
	}
	want, have := slices.Clone(c.fact.Scopes), slices.Clone(c.method.Scopes)
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(want, have) {
		c.add(Scope, strings.Join(want, ","))
	}
}

// wrongAuthType is documented where a caller of another kind is refused.
const wrongAuthType = "WRONG_AUTH_TYPE"

func (c *comparison) access() {
	a := c.method.Access
	if c.fact.AppOnly && a&(rest.AppOnly|rest.NoWebhook) == 0 {
		c.add(Access, "applications")
	}
	if c.fact.Admin && a&rest.AdminOnly == 0 {
		c.add(Access, "administrators")
	}
	if !c.fact.Admin && a&rest.AdminOnly != 0 {
		c.add(Access, "everyone")
	}
	refused := c.fact.AppOnly || c.fact.NoWebhook || slices.Contains(c.fact.Errors, wrongAuthType)
	if !refused && a&(rest.NoWebhook|rest.AppOnly) != 0 {
		c.add(Access, "webhooks")
	}
}

func (c *comparison) params() {
	declared := map[string]bool{} // whether it is required, by the name in lower case
	for _, p := range c.method.Params {
		declared[strings.ToLower(p.Name)] = p.Required
	}
	for _, p := range c.fact.Params {
		name, required := strings.CutSuffix(p, "*")
		has, ok := declared[strings.ToLower(name)]
		switch {
		case !ok:
			c.add(Parameter, name)
		case required && !has:
			c.add(Required, name)
		}
	}
}

// Shared are the codes that every method may answer; the protocol's own tests provoke them.
var Shared = []string{
	"INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER", "QUERY_LIMIT_EXCEEDED", "ERROR_BATCH_METHOD_NOT_ALLOWED",
	"ERROR_BATCH_LENGTH_EXCEEDED", "NO_AUTH_FOUND", "INVALID_REQUEST", "OVERLOAD_LIMIT", "INVALID_CREDENTIALS",
	"ERROR_MANIFEST_IS_NOT_AVAILABLE", "insufficient_scope", "expired_token", "invalid_token", "user_access_error",
	"PORTAL_DELETED", "OPERATION_TIME_LIMIT", "ERROR_METHOD_NOT_FOUND",
}

// errors looks for the documented codes among those that were provoked. The refusals that the row itself gives are proven for
// every method by the tests of who may call what.
func (c *comparison) errors(provoked []string) {
	a := c.method.Access
	for _, code := range c.fact.Errors {
		byRow := code == wrongAuthType && a&rest.NoWebhook != 0 || code == "ACCESS_DENIED" && a&(rest.AppOnly|rest.AdminOnly) != 0
		if !byRow && !slices.Contains(Shared, code) && !slices.Contains(provoked, code) {
			c.add(ErrorCode, code)
		}
	}
}
