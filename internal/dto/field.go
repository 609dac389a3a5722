package dto

import "github.com/portico-hq/portico/internal/fault"

// FieldEntity describes the fields of an entity: what *.field.list and *.field.get answer.
var FieldEntity = &Entity{
	Name: "DtoFieldDto", StrictSelect: true,
	Fields: []Field{
		{Name: "name", Type: String},
		{Name: "type", Type: String},
		{Name: "title", Type: String},
		{Name: "description", Type: String},
		{Name: "validationRules", Type: List},
		{Name: "requiredGroups", Type: List},
		{Name: "filterable", Type: Bool},
		{Name: "sortable", Type: Bool},
		{Name: "editable", Type: Bool},
		{Name: "multiple", Type: Bool},
		{Name: "elementType", Type: String},
	},
}

// Describe returns the descriptions of the fields of e.
func (e *Entity) Describe(s Selection) []Object {
	out := make([]Object, len(e.Fields))
	for i := range e.Fields {
		out[i] = e.Fields[i].describe(s)
	}
	return out
}

// DescribeField returns the description of the field called name. Fault: CodeFieldNotFound.
func (e *Entity) DescribeField(name string, s Selection) (Object, error) {
	f := e.Field(name)
	if f == nil {
		return nil, fault.New(fault.Invalid, CodeFieldNotFound, "Field `"+clip(name)+"` not found")
	}
	return f.describe(s), nil
}

func (f *Field) describe(s Selection) Object {
	return s.Object(func(sel Selected) any {
		switch sel.Field.Name {
		case "name":
			return f.Name
		case "type":
			return f.Type.wire()
		case "title":
			if f.Title == "" {
				return f.Name
			}
			return f.Title
		case "description":
			return orNull(f.Description)
		case "validationRules":
			return []string{}
		case "requiredGroups":
			return nil // no field has any
		case "filterable":
			return f.Filterable
		case "sortable":
			return f.Sortable
		case "editable":
			return f.Editable
		case "multiple":
			return f.Multiple
		default:
			return orNull(f.ElementType)
		}
	})
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
