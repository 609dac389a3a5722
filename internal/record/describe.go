package record

import (
	"strconv"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
)

// Describe returns what *.fields of the crm answer: the descriptions of the fields by their names
// (api-reference/crm/deals/crm-deal-fields.md, api-reference/crm/universal/crm-item-fields.md).
func (v *View) Describe(s Style) phpform.Value {
	b := &phpform.Builder{}
	for _, f := range v.All() {
		d := (&phpform.Builder{}).
			Set("type", phpform.StringOf(f.WireType())).
			Set("isRequired", phpform.BoolOf(f.Required)).
			Set("isReadOnly", phpform.BoolOf(f.ReadOnly)).
			Set("isImmutable", phpform.BoolOf(f.Immutable)).
			Set("isMultiple", phpform.BoolOf(f.IsMultiple())).
			Set("isDynamic", phpform.BoolOf(f.added != nil))
		for _, e := range f.About {
			d.Set(e.Key, e.Value)
		}
		if items := f.items(); items.Len() > 0 {
			d.Set("items", items)
		}
		d.Set("title", phpform.StringOf(f.title()))
		if s.Camel {
			d.Set("upperName", phpform.StringOf(f.Name))
		}
		b.Set(s.Name(f), d.Value())
	}
	return b.Value()
}

// DescribeShort returns what *.getFields of the catalogue and the shop answer (api-reference/sale/order/sale-order-get-fields.md).
func (v *View) DescribeShort(s Style) phpform.Value {
	b := &phpform.Builder{}
	for _, f := range v.All() {
		d := (&phpform.Builder{}).
			Set("isImmutable", phpform.BoolOf(f.Immutable)).
			Set("isReadOnly", phpform.BoolOf(f.ReadOnly)).
			Set("isRequired", phpform.BoolOf(f.Required)).
			Set("type", phpform.StringOf(f.WireType()))
		for _, e := range f.About {
			d.Set(e.Key, e.Value)
		}
		b.Set(s.Name(f), d.Value())
	}
	return b.Value()
}

// IsMultiple reports whether the field has several values.
func (f *Field) IsMultiple() bool {
	return f.Type == IDs || f.Type == Texts || f.Type == Multi || f.added != nil && f.added.Multiple
}

// WireType is what descriptions call the type.
func (f *Field) WireType() string {
	switch {
	case f.Wire != "":
		return f.Wire
	case f.added != nil:
		return string(f.added.Type)
	}
	return [...]string{
		Int: "integer", Ref: "integer", Text: "string", Choice: "string", Bool: "char", Double: "double", Money: "double", Date: "date",
		Moment: "datetime", IDs: "integer", Texts: "string", Multi: "crm_multifield",
	}[f.Type]
}

func (f *Field) title() string {
	if f.Title == "" {
		return f.Name
	}
	return f.Title
}

// items are the values of an enumeration that was added.
func (f *Field) items() phpform.Value {
	b := &phpform.Builder{}
	if f.added == nil || f.added.Type != userfield.Choice {
		return b.Value()
	}
	for _, o := range f.added.Choices {
		b.Append(phpform.ArrayOf(
			phpform.Entry{Key: "ID", Value: phpform.StringOf(strconv.FormatInt(o.ID, 10))},
			phpform.Entry{Key: "VALUE", Value: phpform.StringOf(o.Value)},
		))
	}
	return b.Value()
}
