// Package rest speaks the Bitrix24 REST protocol: it finds the method, authorizes, decodes the parameters, calls, and writes
// the envelope. The wire's oddities ("Y"/"N", numbers as text, bracketed forms, case) end here; areas see plain Go types.
//
// A method is a row (M) and a function. The row says which scope and which kind of caller it takes, so a method without
// these does not exist.
package rest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

// Basic is the scope of methods that every token may call.
const Basic = "basic"

// Access says which callers a method takes. Values are combined with |.
type Access uint8

// The kinds of access. Everyone alone means any user with any kind of token.
const (
	Everyone   Access = 1 << iota
	AdminOnly         // the user must be an administrator: ACCESS_DENIED
	AppOnly           // the call must come from an application: ACCESS_DENIED "Application context required"
	NoWebhook         // inbound webhooks are refused: WRONG_AUTH_TYPE
	NoBatch           // not inside batch: ERROR_BATCH_METHOD_NOT_ALLOWED
	WebhookToo        // needs no application to do what it does: a lenient portal lets webhooks call it, see Policy
)

// Method is one row of the registry. It is made by M.
type Method struct {
	Name    string   // as the documentation spells it; calls may spell it in any case
	Scopes  []string // any one of them is enough
	Access  Access
	Summary string // one sentence, shown to developers
	Doc     string // the page in the documentation repository
	Params  []Param
	// V3 says that the method belongs to REST 3.0: it is called below /rest/api/. One of the same name may exist beside it at
	// the old address.
	V3 bool
	// Changes says that the method changes data, so that an Idempotency-Key keeps a second call from doing it again.
	Changes bool

	call    func(ctx context.Context, c *Call) (any, error)
	params  reflect.Type
	result  reflect.Type
	entity  *dto.Entity
	rawBody bool  // what it answers is the whole body
	body    int64 // how many bytes a request may have; 0 is MaxBody

	unmetered bool // its time counts for the methods that it calls

	refuseApp, refuseAdmin *fault.Fault // nil: the usual ones
}

// Option sets what only some methods have.
type Option func(*Method)

// Doc names the method's page in the documentation repository.
func Doc(page string) Option { return func(m *Method) { m.Doc = page } }

// Refuses makes the method refuse callers who do not come from an application, or who are no administrators, in the words of
// its page. A nil fault is the usual one.
func Refuses(app, admin *fault.Fault) Option {
	return func(m *Method) { m.refuseApp, m.refuseAdmin = app, admin }
}

// Refusals returns what the method answers to callers who do not come from an application, and to those who are no
// administrators, where its row excludes them.
func (m *Method) Refusals() (app, admin *fault.Fault) {
	return cmp.Or(m.refuseApp, ErrAppOnly), cmp.Or(m.refuseAdmin, ErrAdminOnly)
}

// Reads names parameters that the method reads out of a tree by itself, so that the registry knows them beside those of the
// parameter struct. A name is dotted where it is inside of another; one that ends in "*" has to be there.
func Reads(names ...string) Option {
	return func(m *Method) {
		for _, n := range names {
			name, required := strings.CutSuffix(n, "*")
			m.Params = append(m.Params, Param{Name: name, Type: "any", Required: required})
		}
	}
}

// V3 makes a method one of REST 3.0; api-reference/rest-v3.md.
func V3() Option { return func(m *Method) { m.V3 = true } }

// Changes marks a method of REST 3.0 that creates, changes or deletes something.
func Changes() Option { return func(m *Method) { m.Changes = true } }

// Of names the entity of the objects that a method of REST 3.0 answers as dto.Object, for the OpenAPI document.
func Of(e *dto.Entity) Option { return func(m *Method) { m.entity = e } }

// M makes a method of h. scopes are alternatives separated by commas. P is a struct whose fields carry the tag b24 (see
// Decode); R is what the answer's result is, or a Page of it.
func M[P, R any](name, scopes string, access Access, summary string,
	h func(ctx context.Context, c *Call, p P) (R, error), options ...Option,
) Method {
	params, err := paramsOf[P]()
	if err != nil {
		panic(fmt.Sprintf("method %s: %v", name, err))
	}
	m := Method{
		Name: name, Scopes: strings.Split(scopes, ","), Access: access, Summary: summary, Params: params,
		params: reflect.TypeFor[P](), result: reflect.TypeFor[R](),
		call: func(ctx context.Context, c *Call) (any, error) {
			var p P
			if err := Decode(c.Params, &p); err != nil {
				return nil, err
			}
			return h(ctx, c, p)
		},
	}
	for _, o := range options {
		o(&m)
	}
	return m
}

// None is the parameter type of methods that take no parameters.
type None struct{}

// Page is a result of which there may be more: the envelope says the total and where the next page starts.
type Page[T any] struct {
	Items []T
	Total int64
	Next  int64 // the value of start for the next page; 0 when this is the last
}

// Totaled is a result that is no list and still has a total in the envelope, such as an object that holds the list.
type Totaled[T any] struct {
	Result T
	Total  int64
	Next   int64 // the value of start for the next page; 0 when this is the last
}

func (t Totaled[T]) page() (result any, total, next int64) { return t.Result, t.Total, t.Next }

// Uncounted is a page of a list that does not say how long it is.
type Uncounted[T any] struct {
	Items []T
	Next  int64 // the value of start for the next page; 0 when this is the last
}

func (u Uncounted[T]) page() (items any, total, next int64) {
	items, _, next = Page[T]{Items: u.Items, Next: u.Next}.page()
	return items, uncounted, next
}

// uncounted is the total of a list that was not counted and says none; -1 is a total that some pages document.
const uncounted = math.MinInt64

// paged is a Page, a Totaled or an Uncounted of any type.
type paged interface {
	page() (result any, total, next int64)
}

func (p Page[T]) page() (items any, total, next int64) {
	if p.Items == nil {
		return []T{}, p.Total, p.Next
	}
	return p.Items, p.Total, p.Next
}

// Registry holds the methods of a portal.
type Registry struct {
	byName map[string]*Method // the key is in lower case
	v3     map[string]*Method // those of REST 3.0
	scopes []string           // those that may be given besides the ones that methods ask for

	documentOnce sync.Once
	document     json.RawMessage // the OpenAPI document
	documentErr  error
}

// NewRegistry returns a registry that holds what the protocol itself brings: batch, methods, method.get and scope.
func NewRegistry() *Registry {
	r := &Registry{byName: map[string]*Method{}, v3: map[string]*Method{}}
	r.addSystem()
	r.addSystemV3()
	return r
}

// Add registers methods. A duplicate or an incomplete row is a programming error and panics.
func (r *Registry) Add(methods ...Method) {
	for _, m := range methods {
		key := strings.ToLower(m.Name)
		if err := m.check(); err != nil {
			panic(fmt.Sprintf("method %s: %v", m.Name, err))
		}
		table := r.byName
		if m.V3 {
			table = r.v3
		}
		if table[key] != nil {
			panic("method " + m.Name + " is registered twice")
		}
		table[key] = &m
	}
}

func (m *Method) check() error {
	switch {
	case m.Name == "" || m.call == nil:
		return errors.New("made without M")
	case m.Access == 0:
		return errors.New("has no access")
	case slices.Contains(m.Scopes, ""):
		return errors.New("has no scope")
	case m.Summary == "":
		return errors.New("has no summary")
	case m.entity != nil:
		return m.entity.Check()
	}
	return nil
}

// Method returns the method that is called name at the old address, in any case; nil when there is none.
func (r *Registry) Method(name string) *Method {
	if m := r.byName[name]; m != nil {
		return m
	}
	return r.byName[strings.ToLower(name)]
}

// MethodV3 returns the method of REST 3.0 that is called name, in any case; nil when there is none.
func (r *Registry) MethodV3(name string) *Method { return r.v3[strings.ToLower(name)] }

// Methods returns the methods of the old address in the order of their names.
func (r *Registry) Methods() []*Method { return sorted(r.byName) }

// MethodsV3 returns the methods of REST 3.0 in the order of their names.
func (r *Registry) MethodsV3() []*Method { return sorted(r.v3) }

func sorted(table map[string]*Method) []*Method {
	out := make([]*Method, 0, len(table))
	for _, m := range table {
		out = append(out, m)
	}
	slices.SortFunc(out, func(a, b *Method) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// AddScopes makes scopes known that may be given, whether or not a method asks for them.
func (r *Registry) AddScopes(codes ...string) { r.scopes = append(r.scopes, codes...) }

// Scopes returns every scope that may be given or that some method asks for, sorted, without Basic.
func (r *Registry) Scopes() []string {
	out := slices.Clone(r.scopes)
	for _, table := range [...]map[string]*Method{r.byName, r.v3} {
		for _, m := range table {
			for _, s := range m.Scopes {
				if s != Basic {
					out = append(out, s)
				}
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Param describes one parameter of a method, for developers.
type Param struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Required bool   `json:"required"`
}

// AnyParams is the parameter type of methods that read the tree of parameters themselves.
type AnyParams struct {
	Tree phpform.Value `b24:"*"`
}
