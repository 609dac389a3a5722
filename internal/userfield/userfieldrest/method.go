package userfieldrest

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/userfield"
)

// Config says of which records the methods are.
type Config struct {
	Prefix     string // of the methods: "user" for user.userfield.add
	Entity     string // "USER"
	NamePrefix string // of the fields: "UF_USR_"
	Scope      string
	Pages      string // the beginning of the documentation's pages: "api-reference/user/userfields/user-userfield-"
	Fields     *userfield.Service
}

// pageSize is how many fields a list answers at once.
const pageSize = 50

// The documented faults, which have no code.
var (
	errDenied = fault.New(fault.Invalid, "", "Access denied.")
	errNoID   = fault.New(fault.Invalid, "", "ID is not defined or invalid")
)

// settingNames are what SETTINGS may hold.
var settingNames = []string{"DEFAULT_VALUE", "ROWS", "PRECISION", "DISPLAY", "LIST_HEIGHT", "SIZE", "REGEXP", "MIN_LENGTH", "MAX_LENGTH", "MIN_VALUE", "MAX_VALUE"}

// Register adds the methods.
func Register(r *rest.Registry, c Config) {
	h := handlers{c}
	refuses := rest.Refuses(nil, errDenied)
	const admins = rest.Everyone | rest.AdminOnly
	changed := []string{"XML_ID", "SORT", "MANDATORY", "SHOW_FILTER", "SHOW_IN_LIST", "EDIT_IN_LIST", "IS_SEARCHABLE", "SETTINGS", "LABEL", "LIST"}
	for _, l := range userfield.AllLabels {
		changed = append(changed, string(l))
	}
	for _, s := range settingNames {
		changed = append(changed, "SETTINGS."+s)
	}
	reads := func(more ...string) rest.Option {
		var names []string
		for _, n := range append(more, changed...) {
			names = append(names, "fields."+n)
		}
		return rest.Reads(names...)
	}
	name := c.Prefix + ".userfield."
	r.Add(
		rest.M(name+"add", c.Scope, admins, "Adds a field to the records.", h.add, rest.Doc(c.Pages+"add.md"), refuses,
			reads("FIELD_NAME*", "USER_TYPE_ID*", "MULTIPLE")),
		rest.M(name+"update", c.Scope, admins, "Changes a field of the records.", h.update, rest.Doc(c.Pages+"update.md"), refuses, reads()),
		rest.M(name+"delete", c.Scope, admins, "Removes a field of the records with its values.", h.remove, rest.Doc(c.Pages+"delete.md"), refuses),
		rest.M(name+"list", c.Scope, admins, "Lists the fields that were added to the records.", h.list, rest.Doc(c.Pages+"list.md"), refuses),
	)
}

type handlers struct{ Config }

// addParams are the parameters of <records>.userfield.add.
type addParams struct {
	Fields phpform.Value `b24:"fields,required"`
}

func (h handlers) add(ctx context.Context, c *rest.Call, p addParams) (int64, error) {
	f := userfield.Field{Entity: h.Entity, EditInList: true, ShowInList: true}
	for _, needed := range []string{"FIELD_NAME", "USER_TYPE_ID"} {
		v, ok := p.Fields.GetFold(needed)
		switch {
		case !ok:
			return 0, fault.New(fault.Invalid, "", "The '"+needed+"' field is not found.")
		case strings.TrimSpace(v.Text()) == "":
			return 0, fault.Argument(needed, "Argument '"+needed+"' is null or empty")
		}
	}
	name, _ := p.Fields.GetFold("FIELD_NAME")
	kind, _ := p.Fields.GetFold("USER_TYPE_ID")
	f.Name, f.Type = h.fullName(name.Text()), userfield.Type(strings.ToLower(strings.TrimSpace(kind.Text())))
	if err := ReadField(&f, p.Fields); err != nil {
		return 0, err
	}
	multiple, _ := p.Fields.GetFold("MULTIPLE")
	f.Multiple = multiple.Truthy()
	return h.Fields.Add(ctx, f, c.AppID)
}

// fullName completes the name of a field: DEALS and UF_DEALS are UF_USR_DEALS.
func (h handlers) fullName(name string) string {
	name = strings.ToUpper(strings.TrimSpace(name))
	if strings.HasPrefix(name, h.NamePrefix) {
		return name
	}
	return h.NamePrefix + strings.TrimPrefix(name, "UF_")
}

// updateParams are the parameters of <records>.userfield.update.
type updateParams struct {
	ID     phpform.Value `b24:"id,needed"`
	Fields phpform.Value `b24:"fields"`
}

func (h handlers) update(ctx context.Context, _ *rest.Call, p updateParams) (bool, error) {
	id, err := readID(p.ID)
	if err != nil {
		return false, err
	}
	err = h.Fields.Update(ctx, h.Entity, id, func(f *userfield.Field) error { return ReadField(f, p.Fields) })
	return err == nil, denied(err)
}

// deleteParams are the parameters of <records>.userfield.delete.
type deleteParams struct {
	ID phpform.Value `b24:"id,needed"`
}

func (h handlers) remove(ctx context.Context, _ *rest.Call, p deleteParams) (bool, error) {
	id, err := readID(p.ID)
	if err != nil {
		return false, err
	}
	err = h.Fields.Delete(ctx, h.Entity, id)
	return err == nil, denied(err)
}

func readID(v phpform.Value) (int64, error) {
	id, ok := v.Int()
	if !ok || id <= 0 {
		return 0, errNoID
	}
	return id, nil
}

// denied words the absence of a field as the pages do.
func denied(err error) error {
	if errors.Is(err, userfield.ErrNotFound) {
		return errDenied
	}
	return err
}

// listParams are the parameters of <records>.userfield.list.
type listParams struct {
	Order  phpform.Value `b24:"order"`
	Filter phpform.Value `b24:"filter"`
	Start  int64         `b24:"start"`
}

func (h handlers) list(ctx context.Context, _ *rest.Call, p listParams) (rest.Page[phpform.Value], error) {
	q := userfield.Query{Entity: h.Entity, Limit: pageSize, Offset: max(0, p.Start/pageSize*pageSize)}
	for _, e := range p.Filter.Entries() {
		column, c := splitKey(e.Key)
		values, err := Read(userfield.Field{Name: "filter." + e.Key}, e.Value)
		if err != nil {
			return rest.Page[phpform.Value]{}, err
		}
		c.Values = values
		q.Conditions = append(q.Conditions, userfield.ColumnCondition{Column: column, Condition: c})
	}
	for _, e := range p.Order.Entries() {
		name, direction := e.Key, e.Value.Text()
		if p.Order.IsList() {
			name, direction = e.Value.Text(), ""
		}
		q.Order = append(q.Order, userfield.Order{Column: strings.ToUpper(name), Descending: strings.EqualFold(direction, "DESC")})
	}
	if !p.Order.IsArray() {
		q.Order = append(q.Order, userfield.Order{Column: strings.ToUpper(p.Order.Text())})
	}
	fields, total, err := h.Fields.List(ctx, q)
	page := rest.Page[phpform.Value]{Items: make([]phpform.Value, len(fields)), Total: total}
	for i, f := range fields {
		page.Items[i] = Describe(f)
	}
	if next := q.Offset + pageSize; next < total {
		page.Next = next
	}
	return page, err
}

// Describe returns a field as lists show it.
func Describe(f userfield.Field) phpform.Value {
	b := &phpform.Builder{}
	text := func(name, v string) { b.Set(name, phpform.StringOf(v)) }
	text("ID", strconv.FormatInt(f.ID, 10))
	text("ENTITY_ID", f.Entity)
	text("FIELD_NAME", f.Name)
	text("USER_TYPE_ID", string(f.Type))
	if f.XMLID == "" {
		b.Set("XML_ID", phpform.NullValue())
	} else {
		text("XML_ID", f.XMLID)
	}
	text("SORT", strconv.FormatInt(f.Sort, 10))
	text("MULTIPLE", phpform.YesNo(f.Multiple))
	text("MANDATORY", phpform.YesNo(f.Mandatory))
	text("SHOW_FILTER", f.ShowFilter.Letter())
	text("SHOW_IN_LIST", phpform.YesNo(f.ShowInList))
	text("EDIT_IN_LIST", phpform.YesNo(f.EditInList))
	text("IS_SEARCHABLE", phpform.YesNo(f.Searchable))
	b.Set("SETTINGS", f.Settings)
	if f.Type == userfield.Choice {
		list := make([]phpform.Value, len(f.Choices))
		for i, o := range f.Choices {
			list[i] = phpform.ArrayOf(
				phpform.Entry{Key: "ID", Value: phpform.StringOf(strconv.FormatInt(o.ID, 10))},
				phpform.Entry{Key: "SORT", Value: phpform.StringOf(strconv.FormatInt(o.Sort, 10))},
				phpform.Entry{Key: "VALUE", Value: phpform.StringOf(o.Value)},
				phpform.Entry{Key: "DEF", Value: phpform.StringOf(phpform.YesNo(o.Default))},
				phpform.Entry{Key: "XML_ID", Value: phpform.StringOf(o.XMLID)},
			)
		}
		b.Set("LIST", phpform.ListOf(list...))
	}
	return b.Value()
}
