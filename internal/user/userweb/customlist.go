package userweb

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/userfield/userfieldweb"
	"github.com/portico-hq/portico/internal/web"
)

// customFilter is how the list of people is filtered by the fields that were added.
type customFilter struct {
	fields     []userfield.Field // all of them
	typed      map[string]string // by the names of fields; without what is empty
	conditions []user.CustomCondition
	inputs     []userfieldweb.Input
}

func (h pages) customFilter(ctx context.Context, r *web.Request) (c customFilter, err error) {
	if c.fields, err = h.users.CustomFields(ctx); err != nil || len(c.fields) == 0 {
		return c, err
	}
	query, errs := r.URL.Query(), map[string]string{}
	c.typed = map[string]string{}
	for _, f := range c.fields {
		text := strings.TrimSpace(query.Get(f.Name))
		if text == "" || f.ShowFilter == userfield.NoFilter {
			continue
		}
		c.typed[f.Name] = text
		if f.Type == userfield.Employee {
			found, err := h.personTyped(ctx, text)
			if err != nil {
				errs[f.Name] = fault.Of(err).Text
			}
			text = strconv.FormatInt(found.ID, 10) // nobody is 0, whom no record names
		}
		for _, cond := range f.Wanted(text, r.Viewer.Zone()) {
			c.conditions = append(c.conditions, user.CustomCondition{Field: f, Condition: cond})
		}
	}
	c.inputs = userfieldweb.Filters(c.fields, query, errs, userfieldweb.Env{Language: r.Viewer.Language})
	return c, nil
}

// customColumns fills in the columns of the fields that want one.
func (h pages) customColumns(ctx context.Context, r *web.Request, fields []userfield.Field, l *list) error {
	l.Columns = userfieldweb.Columns(fields, r.Viewer.Language)
	if len(l.Columns) == 0 || len(l.People) == 0 {
		return nil
	}
	ids := make([]int64, len(l.People))
	for i, p := range l.People {
		ids[i] = p.ID
	}
	values, err := h.users.CustomValues(ctx, ids)
	if err != nil {
		return err
	}
	all := make([]userfield.Values, 0, len(values))
	for _, v := range values {
		all = append(all, v)
	}
	env, err := h.customEnv(ctx, r, user.User{}, fields, all...)
	for i, p := range l.People {
		l.People[i].Own = userfieldweb.Cells(l.Columns, values[p.ID], env)
	}
	return err
}
