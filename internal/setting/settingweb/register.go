package settingweb

import (
	"context"
	"embed"
	"net/http"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/web"
)

//go:embed *.tmpl *.css
var files embed.FS

// Config is what the pages need.
type Config struct {
	Settings *setting.Store
	Audit    *audit.Service
	MeterURL string // the page that tells who uses how much of the limits
	// DefaultName is what a portal without a name of its own is called.
	DefaultName string
}

type pages struct{ Config }

// Register adds the pages of the general settings and of the limits of the API.
func Register(shell *web.Shell, c Config) {
	shell.Area("setting", files)
	h := pages{c}
	may := web.Needs(access.ChangeSettings)
	shell.Page(GeneralURL+"{$}", may, h.general)
	shell.Action(GeneralURL+"save", may, h.saveGeneral)
	shell.Page(LimitsURL+"{$}", may, h.limits)
	shell.Action(LimitsURL+"save", may, h.saveLimits)
	shell.Command(web.Command{Title: "Settings", URL: GeneralURL, Icon: "settings", Needs: access.ChangeSettings})
	shell.Command(web.Command{Title: "API limits", URL: LimitsURL, Icon: "settings", Keywords: "rate operating webhook strict", Needs: access.ChangeSettings})
}

// generalView is what the form of the general settings shows.
type generalView struct {
	Name, DefaultName string
	Errors            map[string]string
}

func (h pages) generalPage(v generalView, status int) web.Page {
	v.DefaultName = h.DefaultName
	return web.Page{
		Title: "Settings", Section: Section, Template: "setting/general", Body: v, Layout: web.Narrow, Status: status,
		Tabs: Tabs(GeneralURL),
	}
}

func (h pages) general(ctx context.Context, _ *web.Request) (web.Page, error) {
	g, err := setting.Load(ctx, h.Settings, setting.GeneralKey)
	return h.generalPage(generalView{Name: g.Name}, 0), err
}

func (h pages) saveGeneral(ctx context.Context, r *web.Request) (web.Result, error) {
	g := setting.General{Name: strings.TrimSpace(r.FormValue("name"))}
	err := audit.SaveSetting(ctx, h.Audit, h.Settings, setting.GeneralKey, g, func(before, now setting.General) string {
		return "The portal was called " + h.called(before) + " and is now called " + h.called(now) + "."
	})
	if errs := web.FieldErrors(err); errs != nil {
		return h.generalPage(generalView{Name: g.Name, Errors: errs}, http.StatusUnprocessableEntity), nil
	}
	return web.Redirect{To: GeneralURL, Toast: "Settings saved"}, err
}

func (h pages) called(g setting.General) string {
	if g.Name == "" {
		return h.DefaultName
	}
	return g.Name
}
