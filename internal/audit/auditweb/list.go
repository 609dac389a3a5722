package auditweb

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// filters are what the form above the list holds, as it was typed.
type filters struct {
	Type, Severity, User, From, To, Text string
}

func filtersOf(r *web.Request) filters {
	return filters{
		r.FormValue("type"), r.FormValue("severity"), r.FormValue("user"), r.FormValue("from"), r.FormValue("to"),
		strings.TrimSpace(r.FormValue("q")),
	}
}

// query returns f as the log understands it. Days are those of the viewer's zone; the last one is included.
func (f filters) query(zone *time.Location) (audit.Query, error) {
	q := audit.Query{Type: f.Type, Severity: audit.Severity(f.Severity), Text: f.Text}
	if f.User != "" {
		id, err := strconv.ParseInt(f.User, 10, 64)
		if err != nil {
			return q, fault.New(fault.Invalid, "INVALID_USER", "Choose a person of the list.").At("user")
		}
		q.UserID = &id
	}
	for _, d := range [...]struct {
		name, text string
		dst        *time.Time
		days       int
	}{{"from", f.From, &q.From, 0}, {"to", f.To, &q.To, 1}} {
		if d.text == "" {
			continue
		}
		day, err := time.ParseInLocation(time.DateOnly, d.text, zone)
		if err != nil {
			return q, fault.New(fault.Invalid, "INVALID_DATE", "Enter a day as 2026-11-26.").At(d.name)
		}
		*d.dst = day.AddDate(0, 0, d.days)
	}
	return q, nil
}

// values are the filters as an address holds them.
func (f filters) values() url.Values {
	v := url.Values{}
	for _, p := range [...][2]string{
		{"type", f.Type}, {"severity", f.Severity}, {"user", f.User}, {"from", f.From}, {"to", f.To}, {"q", f.Text},
	} {
		if p[1] != "" {
			v.Set(p[0], p[1])
		}
	}
	return v
}

// listView is what the list shows.
type listView struct {
	filters

	Errors     map[string]string
	Types      []ui.Option
	Severities []ui.Option
	Users      []ui.Option
	Entries    []line
	Filtered   bool
	Kept       string // for how long entries are kept
	MayKeep    bool
	Newest     string // address of the first page, where this is another one
	Older      string
	CSV, JSONL string // addresses of the export
}

// line is an entry in the list.
type line struct {
	audit.Row

	URL    string
	What   string // the type in words
	Level  string // the severity in words
	Tone   string
	Loud   bool // the list shows the severity: it is a warning or worse
	Person web.Person
	Nobody string // who did it, where it was no person
}

func (h pages) list(ctx context.Context, r *web.Request) (web.Page, error) {
	v := listView{filters: filtersOf(r), MayKeep: r.Viewer.May(access.ChangeSettings)}
	q, err := v.query(r.Viewer.Zone())
	status := 0
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		q, status = audit.Query{}, 422
	}
	q.After = markOf(r)
	rows, more, err := h.Log.Search(ctx, q)
	if err != nil {
		return web.Page{}, err
	}
	if v.Entries, err = h.lines(ctx, rows); err != nil {
		return web.Page{}, err
	}
	v.links(q, rows, more)
	if err := h.choices(ctx, &v); err != nil {
		return web.Page{}, err
	}
	return web.Page{
		Title: "Settings", Section: settingweb.Section, Template: "audit/list", Body: v, Layout: web.Wide, Status: status,
		Tabs: settingweb.Tabs(settingweb.AuditURL), Styles: []string{"audit/audit.css"},
		Keys: []web.Key{{Keys: "J / K", Does: "Next or previous entry"}, {Keys: "Enter", Does: "Open the entry"}},
	}, nil
}

// links sets the addresses of the other pages and of the export.
func (v *listView) links(q audit.Query, rows []audit.Row, more bool) {
	values := v.values()
	v.Filtered = len(values) > 0
	address := func(path string, extra ...string) string {
		all := maps.Clone(values)
		for i := 0; i < len(extra); i += 2 {
			all.Set(extra[i], extra[i+1])
		}
		if len(all) == 0 {
			return path
		}
		return path + "?" + all.Encode()
	}
	v.CSV = address(settingweb.AuditURL+"export", "format", "csv")
	v.JSONL = address(settingweb.AuditURL+"export", "format", "jsonl")
	if q.After.ID != 0 {
		v.Newest = address(settingweb.AuditURL)
	}
	if more {
		last := rows[len(rows)-1]
		v.Older = address(settingweb.AuditURL, "at", strconv.FormatInt(last.At.UnixMicro(), 10), "after", strconv.FormatInt(last.ID, 10))
	}
}

// markOf reads where the page before ended; a broken one begins again.
func markOf(r *web.Request) audit.Mark {
	id, at := r.Int("after", 0), r.Int("at", 0)
	if id <= 0 || at <= 0 {
		return audit.Mark{}
	}
	return audit.Mark{At: time.UnixMicro(at), ID: id}
}

func (h pages) choices(ctx context.Context, v *listView) error {
	types, err := h.Log.Types(ctx)
	if err != nil {
		return err
	}
	v.Types = []ui.Option{{Value: "", Title: "Everything"}}
	for _, t := range types {
		v.Types = append(v.Types, ui.Option{Value: t, Title: words(t)})
	}
	v.Severities = []ui.Option{{Value: "", Title: "Any"}}
	for _, s := range [...]audit.Severity{audit.Info, audit.Notice, audit.Warning, audit.Security, audit.Error} {
		v.Severities = append(v.Severities, ui.Option{Value: string(s), Title: words(string(s))})
	}
	ids, err := h.Log.Users(ctx)
	if err != nil {
		return err
	}
	people, err := h.People.People(ctx, ids)
	if err != nil {
		return err
	}
	v.Users = usersOf(ids, people)
	kept, err := setting.Load(ctx, h.Settings, audit.RetentionKey)
	v.Kept = keptFor(kept.Days)
	return err
}

func usersOf(ids []int64, people map[int64]web.Person) []ui.Option {
	var out []ui.Option
	for _, id := range ids {
		title := "Nobody signed in"
		if id != 0 {
			title = nameOf(id, people)
		}
		out = append(out, ui.Option{Value: strconv.FormatInt(id, 10), Title: title})
	}
	slices.SortStableFunc(out, func(a, b ui.Option) int { return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)) })
	return append([]ui.Option{{Value: "", Title: "Everybody"}}, out...)
}

func nameOf(id int64, people map[int64]web.Person) string {
	if p, ok := people[id]; ok {
		return p.Name
	}
	return "User " + strconv.FormatInt(id, 10)
}

func (h pages) lines(ctx context.Context, rows []audit.Row) ([]line, error) {
	var ids []int64
	for _, r := range rows {
		if r.UserID != 0 && !slices.Contains(ids, r.UserID) {
			ids = append(ids, r.UserID)
		}
	}
	people, err := h.People.People(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]line, len(rows))
	for i, r := range rows {
		out[i] = lineOf(r, people)
	}
	return out, nil
}

func lineOf(r audit.Row, people map[int64]web.Person) line {
	l := line{
		Row: r, URL: settingweb.AuditURL + strconv.FormatInt(r.ID, 10) + "/", What: words(r.Type), Level: words(string(r.Severity)),
		Tone: tones[r.Severity], Loud: r.Severity == audit.Warning || r.Severity == audit.Error,
		Person: people[r.UserID],
	}
	switch {
	case l.Person.Name != "":
	case r.UserID != 0:
		l.Nobody = nameOf(r.UserID, people)
	case r.Addr == "cli":
		l.Nobody = "Command line"
	case r.Addr == "":
		l.Nobody = "The portal"
	default:
		l.Nobody = "Not signed in"
	}
	return l
}

// tones are the colours of the severities.
var tones = map[audit.Severity]string{
	audit.Warning: "warning", audit.Error: "danger", audit.Security: "accent",
}

// names are those of the documentation that say little to people.
var names = map[string]string{
	"USER_AUTHORIZE": "Signed in", "USER_LOGOUT": "Signed out", "USER_SIGN_IN_FAILED": "Sign-in failed",
	"REST_REPLAY": "Call made again", "PLACEMENT_BIND": "Placement bound", "PLACEMENT_UNBIND": "Placement unbound",
	"USERFIELD_ADD": "Field added", "USERFIELD_UPDATE": "Field changed", "USERFIELD_DELETE": "Field deleted",
	"DELIVERY_SETTINGS": "Delivery settings changed", "CONSOLE_SETTINGS": "Console settings changed",
}

// words writes a name in upper case as people read it: USER_PASSWORD_CHANGED is "User password changed".
func words(name string) string {
	if known := names[name]; known != "" {
		return known
	}
	text := strings.ToLower(strings.ReplaceAll(name, "_", " "))
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func (h pages) entry(ctx context.Context, r *web.Request) (web.Page, error) {
	id, err := r.PathID("id")
	if err != nil {
		return web.Page{}, err
	}
	row, err := h.Log.Get(ctx, id)
	if err != nil {
		return web.Page{}, err
	}
	lines, err := h.lines(ctx, []audit.Row{row})
	if err != nil {
		return web.Page{}, err
	}
	return web.Page{
		Title: lines[0].What, Section: settingweb.Section, Template: "audit/entry", Body: lines[0], Layout: web.Narrow,
		Slider: true, Behind: settingweb.AuditURL, Back: settingweb.AuditURL, Styles: []string{"audit/audit.css"},
	}, nil
}
