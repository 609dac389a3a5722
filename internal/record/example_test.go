package record_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/portico-hq/portico/internal/clock"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
)

// An entity is declared once; its records are added from what clients send, found with the language of filters, and written in the
// spelling of a family of methods.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "record")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	d, err := db.Open(ctx, db.Config{Path: filepath.Join(dir, "portal.db")})
	if err != nil {
		panic(err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Migrate(ctx, record.Schema(), dealSchema); err != nil {
		panic(err)
	}

	deals := record.New(record.Config{
		DB: d, Clock: clock.NewManual(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)),
		Entity: &record.Entity{Name: "CRM_DEAL", Table: "deal", Fields: []record.Field{
			{Name: "ID", Type: record.Int, Column: "t.id", ReadOnly: true},
			{Name: "TITLE", Type: record.Text, Column: "t.title", Match: "t.title_lower", Required: true},
			{Name: "OPPORTUNITY", Type: record.Money, Column: "t.opportunity"},
		}},
		Changed: func(_ context.Context, _ *db.Tx, c record.Change) error {
			fmt.Println("event for", c.ID) // an area writes its event here, in the same transaction
			return nil
		},
	})
	view, _ := deals.View(ctx)
	r := record.Reader{View: view}
	object := func(text string) phpform.Value { v, _ := phpform.ParseJSON([]byte(text), phpform.Limits{}); return v }

	for _, fields := range []string{`{"TITLE": "Desk", "OPPORTUNITY": "100.5"}`, `{"title": "Chair", "opportunity": 20}`} {
		values, err := r.New(object(fields))
		if err != nil {
			panic(err)
		}
		if _, err := deals.Add(ctx, values); err != nil {
			panic(err)
		}
	}
	_, err = r.New(object(`{"OPPORTUNITY": 1}`))
	fmt.Println(err)

	var q record.Query
	q.Filter, _ = r.Filter(object(`{">OPPORTUNITY": 50, "%TITLE": "DES"}`))
	q.Fields, _ = r.Select(object(`["ID", "TITLE", "OPPORTUNITY"]`))
	page, _ := deals.List(ctx, q)
	for _, style := range []record.Style{{}, {Camel: true, Numbers: true}} {
		fmt.Println(string(style.AppendObject(nil, page.Fields, page.Rows[0])), "of", page.Total)
	}
	// Output:
	// event for 1
	// event for 2
	// ERROR_ARGUMENT: Argument 'TITLE' is null or empty
	// {"ID":"1","TITLE":"Desk","OPPORTUNITY":"100.50"} of 1
	// {"id":1,"title":"Desk","opportunity":100.5} of 1
}
