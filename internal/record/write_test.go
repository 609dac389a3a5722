package record_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/userfield"
)

// Touch says that something changed.
func (b *bench) Touch(t *testing.T) {
	t.Helper()
	if err := b.db.Write(t.Context(), func(tx *db.Tx) error { b.TouchTx(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestWritingTellsWhatChanged(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.addField(t, userfield.Field{Name: "UF_CRM_COLOR", Type: userfield.String})
		id := b.add(t, `{"TITLE":" Desk ","OPPORTUNITY":"10.5","CONTACT_IDS":[3,3,1],"TAGS":["Red","red","x"],"PHONE":[{"VALUE":"1"},{"VALUE":"2","VALUE_TYPE":"HOME"}],"COMPANY_ID":5}`)
		if c := b.changes[0]; c.ID != id || c.Old != nil || c.New["TITLE"] != "Desk" || c.New["OPPORTUNITY"] != int64(105_000) {
			t.Errorf("added %+v", c)
		}
		r := b.reader(t, record.Faults{})
		change := func(fields string) record.Change {
			t.Helper()
			values, err := r.Changes(tree(t, fields))
			if err != nil {
				t.Fatal(err)
			}
			c, err := b.Update(t.Context(), id, values)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		c := change(`{"title":"Chair","OPPORTUNITY":"10.50","COMPANY_ID":9,"TAGS":["x"],"UF_CRM_COLOR":"blue","PHONE":[{"ID":1,"VALUE":"3"},{"ID":2,"DELETE":"Y"},{"VALUE":"4"}]}`)
		got, _ := json.Marshal(c.New)
		want := `{"PHONE":[{"ID":1,"ValueType":"WORK","Value":"3"},{"ID":3,"ValueType":"WORK","Value":"4"}],"TAGS":["x"],"TITLE":"Chair","UF_CRM_COLOR":["blue"]}`
		if string(got) != want || c.Old["TITLE"] != "Desk" {
			t.Errorf("changed %s from %v", got, c.Old)
		}
		if c := change(`{"TITLE":"Chair"}`); len(c.New) != 0 || len(b.changes) != 2 {
			t.Errorf("nothing changed, and %d changes are told", len(b.changes))
		}
		for fields, code := range map[string]string{
			`{"TITLE":""}`: "ERROR_ARGUMENT", `{"TITLE":"` + strings.Repeat("ä", 256) + `"}`: "ERROR_ARGUMENT",
		} {
			if _, err := r.Changes(tree(t, fields)); fault.Of(err).Code != code {
				t.Errorf("%.20s: %v", fields, err)
			}
		}
		if _, err := b.Update(t.Context(), id, record.Values{"PHONE": []record.MultiChange{{MultiValue: record.MultiValue{ID: 77, Value: "1"}}}}); fault.Of(err).Code != "ERROR_ARGUMENT" {
			t.Errorf("a value of nobody: %v", err)
		}
		if _, err := b.Update(t.Context(), 999, record.Values{"TITLE": "x"}); fault.Of(err).Code != "NOT_FOUND" {
			t.Errorf("a record that is not there: %v", err)
		}
		if err := b.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if c := b.changes[2]; c.New != nil || c.Old["TITLE"] != "Chair" || len(b.changes) != 3 {
			t.Errorf("deleted %+v", c)
		}
		if n, err := b.Count(t.Context(), record.Query{}); n != 0 || err != nil {
			t.Errorf("%d are left, %v", n, err)
		}
		if err := b.Delete(t.Context(), id); fault.Of(err).Code != "NOT_FOUND" {
			t.Errorf("deleted twice: %v", err)
		}
		b.nothingLeft(t)
	})
}

func (b *bench) nothingLeft(t *testing.T) {
	t.Helper()
	err := b.db.Read(t.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"deal", "deal_contact", "deal_tag", "record_multi", "userfield_value"} {
			var n int
			if err := tx.QueryRow(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%d rows in %s, %v", n, table, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestNothingIsNotZero adds records of which every field is needed: numbers that are 0 and answers that are N are given, what is empty
// is not.
func TestNothingIsNotZero(t *testing.T) {
	t.Parallel()
	e := &record.Entity{Name: "SALE_ROW", Table: "deal", Fields: []record.Field{
		{Name: "ID", Type: record.Int, Column: "t.id", ReadOnly: true},
		{Name: "COUNT", Type: record.Int, Column: "t.probability"},
		{Name: "PRICE", Type: record.Money, Column: "t.opportunity"},
		{Name: "WEIGHT", Type: record.Double, Column: "t.weight", Check: func(v any) error {
			if v == any(0.0) {
				return fault.New(fault.Invalid, "WEIGHT", "no weight")
			}
			return nil
		}},
		{Name: "CUSTOM", Type: record.Bool, Column: "t.manual"},
		{Name: "USER_ID", Type: record.Ref, Column: "t.assigned_by_id"},
		{Name: "DATE", Type: record.Date, Column: "t.begindate"},
		{Name: "TAGS", Type: record.Texts, MaxLen: 5, List: &record.List{Table: "deal_tag", Owner: "deal_id", Value: "tag"}},
		{Name: "PHONE", Type: record.Multi},
	}}
	if err := e.Prepare(); err != nil {
		t.Fatal(err)
	}
	for i := range e.Fields[1:] {
		e.Fields[i+1].Required = true
	}
	r := record.Reader{View: record.NewView(e, nil)}
	empty := func(name string) string { return "Argument '" + name + "' is null or empty" }
	for fields, want := range map[string]string{
		`{"COUNT":0}`: "", `{"COUNT":"0"}`: "", `{"COUNT":""}`: empty("COUNT"), `{"COUNT":null}`: empty("COUNT"), `{"COUNT":false}`: empty("COUNT"),
		`{"PRICE":0}`: "", `{"PRICE":"0.00"}`: "", `{"PRICE":" "}`: empty("PRICE"),
		`{"WEIGHT":0}`: "no weight", `{"WEIGHT":1}`: "", `{"WEIGHT":""}`: empty("WEIGHT"),
		`{"CUSTOM":"N"}`: "", `{"CUSTOM":false}`: "", `{"CUSTOM":0}`: "", `{"CUSTOM":""}`: empty("CUSTOM"), `{"CUSTOM":null}`: empty("CUSTOM"),
		`{"USER_ID":0}`: empty("USER_ID"), `{"DATE":""}`: empty("DATE"),
		`{"TAGS":["short"]}`: "", `{"TAGS":["short","longer"]}`: "Field TAGS may have 5 characters", `{"TAGS":[]}`: empty("TAGS"),
		`{"PHONE":[{"VALUE":""}]}`: empty("PHONE"), `{"PHONE":[{"VALUE":"1"}]}`: "", `{"PHONE":[{"ID":5,"DELETE":"Y"}]}`: "",
	} {
		_, err := r.Changes(tree(t, fields))
		if got := fault.Of(err).Text; err == nil && want != "" || err != nil && got != want {
			t.Errorf("%s: %v, want %q", fields, err, want)
		}
	}
}

func TestRequiredReadOnlyAndImmutable(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.addField(t, userfield.Field{Name: "UF_CRM_MUST", Type: userfield.String, Mandatory: true})
		r := b.reader(t, strict)
		for fields, want := range map[string]string{
			`{}`: "Argument 'TITLE' is null or empty", `{"TITLE":" "}`: "Argument 'TITLE' is null or empty", `{"TITLE":"x"}`: "Argument 'UF_CRM_MUST' is null or empty",
			`{"TITLE":"x","UF_CRM_MUST":"y","ID":1}`: "ID", `{"TITLE":"x","UF_CRM_MUST":"y","STAGE_ID":"NO"}`: "fields STAGE_ID",
			`{"TITLE":"x","PHONE":"1"}`: "fields PHONE", `{"TITLE":["x"]}`: "fields TITLE", `{"TITLE":"x","CONTACT_IDS":["a"]}`: "fields CONTACT_IDS",
		} {
			if _, err := r.New(tree(t, fields)); fault.Of(err).Text != want {
				t.Errorf("%s: %v, want %q", fields, err, want)
			}
		}
		if _, err := r.Changes(tree(t, `{"COMPANY_ID":1}`)); fault.Of(err).Text != "COMPANY_ID" {
			t.Errorf("immutable: %v", err)
		}
	})
}
