package portal

import (
	"context"
	"errors"
	"net/netip"
	"strconv"

	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/openlineweb"
	"github.com/portico-hq/portico/internal/web/ui"
)

// newAgreements returns what people agree to.
func (p *Portal) newAgreements() *agreement.Service {
	return agreement.New(agreement.Config{
		DB: p.DB, Clock: p.config.Clock, Audit: p.Audit, Users: p.Users,
		UsedTx: func(ctx context.Context, tx *db.Tx, id int64) ([]string, error) { return p.Lines.AskingTx(ctx, tx, id) },
	})
}

// agreementOptions offers the agreements that are switched on.
func (p *Portal) agreementOptions(ctx context.Context) (out []ui.Option, err error) {
	all, err := p.Agreements.List(ctx)
	for _, a := range all {
		if a.Active {
			out = append(out, ui.Option{Value: strconv.FormatInt(a.ID, 10), Title: a.Name})
		}
	}
	return out, err
}

// lineAgreements tells the conversations what clients agree to.
type lineAgreements struct{ p *Portal }

var _ openline.Agreements = lineAgreements{}

// SaidTx returns what a client without anything to press reads of an agreement.
func (l lineAgreements) SaidTx(ctx context.Context, tx *db.Tx, id int64) (string, error) {
	a, err := l.p.Agreements.GetTx(ctx, tx, id)
	if errors.Is(err, agreement.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return a.Said(l.p.publicURL(a.Path())), nil
}

// visitorAgreements are the agreements as visitors of sites meet them.
type visitorAgreements struct{ p *Portal }

var _ livechat.Agreements = visitorAgreements{}

func (v visitorAgreements) terms(a agreement.Version) livechat.Terms {
	return livechat.Terms{
		AgreementID: a.AgreementID, Version: a.ID, Name: a.Name, Label: a.ShownLabel, Text: a.Plain(), Button: a.ShownButton, URL: v.p.publicURL(a.Path()),
	}
}

// TermsTx returns an agreement as it is now.
func (v visitorAgreements) TermsTx(ctx context.Context, tx *db.Tx, id int64) (livechat.Terms, bool, error) {
	a, err := v.p.Agreements.GetTx(ctx, tx, id)
	if errors.Is(err, agreement.ErrNotFound) {
		return livechat.Terms{}, false, nil
	}
	return v.terms(a.Version), err == nil, err
}

// VersionTx returns what somebody agreed to.
func (v visitorAgreements) VersionTx(ctx context.Context, tx *db.Tx, version int64) (livechat.Terms, bool, error) {
	a, err := v.p.Agreements.VersionTx(ctx, tx, version)
	if errors.Is(err, agreement.ErrNotFound) {
		return livechat.Terms{}, false, nil
	}
	return v.terms(a), err == nil, err
}

// ConsentTx keeps that a visitor agreed. An address that is none, as behind a proxy that says nothing, is not kept.
func (v visitorAgreements) ConsentTx(ctx context.Context, tx *db.Tx, c livechat.Consent) error {
	if ip, err := netip.ParseAddr(c.Address); err != nil || ip.Zone() != "" {
		c.Address = ""
	}
	_, err := v.p.Agreements.ConsentTx(ctx, tx, agreement.Consent{
		AgreementID: c.Terms.AgreementID, VersionID: c.Terms.Version, UserID: c.UserID, IP: c.Address, URL: c.Page, OriginID: livechat.Connector, Originator: c.VisitorID,
	})
	return err
}

// agreedTo tells the operators to what a client agreed.
func (p *Portal) agreedTo(ctx context.Context, userID, lineID int64) (openlineweb.Agreed, error) {
	a, err := p.LiveChat.Agreed(ctx, userID, lineID)
	return openlineweb.Agreed(a), err
}
