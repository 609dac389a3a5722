package appweb

import (
	"context"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// signingShown is the signing secret of an application, shown once.
type signingShown struct {
	App    app.App
	URL    string
	Secret string
	Until  time.Time // until when the one before signs too; zero: it does not
}

// oldSigningOptions are the times for which a form offers to let the old secret sign as well.
var oldSigningOptions = []ui.Option{
	{Value: "0", Title: "Not at all: somebody got to know it"},
	{Value: "1", Title: "1 hour"},
	{Value: "24", Title: "24 hours"},
	{Value: "168", Title: "7 days"},
	{Value: "720", Title: "30 days"},
}

// oldSigningTime reads for how long the old secret signs.
func oldSigningTime(r *web.Request) (time.Duration, error) {
	text := r.PostForm.Get("old")
	if text == "" {
		return 0, nil
	}
	hours, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, app.ErrOldSigning
	}
	return time.Duration(hours) * time.Hour, nil
}

// newSigningSecret makes a secret with which the deliveries of an application are signed.
func (h pages) newSigningSecret(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.findApp(ctx, r)
	if err != nil {
		return nil, err
	}
	keep, err := oldSigningTime(r)
	if err != nil {
		return nil, err
	}
	secret, err := h.apps.RotateSigningSecret(ctx, r.Viewer.Ref(), a.ID, keep)
	if err != nil {
		return nil, err
	}
	until, err := h.apps.OldSigningUntil(ctx, a.ID, 0)
	return answer(r, a.Name, "signing-shown", 0, signingShown{a, appURL(a.ID), secret, until}), err
}

func (h pages) stopSigning(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.findApp(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := h.apps.StopSigning(ctx, r.Viewer.Ref(), a.ID); err != nil {
		return nil, err
	}
	return web.Redirect{To: appURL(a.ID), Toast: "Deliveries are no longer signed."}, nil
}
