package dto_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/db/dbtest"
	"github.com/portico-hq/portico/internal/dto"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
)

var person = &dto.Entity{Name: "PersonDto", Fields: []dto.Field{
	{Name: "id", Type: dto.Int}, {Name: "name", Type: dto.String}, {Name: "email", Type: dto.String},
}}

var thing = &dto.Entity{Name: "ThingDto", Fields: []dto.Field{
	{Name: "id", Type: dto.Int, Column: "id", Filterable: true, Sortable: true},
	{Name: "title", Type: dto.String, Column: "title", Filterable: true, Sortable: true},
	{Name: "price", Type: dto.Float, Column: "price", Filterable: true},
	{Name: "done", Type: dto.Bool, Column: "done", Filterable: true},
	{Name: "made", Type: dto.Time, Column: "made_at", Filterable: true, Sortable: true},
	{Name: "note", Type: dto.String, Column: "note", Filterable: true},
	{Name: "secret", Type: dto.String},
	{Name: "owner", Type: dto.Related, Related: person},
}}

func parse(t testing.TB, text string) phpform.Value {
	t.Helper()
	v, err := phpform.ParseJSON([]byte(text), phpform.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const things = `CREATE TABLE thing (id BIGINT NOT NULL, title TEXT NOT NULL, price DOUBLE PRECISION NOT NULL, done BIGINT NOT NULL,
	made_at BIGINT NOT NULL, note TEXT)`

// insertThings makes five things: 1 A … 5 E, with the prices 1.5 to 5.5, one made each day from 1 November 2026 on.
func insertThings(ctx context.Context, t *testing.T, d *db.DB) {
	t.Helper()
	err := d.Write(ctx, func(tx *db.Tx) error {
		for i := range int64(5) {
			made, _ := dto.ReadTime("2026-11-0" + string(rune('1'+i)))
			var note any
			if i == 4 {
				note = "x"
			}
			_, err := tx.Exec(ctx, "INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?)",
				i+1, string(rune('A'+i)), float64(i)+1.5, i%2, db.Micro(made), note)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFiltersFindWhatTheySay(t *testing.T) {
	t.Parallel()
	schema := db.Schema{Area: "thing", FS: fstest.MapFS{"001_thing.sql": {Data: []byte(things)}}}
	cases := map[string][]int64{
		`[]`:                           {1, 2, 3, 4, 5},
		`[["id","=",3]]`:               {3},
		`[["id","3"]]`:                 {3},
		`[["id","!=",3]]`:              {1, 2, 4, 5},
		`[["id",">",3]]`:               {4, 5},
		`[["id",">=",3],["id","<",5]]`: {3, 4},
		`[["id","<=",2]]`:              {1, 2},
		`[["id",[1,2,9]]]`:             {1, 2},
		`[["id","in",[]]]`:             {},
		`[["id","IN",[4]]]`:            {4},
		`[["id","between",[2,4]]]`:     {2, 3, 4},
		`[["title","in",["A","C"]]]`:   {1, 3},
		`[["title","="," OR 1=1 --"]]`: {},
		`[["price",">",4]]`:            {4, 5},
		`[["done","=",true]]`:          {2, 4},
		`[["done","N"]]`:               {1, 3, 5},
		`[["made",">=","2026-11-04"]]`: {4, 5},
		`[["made","between",["2026-11-02T00:00:00+00:00","2026-11-03T01:00:00+01:00"]]]`: {2, 3},
		`[["note","=",null]]`:  {1, 2, 3, 4},
		`[["note","!=",null]]`: {5},
		`[["done","N"],{"logic":"or","conditions":[["id",[1,2]],["id","in",[3,4]]]}]`:                       {1, 3},
		`[{"logic":"or","conditions":[["id",5],{"logic":"and","conditions":[["id",">",1],["id","<",3]]}]}]`: {2, 5},
		`[{"logic":"and","negative":true,"conditions":[["id","<",3]]}]`:                                     {3, 4, 5},
		`[{"conditions":[]}]`: {1, 2, 3, 4, 5},
	}
	dbtest.Run(t, []db.Schema{schema}, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		insertThings(ctx, t, d)
		for text, want := range cases {
			f, err := thing.Filter(parse(t, text))
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			if got := ids(ctx, t, d, f, nil, 100, 0); !slices.Equal(got, want) {
				where, args := f.SQL()
				t.Errorf("%s finds %v, want %v (%s %v)", text, got, want, where, args)
			}
		}
		orders, err := thing.Order(parse(t, `{"made":"desc"}`))
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(ctx, t, d, dto.Filter{}, orders, 2, 1); !slices.Equal(got, []int64{4, 3}) {
			t.Errorf("the second page in the order of days is %v", got)
		}
		testCursor(ctx, t, d)
	})
}

// testCursor walks through all things two at a time.
func testCursor(ctx context.Context, t *testing.T, d *db.DB) {
	t.Helper()
	for order, want := range map[string][]int64{"ASC": {2, 3}, "DESC": {}} {
		c, err := thing.Cursor(parse(t, `{"value":1,"order":"`+order+`","limit":2}`), dto.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		if got := ids(ctx, t, d, c.Filter, c.Orders, c.Limit, 0); !slices.Equal(got, want) {
			t.Errorf("after 1 %s: %v, want %v", order, got, want)
		}
	}
	c, err := thing.Cursor(parse(t, `{"field":"made","value":"2026-11-03","order":"DESC"}`), dto.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(ctx, t, d, c.Filter, c.Orders, c.Limit, 0); !slices.Equal(got, []int64{2, 1}) || c.Limit != 50 {
		t.Errorf("before 3 November: %v", got)
	}
	if c, err = thing.Cursor(phpform.NullValue(), dto.Filter{}); err != nil {
		t.Fatal(err)
	}
	if got := ids(ctx, t, d, c.Filter, c.Orders, c.Limit, 0); len(got) != 5 {
		t.Errorf("from the beginning: %v", got)
	}
}

func ids(ctx context.Context, t *testing.T, d *db.DB, f dto.Filter, o dto.Orders, limit, offset int64) []int64 {
	t.Helper()
	out := []int64{}
	err := d.Read(ctx, func(tx *db.Tx) error {
		where, args := f.SQL()
		rows, err := tx.Query(ctx, "SELECT id FROM thing WHERE "+where+o.SQL("id")+" LIMIT ? OFFSET ?", append(args, limit, offset)...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return err
			}
			out = append(out, id)
		}
		return rows.Err()
	})
	if err != nil {
		t.Error(err)
	}
	return out
}

func TestFaultsOfTheLanguage(t *testing.T) {
	t.Parallel()
	filter := func(v phpform.Value) error { _, err := thing.Filter(v); return err }
	selects := func(v phpform.Value) error { _, err := thing.Select(v); return err }
	strict := func(v phpform.Value) error { _, err := dto.FieldEntity.Select(v); return err }
	order := func(v phpform.Value) error { _, err := thing.Order(v); return err }
	page := func(v phpform.Value) error { _, err := dto.ReadPagination(v); return err }
	cursor := func(v phpform.Value) error {
		f, err := thing.Filter(parse(t, `[["id",">",1]]`))
		if err != nil {
			return err
		}
		_, err = thing.Cursor(v, f)
		return err
	}
	for _, c := range []struct {
		read       func(phpform.Value) error
		text, code string
		says       string
	}{
		{filter, `{"id":1}`, dto.CodeFilter, "filter expression `{\"id\":1}`"},
		{filter, `"x"`, dto.CodeFilter, ""},
		{filter, `["id","=",1]`, dto.CodeFilter, ""},
		{filter, `[["id"]]`, dto.CodeFilter, ""},
		{filter, `[[1,"=",1]]`, dto.CodeFilter, ""},
		{filter, `[{"logic":"xor","conditions":[]}]`, dto.CodeFilter, ""},
		{filter, `[{"logic":"or","conditions":5}]`, dto.CodeFilter, ""},
		{filter, `[` + strings.Repeat(`["id",1],`, 500) + `["id",1]]`, dto.CodeFilter, "more than 500 conditions"},
		{filter, strings.Repeat(`[{"conditions":`, 22) + `[]` + strings.Repeat(`}]`, 22), dto.CodeFilter, "deeper than 20"},
		{filter, `[["ID","=",1]]`, dto.CodeUnknownField, "Unknown field `ID` for entity `ThingDto`"},
		{filter, `[["owner.name","=","x"]]`, dto.CodeUnknownField, ""},
		{filter, `[["id","like",1]]`, dto.CodeOperator, "`like`"},
		{filter, `[["secret","=","x"]]`, dto.CodeValidation, "requires the `Filterable` attribute"},
		{filter, `[["id","=","x"]]`, dto.CodeValidation, "Field `id` requires data type `int`"},
		{filter, `[["id","=",1.5]]`, dto.CodeValidation, ""},
		{filter, `[["id",">",null]]`, dto.CodeValidation, ""},
		{filter, `[["id","in",1]]`, dto.CodeValidation, "`array`"},
		{filter, `[["id","between",[1]]]`, dto.CodeValidation, "two values"},
		{filter, `[["made",">","yesterday"]]`, dto.CodeValidation, "`datetime`"},
		{filter, `[["done","maybe"]]`, dto.CodeValidation, "`bool`"},
		{filter, `[["price","=","NaN"]]`, dto.CodeValidation, "`float`"},
		{selects, `"id"`, dto.CodeSelect, ""},
		{selects, `[1]`, dto.CodeSelect, ""},
		{selects, `{"a":"id"}`, dto.CodeSelect, ""},
		{selects, `["owner.stageId"]`, dto.CodeUnknownField, "Unknown field `stageId` for entity `PersonDto`"},
		{selects, `["id.x"]`, dto.CodeUnknownField, ""},
		{strict, `["unknownField"]`, dto.CodeUnknownField, "Unknown field `unknownField` for entity `DtoFieldDto`"},
		{order, `["id"]`, dto.CodeOrder, ""},
		{order, `{"id":"UP"}`, dto.CodeOrder, "sorting parameter `{\"id\":\"UP\"}`"},
		{order, `{"price":"ASC"}`, dto.CodeOrder, ""},
		{order, `{"x":"ASC"}`, dto.CodeUnknownField, ""},
		{page, `{"limit":"abc"}`, dto.CodePagination, "Unable to recognize pagination parameter `{\"limit\":\"abc\"}`"},
		{page, `{"limit":0}`, dto.CodePagination, ""},
		{page, `{"page":-1}`, dto.CodePagination, ""},
		{page, `{"page":9223372036854775807}`, dto.CodePagination, ""},
		{page, `5`, dto.CodePagination, ""},
		{cursor, `{}`, dto.CodeFilter, "Cursor field id cannot be used at filter."},
		{cursor, `{"field":"x"}`, dto.CodeUnknownField, ""},
		{cursor, `{"field":"title","order":"UP"}`, dto.CodeOrder, ""},
		{cursor, `{"field":"price"}`, dto.CodeOrder, ""},
		{cursor, `{"field":"title","limit":0}`, dto.CodePagination, ""},
		{cursor, `{"field":"made","value":"x"}`, dto.CodeValidation, ""},
	} {
		err := c.read(parse(t, c.text))
		if f := fault.Of(err); err == nil || f.Code != c.code || !strings.Contains(f.Text, c.says) {
			t.Errorf("%s: %v, want %s with %q", c.text, err, c.code, c.says)
		}
	}
}

func TestSelectTakesWhatThereIsAndRelatedObjectsByDot(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`null`:                              "id title price done made note secret",
		`[]`:                                "id title price done made note secret",
		`["title","id","stageId"]`:          "id title",
		`["stageId"]`:                       "",
		`["owner"]`:                         "owner{id name email}",
		`["owner.email","id","owner.name"]`: "id owner{name email}",
	} {
		s, err := thing.Select(parse(t, text))
		if got := spell(s); err != nil || got != want {
			t.Errorf("%s selects %q, %v; want %q", text, got, err, want)
		}
	}
}

func spell(s dto.Selection) string {
	var words []string
	for _, sel := range s {
		word := sel.Field.Name
		if sel.Sub != nil {
			word += "{" + spell(sel.Sub) + "}"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func TestPagesAreCounted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]dto.Pagination{
		`null`:                             {Limit: 50},
		`{"page":0,"limit":60}`:            {Limit: 60},
		`{"page":3,"limit":20,"offset":7}`: {Limit: 20, Offset: 40},
		`{"page":2}`:                       {Limit: 50, Offset: 50},
		`{"offset":7}`:                     {Limit: 50, Offset: 7},
		`{"limit":"5000","offset":null}`:   {Limit: 1000},
	} {
		if got, err := dto.ReadPagination(parse(t, text)); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
}

func TestFieldsAreDescribed(t *testing.T) {
	t.Parallel()
	all, err := dto.FieldEntity.Select(phpform.NullValue())
	if err != nil {
		t.Fatal(err)
	}
	o, err := thing.DescribeField("made", all)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(o)
	const want = `{"name":"made","type":"object","title":"made","description":null,"validationRules":[],"requiredGroups":null,` +
		`"filterable":true,"sortable":true,"editable":false,"multiple":false,"elementType":null}`
	if err != nil || string(raw) != want {
		t.Errorf("made is described as\n%s, %v; want\n%s", raw, err, want)
	}
	if _, err := thing.DescribeField("nope", all); fault.Of(err).Code != dto.CodeFieldNotFound {
		t.Errorf("an unknown field: %v", err)
	}
	if n := len(thing.Describe(all)); n != len(thing.Fields) {
		t.Errorf("%d fields are described, want %d", n, len(thing.Fields))
	}
}

func TestABrokenDeclarationIsFound(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]dto.Entity{
		"twice":      {Fields: []dto.Field{{Name: "a", Type: dto.Int}, {Name: "a", Type: dto.Int}}},
		"no type":    {Fields: []dto.Field{{Name: "a"}}},
		"no column":  {Fields: []dto.Field{{Name: "a", Type: dto.Int, Filterable: true}}},
		"no related": {Fields: []dto.Field{{Name: "a", Type: dto.Related}}},
		"default":    {Fields: []dto.Field{{Name: "a", Type: dto.Int}}, Default: []string{"b"}},
	} {
		if e.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
	if err := thing.Check(); err != nil {
		t.Error(err)
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		`[["id","=",3],{"logic":"or","negative":true,"conditions":[["made",">","2026-11-04"],["title",["A"]]]}]`,
		`[["note","!=",null],["price","between",[1,2.5]],["done","Y"]]`, `{"conditions":[[]]}`, `[[["id"]]]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := phpform.ParseJSON([]byte(text), phpform.Limits{})
		if err != nil {
			return
		}
		parsed, err := thing.Filter(v)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", text, err)
			}
			return
		}
		where, args := parsed.SQL()
		if n := strings.Count(where, "?"); n != len(args) {
			t.Errorf("%s: %d question marks for %d values: %s", text, n, len(args), where)
		}
		_, _ = thing.Select(v)
		_, _ = thing.Order(v)
		_, _ = dto.ReadPagination(v)
		_, _ = thing.Cursor(v, dto.Filter{})
	})
}
