// Package apprest is the wire side of applications: who calls, the token endpoint, and app.info.
package apprest

import (
	"context"
	"slices"
	"strings"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// Register adds the methods of applications, and the scopes that applications may be given.
func Register(r *rest.Registry, s *app.Service) {
	h := handlers{s}
	for _, scope := range app.Scopes() {
		r.AddScopes(scope.Code)
	}
	r.Add(rest.M("app.info", rest.Basic, rest.Everyone|rest.AppOnly, "Tells an application about itself.", h.info,
		rest.Doc("api-reference/common/system/app-info.md")))
	r.Add(rest.M("feature.get", rest.Basic, rest.Everyone, "Tells whether the portal can do something that not every one can.", feature,
		rest.Doc("api-reference/common/system/feature-get.md")))
}

// featureParams are the parameters of feature.get.
type featureParams struct {
	Code string `b24:"CODE,needed"`
}

var errNoFeature = fault.New(fault.Invalid, "CODE_EMPTY", "CODE can't be empty")

// features are the documented ones that this portal has.
var features = []string{"rest_offline_extended", "rest_auth_connector"}

// feature answers Y for what the portal can do, and N for what it cannot or does not know.
func feature(_ context.Context, _ *rest.Call, p featureParams) (map[string]string, error) {
	if p.Code == "" {
		return nil, errNoFeature
	}
	return map[string]string{"value": phpform.YesNo(slices.Contains(features, strings.ToLower(p.Code)))}, nil
}

type handlers struct{ apps *app.Service }

// licenseType is the plan that a portal calls itself by. Applications compare it with the documented names to learn what
// they may use; nothing is held back here, which is what the largest of them says.
const licenseType = "ent10000"

// info is the answer of app.info.
type info struct {
	ID             int64  `json:"ID"`
	Code           string `json:"CODE"`
	Version        int64  `json:"VERSION"`
	Status         string `json:"STATUS"`
	Installed      bool   `json:"INSTALLED"`
	PaymentExpired string `json:"PAYMENT_EXPIRED"`
	Days           *int64 `json:"DAYS"` // of a paid or trial time, which a local application does not have
	LanguageID     string `json:"LANGUAGE_ID"`
	License        string `json:"LICENSE"`
	LicenseType    string `json:"LICENSE_TYPE"`
	LicenseFamily  string `json:"LICENSE_FAMILY"`

	*authInfo // at the authorization server only
}

// authInfo is what app.info tells at the authorization server beside the rest: whose the token is, of which portal. The page
// settings/oauth/simple-way.md sends applications there for a trusted status; the SDK for Python reads these fields.
type authInfo struct {
	ClientID string      `json:"client_id"`
	Scope    string      `json:"scope"`
	Expires  string      `json:"expires"`
	Install  installInfo `json:"install"`
	UserID   int64       `json:"user_id"`
}

type installInfo struct {
	Installed      bool   `json:"installed"`
	Version        int64  `json:"version"`
	Status         string `json:"status"`
	Scope          string `json:"scope"`
	Domain         string `json:"domain"`
	URI            string `json:"uri"` // of the application
	ClientEndpoint string `json:"client_endpoint"`
	MemberID       string `json:"member_id"`
	MemberType     string `json:"member_type"` // of portal; no public page names the types, so it is empty
}

func (h handlers) info(ctx context.Context, c *rest.Call, _ rest.None) (info, error) {
	a, err := h.apps.Find(ctx, c.AppID)
	if err != nil {
		return info{}, err
	}
	language := h.apps.Language()
	out := info{
		ID: a.ID, Code: a.ClientID, Version: a.Version, Status: a.Status(), Installed: a.Installed,
		PaymentExpired: "N", LanguageID: language,
		License: language + "_" + licenseType, LicenseType: licenseType, LicenseFamily: "ent",
	}
	if atAuthServer(ctx) {
		out.authInfo, err = h.authInfo(ctx, c, a)
	}
	return out, err
}

func (h handlers) authInfo(ctx context.Context, c *rest.Call, a app.App) (*authInfo, error) {
	member, err := h.apps.MemberID(ctx)
	if err != nil {
		return nil, err
	}
	e, scope := h.apps.Endpoints(), strings.Join(a.Scopes, ",")
	return &authInfo{
		ClientID: a.ClientID, Scope: scope, Expires: c.Expires.UTC().Format("2006-01-02T15:04:05-07:00"), UserID: c.UserID,
		Install: installInfo{
			Installed: a.Installed, Version: a.Version, Status: a.Status(), Scope: scope, Domain: e.Domain, URI: a.HandlerURL,
			ClientEndpoint: e.ClientEndpoint, MemberID: member,
		},
	}, nil
}
