package taskrest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldrest"
)

// fieldPages begins the pages of the methods about the fields that are added to tasks.
const fieldPages = pages + "user-field/task-item-user-field-"

// The documented faults of these methods.
var (
	errFieldAccess = core("Access denied")
	errFieldID     = core("ID is not defined or invalid")
	errFieldNone   = core("No parameters found")
)

// registerFields adds the methods about fields that are added to tasks. Everybody reads them, administrators change them.
func (h handlers) registerFields(r *rest.Registry) {
	const prefix = "task.item.userfield."
	all := []string{"XML_ID", "EDIT_FORM_LABEL", "LABEL", "SORT", "MULTIPLE", "MANDATORY", "SETTINGS"}
	within := func(name string, more ...string) rest.Option {
		var names []string
		for _, n := range slices.Concat(more, all) {
			names = append(names, name+"."+n)
		}
		for _, s := range []string{"DEFAULT_VALUE", "ROWS", "DISPLAY"} {
			names = append(names, name+".SETTINGS."+s)
		}
		for _, language := range []string{"de", "en", "ru"} { // any language; these are on the pages
			names = append(names, name+".EDIT_FORM_LABEL."+language)
		}
		return rest.Reads(names...)
	}
	r.Add(
		rest.M(prefix+"add", "task", rest.Everyone, "Adds a field to tasks.", h.fieldAdd, rest.Doc(fieldPages+"add.md"), within("PARAMS", "USER_TYPE_ID*", "FIELD_NAME*")),
		rest.M(prefix+"update", "task", rest.Everyone, "Changes a field of tasks.", h.fieldUpdate, rest.Doc(fieldPages+"update.md"), within("DATA")),
		rest.M(prefix+"delete", "task", rest.Everyone, "Removes a field of tasks with its values.", h.fieldDelete, rest.Doc(fieldPages+"delete.md")),
		rest.M(prefix+"get", "task", rest.Everyone, "Answers a field of tasks.", h.fieldGet, rest.Doc(fieldPages+"get.md")),
		rest.M(prefix+"getlist", "task", rest.Everyone, "Lists the fields that were added to tasks.", h.fieldList, rest.Doc(fieldPages+"get-list.md")),
		rest.M(prefix+"getfields", "task", rest.Everyone, "Describes what a field of tasks has.", fieldFields, rest.Doc(fieldPages+"get-fields.md")),
		rest.M(prefix+"gettypes", "task", rest.Everyone, "Lists the types that fields of tasks may have.", fieldTypes, rest.Doc(fieldPages+"get-types.md")),
	)
}

// noArguments is the fault of a call without its parameters.
func noArguments(method string) error {
	return core(`TASKS_ERROR_EXCEPTION_#0; Invalid arguments for Bitrix\Tasks\Integration\Rest\Task\UserField::` + method + "; 0/TE")
}

// fieldAddParams are the parameters of task.item.userfield.add.
type fieldAddParams struct {
	Params phpform.Value `b24:"PARAMS,needed"`
}

func (h handlers) fieldAdd(ctx context.Context, c *rest.Call, p fieldAddParams) (int64, error) {
	if !c.Admin {
		return 0, errFieldAccess
	}
	f := userfield.Field{Entity: task.EntityName, EditInList: true, ShowInList: true}
	for _, needed := range []string{"USER_TYPE_ID", "FIELD_NAME"} {
		if v, ok := p.Params.GetFold(needed); !ok || strings.TrimSpace(v.Text()) == "" {
			return 0, core("The '" + needed + "' field is not found")
		}
	}
	name, _ := p.Params.GetFold("FIELD_NAME")
	kind, _ := p.Params.GetFold("USER_TYPE_ID")
	f.Name, f.Type = strings.ToUpper(strings.TrimSpace(name.Text())), userfield.Type(strings.ToLower(strings.TrimSpace(kind.Text())))
	if !strings.HasPrefix(f.Name, "UF_") {
		f.Name = "UF_" + f.Name
	}
	if slices.Contains(systemFields, f.Name) {
		return 0, taken(f.Name)
	}
	if err := userfieldrest.ReadField(&f, p.Params); err != nil {
		return 0, err
	}
	multiple, _ := p.Params.GetFold("MULTIPLE")
	f.Multiple = multiple.Truthy()
	id, err := h.Fields.Add(ctx, f, c.AppID)
	switch {
	case fault.KindOf(err) == fault.Conflict && fault.Of(err).Text != userfield.ErrMaxFields.Text:
		return 0, taken(f.Name)
	case err != nil && fault.Of(err).Text == "Invalid user type specified":
		return 0, core("Invalid user type specified.")
	}
	return id, err
}

func taken(name string) error {
	return core("The field " + name + " for the object " + task.EntityName + " already exists.")
}

// fieldID reads the number of a field.
func fieldID(v phpform.Value) (int64, error) {
	id, ok := v.Int()
	if !ok || id <= 0 {
		return 0, errFieldID
	}
	return id, nil
}

// absentField words the absence of a field.
func absentField(err error, id int64) error {
	if errors.Is(err, userfield.ErrNotFound) {
		return fault.New(fault.Invalid, "ERROR_NOT_FOUND", fmt.Sprintf("The entity with ID '%d' is not found", id))
	}
	return err
}

// fieldUpdateParams are the parameters of task.item.userfield.update.
type fieldUpdateParams struct {
	ID   phpform.Value `b24:"ID,needed"`
	Data phpform.Value `b24:"DATA,needed"`
}

func (h handlers) fieldUpdate(ctx context.Context, c *rest.Call, p fieldUpdateParams) (bool, error) {
	if record.Nothing(p.ID) || !p.Data.IsArray() {
		return false, noArguments("update")
	}
	if !c.Admin {
		return false, errFieldAccess
	}
	id, err := fieldID(p.ID)
	if err != nil {
		return false, err
	}
	err = h.Fields.Update(ctx, task.EntityName, id, func(f *userfield.Field) error {
		if v, ok := p.Data.GetFold("MULTIPLE"); ok && v.Truthy() != f.Multiple {
			return core("MULTIPLE of a field cannot be changed")
		}
		return userfieldrest.ReadField(f, p.Data)
	})
	return err == nil, absentField(err, id)
}

// fieldIDParams are the parameters of the methods that have the number of a field.
type fieldIDParams struct {
	ID phpform.Value `b24:"ID,needed"`
}

func (h handlers) fieldDelete(ctx context.Context, c *rest.Call, p fieldIDParams) (bool, error) {
	if record.Nothing(p.ID) {
		return false, noArguments("delete")
	}
	if !c.Admin {
		return false, errFieldAccess
	}
	id, err := fieldID(p.ID)
	if err != nil {
		return false, err
	}
	err = h.Fields.Delete(ctx, task.EntityName, id)
	return err == nil, absentField(err, id)
}

func (h handlers) fieldGet(ctx context.Context, _ *rest.Call, p fieldIDParams) (out rest.Totaled[phpform.Value], err error) {
	if record.Nothing(p.ID) {
		return out, errFieldNone
	}
	id, err := fieldID(p.ID)
	if err != nil {
		return out, err
	}
	fields, err := h.Fields.Fields(ctx, task.EntityName)
	if err != nil {
		return out, err
	}
	i := slices.IndexFunc(fields, func(f userfield.Field) bool { return f.ID == id })
	if i < 0 {
		return out, absentField(userfield.ErrNotFound, id)
	}
	b := &phpform.Builder{}
	for _, e := range userfieldrest.Describe(fields[i]).Entries() {
		b.Set(e.Key, e.Value)
	}
	for _, label := range userfield.AllLabels {
		texts := &phpform.Builder{}
		for _, language := range slices.Sorted(maps.Keys(fields[i].Labels[label])) {
			key := language
			if key == "" {
				key = "en" // one text for all languages
			}
			texts.Set(key, phpform.StringOf(fields[i].Labels[label][language]))
		}
		b.Set(string(label), texts.Value())
	}
	out.Result = b.Value()
	return out, nil
}

// fieldListParams are the parameters of task.item.userfield.getlist.
type fieldListParams struct {
	Order  phpform.Value `b24:"ORDER"`
	Filter phpform.Value `b24:"FILTER"`
}

func (h handlers) fieldList(ctx context.Context, _ *rest.Call, p fieldListParams) (out rest.Totaled[[]phpform.Value], err error) {
	q := userfield.Query{Entity: task.EntityName, Limit: userfield.MaxFields}
	for _, e := range p.Filter.Entries() {
		name, op, not := record.SplitKey(strings.ToUpper(e.Key))
		if _, known := userfield.Columns[name]; !known || op != record.Default && op != record.Equal {
			return out, core("Wrong key of the filter: " + shorten(e.Key))
		}
		var values *[]string
		if !texts(&values, e.Value) {
			return out, core("Wrong value of the filter: " + shorten(e.Key))
		}
		q.Conditions = append(q.Conditions, userfield.ColumnCondition{Column: name, Condition: userfield.Condition{Not: not, Values: *values}})
	}
	for _, e := range p.Order.Entries() {
		name := strings.ToUpper(e.Key)
		if _, known := userfield.Columns[name]; !known {
			return out, core("Wrong key of the order: " + shorten(e.Key))
		}
		q.Order = append(q.Order, userfield.Order{Column: name, Descending: strings.EqualFold(e.Value.Text(), "DESC")})
	}
	fields, total, err := h.Fields.List(ctx, q)
	out.Total, out.Result = total, make([]phpform.Value, len(fields))
	for i, f := range fields {
		out.Result[i] = userfieldrest.Describe(f)
	}
	return out, err
}

// fieldFields describes what a field has.
func fieldFields(context.Context, *rest.Call, rest.None) (out rest.Totaled[phpform.Value], err error) {
	b := &phpform.Builder{}
	for _, f := range []struct{ name, kind, title, mark string }{
		{"ID", "int", "ID", "isReadOnly"},
		{"ENTITY_ID", "string", "Entity", "isImmutable"},
		{"FIELD_NAME", "string", "Code", "isImmutable"},
		{"USER_TYPE_ID", "string", "Type of data", "isImmutable"},
		{"XML_ID", "string", "External code", ""},
		{"SORT", "int", "Sort order", ""},
		{"MULTIPLE", "char", "Several values", ""},
		{"MANDATORY", "char", "Required", ""},
		{"SHOW_FILTER", "char", "Offered in filters", ""},
		{"SHOW_IN_LIST", "char", "Shown in lists", ""},
		{"EDIT_IN_LIST", "char", "May be edited", ""},
		{"IS_SEARCHABLE", "char", "Found by search", ""},
		{"EDIT_FORM_LABEL", "string", "Label in the form", ""},
		{"LIST_COLUMN_LABEL", "string", "Head of the column", ""},
		{"LIST_FILTER_LABEL", "string", "Label in filters", ""},
		{"ERROR_MESSAGE", "string", "Error message", ""},
		{"HELP_MESSAGE", "string", "Help", ""},
		{"LIST", "uf_enum_element", "Values", "isMultiple"},
		{"SETTINGS", "object", "Settings of the type", ""},
	} {
		d := (&phpform.Builder{}).Set("type", phpform.StringOf(f.kind)).Set("title", phpform.StringOf(f.title))
		if f.mark != "" {
			d.Set(f.mark, phpform.BoolOf(true))
		}
		b.Set(f.name, d.Value())
	}
	out.Result = b.Value()
	return out, nil
}

// fieldType is a type of fields.
type fieldType struct {
	ID    string `json:"ID"`
	Title string `json:"title"`
}

// fieldTypes lists the types that this portal has.
func fieldTypes(context.Context, *rest.Call, rest.None) (out rest.Totaled[[]fieldType], err error) {
	out.Result = []fieldType{
		{"string", "Text"},
		{"integer", "Whole number"},
		{"double", "Number"},
		{"boolean", "Yes or no"},
		{"enumeration", "List"},
		{"datetime", "Date and time"},
		{"date", "Date"},
		{"money", "Money"},
		{"url", "Link"},
		{"address", "Address"},
		{"file", "File"},
		{"employee", "Person"},
	}
	return out, nil
}

// fileWriter shows a file in a field that was added: its number, the address at which a browser shows it, and one by which a program
// gets it for the caller. Page: api-reference/files/how-to-upload-files.md#response-content.
func (h handlers) fileWriter(c *rest.Call) func(dst []byte, id int64) []byte {
	if h.FieldFile == nil {
		return nil
	}
	return func(dst []byte, id int64) []byte {
		return phpform.AppendJSON(dst, phpform.ArrayOf(
			phpform.Entry{Key: "id", Value: phpform.IntOf(id)},
			phpform.Entry{Key: "url", Value: phpform.StringOf(h.URL(userfield.FileURL(id)))},
			phpform.Entry{Key: "urlMachine", Value: phpform.StringOf(h.FieldFile(c.UserID, c.AppID, id))},
		))
	}
}
