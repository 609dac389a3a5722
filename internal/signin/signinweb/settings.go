package signinweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/signin"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userweb"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// spareRules is how many empty rows for rules the form has.
const spareRules = 2

// settingsView is what the page of the sign-in settings shows.
type settingsView struct {
	Policy   policyForm
	Who      []ui.Option
	Admins   []ui.Option
	Errors   map[string]string // of the policy
	Enrolled bool              // who asks has a second factor

	Provider     signin.ProviderSettings
	Domains      string
	Scopes       string
	HasSecret    bool
	Rules        []ruleRow
	Roles        []ui.Option
	Departments  []ui.Option
	Redirect     string
	ProviderErrs map[string]string
}

// policyForm is the policy as it is typed.
type policyForm struct {
	SecondFactor                                     string
	TrustDays, IdleHours, AbsoluteHours, MinPassword string
	PasswordOff                                      bool
	BreakGlass                                       string
}

// ruleRow is a rule as it is typed.
type ruleRow struct{ Group, Role, Department string }

func (h pages) settings(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.settingsPage(ctx, r, settingsView{})
}

// settingsPage shows both forms: what is stored, except in one in which there is a mistake.
func (h pages) settingsPage(ctx context.Context, r *web.Request, v settingsView) (web.Page, error) {
	p, err := h.signin.Policy(ctx)
	if err != nil {
		return web.Page{}, err
	}
	if v.Errors == nil {
		v.Policy = policyForm{
			string(p.SecondFactor), itoa(int(p.TrustDays)), itoa(int(p.IdleHours)), itoa(int(p.AbsoluteHours)), itoa(int(p.MinPassword)),
			p.PasswordOff, itoa(int(p.BreakGlass)),
		}
	}
	v.Who = []ui.Option{
		{Value: string(signin.Nobody), Title: "Whoever wants one"},
		{Value: string(signin.Administrators), Title: "All administrators"},
		{Value: string(signin.Everybody), Title: "Everybody"},
	}
	stored, err := h.signin.ProviderSettings(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v.HasSecret = stored.Secret != ""
	if v.ProviderErrs == nil {
		v.Provider, v.Domains, v.Scopes = stored, strings.Join(stored.Domains, ", "), strings.Join(stored.Scopes, " ")
		for _, g := range stored.Groups {
			v.Rules = append(v.Rules, ruleRow{g.Group, strconv.FormatInt(g.RoleID, 10), strconv.FormatInt(g.DepartmentID, 10)})
		}
	}
	for range spareRules {
		v.Rules = append(v.Rules, ruleRow{Role: "0", Department: "0"})
	}
	v.Redirect = h.publicURL(backURL)
	if err := h.choices(ctx, r, &v); err != nil {
		return web.Page{}, err
	}
	page := web.Page{
		Title: "Settings", Section: settingweb.Section, Template: "signin/settings", Body: v, Layout: web.Narrow,
		Tabs: settingweb.Tabs(settingweb.SignInURL), Styles: []string{"signin/signin.css"},
	}
	if v.Errors != nil || v.ProviderErrs != nil {
		page.Status = http.StatusUnprocessableEntity
	}
	return page, nil
}

// choices fills in what the selects offer.
func (h pages) choices(ctx context.Context, r *web.Request, v *settingsView) error {
	var err error
	if v.Enrolled, err = h.signin.HasFactor(ctx, r.Viewer.ID); err != nil {
		return err
	}
	admins, err := h.users.List(ctx, user.Query{Kinds: []user.Kind{user.Employee}, ActiveOnly: true, Admins: true, Sort: user.FieldName, Limit: 200})
	if err != nil {
		return err
	}
	v.Admins = []ui.Option{{Value: "0", Title: "Choose an administrator"}}
	for _, u := range admins {
		v.Admins = append(v.Admins, ui.Option{Value: strconv.FormatInt(u.ID, 10), Title: u.DisplayName() + " (" + u.Login + ")"})
	}
	roles, err := h.users.Roles(ctx)
	if err != nil {
		return err
	}
	v.Roles = []ui.Option{{Value: "0", Title: "No role"}}
	for _, role := range roles {
		if role.Code != user.RoleEmployee {
			v.Roles = append(v.Roles, ui.Option{Value: strconv.FormatInt(role.ID, 10), Title: role.Name})
		}
	}
	departments, _, err := h.users.Departments(ctx, user.DepartmentQuery{})
	v.Departments = append([]ui.Option{{Value: "0", Title: "No department"}}, userweb.DepartmentOptions(departments)...)
	return err
}

func (h pages) savePolicy(ctx context.Context, r *web.Request) (web.Result, error) {
	f := policyForm{
		r.PostFormValue("second_factor"), r.PostFormValue("trust_days"), r.PostFormValue("idle_hours"), r.PostFormValue("absolute_hours"),
		r.PostFormValue("min_password"), r.Checked("password_off"), r.PostFormValue("break_glass"),
	}
	p, errs := f.read()
	if errs == nil {
		err := h.signin.SavePolicy(ctx, r.Viewer.Ref(), p)
		if errs = web.FieldErrors(err); errs == nil {
			return web.Redirect{To: settingweb.SignInURL, Toast: "Saved"}, err
		}
	}
	return h.settingsPage(ctx, r, settingsView{Policy: f, Errors: errs})
}

// read returns the policy, or what is no number by its field.
func (f policyForm) read() (p signin.Policy, errs map[string]string) {
	number := func(field, text string) int64 {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			if errs == nil {
				errs = map[string]string{}
			}
			errs[field] = "Enter a whole number."
		}
		return n
	}
	p = signin.Policy{
		SecondFactor: signin.Required(f.SecondFactor), TrustDays: number("trust_days", f.TrustDays),
		IdleHours: number("idle_hours", f.IdleHours), AbsoluteHours: number("absolute_hours", f.AbsoluteHours),
		MinPassword: number("min_password", f.MinPassword), PasswordOff: f.PasswordOff,
	}
	if f.BreakGlass != "" {
		p.BreakGlass = number("break_glass", f.BreakGlass)
	}
	return p, errs
}

func (h pages) saveProvider(ctx context.Context, r *web.Request) (web.Result, error) {
	p := signin.ProviderSettings{
		On: r.Checked("on"), Title: r.PostFormValue("title"), Issuer: r.PostFormValue("issuer"), ClientID: r.PostFormValue("client_id"),
		LoginClaim: r.PostFormValue("login_claim"), TrustEmail: r.Checked("trust_email"), Create: r.Checked("create"),
		GroupsClaim: r.PostFormValue("groups_claim"), SecondFactor: r.Checked("factor"),
		Domains: split(r.PostFormValue("domains")), Scopes: split(r.PostFormValue("scopes")),
	}
	rules, err := rulesOf(r)
	if err == nil {
		p.Groups, err = readRules(rules)
	}
	if err == nil {
		err = h.signin.SaveProvider(ctx, r.Viewer.Ref(), p, secretOf(r))
	}
	if errs := web.FieldErrors(err); errs != nil {
		return h.settingsPage(ctx, r, settingsView{
			Provider: p, Domains: r.PostFormValue("domains"), Scopes: r.PostFormValue("scopes"), Rules: rules, ProviderErrs: errs,
		})
	}
	return web.Redirect{To: settingweb.SignInURL, Toast: "Saved"}, err
}

// secretOf returns the new client secret; nil keeps the one there is.
func secretOf(r *web.Request) *string {
	if r.Checked("no_secret") {
		return new("")
	}
	if s := strings.TrimSpace(r.PostFormValue("secret")); s != "" {
		return &s
	}
	return nil
}

func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' || r == '\r' || r == '\t' })
}

var errRules = fault.New(fault.Invalid, "GROUP_RULE", "The rules could not be read.").At("groups")

// rulesOf reads the rows of rules that say something.
func rulesOf(r *web.Request) (rows []ruleRow, err error) {
	groups, roles, departments := r.PostForm["rule_group"], r.PostForm["rule_role"], r.PostForm["rule_department"]
	if len(groups) != len(roles) || len(groups) != len(departments) {
		return nil, errRules
	}
	for i, g := range groups {
		if g = strings.TrimSpace(g); g != "" {
			rows = append(rows, ruleRow{g, roles[i], departments[i]})
		}
	}
	return rows, nil
}

func readRules(rows []ruleRow) (out []signin.GroupRule, err error) {
	for _, row := range rows {
		role, err1 := strconv.ParseInt(row.Role, 10, 64)
		department, err2 := strconv.ParseInt(row.Department, 10, 64)
		if err1 != nil || err2 != nil {
			return nil, errRules
		}
		if role == 0 && department == 0 {
			return nil, fault.New(fault.Invalid, "GROUP_RULE", "Choose a role or a department for the group "+row.Group+".").At("groups")
		}
		out = append(out, signin.GroupRule{Group: row.Group, RoleID: role, DepartmentID: department})
	}
	return out, nil
}
