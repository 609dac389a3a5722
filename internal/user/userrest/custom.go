package userrest

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldrest"
)

// fieldScope opens the fields that were added to those who have no more than the lesser scopes of people.
const fieldScope = "user.userfield"

// customFields returns the fields that were added, where the caller may see them.
func (h handlers) customFields(ctx context.Context, c *rest.Call) ([]userfield.Field, error) {
	if !c.Has("user") && !c.Has(fieldScope) {
		return nil, nil
	}
	return h.users.CustomFields(ctx)
}

// showCustom makes v show those of fields that are selected, with the values of users.
func (h handlers) showCustom(ctx context.Context, v *view, fields []userfield.Field, selected []string, users []user.User) error {
	for _, f := range fields {
		if len(selected) == 0 || isSelected(f.Name, selected) {
			v.custom = append(v.custom, f)
		}
	}
	if len(v.custom) == 0 {
		return nil
	}
	ids := make([]int64, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	var err error
	v.values, err = h.users.CustomValues(ctx, ids)
	return err
}

// uploads takes the files of profiles.
type uploads struct{ users *user.Service }

// Upload stores a file.
func (u uploads) Upload(ctx context.Context, f userfield.Field, name string, r io.Reader) (string, error) {
	return u.users.UploadCustom(ctx, f, name, r)
}

// readCustom reads the values of the fields that were added; files that it holds are received.
func (h handlers) readCustom(ctx context.Context, p phpform.Value) (userfield.Values, error) {
	out := userfield.Values{}
	fields, err := h.users.CustomFields(ctx)
	if err != nil || len(fields) == 0 {
		return out, err
	}
	for _, e := range p.Entries() {
		name := strings.ToUpper(e.Key)
		i := slices.IndexFunc(fields, func(f userfield.Field) bool { return f.Name == name })
		if i < 0 {
			continue
		}
		if out[name], err = userfieldrest.Receive(ctx, uploads{h.users}, fields[i], e.Value); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// valueFault words what is wrong with a file as the methods word every wrong value of a field.
func valueFault(err error) error {
	if fault.Of(err).Code == "FIELD_VALUE_WRONG" {
		return coreFault(err)
	}
	return err
}

// fileOf shows a file in a field of a person, with what user.userfield.file.get takes to send it.
// Page: api-reference/user/userfields/user-userfield-file-get.md.
func fileOf(field string) userfieldrest.FileLink {
	return func(person, id int64) phpform.Value {
		return phpform.ArrayOf(
			phpform.Entry{Key: "id", Value: phpform.IntOf(id)},
			phpform.Entry{Key: "showUrl", Value: phpform.StringOf(userfield.FileURL(id))},
			phpform.Entry{Key: "downloadData", Value: phpform.ArrayOf(
				phpform.Entry{Key: "id", Value: phpform.IntOf(person)},
				phpform.Entry{Key: "field", Value: phpform.StringOf(field)},
				phpform.Entry{Key: "value", Value: phpform.IntOf(id)},
			)},
		)
	}
}
