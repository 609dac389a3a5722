package record_test

import (
	"context"
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
