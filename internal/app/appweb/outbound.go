package appweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

const outboundsURL = "/devops/outbound/"

// registerOutbound adds the pages of outbound webhooks.
func registerOutbound(s *web.Shell, h pages) {
	may := web.Needs(access.ManageApps)
	s.Page("/devops/outbound/{$}", may, h.outbounds)
	s.Page("/devops/outbound/new", may, h.newOutbound)
	s.Action("/devops/outbound/add", may, h.addOutbound)
	s.Page("/devops/outbound/{id}/{$}", may, h.outbound)
	s.Action("/devops/outbound/{id}/save", may, h.saveOutbound)
	s.Action("/devops/outbound/{id}/token", may, h.outboundToken)
	s.Action("/devops/outbound/{id}/secret", may, h.outboundSecret)
	s.Action("/devops/outbound/{id}/pause", may, h.pauseOutbound)
	s.Action("/devops/outbound/{id}/resume", may, h.resumeOutbound)
	s.Action("/devops/outbound/{id}/test", may, h.testOutbound)
	s.Action("/devops/outbound/{id}/remove", may, h.removeOutbound)
	s.Command(web.Command{
		Title: "New outbound webhook", URL: "/devops/outbound/new", Icon: "webhook", Keywords: "events handler notify", Slider: true,
		Needs: access.ManageApps,
	})
}

// outboundForm is the form of an outbound webhook.
type outboundForm struct {
	Action string
	Submit string
	Form   app.OutboundForm
	Errors map[string]string
	Events []scopeChoice
}

func (h pages) outboundForm(f app.OutboundForm, problems []*fault.Fault) outboundForm {
	out := outboundForm{Action: "/devops/outbound/add", Submit: "Save", Form: f, Errors: byField(problems)}
	var off []scopeChoice
	for _, e := range h.apps.OutboundEvents() {
		c := scopeChoice{Code: e.Name, Label: e.Name, About: app.ScopeTitle(e.Scope)}
		c.Search = strings.ToLower(c.Label + " " + c.About + " " + e.Scope)
		if c.On = slices.Contains(f.Events, e.Name); c.On {
			out.Events = append(out.Events, c)
		} else {
			off = append(off, c)
		}
	}
	out.Events = append(out.Events, off...)
	return out
}

func readOutboundForm(v url.Values) app.OutboundForm {
	return app.OutboundForm{Name: v.Get("name"), URL: v.Get("url"), Events: v["events"]}
}

// outboundLine is a line of the list.
type outboundLine struct {
	app.Outbound

	Page    string
	Badge   badge
	Creator web.Person
	More    int // events that are not shown
}

// Shown are the first events.
func (l outboundLine) Shown() []string { return l.Events[:len(l.Events)-l.More] }

func (h pages) outbounds(ctx context.Context, r *web.Request) (web.Page, error) {
	list, err := h.apps.Outbounds(ctx, r.Viewer.Ref())
	if err != nil {
		return web.Page{}, err
	}
	var ids []int64
	for _, o := range list {
		ids = append(ids, o.OwnerID)
	}
	people, err := h.named(ctx, ids)
	if err != nil {
		return web.Page{}, err
	}
	lines := make([]outboundLine, len(list))
	for i, o := range list {
		const most = 3
		lines[i] = outboundLine{Outbound: o, Page: outboundURL(o.ID), Badge: outboundBadge(o), Creator: people[o.OwnerID], More: max(0, len(o.Events)-most)}
	}
	p := devops.Page("Developer resources", "outbound-list", lines)
	p.Tabs = tabs(outboundsURL)
	return p, nil
}

func outboundURL(id int64) string { return outboundsURL + strconv.FormatInt(id, 10) + "/" }

// outboundBadge says how the deliveries of an outbound webhook are doing.
func outboundBadge(o app.Outbound) badge {
	switch s := o.State; {
	case s.Failed:
		return badge{"Paused after a day of failures", "danger", "warning"}
	case s.Paused:
		return badge{"Paused", "neutral", "pause"}
	case s.Failures > 0:
		return badge{"Failing, will be tried again", "warning", "warning"}
	case s.LastOK.IsZero():
		return badge{"Nothing sent yet", "neutral", "clock"}
	}
	return badge{"Works", "success", "check"}
}

// outboundShown is what is shown once, after a webhook was added or got a new secret.
type outboundShown struct {
	Webhook app.Outbound
	URL     string
	Secret  string
	New     bool
	Until   time.Time // until when the secret before signs too; zero: it does not
}

func (h pages) newOutbound(context.Context, *web.Request) (web.Page, error) {
	return devops.Slider("Outbound webhook", "outbound-new", homeURL, h.outboundForm(app.OutboundForm{}, nil)), nil
}

func (h pages) addOutbound(ctx context.Context, r *web.Request) (web.Result, error) {
	f := readOutboundForm(r.PostForm)
	if problems := h.apps.OutboundProblems(f); len(problems) > 0 {
		if r.Fetched() {
			return nil, problems[0]
		}
		return answer(r, "Outbound webhook", "outbound-new", http.StatusUnprocessableEntity, h.outboundForm(f, problems)), nil
	}
	made, err := h.apps.CreateOutbound(ctx, r.Viewer.Ref(), f)
	if err != nil {
		return nil, err
	}
	return answer(r, made.Name, "outbound-shown", 0, outboundShown{Webhook: made.Outbound, URL: outboundURL(made.ID), Secret: made.SigningSecret, New: true}), nil
}

// outboundView is the page of one outbound webhook.
type outboundView struct {
	Webhook app.Outbound
	URL     string
	Badge   badge
	Creator web.Person
	Form    outboundForm
	Console string
	Old     []ui.Option // for how long the old signing secret may sign beside a new one
	Until   time.Time   // until when the one before does
}

func (h pages) outbound(ctx context.Context, r *web.Request) (web.Page, error) {
	o, err := h.findOutbound(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v, err := h.outboundView(ctx, o)
	return devops.Slider(o.Name, "outbound-view", outboundsURL, v), err
}

func (h pages) findOutbound(ctx context.Context, r *web.Request) (app.Outbound, error) {
	id, err := r.PathID("id")
	if err != nil {
		return app.Outbound{}, err
	}
	return h.apps.Outbound(ctx, r.Viewer.Ref(), id)
}

func (h pages) outboundView(ctx context.Context, o app.Outbound) (outboundView, error) {
	creator, err := h.person(ctx, o.OwnerID)
	v := outboundView{
		Webhook: o, URL: outboundURL(o.ID), Badge: outboundBadge(o), Creator: creator, Form: h.outboundForm(o.Form(), nil),
		Console: "/devops/console/deliveries/?handler=" + strconv.FormatInt(o.State.Handler, 10),
		Old:     oldSigningOptions,
	}
	v.Form.Action = v.URL + "save"
	if err == nil {
		v.Until, err = h.apps.OldSigningUntil(ctx, 0, o.ID)
	}
	return v, err
}

func (h pages) saveOutbound(ctx context.Context, r *web.Request) (web.Result, error) {
	o, err := h.findOutbound(ctx, r)
	if err != nil {
		return nil, err
	}
	f := readOutboundForm(r.PostForm)
	if problems := h.apps.OutboundProblems(f); len(problems) > 0 {
		if r.Fetched() {
			return nil, problems[0]
		}
		v, err := h.outboundView(ctx, o)
		v.Form = h.outboundForm(f, problems)
		v.Form.Action = v.URL + "save"
		return answer(r, o.Name, "outbound-view", http.StatusUnprocessableEntity, v), err
	}
	if _, err := h.apps.UpdateOutbound(ctx, r.Viewer.Ref(), o.ID, f); err != nil {
		return nil, err
	}
	return web.Redirect{To: outboundURL(o.ID), Toast: "Saved"}, nil
}

// doOutbound runs do on the webhook of the address and comes back to its page with a word about it.
func (h pages) doOutbound(ctx context.Context, r *web.Request, toast string, do func(id int64) error) (web.Result, error) {
	o, err := h.findOutbound(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := do(o.ID); err != nil {
		return nil, err
	}
	return web.Redirect{To: outboundURL(o.ID), Toast: toast}, nil
}

func (h pages) outboundToken(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.doOutbound(ctx, r, "The new token is sent from now on.", func(id int64) error {
		_, err := h.apps.RotateOutboundToken(ctx, r.Viewer.Ref(), id)
		return err
	})
}

func (h pages) pauseOutbound(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.doOutbound(ctx, r, "Paused. What happens in the meantime waits.", func(id int64) error {
		_, err := h.apps.PauseOutbound(ctx, r.Viewer.Ref(), id)
		return err
	})
}

func (h pages) resumeOutbound(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.doOutbound(ctx, r, "Resumed. What waited is on its way.", func(id int64) error {
		_, err := h.apps.ResumeOutbound(ctx, r.Viewer.Ref(), id)
		return err
	})
}

func (h pages) testOutbound(ctx context.Context, r *web.Request) (web.Result, error) {
	return h.doOutbound(ctx, r, "ONAPPTEST is on its way to the handler.", func(id int64) error {
		_, err := h.apps.TestOutbound(ctx, r.Viewer.Ref(), id)
		return err
	})
}

func (h pages) outboundSecret(ctx context.Context, r *web.Request) (web.Result, error) {
	o, err := h.findOutbound(ctx, r)
	if err != nil {
		return nil, err
	}
	keep, err := oldSigningTime(r)
	if err != nil {
		return nil, err
	}
	o, secret, err := h.apps.RotateOutboundSecret(ctx, r.Viewer.Ref(), o.ID, keep)
	if err != nil {
		return nil, err
	}
	until, err := h.apps.OldSigningUntil(ctx, 0, o.ID)
	return answer(r, o.Name, "outbound-shown", 0, outboundShown{Webhook: o, URL: outboundURL(o.ID), Secret: secret, Until: until}), err
}

func (h pages) removeOutbound(ctx context.Context, r *web.Request) (web.Result, error) {
	o, err := h.findOutbound(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := h.apps.RemoveOutbound(ctx, r.Viewer.Ref(), o.ID); err != nil {
		return nil, err
	}
	return web.Redirect{To: outboundsURL, Toast: o.Name + " was deleted"}, nil
}
