package auditweb

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
)

// keepView is what the form of the retention shows.
type keepView struct {
	Forever  bool
	Days     string
	Min, Max int
	Errors   map[string]string
}

func keepPage(v keepView, status int) web.Page {
	v.Min, v.Max = audit.MinDays, audit.MaxDays
	return web.Page{
		Title: "How long entries are kept", Section: settingweb.Section, Template: "audit/keep", Body: v, Layout: web.Narrow,
		Slider: true, Behind: settingweb.AuditURL, Back: settingweb.AuditURL, Status: status,
	}
}

func (h pages) keepPage(ctx context.Context, _ *web.Request) (web.Page, error) {
	kept, err := setting.Load(ctx, h.Settings, audit.RetentionKey)
	v := keepView{Forever: kept.Days == 0, Days: "365"}
	if kept.Days != 0 {
		v.Days = strconv.FormatInt(kept.Days, 10)
	}
	return keepPage(v, 0), err
}

func (h pages) keep(ctx context.Context, r *web.Request) (web.Result, error) {
	v := keepView{Forever: r.Checked("forever"), Days: strings.TrimSpace(r.FormValue("days"))}
	kept, err := v.retention()
	if err == nil {
		err = h.Log.SetRetention(ctx, h.Settings, kept)
	}
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return keepPage(v, 422), nil
	}
	return web.Redirect{To: settingweb.AuditURL, Toast: "Entries are kept " + keptFor(kept.Days)}, err
}

func (v keepView) retention() (audit.Retention, error) {
	if v.Forever {
		return audit.Retention{}, nil
	}
	days, err := strconv.ParseInt(v.Days, 10, 64)
	if err != nil || days == 0 {
		return audit.Retention{}, fault.New(fault.Invalid, "INVALID_DAYS", "Enter a number of days.").At("days")
	}
	return audit.Retention{Days: days}, nil
}

// keptFor says for how long entries are kept.
func keptFor(days int64) string {
	if days == 0 {
		return "for ever"
	}
	return "for " + strconv.FormatInt(days, 10) + " days"
}
