package agreement_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/access"
	"github.com/portico-hq/portico/internal/agreement"
	"github.com/portico-hq/portico/internal/audit"
	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
)

var (
	boss   = user.Ref{ID: 1, Access: access.ChangeSettings}
	nobody = user.Ref{ID: 2}
)

// people knows user 7.
type people struct{}

func (people) ManyTx(_ context.Context, _ *db.Tx, ids []int64) (map[int64]user.User, error) {
	out := map[int64]user.User{}
	for _, id := range ids {
		if id == 7 {
			out[id] = user.User{ID: 7, FirstName: "Ann", LastName: "Client"}
		}
	}
	return out, nil
}

type bench struct {
	*agreement.Service

	t     *testing.T
	db    *db.DB
	clock *clock.Manual
	used  []string
}

func run(t *testing.T, test func(b *bench)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, []db.Schema{audit.Schema(), agreement.Schema()}, func(t *testing.T, d *db.DB) {
		b := &bench{t: t, db: d, clock: clock.NewManual(time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC))}
		b.Service = agreement.New(agreement.Config{
			DB: d, Clock: b.clock, Audit: audit.New(d, b.clock), Users: people{},
			UsedTx: func(context.Context, *db.Tx, int64) ([]string, error) { return b.used, nil },
		})
		test(b)
	})
}

func (b *bench) save(id int64, w agreement.Words) agreement.Agreement {
	b.t.Helper()
	a, _, err := b.Save(b.t.Context(), boss, id, w)
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func (b *bench) audited() (out []string) {
	b.t.Helper()
	err := b.db.Read(b.t.Context(), func(tx *db.Tx) error {
		rows, err := tx.Query(b.t.Context(), "SELECT type, description FROM audit_entry ORDER BY id")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var kind, text string
			if err := rows.Scan(&kind, &text); err != nil {
				return err
			}
			out = append(out, kind+" "+text)
		}
		return rows.Err()
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

func code(t *testing.T, what string, err error, want, field string) {
	t.Helper()
	if f := fault.Of(err); err == nil || f.Code != want || f.Field != field {
		t.Errorf("%s: got %v, want %s at %q", what, err, want, field)
	}
}

func standard() agreement.Words {
	return agreement.Words{
		Kind: agreement.Standard, Name: "Privacy", Language: "en",
		Fields: agreement.Fields{Company: "Example Ltd.", Address: "1 Example St", Purposes: "support", Parties: "a courier", Email: "info@example.com"},
	}
}

// TestVersionsStay changes an agreement after somebody agreed to it.
func TestVersionsStay(t *testing.T) {
	run(t, func(b *bench) {
		ctx := b.t.Context()
		a := b.save(0, standard())
		first, err := b.Consent(ctx, agreement.Consent{AgreementID: a.ID, IP: "192.0.2.1", UserID: 7, URL: "https://example.com/shop", OriginID: "form", Originator: "ann@example.com"})
		if err != nil {
			b.t.Fatal(err)
		}
		b.clock.Advance(time.Hour)
		changed := standard()
		changed.Fields.Company = "Other Ltd."
		if a = b.save(a.ID, changed); a.Number != 2 {
			b.t.Errorf("version %d, want 2", a.Number)
		}
		if _, saved, err := b.Save(ctx, boss, a.ID, changed); err != nil || saved {
			b.t.Errorf("the same again: saved %v, %v", saved, err)
		}
		if _, err := b.Consent(ctx, agreement.Consent{AgreementID: a.ID, IP: "::ffff:192.0.2.7"}); err != nil {
			b.t.Fatal(err)
		}
		list, more, err := b.Consents(ctx, agreement.Query{AgreementID: a.ID})
		if err != nil || more || len(list) != 2 {
			b.t.Fatalf("%d consents, more %v, %v", len(list), more, err)
		}
		old := list[1]
		want := agreement.Consent{
			ID: first, AgreementID: a.ID, VersionID: old.VersionID, Number: 1, At: b.clock.Now().Add(-time.Hour), UserID: 7, Who: "Ann Client", IP: "192.0.2.1",
			URL: "https://example.com/shop", OriginID: "form", Originator: "ann@example.com",
		}
		if old != want {
			b.t.Errorf("the consent is\n%+v, want\n%+v", old, want)
		}
		if list[0].Number != 2 || list[0].IP != "192.0.2.7" {
			b.t.Errorf("the second consent is %+v", list[0])
		}
		v, err := b.Public(ctx, a.Code, 1)
		if err != nil || !strings.Contains(v.Text, "Example Ltd., 1 Example St (“the company”)") || strings.Contains(v.Text, "Other") {
			b.t.Errorf("version 1 reads %q, %v", v.Text, err)
		}
		now, err := b.Public(ctx, a.Code, 0)
		if err != nil || now.Number != 2 || !strings.Contains(now.Text, "Other Ltd.") {
			b.t.Errorf("now it reads %q, %v", now.Text, err)
		}
		if got := strings.Join(b.audited(), "\n"); got != "AGREEMENT_ADDED Added the agreement Privacy: version 1.\nAGREEMENT_CHANGED Changed the agreement Privacy: version 2." {
			b.t.Errorf("the log says\n%s", got)
		}
	})
}

// TestSwitch switches an agreement off, which nothing may ask for then.
func TestSwitch(t *testing.T) {
	run(t, func(b *bench) {
		ctx := b.t.Context()
		a := b.save(0, standard())
		active := func(want bool) {
			b.t.Helper()
			err := b.db.Write(ctx, func(tx *db.Tx) error {
				got, err := b.ActiveTx(ctx, tx, a.ID)
				if err == nil && got != want {
					b.t.Errorf("active: %v", got)
				}
				return err
			})
			if err != nil {
				b.t.Error(err)
			}
		}
		active(true)
		b.used = []string{"Support", "Shop"}
		err := b.Switch(ctx, boss, a.ID, false)
		code(b.t, "used", err, "AGREEMENT_USED", "")
		if !strings.Contains(fault.Of(err).Text, "Support, Shop") {
			b.t.Errorf("the fault does not say where: %v", err)
		}
		active(true)
		b.used = nil
		if err := b.Switch(ctx, boss, a.ID, false); err != nil {
			b.t.Fatal(err)
		}
		active(false)
		_, err = b.Public(ctx, a.Code, 0)
		code(b.t, "the newest version of what is off", err, "AGREEMENT_NOT_FOUND", "")
		if _, err := b.Public(ctx, a.Code, 1); err != nil {
			b.t.Errorf("a version that somebody may have agreed to: %v", err)
		}
		if _, err := b.Consent(ctx, agreement.Consent{AgreementID: a.ID, IP: "2001:db8::1"}); err != nil {
			b.t.Errorf("a consent that was given: %v", err)
		}
		if err := b.Switch(ctx, boss, a.ID, true); err != nil {
			b.t.Fatal(err)
		}
		active(true)
		code(b.t, "unknown", b.Switch(ctx, boss, 99, false), "AGREEMENT_NOT_FOUND", "")
		code(b.t, "who may not", b.Switch(ctx, nobody, a.ID, false), "ACCESS_DENIED", "")
	})
}

func TestBadInputIsRefused(t *testing.T) {
	run(t, func(b *bench) {
		ctx := b.t.Context()
		for what, c := range map[string]struct {
			change func(w *agreement.Words)
			field  string
		}{
			"no name":          {func(w *agreement.Words) { w.Name = " " }, "name"},
			"a long name":      {func(w *agreement.Words) { w.Name = strings.Repeat("ä", 256) }, "name"},
			"no kind":          {func(w *agreement.Words) { w.Kind = "" }, "kind"},
			"no such language": {func(w *agreement.Words) { w.Language = "tlh" }, "language"},
			"no company":       {func(w *agreement.Words) { w.Fields.Company = "" }, "company"},
			"no e-mail":        {func(w *agreement.Words) { w.Fields.Email = "" }, "email"},
			"a wrong e-mail":   {func(w *agreement.Words) { w.Fields.Email = "Ann <ann@example.com>" }, "email"},
			"a zero byte":      {func(w *agreement.Words) { w.Label = "a\x00" }, "label"},
			"nothing to read":  {func(w *agreement.Words) { w.Kind, w.HTML = agreement.Custom, "<script>x</script><p> </p>" }, "html"},
			"a long text":      {func(w *agreement.Words) { w.Kind, w.HTML = agreement.Custom, strings.Repeat("x", agreement.MaxHTML+1) }, "html"},
			"text that grows":  {func(w *agreement.Words) { w.Kind, w.HTML = agreement.Custom, strings.Repeat("<", agreement.MaxHTML-10) }, "html"},
		} {
			w := standard()
			c.change(&w)
			_, _, err := b.Save(ctx, boss, 0, w)
			code(b.t, what, err, "INVALID_AGREEMENT", c.field)
		}
		_, _, err := b.Save(ctx, nobody, 0, standard())
		code(b.t, "who may not", err, "ACCESS_DENIED", "")
		_, _, err = b.Save(ctx, boss, 99, standard())
		code(b.t, "unknown", err, "AGREEMENT_NOT_FOUND", "")
		a := b.save(0, standard())
		good := agreement.Consent{AgreementID: a.ID, IP: "192.0.2.1"}
		for what, c := range map[string]struct {
			change      func(c *agreement.Consent)
			code, field string
		}{
			"no address":        {func(c *agreement.Consent) { c.IP = "" }, "ERROR_ARGUMENT", "IP"},
			"a name":            {func(c *agreement.Consent) { c.IP = "example.com" }, "ERROR_ARGUMENT", "IP"},
			"a zone":            {func(c *agreement.Consent) { c.IP = "fe80::1%eth0" }, "ERROR_ARGUMENT", "IP"},
			"a long page":       {func(c *agreement.Consent) { c.URL = strings.Repeat("x", 2001) }, "ERROR_ARGUMENT", "URL"},
			"a long source":     {func(c *agreement.Consent) { c.OriginID = strings.Repeat("x", 256) }, "ERROR_ARGUMENT", "ORIGIN_ID"},
			"a long element":    {func(c *agreement.Consent) { c.Originator = strings.Repeat("x", 256) }, "ERROR_ARGUMENT", "ORIGINATOR_ID"},
			"nobody":            {func(c *agreement.Consent) { c.UserID = 8 }, "ERROR_ARGUMENT", "USER_ID"},
			"no such agreement": {func(c *agreement.Consent) { c.AgreementID = 99 }, "AGREEMENT_NOT_FOUND", ""},
		} {
			bad := good
			c.change(&bad)
			_, err := b.Consent(ctx, bad)
			code(b.t, what, err, c.code, c.field)
		}
		if n, err := b.Count(ctx, agreement.Query{AgreementID: a.ID}); err != nil || n != 0 {
			b.t.Errorf("%d consents were kept, %v", n, err)
		}
	})
}

// TestConsentsArePaged looks for consents and goes through all of them.
func TestConsentsArePaged(t *testing.T) {
	run(t, func(b *bench) {
		ctx := b.t.Context()
		a, other := b.save(0, standard()), b.save(0, standard())
		for i := range 60 {
			_, err := b.Consent(ctx, agreement.Consent{AgreementID: a.ID, IP: fmt.Sprintf("192.0.2.%d", i), OriginID: "Form_" + strconv.Itoa(i%2), Originator: fmt.Sprintf("Ännchen%d@example.com", i)})
			if err != nil {
				b.t.Fatal(err)
			}
		}
		if _, err := b.Consent(ctx, agreement.Consent{AgreementID: other.ID, IP: "192.0.2.200"}); err != nil {
			b.t.Fatal(err)
		}
		page, more, err := b.Consents(ctx, agreement.Query{AgreementID: a.ID})
		if err != nil || len(page) != 50 || !more || page[0].IP != "192.0.2.59" {
			b.t.Fatalf("%d consents, more %v, %v", len(page), more, err)
		}
		page, more, err = b.Consents(ctx, agreement.Query{AgreementID: a.ID, Before: page[49].ID})
		if err != nil || len(page) != 10 || more || page[9].IP != "192.0.2.0" {
			b.t.Errorf("%d consents, more %v, %v", len(page), more, err)
		}
		for text, want := range map[string]int64{"": 60, "FORM_1": 30, "form%1": 0, "192.0.2.5": 11, "ÄNNCHEN7@": 1, `\`: 0, strings.Repeat("_", 60_000): 0} {
			if n, err := b.Count(ctx, agreement.Query{AgreementID: a.ID, Text: text}); err != nil || n != want {
				b.t.Errorf("%q finds %d, want %d, %v", text, n, want, err)
			}
		}
		n := 0
		if err := b.Each(ctx, agreement.Query{AgreementID: a.ID, Text: "form_0"}, func(agreement.Consent) error { n++; return nil }); err != nil || n != 30 {
			b.t.Errorf("%d consents, %v", n, err)
		}
		counts, err := b.Counts(ctx)
		if err != nil || counts[a.ID] != 60 || counts[other.ID] != 1 {
			b.t.Errorf("counted %v, %v", counts, err)
		}
	})
}
