package openlineweb_test

import (
	"net/http"
	"testing"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
)

// knows is a message of a client of whom the channel says more.
func (d *desk) knows(p connector.Person, lineID int64) connector.Result {
	d.t.Helper()
	d.messages++
	all, err := d.Connectors.Receive(d.t.Context(), d.app.ID, "chat", lineID, []connector.Message{{User: p, ID: decimal(d.messages), Text: "Hello", ChatID: p.ID}})
	d.must(err)
	return all[0]
}

// TestSamePerson suggests, finds, compares, merges and separates clients: by who may see both, and never by itself.
func TestSamePerson(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		ctx := t.Context()
		d.knows(connector.Person{ID: "v4", FirstName: "Numbered", Phone: "0049 (170) 123-4567"}, d.line.ID)
		one := d.knows(connector.Person{ID: "v1", FirstName: "Vera", LastName: "Lind", Email: "vera@example.com", Phone: "+49 170 1234567"}, d.line.ID)
		two := d.knows(connector.Person{ID: "v2", FirstName: "V", LastName: "L", Email: "Vera@Example.com", Phone: "+491701234567"}, d.line.ID)
		hidden := d.addLine("Hidden", d.cleo.ID)
		d.must(d.Connectors.Connect(ctx, d.boss(), "chat", hidden.ID))
		three := d.knows(connector.Person{ID: "v3", FirstName: "Vera", LastName: "Hidden", Email: "vera@example.com"}, hidden.ID)
		d.must(d.Conversations.Answer(ctx, d.ben.ID, one.ChatID))
		session := decimal(one.SessionID)
		page := "/channels/" + session
		with := "&with=" + decimal(two.VisitorID)
		same := "/channels/same?id=" + session

		d.as("ben", page, false).is(http.StatusOK).has("May be the same person: <strong>V L</strong>", "the same e-mail address", "<strong>Numbered</strong>, Chat, has the same telephone number", same+"&amp;with="+decimal(two.VisitorID), "Same person as…").
			lacks("Hidden", "The same person</h3>")
		if ids, err := d.Conversations.Person(ctx, one.VisitorID); err != nil || len(ids) != 1 {
			t.Errorf("a suggestion has merged %v, %v", ids, err)
		}
		for _, q := range []string{"v+l", "vera@", "0049+170-1234567"} {
			d.as("ben", same+"&q="+q, false).is(http.StatusOK).has(">V L<").lacks("Vera Hidden")
		}
		d.as("anna", same+"&q=vera", false).is(http.StatusOK).has("Vera Hidden")
		d.as("ben", same+"&q=nobody", false).is(http.StatusOK).has("Nobody found")
		d.as("ben", same+with, false).is(http.StatusOK).has("What will happen", "Nothing is moved", "vera@example.com", "Vera@Example.com", "They are the same person")

		merge := func(login string, other int64) shown {
			return d.as(login, "/channels/same", false, "id", session, "with", decimal(other))
		}
		merge("cleo", two.VisitorID).is(http.StatusNotFound)
		merge("ben", three.VisitorID).is(http.StatusNotFound) // of a line that is not Ben's
		merge("ben", d.anna.ID).is(http.StatusNotFound)
		merge("ben", one.VisitorID).is(http.StatusUnprocessableEntity).has("Choose another client.")
		merge("ben", two.VisitorID).is(http.StatusSeeOther)
		merge("ben", two.VisitorID).is(http.StatusUnprocessableEntity).has("They are one person already.")
		d.as("ben", page, false).is(http.StatusOK).has("The same person</h3>", "V L", "Separate", `<a class="list-item" href="/channels/`+decimal(two.SessionID)+`"`).lacks("May be the same person: <strong>V L")
		other := d.as("ben", "/channels/"+decimal(two.SessionID), false).is(http.StatusOK)
		other.has("Vera Lind", `<a class="list-item" href="`+page+`"`)
		if v := d.knows(connector.Person{ID: "v2", FirstName: "V", LastName: "L"}, d.line.ID); v.ChatID != two.ChatID || v.VisitorID != two.VisitorID {
			t.Errorf("after the merge the client writes as %+v, was %+v", v, two)
		}

		d.as("cleo", "/channels/separate", false, "id", session, "with", decimal(two.VisitorID)).is(http.StatusNotFound)
		d.as("ben", "/channels/separate", false, "id", session, "with", decimal(three.VisitorID)).is(http.StatusConflict)
		d.as("ben", "/channels/separate", false, "id", session, "with", decimal(two.VisitorID)).is(http.StatusSeeOther)
		d.as("ben", page, false).is(http.StatusOK).has("May be the same person").lacks("The same person</h3>", `<a class="list-item" href="/channels/`+decimal(two.SessionID)+`"`)
		log := d.as("anna", "/settings/audit/", false)
		log.is(http.StatusOK).has("Said that the clients Vera Lind", "Separated the client V L")
	})
}
