package apprest

import (
	"context"
	"errors"
	"strconv"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/rest"
)

// Authorizer lets applications and webhooks call methods.
type Authorizer struct{ apps *app.Service }

var _ rest.Authorizer = Authorizer{}

// NewAuthorizer returns an authorizer over the tokens and webhooks of s.
func NewAuthorizer(s *app.Service) Authorizer { return Authorizer{s} }

// Authorize returns the caller, or the documented fault for one who is turned away.
func (a Authorizer) Authorize(ctx context.Context, c rest.Credentials) (rest.Principal, error) {
	p, err := a.apps.Authorize(ctx, app.Credentials(c))
	if err != nil {
		return rest.Principal{}, faultOf(err)
	}
	out := rest.Principal{
		Kind: rest.ByToken, UserID: p.UserID, Admin: p.Admin, Access: p.Access, AppID: p.AppID, ClientID: p.ClientID, Scopes: p.Scopes, Expires: p.Expires,
	}
	if p.WebhookID != 0 {
		out.Kind, out.ClientID, out.WebhookID = rest.ByWebhook, "webhook."+strconv.FormatInt(p.WebhookID, 10), p.WebhookID
	}
	return out, nil
}

// refusals are the faults of the protocol by the area's reason.
var refusals = []struct{ reason, fault error }{
	{app.ErrNoCredentials, rest.ErrNoAuth},
	{app.ErrTokenExpired, rest.ErrExpiredToken},
	{app.ErrTokenUnknown, rest.ErrInvalidToken},
	{app.ErrWebhook, rest.ErrCredentials},
	{app.ErrUserRefused, rest.ErrUserAccess},
}

func faultOf(err error) error {
	for _, r := range refusals {
		if errors.Is(err, r.reason) {
			return r.fault
		}
	}
	return err
}
