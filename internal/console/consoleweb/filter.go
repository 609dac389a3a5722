package consoleweb

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// form is the filter of the timeline as the address says it.
type form struct {
	Text, Method, Source, Result, Error, Slow, Request string
	From, Until                                        string // as an input of the type datetime-local has them, in the viewer's zone
	User                                               string // an id
}

// fields are the parameters of the filter, by their names in the address.
func (f *form) fields() map[string]*string {
	return map[string]*string{
		"q": &f.Text, "method": &f.Method, "source": &f.Source, "result": &f.Result, "error": &f.Error, "slow": &f.Slow,
		"request": &f.Request, "from": &f.From, "until": &f.Until, "user": &f.User,
	}
}

func readForm(r *web.Request) form {
	var f form
	q := r.URL.Query()
	for name, value := range f.fields() {
		*value = strings.TrimSpace(q.Get(name))
	}
	return f
}

// Query returns the filter as the query of an address, without what is empty.
func (f form) Query() url.Values {
	q := url.Values{}
	for name, value := range f.fields() {
		if *value != "" {
			q.Set(name, *value)
		}
	}
	return q
}

// Encoded returns the query as text.
func (f form) Encoded() string { return f.Query().Encode() }

// Empty reports whether nothing is chosen.
func (f form) Empty() bool { return f == form{} }

// More reports whether something is chosen of the fields that are folded away.
func (f form) More() bool {
	return f.Error != "" || f.Slow != "" || f.Request != "" || f.From != "" || f.Until != "" || f.User != ""
}

// inputTime is how an input of the type datetime-local writes a moment.
const inputTime = "2006-01-02T15:04"

// FromIn and UntilIn say the moments as the viewer's clock does: browsers write such an input in a way of their own.
func (f form) FromIn(v web.Viewer) string { return inWords(v, f.From) }

// UntilIn is FromIn of the end.
func (f form) UntilIn(v web.Viewer) string { return inWords(v, f.Until) }

func inWords(v web.Viewer, moment string) string {
	t, err := time.ParseInLocation(inputTime, moment, v.Zone())
	if err != nil {
		return ""
	}
	return v.Format(t, "2 January 2006, 15:04")
}

// filter returns the filter, and what is wrong with each field that cannot be read.
func (f form) filter(zone *time.Location) (console.Filter, map[string]string) {
	errs := map[string]string{}
	out := console.Filter{Text: f.Text, Method: f.Method, Error: f.Error, RequestID: f.Request}
	number := func(field, text string) int64 {
		if text == "" {
			return 0
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			errs[field] = "This is no number."
		}
		return n
	}
	moment := func(field, text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation(inputTime, text, zone)
		if err != nil {
			errs[field] = "This is no date and time."
		}
		return t
	}
	switch kind, id, _ := strings.Cut(f.Source, "-"); kind {
	case "app":
		out.AppID = number("source", id)
	case "webhook":
		out.WebhookID = number("source", id)
	case "session":
		out.Kind = console.BySession
	}
	switch f.Result {
	case "ok":
		out.Status = 2
	case "failed":
		out.Failed = true
	case "warned":
		out.Warned = true
	case "4", "5":
		out.Status = int(f.Result[0] - '0')
	}
	out.UserID = number("user", f.User)
	out.Slow = time.Duration(number("slow", f.Slow)) * time.Millisecond
	out.From, out.Until = moment("from", f.From), moment("until", f.Until)
	return out, errs
}

var resultOptions = []ui.Option{
	{Value: "", Title: "Any result"},
	{Value: "ok", Title: "Answered"},
	{Value: "failed", Title: "Failed"},
	{Value: "warned", Title: "With warnings"},
	{Value: "4", Title: "4xx: refused"},
	{Value: "5", Title: "5xx: server error"},
}

func slowOptions() []ui.Option {
	out := []ui.Option{{Value: "", Title: "Any time"}}
	for _, ms := range console.SlowSteps {
		out = append(out, ui.Option{Value: strconv.FormatInt(ms, 10), Title: "Longer than " + took(time.Duration(ms)*time.Millisecond)})
	}
	return out
}

// sourceOptions are the applications and webhooks that a viewer can choose.
func sourceOptions(n names) []ui.Option {
	out := []ui.Option{{Value: "", Title: "Any source"}}
	for _, s := range []struct {
		prefix string
		names  map[int64]string
	}{{"app-", n.apps}, {"webhook-", n.hooks}} {
		for _, id := range sortedIDs(s.names) {
			out = append(out, ui.Option{Value: s.prefix + strconv.FormatInt(id, 10), Title: s.names[id]})
		}
	}
	return append(out, ui.Option{Value: "session", Title: "Composer"})
}
