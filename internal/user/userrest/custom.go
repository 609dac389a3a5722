package userrest

import (
	"context"
	"slices"
	"strings"

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

// readCustom reads the values of the fields that were added.
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
		if out[name], err = userfieldrest.Read(fields[i], e.Value); err != nil {
			return nil, err
		}
	}
	return out, nil
}
