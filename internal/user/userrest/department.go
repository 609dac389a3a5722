package userrest

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// departmentResult is an entry of the answer of department.get.
type departmentResult struct {
	ID     string `json:"ID"`
	Name   string `json:"NAME"`
	Sort   int64  `json:"SORT"`
	Parent string `json:"PARENT,omitempty"`
	Head   string `json:"UF_HEAD,omitempty"`
}

// departmentParams are the parameters of department.get. sort and SORT differ in case only: the one is the order, the
// other a condition.
type departmentParams struct {
	Order string        `b24:"order"`
	ID    []int64       `b24:"ID"`
	Name  []string      `b24:"NAME"`
	Paren []int64       `b24:"PARENT"`
	Head  []int64       `b24:"UF_HEAD"`
	Start int64         `b24:"START"`
	All   phpform.Value `b24:"*"`
}

// departmentOrders are the fields by which departments are sorted.
var departmentOrders = map[string]string{"ID": "id", "NAME": "name", "SORT": "sort", "PARENT": "parent", "UF_HEAD": "head"}

func (h handlers) departments(ctx context.Context, _ *rest.Call, p departmentParams) (any, error) {
	q := user.DepartmentQuery{
		IDs: p.ID, ParentIDs: p.Paren, HeadIDs: p.Head, Names: p.Name,
		Descending: strings.EqualFold(p.Order, "DESC"),
		Offset:     max(0, p.Start/pageSize*pageSize), Limit: pageSize,
	}
	if err := p.readSort(&q); err != nil {
		return nil, err
	}
	list, total, err := h.users.Departments(ctx, q)
	if err != nil {
		return nil, err
	}
	items := make([]departmentResult, len(list))
	for i, d := range list {
		items[i] = departmentResult{strconv.FormatInt(d.ID, 10), d.Name, d.Sort, id(d.ParentID), id(d.HeadID)}
	}
	if p.Start < 0 {
		return items, nil
	}
	page := rest.Page[departmentResult]{Items: items, Total: total}
	if next := q.Offset + pageSize; next < total {
		page.Next = next
	}
	return page, nil
}

// readSort tells the order from the condition: a number is the condition, whatever the case of its name.
func (p departmentParams) readSort(q *user.DepartmentQuery) error {
	for _, e := range p.All.Entries() {
		if !strings.EqualFold(e.Key, "SORT") {
			continue
		}
		if n, ok := e.Value.Int(); ok {
			q.Sorts = []int64{n}
			continue
		}
		if e.Key == "SORT" && e.Value.IsArray() {
			sorts, err := numbers(e)
			if err != nil {
				return err
			}
			q.Sorts = sorts
			continue
		}
		q.OrderBy = departmentOrders[strings.ToUpper(e.Value.Text())]
	}
	return nil
}

func numbers(e phpform.Entry) ([]int64, error) {
	out := make([]int64, 0, e.Value.Len())
	for _, v := range e.Value.Entries() {
		n, ok := v.Value.Int()
		if !ok {
			return nil, fault.Argument(e.Key, "Argument '"+e.Key+"' must be a list of integers")
		}
		out = append(out, n)
	}
	return out, nil
}

// id writes an id as text; none is empty.
func id(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
