package appweb

import (
	"context"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/web"
)

// signingShown is the signing secret of an application, shown once.
type signingShown struct {
	App    app.App
	URL    string
	Secret string
}

// newSigningSecret makes a secret with which the deliveries of an application are signed.
func (h pages) newSigningSecret(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.findApp(ctx, r)
	if err != nil {
		return nil, err
	}
	secret, err := h.apps.RotateSigningSecret(ctx, actor(r), a.ID)
	if err != nil {
		return nil, err
	}
	return answer(r, a.Name, "signing-shown", 0, signingShown{a, appURL(a.ID), secret}), nil
}

func (h pages) stopSigning(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.findApp(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := h.apps.StopSigning(ctx, actor(r), a.ID); err != nil {
		return nil, err
	}
	return web.Redirect{To: appURL(a.ID), Toast: "Deliveries are no longer signed."}, nil
}
