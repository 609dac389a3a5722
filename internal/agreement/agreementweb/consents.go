package agreementweb

import (
	"context"
	"encoding/csv"
	"io"
	neturl "net/url"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/web"
)

// consentsView is the list of who agreed.
type consentsView struct {
	ID          int64
	Name, Query string
	Rows        []consentRow
	Total       int64
	Back        string // to the agreement
	Action      string
	Newest      string
	Older       string
	CSV         string
}

// consentRow is a consent in the list.
type consentRow struct {
	agreement.Consent

	Person  web.Person // where a user agreed
	Version string     // the address of what they agreed to
	Link    string     // the page, where it is an address that a browser opens
}

func (h pages) consents(ctx context.Context, r *web.Request) (web.Page, error) {
	a, err := h.agreement(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	q := agreement.Query{AgreementID: a.ID, Text: strings.TrimSpace(r.FormValue("q")), Before: r.Int("before", 0)}
	found, more, err := h.Agreements.Consents(ctx, q)
	if err != nil {
		return web.Page{}, err
	}
	v := consentsView{ID: a.ID, Name: a.Name, Query: q.Text, Back: at(a.ID, ""), Action: at(a.ID, "consents/")}
	if v.Total, err = h.Agreements.Count(ctx, q); err != nil {
		return web.Page{}, err
	}
	if v.Rows, err = h.rows(ctx, a, found); err != nil {
		return web.Page{}, err
	}
	link := func(path string, before int64) string {
		values := neturl.Values{}
		if q.Text != "" {
			values.Set("q", q.Text)
		}
		if before > 0 {
			values.Set("before", strconv.FormatInt(before, 10))
		}
		if len(values) == 0 {
			return path
		}
		return path + "?" + values.Encode()
	}
	v.CSV = link(v.Action+"export", 0)
	if q.Before > 0 {
		v.Newest = link(v.Action, 0)
	}
	if more {
		v.Older = link(v.Action, found[len(found)-1].ID)
	}
	p := page("Consents", "consents", v)
	p.Tabs, p.Back = nil, v.Back
	return p, nil
}

func (h pages) rows(ctx context.Context, a agreement.Agreement, found []agreement.Consent) ([]consentRow, error) {
	var ids []int64
	for _, c := range found {
		if c.UserID != 0 {
			ids = append(ids, c.UserID)
		}
	}
	who, err := h.People.People(ctx, ids)
	out := make([]consentRow, len(found))
	for i, c := range found {
		v := agreement.Version{Code: a.Code, Number: c.Number}
		out[i] = consentRow{Consent: c, Version: v.Path()}
		if c.UserID != 0 {
			out[i].Person = who[c.UserID]
		}
		if u, err := neturl.Parse(c.URL); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
			out[i].Link = c.URL
		}
	}
	return out, err
}

// export sends who agreed, the newest first, as CSV.
func (h pages) export(ctx context.Context, r *web.Request) (web.Result, error) {
	a, err := h.agreement(ctx, r)
	if err != nil {
		return nil, err
	}
	q := agreement.Query{AgreementID: a.ID, Text: strings.TrimSpace(r.FormValue("q"))}
	name := "consents-" + strconv.FormatInt(a.ID, 10) + "-" + r.Now.In(r.Viewer.Zone()).Format(time.DateOnly) + ".csv"
	return web.Download{Name: name, Type: "text/csv; charset=utf-8", Write: func(w io.Writer) error { return h.writeCSV(ctx, w, a, q) }}, nil
}

func (h pages) writeCSV(ctx context.Context, w io.Writer, a agreement.Agreement, q agreement.Query) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"id", "time", "version", "text", "user_id", "who", "address", "page", "source", "element"}); err != nil {
		return err
	}
	err := h.Agreements.Each(ctx, q, func(c agreement.Consent) error {
		v := agreement.Version{Code: a.Code, Number: c.Number}
		return out.Write([]string{
			strconv.FormatInt(c.ID, 10), c.At.UTC().Format(time.RFC3339Nano), strconv.FormatInt(c.Number, 10), h.PublicURL(v.Path()),
			strconv.FormatInt(c.UserID, 10), web.Cell(c.Who), c.IP, web.Cell(c.URL), web.Cell(c.OriginID), web.Cell(c.Originator),
		})
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}
