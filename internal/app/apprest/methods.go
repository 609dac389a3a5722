// Package apprest is the wire side of applications: who calls, the token endpoint, and app.info.
package apprest

import (
	"context"

	"github.com/portico-hq/portico/internal/app"
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
}

func (h handlers) info(ctx context.Context, c *rest.Call, _ rest.None) (info, error) {
	a, err := h.apps.Find(ctx, c.AppID)
	if err != nil {
		return info{}, err
	}
	language := h.apps.Language()
	return info{
		ID: a.ID, Code: a.ClientID, Version: a.Version, Status: a.Status(), Installed: a.Installed,
		PaymentExpired: "N", LanguageID: language,
		License: language + "_" + licenseType, LicenseType: licenseType, LicenseFamily: "ent",
	}, nil
}
