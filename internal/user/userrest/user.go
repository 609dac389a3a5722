package userrest

import (
	"context"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/userfield"
)

func (h handlers) current(ctx context.Context, c *rest.Call, _ rest.None) (phpform.Value, error) {
	users, err := h.users.Profiles(ctx, []int64{c.UserID})
	if err != nil {
		return phpform.Value{}, err
	}
	u, ok := users[c.UserID]
	if !ok {
		return phpform.Value{}, user.ErrNotFound
	}
	fields := slices.DeleteFunc(visible(c, nil), func(f field) bool { return f.name == "USER_TYPE" }) // of lists only
	v := view{publicURL: h.publicURL, now: c.Start}
	custom, err := h.customFields(ctx, c)
	if err == nil {
		err = h.showCustom(ctx, &v, custom, nil, []user.User{u})
	}
	return v.write(&u, fields), err
}

// listParams are the parameters of user.get and user.search.
type listParams struct {
	Sort        phpform.Value `b24:"sort"`
	Order       phpform.Value `b24:"order"`
	Filter      phpform.Value `b24:"FILTER"`
	AdminMode   bool          `b24:"ADMIN_MODE"`
	Select      []string      `b24:"select"`
	ImageResize string        `b24:"IMAGE_RESIZE"`
	Start       int64         `b24:"start"`
	All         phpform.Value `b24:"*"`
}

// photoSizes are the values of IMAGE_RESIZE; anything else is the original.
var photoSizes = map[string]int64{"small": user.SmallAvatar, "medium": user.MediumAvatar, "large": user.LargeAvatar}

func (h handlers) get(ctx context.Context, c *rest.Call, p listParams) (any, error) {
	custom, err := h.customFields(ctx, c)
	if err != nil {
		return nil, err
	}
	conditions, err := parseFilter(p.filter(), visible(c, nil), custom)
	if err != nil {
		return nil, err
	}
	return h.list(ctx, c, p, custom, conditions)
}

// list answers the users of conditions whom the caller may see. With start -1 nothing is counted.
func (h handlers) list(ctx context.Context, c *rest.Call, p listParams, custom []userfield.Field, conditions []user.Condition) (any, error) {
	q := user.Query{Conditions: conditions, Limit: pageSize, Offset: max(0, p.Start/pageSize*pageSize)}
	if err := h.restrict(ctx, c, p, &q); err != nil {
		return nil, err
	}
	p.sort(&q, visible(c, nil))
	fields := visible(c, p.Select)
	q.Details = needDetails(fields)
	v := view{publicURL: h.publicURL, now: c.Start, photoSize: photoSizes[strings.ToLower(p.ImageResize)]}
	if p.Start < 0 {
		users, err := h.users.List(ctx, q)
		if err == nil {
			err = h.showCustom(ctx, &v, custom, p.Select, users)
		}
		return v.writeAll(users, fields), err
	}
	users, total, err := h.users.Page(ctx, q)
	if err == nil {
		err = h.showCustom(ctx, &v, custom, p.Select, users)
	}
	page := rest.Page[phpform.Value]{Items: v.writeAll(users, fields), Total: total}
	if next := q.Offset + pageSize; next < total {
		page.Next = next
	}
	return page, err
}

func (v *view) writeAll(users []user.User, fields []field) []phpform.Value {
	out := make([]phpform.Value, len(users))
	for i := range users {
		out[i] = v.write(&users[i], fields)
	}
	return out
}

// restrict reduces q to whom the caller may see: an outsider sees themselves, an employee the people of the portal. Mail
// users are shown when asked for, and to an administrator with ADMIN_MODE. Bots and visitors never are.
func (h handlers) restrict(ctx context.Context, c *rest.Call, p listParams, q *user.Query) error {
	q.Kinds = []user.Kind{user.Employee, user.Extranet}
	if p.AdminMode && c.Admin {
		q.Kinds = append(q.Kinds, user.Email)
		return nil
	}
	me, err := h.users.Get(ctx, c.UserID)
	if err != nil {
		return err
	}
	if me.Kind != user.Employee {
		q.IDs = []int64{me.ID}
	}
	asked := func(cond user.Condition) bool { return cond.Field == user.FieldKind && !cond.Not }
	if slices.ContainsFunc(q.Conditions, asked) {
		q.Kinds = append(q.Kinds, user.Email)
	}
	return nil
}

// reserved are the parameters beside which the filter may stand, in place of FILTER.
var reserved = []string{"SORT", "ORDER", "FILTER", "ADMIN_MODE", "SELECT", "IMAGE_RESIZE", "START", "AUTH"}

// filter returns FILTER; without it the conditions that stand beside the other parameters, as the documentation's
// examples have them.
func (p listParams) filter() phpform.Value {
	if p.Filter.IsArray() {
		return p.Filter
	}
	var entries []phpform.Entry
	for _, e := range p.All.Entries() {
		if !slices.Contains(reserved, strings.ToUpper(e.Key)) {
			entries = append(entries, e)
		}
	}
	return phpform.ArrayOf(entries...)
}

// sort reads sort and order: a field and a direction, or as SDKs have it {"FIELD": "DESC"} in either of them. What is no
// visible field leaves the order by id.
func (p listParams) sort(q *user.Query, seen []field) {
	name, direction := p.Sort.Text(), p.Order.Text()
	for _, v := range []phpform.Value{p.Order, p.Sort} {
		if v.Len() > 0 {
			name, direction = v.Entries()[0].Key, v.Index(0).Text()
			if v.IsList() {
				name, direction = v.Index(0).Text(), p.Order.Text()
			}
		}
	}
	name = strings.ToUpper(strings.TrimSpace(name))
	q.Sort = user.FieldID
	if slices.ContainsFunc(seen, func(f field) bool { return f.name == name }) && fieldOf(name).Known() {
		q.Sort = fieldOf(name)
	}
	q.Descending = strings.EqualFold(strings.TrimSpace(direction), "DESC")
}
