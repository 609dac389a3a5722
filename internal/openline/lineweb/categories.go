package lineweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/portico-hq/portico/internal/openline/category"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// CategoriesURL is where the categories of conversations are kept.
const CategoriesURL = centerURL + "categories/"

// categoriesView is the list of categories.
type categoriesView struct {
	Rows  []categoryRow
	Name  string // of a new one, as it was typed
	Error string
}

type categoryRow struct {
	category.Category

	Delete string
	Error  string
}

func (h pages) categories(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.categoriesPage(ctx, r, category.Category{}, "")
}

// categoriesPage shows the list, with what was typed of one and what is wrong with it.
func (h pages) categoriesPage(ctx context.Context, r *web.Request, typed category.Category, wrong string) (web.Page, error) {
	all, err := h.Categories.List(ctx)
	v := categoriesView{}
	if typed.ID == 0 {
		v.Name, v.Error = typed.Name, wrong
	}
	for _, c := range all {
		if c.Gone {
			continue
		}
		row := categoryRow{Category: c, Delete: CategoriesURL + strconv.FormatInt(c.ID, 10) + "/delete"}
		if c.ID == typed.ID {
			row.Name, row.Error = typed.Name, wrong
		}
		v.Rows = append(v.Rows, row)
	}
	p := h.section().Page("Categories", "categories", v)
	p.Tabs = Tabs(r.Viewer, CategoriesURL)
	return p, err
}

// saveCategory adds a category, or renames the one whose number is sent.
func (h pages) saveCategory(ctx context.Context, r *web.Request) (web.Result, error) {
	c := category.Category{ID: r.Int("id", 0), Name: r.FormValue("name")}
	_, err := h.Categories.Save(ctx, r.Viewer.Ref(), c)
	if wrong := web.FieldErrors(err); wrong != nil {
		p, err := h.categoriesPage(ctx, r, c, wrong["name"])
		p.Status = http.StatusUnprocessableEntity
		return p, err
	}
	return web.Redirect{To: CategoriesURL, Toast: "Category saved"}, err
}

func (h pages) deleteCategory(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: CategoriesURL, Toast: "Category deleted. Conversations that have it keep it."}, h.Categories.Delete(ctx, r.Viewer.Ref(), id)
}

// categoryOptions offers what new conversations can be about.
func categoryOptions(all []category.Category) []ui.Option {
	out := []ui.Option{{Value: "0", Title: "None"}}
	for _, c := range all {
		if !c.Gone {
			out = append(out, ui.Option{Value: strconv.FormatInt(c.ID, 10), Title: c.Name})
		}
	}
	return out
}
