package record_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/userfield"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// dealSchema is the tables of the entity of these tests.
var dealSchema = db.Schema{Area: "deal", FS: fstest.MapFS{"001_deal.sql": {Data: []byte(`
CREATE TABLE deal (
	id {{id}},
	title TEXT NOT NULL DEFAULT '',
	title_lower TEXT NOT NULL DEFAULT '',
	stage TEXT NOT NULL DEFAULT 'NEW',
	opportunity BIGINT NOT NULL DEFAULT 0,
	probability BIGINT,
	weight DOUBLE PRECISION NOT NULL DEFAULT 0,
	manual BIGINT NOT NULL DEFAULT 0,
	assigned_by_id BIGINT NOT NULL DEFAULT 0,
	company_id BIGINT NOT NULL DEFAULT 0,
	begindate BIGINT NOT NULL DEFAULT 0,
	date_create BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX deal_assigned ON deal (assigned_by_id, id);
CREATE INDEX deal_opportunity ON deal (opportunity, id);
CREATE TABLE deal_contact (
	deal_id BIGINT NOT NULL,
	contact_id BIGINT NOT NULL,
	PRIMARY KEY (deal_id, contact_id)
);
CREATE INDEX deal_contact_contact ON deal_contact (contact_id, deal_id);
CREATE TABLE deal_tag (
	deal_id BIGINT NOT NULL,
	tag TEXT NOT NULL,
	tag_lower TEXT NOT NULL,
	kind TEXT NOT NULL,
	PRIMARY KEY (deal_id, kind, tag_lower)
);
`)}}}

func dealEntity() *record.Entity {
	return &record.Entity{
		Name: "CRM_DEAL", Table: "deal",
		Fields: []record.Field{
			{Name: "ID", Type: record.Int, Column: "t.id", ReadOnly: true},
			{Name: "TITLE", Type: record.Text, Column: "t.title", Match: "t.title_lower", Required: true, MaxLen: 255, Title: "Title"},
			{Name: "STAGE_ID", Type: record.Choice, Column: "t.stage", Default: "NEW", Wire: "crm_status", Values: []record.Value{
				{Value: "NEW"}, {Value: "WON"}, {Value: "LOSE"},
			}, About: []phpform.Entry{{Key: "statusType", Value: phpform.StringOf("DEAL_STAGE")}}},
			{Name: "OPPORTUNITY", Type: record.Money, Column: "t.opportunity"},
			{Name: "PROBABILITY", Type: record.Int, Column: "t.probability", Nullable: true},
			{Name: "WEIGHT", Type: record.Double, Column: "t.weight"},
			{Name: "IS_MANUAL_OPPORTUNITY", Type: record.Bool, Column: "t.manual"},
			{Name: "ASSIGNED_BY_ID", Type: record.Ref, Column: "t.assigned_by_id"},
			{Name: "COMPANY_ID", Type: record.Ref, Column: "t.company_id", Immutable: true},
			{Name: "BEGINDATE", Type: record.Date, Column: "t.begindate"},
			{Name: "DATE_CREATE", Type: record.Moment, Column: "t.date_create", ReadOnly: true},
			{Name: "IS_MINE", Type: record.Bool, Column: "CASE WHEN t.assigned_by_id = :viewer THEN 1 ELSE 0 END", Extra: true},
			{Name: "CONTACT_IDS", Type: record.IDs, List: &record.List{Table: "deal_contact", Owner: "deal_id", Value: "contact_id"}},
			{Name: "TAGS", Type: record.Texts, List: &record.List{
				Table: "deal_tag", Owner: "deal_id", Value: "tag", Match: "tag_lower", Order: "tag_lower", Fixed: [][2]string{{"kind", "T"}},
			}},
			{Name: "PHONE", Type: record.Multi},
			{Name: "EMAIL", Type: record.Multi},
		},
	}
}

// bench is a store of deals with everything around it recorded.
type bench struct {
	*record.Store
	db      *db.DB
	clock   *clock.Manual
	fields  *userfield.Service
	changes []record.Change
}

var schemas = []db.Schema{record.Schema(), userfield.Schema(), dealSchema}

func run(t *testing.T, test func(t *testing.T, b *bench)) {
	t.Helper()
	dbtest.Run(t, schemas, func(t *testing.T, d *db.DB) { test(t, newBench(d)) })
}

func newBench(d *db.DB) *bench {
	b := &bench{db: d, clock: clock.NewManual(noon)}
	b.fields = userfield.New(userfield.Config{DB: d, Clock: b.clock})
	b.Store = record.New(record.Config{DB: d, Clock: b.clock, Entity: dealEntity(), Added: b.fields, Changed: func(_ context.Context, tx *db.Tx, c record.Change) error {
		tx.AfterCommit(func() { b.changes = append(b.changes, c) })
		return nil
	}})
	return b
}

func tree(t testing.TB, text string) phpform.Value {
	t.Helper()
	v, err := phpform.ParseJSON([]byte(text), phpform.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// strict refuses everything in words that tests can compare.
var strict = record.Faults{
	Shape:   func(p record.Part) error { return fault.New(fault.Invalid, "SHAPE", string(p)) },
	Unknown: func(p record.Part, key string) error { return fault.New(fault.Invalid, "UNKNOWN", string(p)+" "+key) },
	Value: func(p record.Part, _ *record.Field, key string) error {
		return fault.New(fault.Invalid, "VALUE", string(p)+" "+key)
	},
	Direction: func(f *record.Field, d string) error { return fault.New(fault.Invalid, "DIRECTION", f.Camel+" "+d) },
	ReadOnly:  func(f *record.Field, _ bool) error { return fault.New(fault.Invalid, "READONLY", f.Name) },
}

func (b *bench) reader(t testing.TB, faults record.Faults) *record.Reader {
	t.Helper()
	view, err := b.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return &record.Reader{View: view, Zone: berlin, Faults: faults}
}

func (b *bench) add(t testing.TB, fields string) int64 {
	t.Helper()
	values, err := b.reader(t, record.Faults{}).New(tree(t, fields))
	if err != nil {
		t.Fatal(err)
	}
	values["DATE_CREATE"] = db.Micro(b.clock.Now())
	id, err := b.Add(t.Context(), values)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// find returns the ids that a filter finds in an order, and checks the total.
func (b *bench) find(t testing.TB, filter, order string) string {
	t.Helper()
	r := b.reader(t, strict)
	var q record.Query
	var err error
	if q.Filter, err = r.Filter(tree(t, filter)); err == nil {
		q.Order, err = r.Order(tree(t, order))
	}
	if err != nil {
		return fault.Of(err).Code + " " + fault.Of(err).Text
	}
	page, err := b.List(t.Context(), q)
	if err != nil {
		t.Fatalf("%s: %v", filter, err)
	}
	if page.Total != int64(len(page.IDs)) {
		t.Errorf("%s: total %d of %d", filter, page.Total, len(page.IDs))
	}
	return strings.Trim(fmt.Sprint(page.IDs), "[]")
}

func (b *bench) addField(t testing.TB, f userfield.Field) {
	t.Helper()
	f.Entity = "CRM_DEAL"
	if _, err := b.fields.Add(t.Context(), f, 0); err != nil {
		t.Fatal(err)
	}
}

func TestFilterLanguage(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.addField(t, userfield.Field{Name: "UF_CRM_COLOR", Type: userfield.String})
		b.addField(t, userfield.Field{Name: "UF_CRM_2_1639669411830", Type: userfield.Integer})
		b.addField(t, userfield.Field{Name: "UF_CRM_FLAG", Type: userfield.Boolean})
		b.add(t, `{"TITLE":"Desk 50%","OPPORTUNITY":"100.10","PROBABILITY":10,"ASSIGNED_BY_ID":1,"BEGINDATE":"2026-11-01","TAGS":["Red","blue"],"CONTACT_IDS":[7,8],
			"PHONE":[{"VALUE":"+49 30 1","VALUE_TYPE":"work"}],"UF_CRM_COLOR":"Green","UF_CRM_2_1639669411830":5}`)
		b.clock.Advance(1500 * time.Millisecond)
		b.add(t, `{"TITLE":"Ärmel","OPPORTUNITY":2000,"STAGE_ID":"WON","ASSIGNED_BY_ID":6,"WEIGHT":1.5,"IS_MANUAL_OPPORTUNITY":"Y","UF_CRM_FLAG":1}`)
		b.clock.Advance(time.Hour)
		b.add(t, `{"title":"chair_x","opportunity":-3,"probability":0,"companyId":4,"begindate":"2026-11-20T23:00:00+01:00","contactIds":[8],"ufCrmColor":"blue",
			"EMAIL":[{"VALUE":"Anna@Example.com"}]}`)
		for filter, want := range map[string]string{
			`{}`: "1 2 3", `[]`: "1 2 3", `""`: "1 2 3", `null`: "1 2 3",
			`{"ID":2}`: "2", `{"=id":"2"}`: "2", `{"@ID":[1,3]}`: "1 3", `{"!@ID":[1,3]}`: "2", `{"!ID":2}`: "1 3", `{"!=ID":[2,3]}`: "1", `{"@ID":[]}`: "", `{"!@ID":[]}`: "1 2 3",
			`{"><ID":[2,3]}`: "2 3", `{"!><ID":[2,3]}`: "1", `{">=ID":2,"<ID":3}`: "2",
			`{"TITLE":"desk 50%"}`: "1", `{"=TITLE":"DESK"}`: "", `{"%TITLE":"ÄR"}`: "2", `{"%TITLE":"%"}`: "1", `{"=%TITLE":"%e%"}`: "1 2", `{"%=TITLE":"chair%"}`: "3",
			`{"!%TITLE":"e"}`: "3", `{"!=%TITLE":"d%"}`: "2 3", `{"!%=TITLE":"%x"}`: "1 2", `{"?TITLE":"hair"}`: "3", `{"=%TITLE":"chairyx"}`: "", `{"=%TITLE":"chair_x"}`: "3",
			`{"OPPORTUNITY":100.1}`: "1", `{">OPPORTUNITY":"100.10"}`: "2", `{"<OPPORTUNITY":0}`: "3", `{"><OPPORTUNITY":["-3","100,1"]}`: "1 3",
			`{"PROBABILITY":""}`: "2", `{"!PROBABILITY":null}`: "1 3", `{"PROBABILITY":0}`: "3", `{"!PROBABILITY":0}`: "1 2", `{"@PROBABILITY":[10,null]}`: "1 2", `{">=PROBABILITY":0}`: "1 3",
			`{"WEIGHT":1.5}`: "2", `{"IS_MANUAL_OPPORTUNITY":"Y"}`: "2", `{"isManualOpportunity":false}`: "1 3", `{"!IS_MANUAL_OPPORTUNITY":"N"}`: "2",
			`{"ASSIGNED_BY_ID":[1,6]}`: "1 2", `{"ASSIGNED_BY_ID":""}`: "3", `{"COMPANY_ID":false}`: "1 2",
			`{"BEGINDATE":"2026-11-01"}`: "1", `{"<BEGINDATE":"2026-11-30"}`: "1 3", `{"BEGINDATE":""}`: "2", `{"BEGINDATE":"20.11.2026"}`: "3", `{"!BEGINDATE":null}`: "1 3",
			`{"DATE_CREATE":"2026-11-23T13:00:01+01:00"}`: "2", `{">DATE_CREATE":"2026-11-23T12:00:01Z"}`: "3", `{"<=DATE_CREATE":"2026-11-23 13:00:01"}`: "1 2", `{"<DATE_CREATE":"2026-11-23 13:00:01"}`: "1",
			`{"STAGE_ID":"WON"}`: "2", `{"!STAGE_ID":["WON","LOSE"]}`: "1 3",
			`{"TAGS":"RED"}`: "1", `{"!TAGS":"red"}`: "2 3", `{"%TAGS":"lu"}`: "1", `{"CONTACT_IDS":8}`: "1 3", `{"!@CONTACT_IDS":[7]}`: "2 3",
			`{"PHONE":"+49 30 1"}`: "1", `{"PHONE":""}`: "2 3", `{"!PHONE":""}`: "1", `{"%EMAIL":"EXAMPLE"}`: "3", `{"!EMAIL":"anna@example.com"}`: "1 2",
			`{"UF_CRM_COLOR":"green"}`: "1", `{"ufCrmColor":["green","blue"]}`: "1 3", `{"UF_CRM_COLOR":""}`: "2", `{"ufCrm2_1639669411830":5}`: "1", `{">UF_CRM_2_1639669411830":5}`: "",
			`{"><UF_CRM_2_1639669411830":[1,9]}`: "1", `{"UF_CRM_FLAG":1}`: "2", `{"UF_CRM_FLAG":0}`: "1 3", `{"%UF_CRM_COLOR":"l"}`: "3",
			`{"logic":"OR","ID":1,"TITLE":"chair_x"}`: "1 3", `{"0":{"logic":"OR","0":{"!=PHONE":""},"1":{"=ID":2}},"<ID":3}`: "1 2", `[{"LOGIC":"or","ID":1,"%TITLE":"x"},{">ID":1}]`: "3",
			`{"::SUBFILTER-1":{"::LOGIC":"OR","ID":1,"STAGE_ID":"WON"},"ID":[1,3]}`: "1", `{"0":{},"ID":1}`: "1", `{"LOGIC":"AND","ID":1,">ID":1}`: "",
			`{"IS_MINE":"N"}`: "1 2", `{">ID":{"value":"1"}}`: "2 3",
			`{"FOO":1}`: "UNKNOWN filter FOO", `{"!!ID":1}`: "UNKNOWN filter !!ID", `{"%ID":1}`: "UNKNOWN filter %ID", `{"ID) OR (1=1":1}`: "UNKNOWN filter ID) OR (1=1", `{"":1}`: "UNKNOWN filter ",
			`{"ID":"1 OR 1=1"}`: "VALUE filter ID", `{"ID":[[1]]}`: "VALUE filter ID", `{"<DATE_CREATE":"soon"}`: "VALUE filter <DATE_CREATE", `"x"`: "SHAPE filter",
			`{"><ID":[1]}`: "ERROR_ARGUMENT Filter ><ID needs two values", `{"TITLE":"\u0000"}`: "VALUE filter TITLE",
			`{"ID":[` + strings.Repeat("1,", record.MaxValues) + `1]}`:            "ERROR_ARGUMENT FILTER holds more than 5000 values",
			strings.Repeat(`[`, 22) + `{"ID":1}` + strings.Repeat(`]`, 22):        "ERROR_ARGUMENT FILTER is nested deeper than 20 groups",
			`{"%TITLE":"` + strings.Repeat("x", record.MaxText+1) + `"}`:          "ERROR_ARGUMENT A value of FILTER is longer than 1000 bytes",
			`[` + strings.Repeat(`{"ID":1},`, record.MaxConditions) + `{"ID":1}]`: "ERROR_ARGUMENT FILTER holds 501 conditions, at most 500 are allowed",
		} {
			if got := b.find(t, filter, `{"ID":"ASC"}`); got != want {
				t.Errorf("%.90s: %q, want %q", filter, got, want)
			}
		}
	})
}

func TestLenientFamilyPassesOver(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(t, `{"TITLE":"a","NO_SUCH":1,"ID":99,"DATE_CREATE":"2020-01-01","OPPORTUNITY":"much"}`)
		r := b.reader(t, record.Faults{})
		for filter, want := range map[string]int64{
			`{"FOO":1}`: 1, `{"ID":"x"}`: 0, `{"!ID":"x"}`: 1, `"x"`: 1, `{"0":{"FOO":1}}`: 1,
		} {
			f, err := r.Filter(tree(t, filter))
			if err != nil {
				t.Fatal(err)
			}
			if n, err := b.Count(t.Context(), record.Query{Filter: f}); err != nil || n != want {
				t.Errorf("%s finds %d, %v", filter, n, err)
			}
		}
		if o, err := r.Order(tree(t, `{"FOO":"asc","ID":"up"}`)); err != nil || len(o) != 1 || o[0].Desc {
			t.Errorf("order %+v, %v", o, err)
		}
		if f, err := r.Select(tree(t, `["FOO","ID","id"]`)); err != nil || len(f) != 1 {
			t.Errorf("select %v, %v", f, err)
		}
	})
}

func TestOrder(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.addField(t, userfield.Field{Name: "UF_CRM_N", Type: userfield.Integer})
		b.add(t, `{"TITLE":"b","PROBABILITY":5,"BEGINDATE":"2026-11-02","UF_CRM_N":3}`)
		b.add(t, `{"TITLE":"A","ASSIGNED_BY_ID":2}`)
		b.add(t, `{"TITLE":"c","PROBABILITY":1,"BEGINDATE":"2026-11-01","ASSIGNED_BY_ID":1,"UF_CRM_N":1}`)
		for order, want := range map[string]string{
			`{}`: "1 2 3", `{"ID":"desc"}`: "3 2 1", `{"TITLE":"asc"}`: "2 1 3", `{"PROBABILITY":"asc"}`: "3 1 2", `{"PROBABILITY":"desc"}`: "1 3 2",
			`{"PROBABILITY":"nulls,desc"}`: "2 1 3", `{"BEGINDATE":"asc"}`: "3 1 2", `{"begindate":"desc"}`: "1 3 2", `{"ASSIGNED_BY_ID":"asc"}`: "3 2 1",
			`{"STAGE_ID":"asc","TITLE":"desc"}`: "3 1 2", `{"UF_CRM_N":"asc"}`: "3 1 2", `{"UF_CRM_N":"desc"}`: "1 3 2",
			`{"TAGS":"asc"}`: "UNKNOWN order TAGS", `{"ID":"up"}`: "DIRECTION id up", `"ID"`: "SHAPE order", `{"ID":["asc"]}`: "VALUE order ID",
		} {
			if got := b.find(t, `{}`, order); got != want {
				t.Errorf("%s: %q, want %q", order, got, want)
			}
		}
	})
}

func TestPagesCoverEverythingOnce(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		var want []int64
		for i := range 230 {
			p := strconv.Itoa(i % 7)
			if i%11 == 0 {
				p = `""`
			}
			want = append(want, b.add(t, fmt.Sprintf(`{"TITLE":"t%d","PROBABILITY":%s,"ASSIGNED_BY_ID":%d,"WEIGHT":%d.5}`, i%13, p, i%3, i%5)))
		}
		for _, order := range []string{
			`{}`, `{"ID":"desc"}`, `{"PROBABILITY":"asc","TITLE":"desc"}`, `{"PROBABILITY":"desc"}`, `{"ASSIGNED_BY_ID":"nulls,desc","WEIGHT":"asc"}`, `{"WEIGHT":"desc","TITLE":"asc","STAGE_ID":"asc","ID":"desc"}`,
		} {
			o, err := b.reader(t, strict).Order(tree(t, order))
			if err != nil {
				t.Fatal(err)
			}
			walk := func(offsets []int64) (out []int64) {
				for _, offset := range offsets {
					page, err := b.List(t.Context(), record.Query{Order: o, Offset: offset})
					if err != nil || page.Total != 230 {
						t.Fatalf("%s at %d: total %d, %v", order, offset, page.Total, err)
					}
					if next := min(offset+50, 230); (next == 230) != (page.Next == 0) || page.Next != 0 && page.Next != next {
						t.Errorf("at %d next is %d", offset, page.Next)
					}
					out = append(out, page.IDs...)
				}
				return out
			}
			b.Touch(t) // forget where pages end, so that the first walk skips rows from both ends
			jumps := walk([]int64{200, 150, 100, 50, 0})
			whole := slices.Concat(jumps[180:], jumps[130:180], jumps[80:130], jumps[30:80], jumps[:30])
			if keyed := walk([]int64{0, 50, 100, 150, 200}); !slices.Equal(keyed, whole) {
				t.Errorf("%s: by key %v, by counting %v", order, keyed, whole)
			}
			slices.Sort(whole)
			if !slices.Equal(whole, want) {
				t.Errorf("%s: %d records, some twice or never", order, len(whole))
			}
		}
		page, err := b.List(t.Context(), record.Query{NoTotal: true, Limit: 10})
		if err != nil || page.Total != 0 || page.Next != 0 || len(page.IDs) != 10 {
			t.Errorf("start=-1: %+v, %v", page, err)
		}
	})
}

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

func TestScopeHidesRecordsEverywhere(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.add(t, `{"TITLE":"mine","ASSIGNED_BY_ID":1}`)
		b.add(t, `{"TITLE":"theirs","ASSIGNED_BY_ID":2}`)
		mine := record.SQL{Text: "t.assigned_by_id = ?", Args: []any{1}}
		view, err := b.View(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		q := record.Query{Scope: mine, Viewer: 1, Fields: view.Selected([]string{"TITLE", "IS_MINE"})}
		page, err := b.List(t.Context(), q)
		if err != nil || page.Total != 1 || len(page.Rows) != 1 || page.Rows[0][0] != "mine" || page.Rows[0][1] != int64(1) {
			t.Errorf("%+v, %v", page, err)
		}
		q.Filter, err = b.reader(t, strict).Filter(tree(t, `{"logic":"OR","ID":2,"!ID":2}`))
		if n, err2 := b.Count(t.Context(), q); n != 1 || err != nil || err2 != nil {
			t.Errorf("an alternative counts %d", n)
		}
		if row, err := b.Get(t.Context(), 1, q); err != nil || row[0] != "mine" {
			t.Errorf("%v, %v", row, err)
		}
		if _, err := b.Get(t.Context(), 2, q); fault.Of(err).Code != "NOT_FOUND" {
			t.Errorf("theirs: %v", err)
		}
	})
}

func TestStyles(t *testing.T) {
	t.Parallel()
	run(t, func(t *testing.T, b *bench) {
		b.addField(t, userfield.Field{Name: "UF_CRM_DAYS", Type: userfield.Date, Multiple: true})
		b.addField(t, userfield.Field{Name: "UF_CRM_OK", Type: userfield.Boolean})
		b.add(t, `{"TITLE":"Say \"hi\"","OPPORTUNITY":"1234.5","BEGINDATE":"2026-07-01","WEIGHT":2.25,"CONTACT_IDS":[4],"TAGS":["b","A"],"EMAIL":[{"VALUE":"a@b.c"}],"UF_CRM_DAYS":["2026-01-31"],"UF_CRM_OK":"Y"}`)
		r := b.reader(t, strict)
		fields, err := r.Select(tree(t, `["*","UF_*"]`))
		if err != nil {
			t.Fatal(err)
		}
		page, err := b.List(t.Context(), record.Query{Fields: fields})
		if err != nil {
			t.Fatal(err)
		}
		for want, style := range map[string]record.Style{
			`{"ID":"1","TITLE":"Say \"hi\"","STAGE_ID":"NEW","OPPORTUNITY":"1234.50","PROBABILITY":null,"WEIGHT":"2.25","IS_MANUAL_OPPORTUNITY":"N","ASSIGNED_BY_ID":null,` +
				`"COMPANY_ID":null,"BEGINDATE":"2026-07-01T00:00:00+02:00","DATE_CREATE":"2026-11-23T13:00:00+01:00","CONTACT_IDS":["4"],"TAGS":["A","b"],"PHONE":[],` +
				`"EMAIL":[{"ID":"1","VALUE_TYPE":"WORK","VALUE":"a@b.c","TYPE_ID":"EMAIL"}],"UF_CRM_DAYS":["2026-01-31T00:00:00+01:00"],"UF_CRM_OK":"1"}`: {Zone: r.Zone},
			`{"id":1,"title":"Say \"hi\"","stageId":"NEW","opportunity":1234.5,"probability":null,"weight":2.25,"isManualOpportunity":"N","assignedById":0,` +
				`"companyId":0,"begindate":"2026-07-01T00:00:00+02:00","dateCreate":"2026-11-23T13:00:00+01:00","contactIds":[4],"tags":["A","b"],"phone":[],` +
				`"email":[{"ID":"1","VALUE_TYPE":"WORK","VALUE":"a@b.c","TYPE_ID":"EMAIL"}],"ufCrmDays":["2026-01-31T00:00:00+01:00"],"ufCrmOk":"Y"}`: {Camel: true, Numbers: true, Zeros: true, Zone: r.Zone},
		} {
			if got := string(style.AppendObject(nil, page.Fields, page.Rows[0])); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		}
		stage, _ := r.View.Describe(record.Style{Camel: true}).Get("stageId")
		want := `{"type":"crm_status","isRequired":false,"isReadOnly":false,"isImmutable":false,"isMultiple":false,"isDynamic":false,"statusType":"DEAL_STAGE","title":"STAGE_ID","upperName":"STAGE_ID"}`
		if got := string(phpform.AppendJSON(nil, stage)); got != want {
			t.Errorf("described as %s", got)
		}
		title, _ := r.View.DescribeShort(record.Style{Camel: true}).Get("title")
		if got := string(phpform.AppendJSON(nil, title)); got != `{"isImmutable":false,"isReadOnly":false,"isRequired":true,"type":"string"}` {
			t.Errorf("described in short as %s", got)
		}
	})
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"12.5": "12.50", "-0.005": "-0.01", "1,2": "1.20", "0.00005": "0.00", "0.00995": "0.01", ".5": "0.50", "900000000000": "900000000000.00", "7": "7.00", "1234.5678": "1234.57",
	} {
		n, ok := record.ReadMoney(text)
		if got := string(record.AppendMoney(nil, n, 2)); !ok || got != want {
			t.Errorf("%s is %s, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "-", ".", "1e5", "1.2.3", "x", "1000000000000", "--1", "Inf"} {
		if n, ok := record.ReadMoney(text); ok {
			t.Errorf("%q is %d", text, n)
		}
	}
}

func TestCamel(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ID": "id", "ASSIGNED_BY_ID": "assignedById", "UF_CRM_2_1639669411830": "ufCrm2_1639669411830", "ID_1C": "id1c", "PARENT_ID_1220": "parentId1220", "UF_CRM_TASK": "ufCrmTask", "": "",
	} {
		if got := record.Camel(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// FuzzReader sends whatever comes to mind as a filter, an order, a select and the fields of a record: the answer is records or
// a fault, never an error of the database.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{
		`{"filter":{"0":{"logic":"OR","0":{"!=TITLE":""},"1":{"%PHONE":"1"}},"@STAGE_ID":["NEW"]},"order":{"TITLE":"ASC"}}`,
		`{"filter":{"!><OPPORTUNITY":["1","2"],"?TAGS":"%\\_'","CONTACT_IDS":[1,null]},"order":{"PROBABILITY":"nulls,desc"}}`,
		`{"filter":[{"LOGIC":"OR","ID":1},[[{"ID":{"value":1}}]]],"select":["*","UF_*"],"fields":{"TITLE":"x","PHONE":[{"ID":1}]}}`,
		`{"filter":{"UF_CRM_COLOR":[false,""],"><UF_CRM_COLOR":["a","b"]},"order":{"UF_CRM_COLOR":"desc"}}`,
		`{"filter":{"BEGINDATE":"0001-01-01","<DATE_CREATE":"9999-12-31T23:59:59Z","=DATE_CREATE":":now?"}}`,
	} {
		f.Add(seed)
	}
	b := newBench(dbtest.SQLite(f, schemas...))
	b.addField(f, userfield.Field{Name: "UF_CRM_COLOR", Type: userfield.String})
	b.add(f, `{"TITLE":"x","TAGS":["a"],"PHONE":[{"VALUE":"1"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		v, err := phpform.ParseJSON([]byte(text), phpform.Limits{})
		if err != nil {
			t.Skip()
		}
		get := func(name string) phpform.Value { v, _ := v.Get(name); return v }
		for _, faults := range []record.Faults{{}, strict} {
			r := b.reader(t, faults)
			var q record.Query
			if q.Filter, err = r.Filter(get("filter")); err != nil {
				continue
			}
			if q.Order, err = r.Order(get("order")); err != nil {
				continue
			}
			if q.Fields, err = r.Select(get("select")); err != nil {
				continue
			}
			if _, err := b.List(t.Context(), q); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			values, err := r.New(get("fields"))
			if err != nil {
				continue
			}
			if _, err := b.Add(t.Context(), values); err != nil && fault.KindOf(err) == fault.Internal {
				t.Errorf("%s: %v", text, err)
			}
		}
	})
}
