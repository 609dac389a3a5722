package settingweb

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// own is the choice of limits other than those of the cloud.
const own = "own"

// The limits of the cloud's plans.
var (
	requestChoices = []ui.Option{
		{Value: "0,0", Title: "No limit"},
		{Value: "50,2", Title: "50, falling by 2 a second (most plans)"},
		{Value: "250,5", Title: "250, falling by 5 a second (Enterprise)"},
		{Value: own, Title: "Limits of your own"},
	}
	operatingChoices = []ui.Option{
		{Value: "0", Title: "No limit"},
		{Value: "480", Title: "480 seconds in 10 minutes"},
		{Value: own, Title: "A limit of your own"},
	}
)

// limitsView is what the form of the limits shows, as it was typed.
type limitsView struct {
	Requests, Burst, PerSecond  string
	Operating, OperatingSeconds string
	Lenient, Protected          bool
	Warnings                    bool
	RequestChoices              []ui.Option
	OperatingChoices            []ui.Option
	Errors                      map[string]string
	MeterURL                    string // empty where the viewer may not see it
}

func viewOf(a setting.API) limitsView {
	v := limitsView{
		Requests: fmt.Sprintf("%d,%d", a.Burst, a.PerSecond), Burst: "100", PerSecond: "5",
		Operating: strconv.FormatInt(a.OperatingSeconds, 10), OperatingSeconds: "480",
		Lenient: a.Lenient, Protected: !a.Unprotected, Warnings: a.Warnings,
	}
	if !offered(requestChoices, v.Requests) {
		v.Requests, v.Burst, v.PerSecond = own, strconv.FormatInt(a.Burst, 10), strconv.FormatInt(a.PerSecond, 10)
	}
	if !offered(operatingChoices, v.Operating) {
		v.Operating, v.OperatingSeconds = own, v.Operating
	}
	return v
}

func offered(choices []ui.Option, value string) bool {
	for _, c := range choices {
		if c.Value == value {
			return true
		}
	}
	return false
}

func (h pages) limitsPage(r *web.Request, v limitsView, status int) web.Page {
	v.RequestChoices, v.OperatingChoices = requestChoices, operatingChoices
	if r.Viewer.May(access.ViewConsole) {
		v.MeterURL = h.MeterURL
	}
	return web.Page{
		Title: "Settings", Section: Section, Template: "setting/limits", Body: v, Layout: web.Narrow, Status: status,
		Tabs: Tabs(LimitsURL), Styles: []string{"setting/setting.css"},
	}
}

func (h pages) limits(ctx context.Context, r *web.Request) (web.Page, error) {
	a, err := setting.Load(ctx, h.Settings, setting.APIKey)
	return h.limitsPage(r, viewOf(a), 0), err
}

func (h pages) saveLimits(ctx context.Context, r *web.Request) (web.Result, error) {
	v := limitsView{
		Requests: r.FormValue("requests"), Burst: r.FormValue("burst"), PerSecond: r.FormValue("per_second"),
		Operating: r.FormValue("operating"), OperatingSeconds: r.FormValue("operating_seconds"),
		Lenient: r.Checked("lenient"), Protected: r.Checked("protected"), Warnings: r.Checked("warnings"),
	}
	a, err := v.api()
	if err == nil {
		err = audit.SaveSetting(ctx, h.Audit, h.Settings, setting.APIKey, a, limitsChanged)
	}
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.limitsPage(r, v, http.StatusUnprocessableEntity), nil
	}
	return web.Redirect{To: LimitsURL, Toast: "Limits saved: they hold at once"}, err
}

// api reads the form.
func (v limitsView) api() (a setting.API, err error) {
	a = setting.API{Lenient: v.Lenient, Unprotected: !v.Protected, Warnings: v.Warnings}
	burst, perSecond, _ := strings.Cut(v.Requests, ",")
	if v.Requests == own {
		burst, perSecond = v.Burst, v.PerSecond
	}
	seconds := v.Operating
	if v.Operating == own {
		seconds = v.OperatingSeconds
	}
	for _, n := range [...]struct {
		name, text string
		dst        *int64
	}{{"burst", burst, &a.Burst}, {"per_second", perSecond, &a.PerSecond}, {"operating_seconds", seconds, &a.OperatingSeconds}} {
		if *n.dst, err = strconv.ParseInt(strings.TrimSpace(n.text), 10, 64); err != nil {
			return a, fault.New(fault.Invalid, "INVALID_LIMIT", "Enter a whole number.").At(n.name)
		}
	}
	if v.Requests == own && a.Burst == 0 {
		return a, fault.New(fault.Invalid, "INVALID_LIMIT", "Enter at least 1, or choose no limit above.").At("burst")
	}
	return a, nil
}

// limitsChanged says in words what holds now.
func limitsChanged(_, now setting.API) string {
	text := "Requests are not limited"
	if now.Burst > 0 {
		text = fmt.Sprintf("Requests are limited to %d, falling by %d a second", now.Burst, now.PerSecond)
	}
	if now.OperatingSeconds > 0 {
		text += fmt.Sprintf("; operating time to %d seconds", now.OperatingSeconds)
	} else {
		text += "; operating time is not limited"
	}
	if now.Lenient {
		text += "; webhooks may call methods meant for applications"
	}
	if now.Warnings {
		text += "; answers warn of what departs from the documentation"
	}
	if now.Unprotected {
		text += "; the protection of the server is off"
	}
	return text + "."
}
