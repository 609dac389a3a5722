package partrest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/task/comment"
)

// messageEntity is a message to the chat of a task.
var messageEntity = &dto.Entity{Name: "ChatMessageDto", Fields: []dto.Field{
	{Name: "id", Type: dto.Int, Column: "id", Filterable: true, Sortable: true},
	{Name: "taskId", Type: dto.Int},
	{Name: "text", Type: dto.String},
}}

type describeParams struct {
	Select phpform.Value `b24:"select"`
}

// describe answers a field.list of an entity.
func describe(e *dto.Entity) func(context.Context, *rest.Call, describeParams) (rest.Items[dto.Object], error) {
	return func(_ context.Context, _ *rest.Call, p describeParams) (out rest.Items[dto.Object], err error) {
		sel, err := dto.FieldEntity.Select(p.Select)
		if err != nil {
			return out, err
		}
		out.Items = e.Describe(sel)
		return out, nil
	}
}

type describeFieldParams struct {
	Name   string        `b24:"name,required"`
	Select phpform.Value `b24:"select"`
}

// describeField answers a field.get of an entity.
func describeField(e *dto.Entity) func(context.Context, *rest.Call, describeFieldParams) (rest.Item[dto.Object], error) {
	return func(_ context.Context, _ *rest.Call, p describeFieldParams) (out rest.Item[dto.Object], err error) {
		sel, err := dto.FieldEntity.Select(p.Select)
		if err != nil {
			return out, err
		}
		out.Item, err = e.DescribeField(p.Name, sel)
		return out, err
	}
}

var errDeniedV3 = fault.New(fault.Denied, dto.CodeDenied, "Access denied")

// unfilled is the fault for a field of an object that has to be there.
func unfilled(field string) error {
	return fault.New(fault.Invalid, dto.CodeDtoValidation, `The required field "`+field+`" is not filled`).At(field)
}

// fieldsV3 returns the object "fields" of a call. Others than known are a fault that names the entity; readOnly ones say that they
// cannot be filled.
func fieldsV3(v phpform.Value, entity string, readOnly []string, known ...string) (phpform.Value, error) {
	switch {
	case v.IsNull(), v.IsArray() && v.Len() == 0, !v.IsArray() && v.Text() == "":
		return v, dto.Missing("fields")
	case !v.IsArray():
		return v, dto.Mistyped("fields", "object")
	}
	for _, e := range v.Entries() {
		switch {
		case slices.Contains(readOnly, e.Key):
			return v, fault.New(fault.Invalid, dto.CodeDtoValidation, "Field `"+e.Key+"` is not available for filling").At(e.Key)
		case !slices.Contains(known, e.Key):
			return v, fault.New(fault.Invalid, dto.CodeUnknownField, "Unknown field `"+clip(e.Key)+"` for entity `"+entity+"`")
		}
	}
	return v, nil
}

// intV3 returns a number that has to be there.
func intV3(fields phpform.Value, name string) (int64, error) {
	v, _ := fields.Get(name)
	if v.IsNull() || !v.IsArray() && v.Text() == "" {
		return 0, unfilled(name)
	}
	n, ok := v.Int()
	if !ok || v.IsArray() {
		return 0, dto.Mistyped(name, "int")
	}
	return n, nil
}

// textV3 returns a text that has to be there.
func textV3(fields phpform.Value, name string) (string, error) {
	v, _ := fields.Get(name)
	if v.IsArray() {
		return "", dto.Mistyped(name, "string")
	}
	if strings.TrimSpace(v.Text()) == "" {
		return "", unfilled(name)
	}
	return v.Text(), nil
}

type messageParams struct {
	Fields phpform.Value `b24:"fields,needed"`
}

func (h handlers) messageSend(ctx context.Context, c *rest.Call, p messageParams) (out rest.Done, err error) {
	fields, err := fieldsV3(p.Fields, messageEntity.Name, nil, "taskId", "text")
	if err != nil {
		return out, err
	}
	id, err := intV3(fields, "taskId")
	if err != nil {
		return out, err
	}
	text, err := textV3(fields, "text")
	if err != nil {
		return out, err
	}
	_, err = h.Comments.Add(ctx, actor(c), comment.New{TaskID: id, Text: text})
	if errors.Is(err, task.ErrNotFound) {
		return out, errDeniedV3
	}
	out.Result = err == nil
	return out, err
}
