package fileweb

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
)

func (h pages) registerSettings(s *web.Shell) {
	may := web.Needs(access.ChangeSettings)
	s.Page(settingweb.FilesURL+"{$}", may, h.limits)
	s.Action(settingweb.FilesURL+"save", may, h.saveLimits)
	s.Command(web.Command{Title: "Limits of files", URL: settingweb.FilesURL, Icon: "settings", Keywords: "quota size upload", Needs: access.ChangeSettings})
}

// limitsView is what the form shows, as it was typed.
type limitsView struct {
	Max, Quota string
	Used       string
	Errors     map[string]string
}

func (h pages) limitsPage(ctx context.Context, v limitsView, status int) (web.Page, error) {
	used, err := h.files.Used(ctx)
	v.Used = SizeText(used)
	return web.Page{
		Title: "Settings", Section: settingweb.Section, Template: "file/limits", Body: v, Layout: web.Narrow, Status: status,
		Tabs: settingweb.Tabs(settingweb.FilesURL),
	}, err
}

func (h pages) limits(ctx context.Context, _ *web.Request) (web.Page, error) {
	l, err := h.files.Limits(ctx)
	if err != nil {
		return web.Page{}, err
	}
	return h.limitsPage(ctx, limitsView{Max: strconv.FormatInt(l.MaxMB, 10), Quota: strconv.FormatInt(l.QuotaMB, 10)}, 0)
}

func (h pages) saveLimits(ctx context.Context, r *web.Request) (web.Result, error) {
	v := limitsView{Max: r.FormValue("max_mb"), Quota: r.FormValue("quota_mb")}
	number := func(text string) int64 {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return -1 // which is none that is allowed
		}
		return n
	}
	l := file.Limits{MaxMB: number(v.Max), QuotaMB: number(v.Quota)}
	err := audit.SaveSetting(ctx, h.cfg.Audit, h.cfg.Settings, file.LimitsKey, l, limitsChanged)
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.limitsPage(ctx, v, http.StatusUnprocessableEntity)
	}
	return web.Redirect{To: settingweb.FilesURL, Toast: "Limits saved: they hold at once"}, err
}

// limitsChanged says what changed, for the audit log.
func limitsChanged(before, now file.Limits) string {
	say := func(l file.Limits) string {
		if l.QuotaMB == 0 {
			return fmt.Sprintf("%d MB a file, all together without a limit", l.MaxMB)
		}
		return fmt.Sprintf("%d MB a file, %d MB all together", l.MaxMB, l.QuotaMB)
	}
	return "Files might have " + say(before) + "; now " + say(now) + "."
}
