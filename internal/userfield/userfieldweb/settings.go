package userfieldweb

import (
	"context"
	"embed"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/userfield"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

//go:embed fields.tmpl types.tmpl field.tmpl fields.css fields.js
var files embed.FS

// Set is the fields of an entity, as administrators see them.
type Set struct {
	Entity string // "USER"
	Title  string // "People"
	Prefix string // of the names of fields: "UF_USR_"
	Where  string // what the fields are on: "the profiles of people"
}

// Config is what the pages of the settings need.
type Config struct {
	Fields    *userfield.Service
	Sets      []Set
	Languages []ui.Option // in which fields may have names, by their codes
}

type pages struct{ Config }

// Register adds the pages on which administrators add, change, order and remove fields.
func Register(shell *web.Shell, c Config) {
	shell.Area("userfield", files)
	h := pages{c}
	const base = settingweb.FieldsURL + "{entity}/"
	shell.Page(settingweb.FieldsURL+"{$}", web.Admin, h.list)
	shell.Page(base+"new", web.Admin, h.add)
	shell.Action(base+"new", web.Admin, h.save)
	shell.Page(base+"{id}/{$}", web.Admin, h.edit)
	shell.Action(base+"{id}/save", web.Admin, h.save)
	shell.Action(base+"{id}/move", web.Admin, h.move)
	shell.Action(base+"{id}/delete", web.Admin, h.remove)
	shell.Command(web.Command{Title: "Fields", URL: settingweb.FieldsURL, Icon: "list", Keywords: "user fields custom profile", Admin: true})
}

// listView is what the list of fields shows.
type listView struct{ Sets []setView }

type setView struct {
	Set
	NewURL string
	Lines  []fieldLine
}

// fieldLine is a field in the list.
type fieldLine struct {
	ID              int64
	URL             string
	Title, Name     string
	Type            string
	Marks           []string
	Earlier, Later  int64 // the field to be put before; 0 is the end
	IsFirst, IsLast bool
}

func (s Set) url(rest string) string { return settingweb.FieldsURL + s.Entity + "/" + rest }

func (s Set) fieldURL(id int64) string { return s.url(strconv.FormatInt(id, 10) + "/") }

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	var v listView
	for _, s := range h.Sets {
		fields, err := h.Fields.Fields(ctx, s.Entity)
		if err != nil {
			return web.Page{}, err
		}
		view := setView{Set: s, NewURL: s.url("new")}
		for i, f := range fields {
			l := fieldLine{
				ID: f.ID, URL: s.fieldURL(f.ID), Title: f.Title(r.Viewer.Language), Name: f.Name, Type: typeTitle(f.Type), Marks: marks(f),
				IsFirst: i == 0, IsLast: i == len(fields)-1,
			}
			if i > 0 {
				l.Earlier = fields[i-1].ID
			}
			if i+2 < len(fields) {
				l.Later = fields[i+2].ID
			}
			view.Lines = append(view.Lines, l)
		}
		v.Sets = append(v.Sets, view)
	}
	return web.Page{
		Title: "Settings", Section: settingweb.Section, Template: "userfield/fields", Body: v, Layout: web.Wide,
		Tabs: settingweb.Tabs(settingweb.FieldsURL), Styles: []string{"userfield/fields.css"}, Modules: []string{"userfield/fields.js", "ui/list/list.js"},
		Keys: []web.Key{{Keys: "J / K", Does: "Next or previous field"}, {Keys: "Enter", Does: "Open the field"}},
	}, nil
}

// marks are what a field is besides its type, in words.
func marks(f userfield.Field) (out []string) {
	for _, m := range []struct {
		on   bool
		text string
	}{
		{f.Multiple, "Several values"},
		{f.Mandatory, "Required"},
		{f.ShowInList, "Column"},
		{f.ShowFilter != userfield.NoFilter, "Filter"},
		{f.Searchable, "Search"},
		{!f.EditInList, "Managers only"},
	} {
		if m.on {
			out = append(out, m.text)
		}
	}
	return out
}

// set returns the set of a request. Fault: FIELD_NOT_FOUND.
func (h pages) set(r *web.Request) (Set, error) {
	i := slices.IndexFunc(h.Sets, func(s Set) bool { return s.Entity == r.PathValue("entity") })
	if i < 0 {
		return Set{}, userfield.ErrNotFound
	}
	return h.Sets[i], nil
}

// add shows the types, and then the form of the one that was chosen.
func (h pages) add(_ context.Context, r *web.Request) (web.Page, error) {
	s, err := h.set(r)
	if err != nil {
		return web.Page{}, err
	}
	if kind, ok := typeOf(userfield.Type(r.FormValue("type"))); ok {
		f := userfield.Field{Entity: s.Entity, Type: kind.Type, EditInList: true, ShowInList: true}
		return h.form(s, newForm(f, h.Languages), 0), nil
	}
	view := struct {
		Types []typeTile
		Where string
	}{Where: s.Where}
	for _, k := range kinds {
		view.Types = append(view.Types, typeTile{k, s.url("new?type=" + string(k.Type))})
	}
	return web.Page{
		Title: "New field", Section: settingweb.Section, Template: "userfield/types", Body: view, Layout: web.Narrow, Slider: true,
		Behind: settingweb.FieldsURL, Styles: []string{"userfield/fields.css"},
	}, nil
}

func (h pages) edit(ctx context.Context, r *web.Request) (web.Page, error) {
	s, f, err := h.field(ctx, r)
	return h.form(s, newForm(f, h.Languages), 0), err
}

// field returns the field of a request with its set.
func (h pages) field(ctx context.Context, r *web.Request) (s Set, f userfield.Field, err error) {
	if s, err = h.set(r); err != nil {
		return s, f, err
	}
	id, err := r.PathID("id")
	if err != nil {
		return s, f, err
	}
	f, err = h.Fields.Get(ctx, s.Entity, id)
	return s, f, err
}

func (h pages) form(s Set, v fieldForm, status int) web.Page {
	v.Set, v.Action, v.Back = s, s.url("new"), settingweb.FieldsURL
	title := "New field: " + strings.ToLower(v.TypeTitle)
	if v.ID != 0 {
		v.Action, v.URL = s.fieldURL(v.ID)+"save", s.fieldURL(v.ID)
		title = v.Title
	}
	return web.Page{
		Title: title, Section: settingweb.Section, Template: "userfield/field", Body: v, Layout: web.Narrow, Slider: true, Status: status,
		Behind: settingweb.FieldsURL, Styles: []string{"userfield/fields.css"}, Modules: []string{"userfield/fields.js"},
	}
}

// save stores a new field, or what the form says of one that is there.
func (h pages) save(ctx context.Context, r *web.Request) (web.Result, error) {
	s, err := h.set(r)
	if err != nil {
		return nil, err
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	f := userfield.Field{Entity: s.Entity, Type: userfield.Type(r.FormValue("type"))}
	if r.PathValue("id") != "" {
		if s, f, err = h.field(ctx, r); err != nil {
			return nil, err
		}
	}
	errs := readForm(&f, r, s.Prefix, h.Languages)
	if errs == nil {
		if f.ID == 0 {
			_, err = h.Fields.Add(ctx, f, 0)
		} else {
			err = h.Fields.Update(ctx, s.Entity, f.ID, func(now *userfield.Field) error { *now = f; return nil })
		}
		if errs = formErrors(err); errs == nil && err != nil {
			return nil, err
		}
	}
	if errs != nil {
		v := newForm(f, h.Languages)
		v.Errors, v.Code = errs, r.FormValue("code")
		v.asTyped(r)
		return h.form(s, v, http.StatusUnprocessableEntity), nil
	}
	return web.Redirect{To: settingweb.FieldsURL, Toast: "Field saved"}, nil
}

func (h pages) move(ctx context.Context, r *web.Request) (web.Result, error) {
	s, err := h.set(r)
	if err != nil {
		return nil, err
	}
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: settingweb.FieldsURL}, h.Fields.Move(ctx, s.Entity, id, r.Int("next", 0))
}

func (h pages) remove(ctx context.Context, r *web.Request) (web.Result, error) {
	s, f, err := h.field(ctx, r)
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: settingweb.FieldsURL, Toast: "Field removed"}, h.Fields.Delete(ctx, s.Entity, f.ID)
}
