package placementrest

import (
	"context"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/rest"
)

// pageSize is how many types a list answers at once.
const pageSize = 50

// addTypeParams are the parameters of userfieldtype.add.
type addTypeParams struct {
	Code        string        `b24:"USER_TYPE_ID,required"`
	Handler     string        `b24:"HANDLER,required"`
	Title       string        `b24:"TITLE"`
	Description string        `b24:"DESCRIPTION"`
	Options     phpform.Value `b24:"OPTIONS"`
}

func (h handlers) addType(ctx context.Context, c *rest.Call, p addTypeParams) (bool, error) {
	f, height, err := p.read(c)
	if err != nil {
		return false, err
	}
	if height != nil {
		f.Height = *height
	}
	err = h.places.AddFieldType(ctx, actor(c), f)
	return err == nil, err
}

// read returns the type, and its height where one was sent.
func (p addTypeParams) read(c *rest.Call) (placement.FieldType, *int64, error) {
	f := placement.FieldType{
		AppID: c.AppID, Code: strings.TrimSpace(p.Code), URL: strings.TrimSpace(p.Handler), Title: strings.TrimSpace(p.Title),
		Description: strings.TrimSpace(p.Description),
	}
	v, sent := p.Options.GetFold("height")
	if !sent {
		return f, nil, nil
	}
	height, ok := v.Int()
	if !ok {
		return f, nil, fault.Argument("OPTIONS", "OPTIONS[height] must be a whole number")
	}
	return f, &height, nil
}

// updateTypeParams are the parameters of userfieldtype.update.
type updateTypeParams struct {
	Code        string        `b24:"USER_TYPE_ID,required"`
	Handler     string        `b24:"HANDLER,required"`
	Title       string        `b24:"TITLE,required"`
	Description string        `b24:"DESCRIPTION"`
	Options     phpform.Value `b24:"OPTIONS"`
}

func (h handlers) updateType(ctx context.Context, c *rest.Call, p updateTypeParams) (bool, error) {
	f, height, err := addTypeParams(p).read(c)
	if err != nil {
		return false, err
	}
	err = h.places.UpdateFieldType(ctx, actor(c), f, height)
	return err == nil, err
}

// deleteTypeParams are the parameters of userfieldtype.delete.
type deleteTypeParams struct {
	Code string `b24:"USER_TYPE_ID,required"`
}

func (h handlers) deleteType(ctx context.Context, c *rest.Call, p deleteTypeParams) (bool, error) {
	err := h.places.DeleteFieldType(ctx, actor(c), c.AppID, strings.TrimSpace(p.Code))
	return err == nil, err
}

// fieldType is a line of the answer of userfieldtype.list.
type fieldType struct {
	Code        string `json:"USER_TYPE_ID"`
	Handler     string `json:"HANDLER"`
	Title       string `json:"TITLE"`
	Description string `json:"DESCRIPTION"`
}

// listTypeParams are the parameters of userfieldtype.list.
type listTypeParams struct {
	Start int64 `b24:"start"`
}

func (h handlers) listTypes(ctx context.Context, c *rest.Call, p listTypeParams) (rest.Page[fieldType], error) {
	offset := max(0, p.Start/pageSize*pageSize)
	types, total, err := h.places.FieldTypes(ctx, actor(c), c.AppID, offset, pageSize)
	page := rest.Page[fieldType]{Items: make([]fieldType, len(types)), Total: total}
	for i, f := range types {
		page.Items[i] = fieldType{f.Code, f.URL, f.Title, f.Description}
	}
	if next := offset + pageSize; next < total {
		page.Next = next
	}
	return page, err
}
