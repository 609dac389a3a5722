// Package record turns the declaration of a kind of records into what the wide families of methods do with them: fields, list,
// get, add, update and delete of crm, catalog, sale and tasks.
//
// An Entity is declared once: its table, and of each field the name, type and column, and what may be done with it (Field). A
// Store keeps its records. What is special about an entity stays plain Go beside the declaration.
//
// # From a call to its answer
//
// A family has a Reader, which knows its faults, and a Style, which knows how it spells answers:
//
//	view, err := deals.View(ctx)                       // the declared fields and those that were added
//	r := record.Reader{View: view, Zone: zone, Faults: faults}
//	q := record.Query{Scope: mayRead, Viewer: c.UserID}
//	q.Filter, err = r.Filter(p.Filter)                 // {"%TITLE": "desk", ">=OPPORTUNITY": 100}
//	q.Order, err = r.Order(p.Order)
//	q.Fields, err = r.Select(p.Select)
//	q.Start(p.Start)
//	page, err := deals.List(ctx, q)
//	for _, row := range page.Rows {
//		items = append(items, style.AppendObject(nil, page.Fields, row))
//	}
//
// and for changes Reader.New or Reader.Changes, then Store.AddTx or Store.UpdateTx in the area's own transaction.
//
// # The filter
//
// A key is the name of a field in one of its spellings with a prefix:
//
//	=  ! !=        one of the values; none of them       @ !@     the same, for lists
//	> >= < <=      moments by whole seconds, as shown    >< !><   a range, both ends included
//	%  ? !%        a part of a text                      =% %= !=% !%=  a pattern with % and _
//
// A list of values means any of them. "", null and false mean what the field has where it has no value. Objects below numbers
// are groups, joined by OR where they hold "logic": "OR". Texts that people look for have a Match column, a copy in lower case,
// so that both databases compare all letters without regard to case.
//
// # What a list costs
//
// A list reads the ids of a page, then the page's columns, and one statement for each field that has a table of its own. The
// total of all records is kept (see Store.CountedTx); with a filter or a Scope it is counted, in the index if there is one for
// the condition. Declare an index for each Scope and each order that pages show, with the id as its last column. A page that
// follows another goes on by key, as does a filter {">ID": last} with an order by ID, however far into the table that is; a
// page out of the blue skips the rows before it, from the nearer end.
//
// # Who may see what
//
// Query.Scope is a condition in SQL that the area passes in. It stands in every statement that finds records, the one that
// counts included. RowsTx does not ask it.
package record
