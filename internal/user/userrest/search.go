package userrest

import (
	"context"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// searched are the fields of FILTER that user.search compares by their beginning, and for which FIND stands.
var searched = []user.Field{
	user.FieldName, user.FieldLastName, user.FieldSecondName, user.FieldPosition, user.FieldDepartmentName,
}

// search is user.get with fields compared by their beginning. FIND looks in all of them and takes their place.
func (h handlers) search(ctx context.Context, c *rest.Call, p listParams) (any, error) {
	custom, err := h.customFields(ctx, c)
	if err != nil {
		return nil, err
	}
	conditions, err := parseFilter(p.filter(), visible(c, nil), custom, "UF_DEPARTMENT_NAME", "FIND")
	if err != nil {
		return nil, err
	}
	find := slices.ContainsFunc(conditions, func(cond user.Condition) bool {
		return cond.Field == user.FieldFind && slices.ContainsFunc(cond.Values, func(v string) bool { return strings.TrimSpace(v) != "" })
	})
	conditions = slices.DeleteFunc(conditions, func(cond user.Condition) bool {
		return find && slices.Contains(searched, cond.Field)
	})
	for i, cond := range conditions {
		if cond.Op == user.Equal && slices.Contains(searched, cond.Field) {
			conditions[i].Op, conditions[i].Values = user.Like, beginnings(cond.Values)
		}
	}
	return h.list(ctx, c, p, custom, conditions)
}

// beginnings returns patterns for what begins as values do; an empty one stays, and matches who has nothing there.
func beginnings(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		if out[i] = v; v != "" {
			out[i] = v + "%"
		}
	}
	return out
}
