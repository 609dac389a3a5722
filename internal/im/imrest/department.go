package imrest

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// departmentParams are the parameters of the methods about departments.
type departmentParams struct {
	ID       phpform.Value `b24:"ID,needed"`
	UserData string        `b24:"USER_DATA"`
}

var errDepartmentID = fault.New(fault.Invalid, "ID_EMPTY", "Department ID can't be empty")

// departmentView is a department (api-reference/chats/departments/im-department-get.md).
type departmentView struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	FullName  string    `json:"full_name"`
	ManagerID int64     `json:"manager_user_id"`
	Manager   *userView `json:"manager_user_data,omitempty"`
}

// company is a part of the tree of departments.
type company map[int64]user.Department

// companyOf keeps departments by their ids.
func companyOf(list []user.Department) company {
	all := make(company, len(list))
	for _, d := range list {
		all[d.ID] = d
	}
	return all
}

// idsOf returns the ids of departments.
func idsOf(list []user.Department) []int64 {
	out := make([]int64, len(list))
	for i, d := range list {
		out[i] = d.ID
	}
	return out
}

// fullName names a department and those above it, itself first.
func (all company) fullName(d user.Department) string {
	names := []string{d.Name}
	for seen := map[int64]bool{d.ID: true}; d.ParentID != 0 && !seen[d.ParentID]; seen[d.ID] = true {
		up, ok := all[d.ParentID]
		if !ok {
			break
		}
		names, d = append(names, up.Name), up
	}
	return strings.Join(names, " / ")
}

// departmentViews describes departments, with their managers where that is wanted. all has those above them.
func (h handlers) departmentViews(ctx context.Context, c *rest.Call, all company, list []user.Department, managers bool) ([]departmentView, error) {
	var heads []int64
	for _, d := range list {
		if d.HeadID != 0 {
			heads = append(heads, d.HeadID)
		}
	}
	var people map[int64]userView
	if managers && len(heads) > 0 {
		var err error
		if people, err = h.userViews(ctx, heads, c.Start.Location()); err != nil {
			return nil, err
		}
	}
	out := []departmentView{}
	for _, d := range list {
		v := departmentView{ID: d.ID, Name: d.Name, FullName: all.fullName(d), ManagerID: d.HeadID}
		if m, ok := people[d.HeadID]; ok {
			v.Manager = &m
		}
		out = append(out, v)
	}
	return out, nil
}

// read checks the parameters of a method about departments; bad is its fault for ids that are none.
func (p departmentParams) read(bad error) (ids []int64, data bool, err error) {
	ids, ok := idList(p.ID)
	if !ok {
		return nil, false, bad
	}
	if data, ok = flag(p.UserData, false); !ok {
		return nil, false, errUserData
	}
	return ids, data, nil
}

var errUserData = fault.Argument("USER_DATA", "Argument 'USER_DATA' must be Y or N")

// departmentGet describes departments; those that do not exist are left out.
func (h handlers) departmentGet(ctx context.Context, c *rest.Call, p departmentParams) ([]departmentView, error) {
	if err := h.isEmployee(ctx, c); err != nil {
		return nil, err
	}
	ids, data, err := p.read(errIDFormat)
	if err != nil {
		return nil, err
	}
	above, err := h.cfg.Users.DepartmentsAbove(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := companyOf(above)
	var list []user.Department
	for _, id := range ids {
		if d, ok := all[id]; ok {
			list = append(list, d)
		}
	}
	return h.departmentViews(ctx, c, all, list, data)
}

// departmentEmployees lists who works in departments, by the departments' ids.
func (h handlers) departmentEmployees(ctx context.Context, c *rest.Call, p departmentParams) (any, error) {
	return h.byDepartment(ctx, c, p, func(list []user.Department) (map[int64][]int64, error) {
		return h.cfg.Users.EmployeesOf(ctx, idsOf(list))
	})
}

// departmentManagers lists who heads departments, by the departments' ids.
func (h handlers) departmentManagers(ctx context.Context, c *rest.Call, p departmentParams) (any, error) {
	return h.byDepartment(ctx, c, p, func(list []user.Department) (map[int64][]int64, error) {
		out := map[int64][]int64{}
		for _, d := range list {
			if d.HeadID != 0 {
				out[d.ID] = []int64{d.HeadID}
			}
		}
		return out, nil
	})
}

// byDepartment answers people for each department, as ids or described.
func (h handlers) byDepartment(ctx context.Context, c *rest.Call, p departmentParams, who func([]user.Department) (map[int64][]int64, error)) (any, error) {
	if err := h.isEmployee(ctx, c); err != nil {
		return nil, err
	}
	ids, data, err := p.read(errDepartmentID)
	if err != nil {
		return nil, err
	}
	list, _, err := h.cfg.Users.Departments(ctx, user.DepartmentQuery{IDs: ids})
	if err != nil || len(list) == 0 {
		return []struct{}{}, err
	}
	people, err := who(list)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, d := range list {
		out[idText(d.ID)] = append([]int64{}, people[d.ID]...) // a list also where there is nobody
	}
	if !data {
		return out, nil
	}
	views, err := h.userViews(ctx, slices.Concat(slices.Collect(maps.Values(people))...), c.Start.Location())
	for _, d := range list {
		described := []userView{}
		for _, id := range people[d.ID] {
			if v, ok := views[id]; ok {
				described = append(described, v)
			}
		}
		out[idText(d.ID)] = described
	}
	return out, err
}

// colleaguesParams are the parameters of im.department.colleagues.list.
type colleaguesParams struct {
	UserData string `b24:"USER_DATA"`
	Offset   int64  `b24:"OFFSET"`
	Limit    int64  `b24:"LIMIT"`
}

// colleagues lists who works in the caller's departments and heads them; of who heads departments also those who work in them and
// below, and the heads of those above.
func (h handlers) colleagues(ctx context.Context, c *rest.Call, p colleaguesParams) (rest.Page[any], error) {
	var page rest.Page[any]
	if err := h.isEmployee(ctx, c); err != nil {
		return page, err
	}
	data, ok := flag(p.UserData, false)
	if !ok {
		return page, errUserData
	}
	ids, err := h.colleagueIDs(ctx, c.UserID)
	if err != nil {
		return page, err
	}
	offset, limit := window(p.Offset, p.Limit)
	page.Total = int64(len(ids))
	ids = ids[min(offset, page.Total):min(offset+limit, page.Total)]
	page.Next = next(offset, int64(len(ids)), page.Total)
	if data {
		views, err := h.listedIDs(ctx, ids, c.Start.Location())
		for _, v := range views {
			page.Items = append(page.Items, v)
		}
		return page, err
	}
	for _, id := range ids {
		page.Items = append(page.Items, id)
	}
	return page, nil
}

func (h handlers) colleagueIDs(ctx context.Context, userID int64) ([]int64, error) {
	users, err := h.cfg.Users.Many(ctx, []int64{userID})
	if err != nil {
		return nil, err
	}
	headed, _, err := h.cfg.Users.Departments(ctx, user.DepartmentQuery{HeadIDs: []int64{userID}})
	if err != nil {
		return nil, err
	}
	above, err := h.cfg.Users.DepartmentsAbove(ctx, idsOf(headed))
	if err != nil {
		return nil, err
	}
	near, err := h.cfg.Users.DepartmentsBelow(ctx, idsOf(headed))
	if err != nil {
		return nil, err
	}
	if own := users[userID].DepartmentIDs; len(own) > 0 {
		list, _, err := h.cfg.Users.Departments(ctx, user.DepartmentQuery{IDs: own})
		if err != nil {
			return nil, err
		}
		near = append(near, list...)
	}
	people, err := h.cfg.Users.EmployeesOf(ctx, idsOf(near))
	if err != nil {
		return nil, err
	}
	found := slices.Concat(slices.Collect(maps.Values(people))...)
	for _, d := range slices.Concat(above, near) {
		found = append(found, d.HeadID)
	}
	slices.Sort(found)
	return slices.DeleteFunc(slices.Compact(found), func(id int64) bool { return id == 0 || id == userID }), nil
}
