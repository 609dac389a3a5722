package userfield_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/userfield"
)

var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func TestCleanGivesTheOneFormOfAType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind      userfield.Type
		raw, want string // "!" stands for a fault
	}{
		{userfield.String, " two \n", " two \n"},
		{userfield.Integer, " +7 ", "7"},
		{userfield.Integer, "7.0", "!"},
		{userfield.Double, "-0,001", "0"},
		{userfield.Double, "2.675", "2.68"},
		{userfield.Double, "1e400", "!"},
		{userfield.Double, "NaN", "!"},
		{userfield.Boolean, "TRUE", "1"},
		{userfield.Boolean, "off", "!"},
		{userfield.Date, "12/31/2026", "2026-12-31"},
		{userfield.Date, "2026-02-30", "!"},
		{userfield.DateTime, "2026-12-31T00:30:00+02:00", "2026-12-30T22:30:00Z"},
		{userfield.Money, "-1.5|usd", "-1.5|USD"},
		{userfield.Money, ".5|USD", "!"},
		{userfield.Money, "1.|USD", "!"},
		{userfield.Money, "1|US", "!"},
		{userfield.Money, "1|ÄÖÜ", "!"},
		{userfield.Employee, "-3", "!"},
		{userfield.Choice, "3", "!"},
		{userfield.URL, " https://example.com ", "https://example.com"},
		{userfield.String, "nul\x00", "!"},
		{userfield.String, strings.Repeat("x", 64_001), "!"},
	} {
		got, err := userfield.Field{Name: "UF_X", Type: c.kind}.Clean([]string{c.raw})
		switch {
		case c.want == "!":
			if f := fault.Of(err); f.Code != "FIELD_VALUE_WRONG" || f.Field != "UF_X" {
				t.Errorf("%s %.20q: %q, %v, want a fault", c.kind, c.raw, got, err)
			}
		case err != nil || !slices.Equal(got, []string{c.want}):
			t.Errorf("%s %q: %q, %v, want %q", c.kind, c.raw, got, err, c.want)
		}
	}
}

func TestFieldsOfOneEntityAreNotThoseOfAnother(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, []db.Schema{userfield.Schema()}, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		s := userfield.New(userfield.Config{DB: d, Clock: clock.NewManual(noon)})
		ids := map[string]int64{}
		for _, entity := range []string{"USER", "CRM_DEAL"} {
			id, err := s.Add(ctx, userfield.Field{Entity: entity, Name: "UF_NOTE", Type: userfield.String}, 0)
			if err != nil {
				t.Fatal(err)
			}
			ids[entity] = id
		}
		set := func(entity, text string) {
			t.Helper()
			err := d.Write(ctx, func(tx *db.Tx) error {
				return s.SetTx(ctx, tx, entity, 5, userfield.Values{"UF_NOTE": {text}, "UF_NONE": {"x"}}, false)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		set("USER", "of a person")
		set("CRM_DEAL", "of a deal")
		got := func(entity string) string {
			t.Helper()
			values, err := s.Values(ctx, entity, []int64{5, 6})
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(values[5]["UF_NOTE"], ",")
		}
		if u, c := got("USER"), got("CRM_DEAL"); u != "of a person" || c != "of a deal" {
			t.Errorf("the person has %q, the deal %q", u, c)
		}
		if err := s.Delete(ctx, "USER", ids["CRM_DEAL"]); !errors.Is(err, userfield.ErrNotFound) {
			t.Errorf("the field of a deal is deleted as one of a person: %v", err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { return s.RemoveTx(ctx, tx, "CRM_DEAL", 5) }); err != nil {
			t.Fatal(err)
		}
		if u, c := got("USER"), got("CRM_DEAL"); u != "of a person" || c != "" {
			t.Errorf("after the deal is gone the person has %q, the deal %q", u, c)
		}
	})
}

func TestAFieldAddedByAnotherProcessIsNoticed(t *testing.T) {
	t.Parallel()
	dbtest.RunPair(t, []db.Schema{userfield.Schema()}, func(t *testing.T, here, there *db.DB) {
		ctx, clk := t.Context(), clock.NewManual(noon)
		s := userfield.New(userfield.Config{DB: here, Clock: clk})
		if fields, err := s.Fields(ctx, "USER"); err != nil || len(fields) != 0 {
			t.Fatal(fields, err)
		}
		noticed := make(chan struct{}, 1)
		here.Watch(func() {
			select {
			case noticed <- struct{}{}:
			default:
			}
		})
		other := userfield.New(userfield.Config{DB: there, Clock: clk})
		if _, err := other.Add(ctx, userfield.Field{Entity: "USER", Name: "UF_NEW", Type: userfield.Date}, 0); err != nil {
			t.Fatal(err)
		}
		<-noticed
		if fields, err := s.Fields(ctx, "USER"); err != nil || len(fields) != 1 || fields[0].Name != "UF_NEW" {
			t.Errorf("the fields are %+v, %v", fields, err)
		}
	})
}

func FuzzClean(f *testing.F) {
	for _, kind := range []userfield.Type{
		userfield.String, userfield.Integer, userfield.Double, userfield.Boolean, userfield.Date, userfield.DateTime, userfield.Money,
	} {
		f.Add(string(kind), "12.50|EUR")
		f.Add(string(kind), "2026-12-31T15:04:05Z")
		f.Add(string(kind), "-0.005")
	}
	f.Fuzz(func(t *testing.T, kind, raw string) {
		field := userfield.Field{Name: "UF_X", Type: userfield.Type(kind)}
		once, err := field.Clean([]string{raw})
		if err != nil {
			return
		}
		twice, err := field.Clean(once) // the one form is its own form
		if err != nil || !slices.Equal(once, twice) {
			t.Errorf("%s %q: %q, then %q, %v", kind, raw, once, twice, err)
		}
		if sql, _ := field.SQL("u.id", userfield.Condition{Values: []string{raw}}); sql == "" {
			t.Errorf("%s %q: no condition", kind, raw)
		}
	})
}

func FuzzSettings(f *testing.F) {
	f.Add("string", `{"DEFAULT_VALUE":"x","ROWS":"3"}`)
	f.Add("date", `{"DEFAULT_VALUE":{"TYPE":"FIXED","VALUE":"31.12.2026"}}`)
	f.Add("double", `{"PRECISION":12,"DEFAULT_VALUE":"1e14"}`)
	f.Add("enumeration", `{"DISPLAY":"ui","LIST_HEIGHT":1.0}`)
	f.Add("money", `[["x"]]`)
	d := dbtest.SQLite(f, userfield.Schema())
	s := userfield.New(userfield.Config{DB: d, Clock: clock.NewManual(noon)})
	f.Fuzz(func(t *testing.T, kind, settings string) {
		var v phpform.Value
		if v.UnmarshalJSON([]byte(settings)) != nil {
			return
		}
		id, err := s.Add(t.Context(), userfield.Field{Entity: "USER", Name: "UF_X", Type: userfield.Type(kind), Settings: v}, 0)
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		field, err := s.Get(t.Context(), "USER", id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := field.Clean(field.Defaults(noon)); err != nil { // a default is a value of the type
			t.Errorf("%s %s: the default %q: %v", kind, settings, field.Defaults(noon), err)
		}
		if err := s.Delete(t.Context(), "USER", id); err != nil {
			t.Fatal(err)
		}
	})
}
