// Package agreementrest is the REST methods of agreements.
package agreementrest

import (
	"context"
	"errors"
	"strconv"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/rest"
)

const pages = "api-reference/user-consent/user-consent-"

// Register adds the methods of agreements.
func Register(r *rest.Registry, s *agreement.Service) {
	h := handlers{s}
	r.Add(rest.M("userconsent.agreement.list", "userconsent", rest.Everyone, "Lists the agreements of the portal.", h.list, rest.Doc(pages+"agreement-list.md")))
	r.Add(rest.M("userconsent.agreement.text", "userconsent", rest.Everyone, "Returns what people are shown of an agreement.", h.text, rest.Doc(pages+"agreement-text.md")))
	r.Add(rest.M("userconsent.consent.add", "userconsent", rest.Everyone, "Keeps that somebody agreed.", h.add, rest.Doc(pages+"consent-add.md")))
}

type handlers struct{ agreements *agreement.Service }

// The documented faults. Pages: api-reference/user-consent/user-consent-agreement-text.md, user-consent-consent-add.md.
var errNoID = fault.New(fault.Invalid, "ERROR_ARGUMENT", "Parameter `Agreement ID` required.")

func notFound(id int64, err error) error {
	if errors.Is(err, agreement.ErrNotFound) {
		return fault.New(fault.Invalid, "ERROR_ARGUMENT", "Agreement with id `"+strconv.FormatInt(id, 10)+"` not found.").Because(err)
	}
	return err
}

// agreementView is an agreement in a list.
type agreementView struct {
	ID         string `json:"ID"`
	Name       string `json:"NAME"`
	Active     string `json:"ACTIVE"`
	LanguageID string `json:"LANGUAGE_ID"`
}

func (h handlers) list(ctx context.Context, _ *rest.Call, _ struct{}) ([]agreementView, error) {
	all, err := h.agreements.List(ctx)
	out := make([]agreementView, 0, len(all))
	for _, a := range all {
		v := agreementView{ID: strconv.FormatInt(a.ID, 10), Name: a.Name, Active: "N", LanguageID: a.Language}
		if a.Active {
			v.Active = "Y"
		}
		out = append(out, v)
	}
	return out, err
}

// textParams are the parameters of userconsent.agreement.text.
type textParams struct {
	ID      int64   `b24:"id,needed"`
	Replace replace `b24:"replace"`
}

type replace struct {
	Button string `b24:"button_caption"`
	Fields fields `b24:"fields"`
}

type fields struct {
	Company  string `b24:"COMPANY_NAME"`
	Address  string `b24:"COMPANY_ADDRESS"`
	Purposes string `b24:"PURPOSES"`
	Parties  string `b24:"THIRD_PARTIES"`
	Email    string `b24:"EMAIL"`
}

// check refuses what is longer than an administrator may write.
func (r replace) check() error {
	for _, c := range []struct {
		name, text string
		most       int
	}{
		{"button_caption", r.Button, agreement.MaxButton},
		{"COMPANY_NAME", r.Fields.Company, agreement.MaxField},
		{"COMPANY_ADDRESS", r.Fields.Address, agreement.MaxField},
		{"PURPOSES", r.Fields.Purposes, agreement.MaxField},
		{"THIRD_PARTIES", r.Fields.Parties, agreement.MaxField},
		{"EMAIL", r.Fields.Email, agreement.MaxField},
	} {
		if utf8.RuneCountInString(c.text) > c.most {
			return fault.Argument(c.name, "Parameter `"+c.name+"` has at most "+strconv.Itoa(c.most)+" characters.")
		}
	}
	return nil
}

// textView is what people are shown.
type textView struct {
	Label string `json:"LABEL"`
	Text  string `json:"TEXT"`
}

func (h handlers) text(ctx context.Context, _ *rest.Call, p textParams) (textView, error) {
	if p.ID == 0 {
		return textView{}, errNoID
	}
	if err := p.Replace.check(); err != nil {
		return textView{}, err
	}
	a, err := h.agreements.Get(ctx, p.ID)
	if err != nil {
		return textView{}, notFound(p.ID, err)
	}
	f := p.Replace.Fields
	label, text := a.Replaced(agreement.Fields{Company: f.Company, Address: f.Address, Purposes: f.Purposes, Parties: f.Parties, Email: f.Email}, p.Replace.Button)
	return textView{Label: label, Text: text}, nil
}

// consentParams are the parameters of userconsent.consent.add.
type consentParams struct {
	AgreementID  int64  `b24:"AGREEMENT_ID,needed"`
	IP           string `b24:"IP,needed"`
	UserID       int64  `b24:"USER_ID"`
	URL          string `b24:"URL"`
	OriginID     string `b24:"ORIGIN_ID"`
	OriginatorID string `b24:"ORIGINATOR_ID"`
}

func (h handlers) add(ctx context.Context, _ *rest.Call, p consentParams) (int64, error) {
	if p.AgreementID == 0 {
		return 0, errNoID
	}
	if p.UserID < 0 {
		return 0, agreement.ErrNoUser(p.UserID)
	}
	id, err := h.agreements.Consent(ctx, agreement.Consent{
		AgreementID: p.AgreementID, UserID: p.UserID, IP: p.IP, URL: p.URL, OriginID: p.OriginID, Originator: p.OriginatorID,
	})
	return id, notFound(p.AgreementID, err)
}
