package userweb

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// profileView is what the page of one's own profile shows.
type profileView struct {
	User      user.User
	PhotoURL  string
	Languages []ui.Option
	Genders   []ui.Option
	Clocks    []ui.Option
	Clock     string
	Themes    []ui.Option
	Errors    map[string]string
}

// profileTexts are the texts that people change of themselves, by the name of the input. What one is in the company, and how
// one signs in, others decide.
func profileTexts(c *user.Change) map[string]**string {
	return map[string]**string{
		"first_name": &c.FirstName, "last_name": &c.LastName, "second_name": &c.SecondName, "gender": &c.Gender, "birthday": &c.Birthday,
		"www": &c.WWW, "mobile": &c.Mobile, "work_phone": &c.WorkPhone, "inner_phone": &c.InnerPhone, "city": &c.City,
		"time_zone": &c.TimeZone, "language": &c.Language,
	}
}

// profileDetails are those among the Details.
var profileDetails = []user.Field{"personal_phone", "uf_skills", "uf_interests", "personal_notes"}

// languages are those in which applications may be asked to show themselves.
var languages = []ui.Option{
	{Title: "As the portal"},
	{Value: "en", Title: "English"},
	{Value: "de", Title: "Deutsch"},
	{Value: "es", Title: "Español"},
	{Value: "fr", Title: "Français"},
	{Value: "it", Title: "Italiano"},
	{Value: "pl", Title: "Polski"},
	{Value: "pt", Title: "Português"},
	{Value: "ru", Title: "Русский"},
	{Value: "tr", Title: "Türkçe"},
	{Value: "uk", Title: "Українська"},
	{Value: "zh", Title: "中文"},
	{Value: "ja", Title: "日本語"},
}

// Languages returns the languages in which applications may be asked to show themselves, by their codes.
func Languages() []ui.Option { return slices.Clone(languages[1:]) }

func (h pages) profile(ctx context.Context, r *web.Request) (web.Page, error) {
	found, err := h.users.Profiles(ctx, []int64{r.Viewer.ID})
	if err != nil {
		return web.Page{}, err
	}
	return profilePage(found[r.Viewer.ID], nil), nil
}

func profilePage(u user.User, errs map[string]string) web.Page {
	v := profileView{
		User: u, Languages: languages, Errors: errs, Clock: "24",
		Genders: []ui.Option{{Title: "Not said"}, {Value: "F", Title: "Female"}, {Value: "M", Title: "Male"}},
		Clocks:  []ui.Option{{Value: "24", Title: "14:05"}, {Value: "12", Title: "2:05 pm"}},
		Themes:  []ui.Option{{Value: "system", Title: "As the system"}, {Value: "light", Title: "Light"}, {Value: "dark", Title: "Dark"}},
	}
	if u.Clock12 {
		v.Clock = "12"
	}
	if u.Theme == "" {
		v.User.Theme = "system"
	}
	if u.AvatarHash != "" {
		v.PhotoURL = u.AvatarPath() + "?size=300"
	}
	p := web.Page{
		Title: "Profile", Template: "user/profile", Body: v, Layout: web.Narrow, Tabs: ProfileTabs(ProfileURL),
		Styles: []string{"user/people.css", "user/profile.css"}, Modules: []string{"user/profile.js"},
	}
	if errs != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p
}

// saveProfile stores what somebody says of themselves.
func (h pages) saveProfile(ctx context.Context, r *web.Request) (web.Result, error) {
	c := user.Change{Details: user.Details{}}
	for name, text := range profileTexts(&c) {
		if r.PostForm.Has(name) {
			*text = new(r.PostForm.Get(name))
		}
	}
	for _, f := range profileDetails {
		if r.PostForm.Has(string(f)) {
			c.Details[f] = r.PostForm.Get(string(f))
		}
	}
	theme, twelve := r.PostFormValue("theme"), r.PostFormValue("clock") == "12"
	_, err := h.users.UpdateOwn(ctx, r.Viewer.ID, c, user.Look{Theme: theme, Clock12: twelve})
	if errs := web.FieldErrors(err); errs != nil {
		found, err := h.users.Profiles(ctx, []int64{r.Viewer.ID})
		if err != nil {
			return nil, err
		}
		u := found[r.Viewer.ID]
		c.Show(&u)
		u.Theme, u.Clock12 = theme, twelve
		return profilePage(u, errs), nil
	}
	return web.Redirect{To: ProfileURL, Toast: "Profile saved"}, err
}

// savePhoto stores the picture of a form, or removes the one there is.
func (h pages) savePhoto(ctx context.Context, r *web.Request) (web.Result, error) {
	var picture []byte
	said := "Photo removed"
	if r.PostFormValue("remove") == "" {
		f, _, err := r.FormFile("photo")
		if err != nil {
			return h.photoRefused(ctx, r, "Choose a picture.")
		}
		defer func() { _ = f.Close() }()
		if picture, err = io.ReadAll(io.LimitReader(f, user.MaxAvatar+1)); err != nil {
			return nil, err
		}
		if len(picture) == 0 {
			return h.photoRefused(ctx, r, "Choose a picture.")
		}
		said = "Photo saved"
	}
	err := h.users.SetAvatar(ctx, r.Viewer.ID, picture)
	if errs := web.FieldErrors(err); errs != nil {
		return h.photoRefused(ctx, r, errs["avatar"])
	}
	return web.Redirect{To: ProfileURL, Toast: said}, err
}

func (h pages) photoRefused(ctx context.Context, r *web.Request, text string) (web.Result, error) {
	found, err := h.users.Profiles(ctx, []int64{r.Viewer.ID})
	return profilePage(found[r.Viewer.ID], map[string]string{"photo": strings.TrimSpace(text)}), err
}

// Detail returns one of the Details.
func (v profileView) Detail(name string) string { return v.User.Details[user.Field(name)] }
