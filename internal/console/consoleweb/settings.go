package consoleweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/portico-hq/portico/internal/console"
	"github.com/portico-hq/portico/internal/web"
)

// settingsView is the form of what is logged.
type settingsView struct {
	On          bool
	Days, Calls string
	MaxDays     int64
	Errors      map[string]string
}

func (h pages) settings(ctx context.Context, _ *web.Request) (web.Page, error) {
	s, err := h.Log.Settings(ctx)
	return settingsPage(settingsView{On: s.On, Days: strconv.FormatInt(s.Days, 10), Calls: strconv.FormatInt(s.Calls, 10)}), err
}

func settingsPage(v settingsView) web.Page {
	v.MaxDays = console.MaxDays
	return devops.Slider("What is kept", "settings", TimelineURL, v)
}

func (h pages) saveSettings(ctx context.Context, r *web.Request) (web.Result, error) {
	err := h.Log.SaveSettings(ctx, console.Settings{On: r.Checked("on"), Days: r.Int("days", 0), Calls: r.Int("calls", 0)})
	if errs := web.FieldErrors(err); errs != nil && !r.Fetched() {
		p := settingsPage(settingsView{On: r.Checked("on"), Days: r.FormValue("days"), Calls: r.FormValue("calls"), Errors: errs})
		p.Status = http.StatusUnprocessableEntity
		return p, nil
	}
	return web.Redirect{To: TimelineURL, Toast: "Saved"}, err
}
