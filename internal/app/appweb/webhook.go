package appweb

import (
	"context"
	"net/http"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/web"
)

// webhookShown is what is shown once, after a webhook was added or taken over.
type webhookShown struct {
	Webhook  app.Webhook
	URL      string
	Address  string
	TestCall string
}

func (h pages) shownWebhook(w app.Webhook, code string) webhookShown {
	address := h.apps.WebhookURL(w.UserID, code)
	return webhookShown{Webhook: w, URL: webhookURL(w.ID), Address: address, TestCall: "curl " + address + "scope.json"}
}

func (h pages) newWebhook(context.Context, *web.Request) (web.Page, error) {
	return devops.Slider("Inbound webhook", "webhook-new", homeURL, newWebhookForm(app.WebhookForm{}, "", nil)), nil
}

func (h pages) addWebhook(ctx context.Context, r *web.Request) (web.Result, error) {
	f, date := readWebhookForm(r)
	if problems := f.Problems(r.Now); len(problems) > 0 {
		if r.Fetched() {
			return nil, problems[0]
		}
		return answer(r, "Inbound webhook", "webhook-new", http.StatusUnprocessableEntity, newWebhookForm(f, date, problems)), nil
	}
	w, code, err := h.apps.CreateWebhook(ctx, r.Viewer.Ref(), f)
	if err != nil {
		return nil, err
	}
	return answer(r, w.Title, "webhook-shown", 0, h.shownWebhook(w, code)), nil
}

// webhookView is the page of one webhook.
type webhookView struct {
	Webhook app.Webhook
	URL     string
	Creator web.Person
	Foreign bool // belongs to somebody else than who looks
	Form    webhookForm
	State   badge
	// MayRotate says that the viewer may have a new address made: nobody else gets to see it.
	MayRotate bool
}

// LastMoment is the end of the last day on which the webhook works.
func (v webhookView) LastMoment() time.Time { return v.Webhook.Expires.Add(-time.Second) }

func (h pages) webhook(ctx context.Context, r *web.Request) (web.Page, error) {
	w, err := h.findWebhook(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	v, err := h.webhookView(ctx, r, w)
	return devops.Slider(w.Title, "webhook-view", listURL, v), err
}

func (h pages) findWebhook(ctx context.Context, r *web.Request) (app.Webhook, error) {
	id, err := r.PathID("id")
	if err != nil {
		return app.Webhook{}, err
	}
	return h.apps.Webhook(ctx, r.Viewer.Ref(), id)
}

func (h pages) webhookView(ctx context.Context, r *web.Request, w app.Webhook) (webhookView, error) {
	creator, err := h.person(ctx, w.UserID)
	if err != nil {
		return webhookView{}, err
	}
	v := webhookView{
		Webhook: w, URL: webhookURL(w.ID), Creator: creator, Foreign: w.UserID != r.Viewer.ID,
		Form:  newWebhookForm(app.WebhookForm{Title: w.Title, Scopes: w.Scopes}, dateOf(r, w.Expires), nil),
		State: stateBadges[w.State(r.Now)], MayRotate: w.UserID == r.Viewer.ID && r.Viewer.May(access.OwnWebhooks),
	}
	v.Form.Action = v.URL + "save"
	return v, nil
}

func (h pages) saveWebhook(ctx context.Context, r *web.Request) (web.Result, error) {
	w, err := h.findWebhook(ctx, r)
	if err != nil {
		return nil, err
	}
	f, date := readWebhookForm(r)
	if problems := f.Problems(r.Now); len(problems) > 0 {
		if r.Fetched() {
			return nil, problems[0]
		}
		v, err := h.webhookView(ctx, r, w)
		v.Form = newWebhookForm(f, date, problems)
		v.Form.Action = v.URL + "save"
		return answer(r, w.Title, "webhook-view", http.StatusUnprocessableEntity, v), err
	}
	w, code, err := h.apps.UpdateWebhook(ctx, r.Viewer.Ref(), w.ID, f)
	if err != nil {
		return nil, err
	}
	if code != "" {
		return answer(r, w.Title, "webhook-shown", 0, h.shownWebhook(w, code)), nil
	}
	return web.Redirect{To: webhookURL(w.ID), Toast: "Saved"}, nil
}

func (h pages) removeWebhook(ctx context.Context, r *web.Request) (web.Result, error) {
	w, err := h.findWebhook(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := h.apps.RemoveWebhook(ctx, r.Viewer.Ref(), w.ID); err != nil {
		return nil, err
	}
	return web.Redirect{To: listURL, Toast: w.Title + " was deleted"}, nil
}

// newCode gives a webhook of the viewer a new address.
func (h pages) newCode(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	w, code, err := h.apps.RotateWebhook(ctx, r.Viewer.Ref(), id)
	if err != nil {
		return nil, err
	}
	return answer(r, w.Title, "webhook-shown", 0, h.shownWebhook(w, code)), nil
}

// switchWebhook switches a webhook on or off.
func (h pages) switchWebhook(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	w, err := h.apps.SwitchWebhook(ctx, r.Viewer.Ref(), id, r.Checked("on"))
	if err != nil {
		return nil, err
	}
	toast := w.Title + " is on."
	if !w.Disabled.IsZero() {
		toast = w.Title + " is off. Its address is refused."
	}
	return web.Redirect{To: webhookURL(w.ID), Toast: toast}, nil
}
