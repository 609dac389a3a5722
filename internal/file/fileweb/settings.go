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
	s.Action(settingweb.FilesURL+"public", may, h.savePublic)
	s.Action(settingweb.FilesURL+"texts", may, h.retryTexts)
	s.Command(web.Command{Title: "Limits of files", URL: settingweb.FilesURL, Icon: "settings", Keywords: "quota size upload", Needs: access.ChangeSettings})
}

// limitsView is what the form shows, as it was typed.
type limitsView struct {
	Max, Quota string
	Used       string
	Public     bool
	Days       string
	Errors     map[string]string
	Texts      textsView
}

func (h pages) limitsPage(ctx context.Context, v limitsView, status int) (web.Page, error) {
	used, err := h.files.Used(ctx)
	if err != nil {
		return web.Page{}, err
	}
	v.Used = SizeText(used)
	if v.Texts, err = h.texts(ctx); err != nil {
		return web.Page{}, err
	}
	return web.Page{
		Title: "Settings", Section: settingweb.Section, Template: "file/limits", Body: v, Layout: web.Narrow, Status: status,
		Tabs: settingweb.Tabs(settingweb.FilesURL),
	}, nil
}

// stored is the form with what holds.
func (h pages) stored(ctx context.Context) (v limitsView, err error) {
	l, err := h.files.Limits(ctx)
	if err != nil {
		return v, err
	}
	p, err := h.files.PublicRules(ctx)
	return limitsView{
		Max: strconv.FormatInt(l.MaxMB, 10), Quota: strconv.FormatInt(l.QuotaMB, 10), Public: p.On, Days: strconv.FormatInt(p.Days, 10),
	}, err
}

func (h pages) limits(ctx context.Context, _ *web.Request) (web.Page, error) {
	v, err := h.stored(ctx)
	if err != nil {
		return web.Page{}, err
	}
	return h.limitsPage(ctx, v, 0)
}

// number reads a number as it was typed; -1, which no setting allows, where it is none.
func number(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// savePublic saves the rules of public links.
func (h pages) savePublic(ctx context.Context, r *web.Request) (web.Result, error) {
	v, err := h.stored(ctx)
	if err != nil {
		return nil, err
	}
	v.Public, v.Days = r.Checked("public"), r.FormValue("days")
	rules := file.PublicRules{On: v.Public, Days: number(v.Days)}
	err = audit.SaveSetting(ctx, h.cfg.Audit, h.cfg.Settings, file.PublicKey, rules, publicChanged)
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.limitsPage(ctx, v, http.StatusUnprocessableEntity)
	}
	return web.Redirect{To: settingweb.FilesURL, Toast: "Saved: it holds for the links that are there, too"}, err
}

// publicChanged says what changed, for the audit log.
func publicChanged(before, now file.PublicRules) string {
	say := func(p file.PublicRules) string {
		switch {
		case !p.On:
			return "not allowed"
		case p.Days == 0:
			return "open until they are closed"
		}
		return fmt.Sprintf("open for %d days", p.Days)
	}
	return "Public links were " + say(before) + "; now " + say(now) + "."
}

func (h pages) saveLimits(ctx context.Context, r *web.Request) (web.Result, error) {
	v, err := h.stored(ctx)
	if err != nil {
		return nil, err
	}
	v.Max, v.Quota = r.FormValue("max_mb"), r.FormValue("quota_mb")
	l := file.Limits{MaxMB: number(v.Max), QuotaMB: number(v.Quota)}
	err = audit.SaveSetting(ctx, h.cfg.Audit, h.cfg.Settings, file.LimitsKey, l, limitsChanged)
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
