package imweb

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/setting"
	"github.com/portico-hq/portico/internal/setting/settingweb"
	"github.com/portico-hq/portico/internal/web"
)

// rulesPages are the pages of what the administrators decide about messages.
type rulesPages struct {
	settings *setting.Store
	log      *audit.Service
}

// RegisterRules adds the page of the rules for messages to the settings. The messenger's own pages must be registered before.
func RegisterRules(s *web.Shell, settings *setting.Store, log *audit.Service) {
	h := rulesPages{settings, log}
	may := web.Needs(access.ChangeSettings)
	s.Page(settingweb.MessagesURL+"{$}", may, h.form)
	s.Action(settingweb.MessagesURL+"save", may, h.save)
	s.Command(web.Command{
		Title: "Rules for messages", URL: settingweb.MessagesURL, Icon: "settings", Keywords: "edit delete time link preview privacy", Needs: access.ChangeSettings,
	})
}

// rulesView is what the form shows, as it was typed.
type rulesView struct {
	Edit   string // minutes
	Links  bool   // pages that links lead to are previewed
	Errors map[string]string
}

func (rulesPages) page(v rulesView, status int) web.Page {
	return web.Page{
		Title: "Settings", Section: settingweb.Section, Template: "im/rules", Body: v, Layout: web.Narrow, Status: status,
		Tabs: settingweb.Tabs(settingweb.MessagesURL),
	}
}

func (h rulesPages) form(ctx context.Context, _ *web.Request) (web.Page, error) {
	rules, err := setting.Load(ctx, h.settings, im.RulesKey)
	return h.page(rulesView{Edit: strconv.FormatInt(rules.EditMinutes, 10), Links: rules.LinkPreviews}, 0), err
}

func (h rulesPages) save(ctx context.Context, r *web.Request) (web.Result, error) {
	v := rulesView{Edit: r.FormValue("edit"), Links: r.Checked("links")}
	minutes, err := strconv.ParseInt(strings.TrimSpace(v.Edit), 10, 64)
	if err != nil {
		minutes = -1 // which is none that is allowed
	}
	err = audit.SaveSetting(ctx, h.log, h.settings, im.RulesKey, im.Rules{EditMinutes: minutes, LinkPreviews: v.Links}, rulesChanged)
	if v.Errors = web.FieldErrors(err); v.Errors != nil {
		return h.page(v, http.StatusUnprocessableEntity), nil
	}
	return web.Redirect{To: settingweb.MessagesURL, Toast: "Rules saved: they hold at once"}, err
}

// rulesChanged says what changed, for the audit log.
func rulesChanged(before, now im.Rules) string {
	say := func(r im.Rules) string {
		if r.EditMinutes == 0 {
			return "for ever"
		}
		return fmt.Sprintf("for %d minutes", r.EditMinutes)
	}
	var out []string
	if before.EditMinutes != now.EditMinutes {
		out = append(out, "Messages could be changed by who sent them "+say(before)+"; now "+say(now)+".")
	}
	if before.LinkPreviews != now.LinkPreviews {
		out = append(out, map[bool]string{true: "Links in messages are previewed now.", false: "Links in messages are not previewed any more."}[now.LinkPreviews])
	}
	return strings.Join(out, " ")
}
