package openlinerest

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// The lines on a page of imopenlines.config.list.get, without a limit and with the largest.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// maxConditions bounds a filter, maxValues the values of a condition.
const (
	maxConditions = 100
	maxValues     = 500
)

// listParams are what the page of imopenlines.config.list.get has inside of PARAMS and OPTIONS.
var listParams = []string{
	"PARAMS.select", "PARAMS.order", "PARAMS.filter", "PARAMS.limit", "PARAMS.offset",
	"OPTIONS.QUEUE", "OPTIONS.CONFIG_QUEUE", "OPTIONS.CHECK_PERMISSION",
}

// listLines are the parameters of imopenlines.config.list.get.
type listLines struct {
	Params  phpform.Value `b24:"PARAMS"`
	Options phpform.Value `b24:"OPTIONS"`
}

// column is a field of the answer, under its name or an alias.
type column struct {
	name  string
	field *line.Field
}

// listed is what a call asks for.
type listed struct {
	columns            []column
	query              line.Query
	queue, configQueue bool
	action             line.Action // empty: any line
}

func (h configs) list(ctx context.Context, c *rest.Call, p listLines) ([]phpform.Value, error) {
	asked, err := readList(p)
	if err != nil {
		return nil, err
	}
	if asked.action != "" {
		if asked.query, err = h.Lines.Within(ctx, asked.query, actor(c), asked.action); err != nil {
			return nil, err
		}
	}
	lines, err := h.Lines.List(ctx, asked.query)
	if err != nil {
		return nil, err
	}
	out := make([]phpform.Value, len(lines))
	for i, l := range lines {
		if out[i], err = h.listedLine(ctx, &asked, l); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// listedLine is an element of the answer.
func (h configs) listedLine(ctx context.Context, asked *listed, l line.Line) (phpform.Value, error) {
	b := &phpform.Builder{}
	for _, c := range asked.columns {
		b.Set(c.name, h.shownAs(c.field, &l))
	}
	if asked.queue {
		operators, err := h.Lines.Queue(ctx, l)
		if err != nil {
			return phpform.Value{}, err
		}
		ids, users := &phpform.Builder{}, &phpform.Builder{}
		for _, o := range operators {
			ids.Append(phpform.IntOf(o.UserID))
			users.Set(strconv.FormatInt(o.UserID, 10), h.addShown(&phpform.Builder{}, l, o.UserID, phpform.NullValue()).Value())
		}
		b.Set("QUEUE", ids.Value()).Set("QUEUE_USERS_FIELDS", users.Value())
	}
	if asked.configQueue {
		queue := &phpform.Builder{}
		for _, e := range l.Queue {
			queue.Append((&phpform.Builder{}).Set("ENTITY_ID", number(e.ID)).Set("ENTITY_TYPE", phpform.StringOf(string(e.Kind))).Value())
		}
		b.Set("CONFIG_QUEUE", queue.Value())
	}
	return b.Value(), nil
}

// invalid returns a fault of the call's form.
func invalid(format string, args ...any) *fault.Fault {
	return fault.Newf(fault.Invalid, "INVALID_FORMAT", format, args...)
}

func wrongFormat(of, name string) *fault.Fault {
	return invalid("A wrong format for the %s field '%s' is passed", of, name)
}

// readList reads the parameters. Fault: INVALID_FORMAT.
func readList(p listLines) (listed, error) {
	out := listed{query: line.Query{Limit: defaultLimit}}
	if err := onlyFields("PARAMS", p.Params, "select", "filter", "order", "limit", "offset"); err != nil {
		return out, err
	}
	if err := onlyFields("OPTIONS", p.Options, "QUEUE", "CONFIG_QUEUE", "CHECK_PERMISSION"); err != nil {
		return out, err
	}
	for _, read := range []func(*listed, phpform.Value) error{readSelect, readOrder, readFilter, readPage} {
		if err := read(&out, p.Params); err != nil {
			return out, err
		}
	}
	return out, readOptions(&out, p.Options)
}

// onlyFields fails where v is no object, or has fields that are not among names.
func onlyFields(of string, v phpform.Value, names ...string) error {
	if !v.IsArray() {
		if v.IsNull() || v.Text() == "" {
			return nil
		}
		return invalid("A wrong format for '%s' is passed", of)
	}
	var unknown []string
	for _, e := range v.Entries() {
		if !containsFold(names, e.Key) {
			unknown = append(unknown, e.Key)
		}
	}
	if len(unknown) > 0 {
		return invalid("Unsupported %s fields are passed: %s", of, strings.Join(unknown, ", "))
	}
	return nil
}

func containsFold(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)

// fieldOf returns the field that part of the call names.
func fieldOf(part, name string) (*line.Field, error) {
	if !fieldName.MatchString(name) {
		return nil, invalid("A wrong field name is passed in the PARAMS field '%s'", part)
	}
	f := line.FieldNamed(name)
	if f == nil || f.Own {
		return nil, invalid("An unknown field '%s' is passed in the PARAMS field '%s'", name, part)
	}
	return f, nil
}

// readSelect reads which fields are wanted: without any all; a key that is a word is the alias of its field.
func readSelect(out *listed, params phpform.Value) error {
	v, ok := params.GetFold("select")
	if ok && !v.IsArray() && !v.IsNull() {
		return wrongFormat("PARAMS", "select")
	}
	for _, e := range v.Entries() {
		if e.Value.IsArray() {
			return invalid("A wrong field name is passed in the PARAMS field 'select'")
		}
		name := strings.TrimSpace(e.Value.Text())
		_, err := strconv.ParseUint(e.Key, 10, 32)
		plain := err == nil
		if name == "*" && plain {
			out.addAll()
			continue
		}
		f, err := fieldOf("select", name)
		if err != nil {
			return err
		}
		if plain {
			out.add(f.Name, f)
			continue
		}
		if !fieldName.MatchString(e.Key) {
			return invalid("A wrong field alias is passed in the PARAMS field 'select'")
		}
		if line.FieldNamed(e.Key) != nil || containsFold([]string{"QUEUE", "QUEUE_USERS_FIELDS", "CONFIG_QUEUE"}, e.Key) {
			return invalid("The alias '%s' matches an existing field in the PARAMS field 'select'", e.Key)
		}
		out.add(e.Key, f)
	}
	if len(out.columns) == 0 {
		out.addAll()
	}
	return nil
}

func (out *listed) add(name string, f *line.Field) {
	for _, c := range out.columns {
		if c.name == name {
			return
		}
	}
	out.columns = append(out.columns, column{name, f})
}

func (out *listed) addAll() {
	for _, f := range line.Fields() {
		if !f.Own {
			out.add(f.Name, f)
		}
	}
}

func readOrder(out *listed, params phpform.Value) error {
	v, ok := params.GetFold("order")
	if ok && !v.IsArray() && !v.IsNull() {
		return wrongFormat("PARAMS", "order")
	}
	for _, e := range v.Entries() {
		f, err := fieldOf("order", e.Key)
		if err != nil {
			return err
		}
		direction := strings.ToUpper(strings.TrimSpace(e.Value.Text()))
		if e.Value.IsArray() || direction != "ASC" && direction != "DESC" {
			return invalid("A wrong sorting direction is passed in the PARAMS field 'order'")
		}
		out.query.Order = append(out.query.Order, line.Order{Field: f, Descending: direction == "DESC"})
	}
	return nil
}

// operators are how the key of a filter compares, the longer ones first.
var operators = []struct {
	sign string
	op   line.Op
	not  bool
}{
	{"!@", line.Equal, true},
	{"!=", line.Equal, true},
	{"!%", line.Contains, true},
	{">=", line.GreaterOrEqual, false},
	{"<=", line.LessOrEqual, false},
	{"@", line.Equal, false},
	{"=%", line.Contains, false},
	{"%=", line.Contains, false},
	{"=", line.Equal, false},
	{"!", line.Equal, true},
	{"%", line.Contains, false},
	{">", line.Greater, false},
	{"<", line.Less, false},
}

func readFilter(out *listed, params phpform.Value) error {
	v, ok := params.GetFold("filter")
	if ok && !v.IsArray() && !v.IsNull() || v.Len() > maxConditions {
		return wrongFormat("PARAMS", "filter")
	}
	for _, e := range v.Entries() {
		c, err := readCondition(e)
		if err != nil {
			return err
		}
		out.query.Where = append(out.query.Where, c)
	}
	return nil
}

func readCondition(e phpform.Entry) (line.Condition, error) {
	c := line.Condition{}
	name := e.Key
	for _, o := range operators {
		if rest, ok := strings.CutPrefix(name, o.sign); ok {
			name, c.Op, c.Not = rest, o.op, o.not
			break
		}
	}
	var err error
	if c.Field, err = fieldOf("filter", name); err != nil {
		return c, err
	}
	if !e.Value.IsArray() {
		c.Values = []string{e.Value.Text()}
		return c, nil
	}
	if e.Value.Len() > maxValues {
		return c, wrongFormat("PARAMS", "filter")
	}
	for _, one := range e.Value.Entries() {
		if one.Value.IsArray() {
			return c, wrongFormat("PARAMS", "filter")
		}
		c.Values = append(c.Values, one.Value.Text())
	}
	return c, nil
}

func readPage(out *listed, params phpform.Value) error {
	for _, p := range []struct {
		name string
		to   *int64
	}{{"limit", &out.query.Limit}, {"offset", &out.query.Offset}} {
		v, ok := params.GetFold(p.name)
		if !ok || v.IsNull() {
			continue
		}
		n, whole := v.Int()
		if v.IsArray() || !whole || n < 0 {
			return invalid("A non-negative integer is expected in the PARAMS field '%s'", p.name)
		}
		*p.to = n
	}
	if out.query.Limit == 0 {
		out.query.Limit = defaultLimit
	}
	out.query.Limit = min(out.query.Limit, maxLimit)
	return nil
}

func readOptions(out *listed, options phpform.Value) error {
	for _, o := range []struct {
		name string
		to   *bool
	}{{"QUEUE", &out.queue}, {"CONFIG_QUEUE", &out.configQueue}} {
		v, ok := options.GetFold(o.name)
		if ok && v.IsArray() {
			return wrongFormat("OPTIONS", o.name)
		}
		*o.to = v.Truthy()
	}
	v, ok := options.GetFold("CHECK_PERMISSION")
	if !ok || v.IsNull() || !v.IsArray() && v.Text() == "" {
		return nil
	}
	out.action = line.Action(strings.ToLower(v.Text()))
	if v.IsArray() || out.action != line.View && out.action != line.Modify {
		return invalid("An unknown value for the OPTIONS field 'CHECK_PERMISSION' is passed")
	}
	return nil
}
