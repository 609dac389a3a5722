package openlineweb_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/user"
)

// TestPersonalCannedAnswers writes, changes, finds, uses and deletes an answer, and reads those that are shared.
func TestPersonalCannedAnswers(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		d.as("ben", "/channels/", false).is(http.StatusOK).has(`href="/channels/answers/"`)
		d.as("ben", "/channels/answers/", false).is(http.StatusOK).has("No canned answers of yours", `href="/channels/answers/0/"`)
		d.as("ben", "/channels/answers/0/", false).is(http.StatusOK).has(`action="/channels/answers/0/save"`, `name="keyword"`, `name="text"`).lacks("Delete")

		save := func(login, id, keyword, text string) shown {
			d.t.Helper()
			return d.as(login, "/channels/answers/"+id+"/save", false, "keyword", keyword, "text", text)
		}
		save("ben", "0", "two words", "Hello").is(http.StatusUnprocessableEntity).has("A keyword is one word.", "Hello")
		save("ben", "0", "", " ").is(http.StatusUnprocessableEntity).has("Write the answer.")
		save("ben", "0", "x", strings.Repeat("ä", answer.MaxText+1)).is(http.StatusUnprocessableEntity).has("longer than 5000 characters")
		if to := save("ben", "0", "/Hours", "We open at nine.\r\nOn Sundays we rest & <sleep>.").is(http.StatusSeeOther).header.Get("Location"); to != "/channels/answers/" {
			t.Errorf("leads to %s", to)
		}
		own, err := d.Answers.Find(t.Context(), answer.Query{UserID: d.ben.ID, Own: true})
		d.must(err)
		if len(own) != 1 || own[0].Keyword != "hours" || own[0].Text != "We open at nine.\nOn Sundays we rest & <sleep>." || own[0].OwnerID != d.ben.ID {
			t.Fatalf("kept %+v", own)
		}
		id := decimal(own[0].ID)
		d.as("ben", "/channels/answers/", false).has(`href="/channels/answers/`+id+`/"`, "/hours", "rest &amp; &lt;sleep&gt;", "1 answer<")
		d.as("ben", "/channels/answers/?q=SUNDAY", false).has("/hours")
		d.as("ben", "/channels/answers/?q=zebra", false).has("No answer has these words.").lacks("/hours")
		d.as("ben", "/online/suggest?kind=commands&q=hou&dialog=chat"+decimal(d.chat), true).has("/hours<", "Yours")
		d.as("dora", "/channels/answers/", false).lacks("/hours")
		for _, login := range []string{"dora", "anna"} {
			d.as(login, "/channels/answers/"+id+"/", false).is(http.StatusNotFound)
			save(login, id, "hours", "Taken").is(http.StatusNotFound)
			d.as(login, "/channels/answers/"+id+"/delete", true, "x", "").is(http.StatusNotFound)
		}
		save("ben", id, "hours", "We open at ten.").is(http.StatusSeeOther)
		d.as("ben", "/channels/answers/"+id+"/", false).is(http.StatusOK).has("We open at ten.", `action="/channels/answers/`+id+`/delete"`)
		d.as("ben", "/channels/answers/"+id+"/delete", false, "x", "").is(http.StatusSeeOther)
		d.as("ben", "/channels/answers/"+id+"/", false).is(http.StatusNotFound)
		d.as("ben", "/channels/answers/", false).has("No canned answers of yours")
		for n := range answer.MaxFound + 3 {
			_, err := d.Answers.Save(t.Context(), user.Ref{ID: d.ben.ID}, answer.Answer{OwnerID: d.ben.ID, Text: "Number " + decimal(int64(n))})
			d.must(err)
		}
		d.as("ben", "/channels/answers/", false).has(`href="/channels/answers/?page=2"`, "Number 0<", "53 answers").lacks("Number 52")
		d.as("ben", "/channels/answers/?page=2", false).has("Number 52", "Back</a>").lacks("More</a>", "Number 0<")
		d.sharesAnswers()
	})
}

// sharesAnswers shows operators what their lines offer, to read and to copy.
func (d *desk) sharesAnswers() {
	t, ctx := d.t, d.t.Context()
	ids := map[string]string{}
	for _, name := range []string{"sales", "support"} {
		f, err := d.Answers.SaveFolder(ctx, d.boss(), answer.Folder{Name: name})
		d.must(err)
		a, err := d.Answers.Save(ctx, d.boss(), answer.Answer{FolderID: f.ID, Keyword: name, Text: "Of " + name})
		d.must(err)
		ids[name] = decimal(a.ID)
		if name == "sales" {
			_, _, err = d.Lines.Update(ctx, d.boss(), d.line.ID, func(l *line.Line) error { l.QuickAnswersID = f.ID; return nil })
			d.must(err)
		}
	}
	d.as("ben", "/channels/answers/?shared=1", false).is(http.StatusOK).has("Of sales", "keep a copy of your own").lacks("Of support", "/contact_center/answers/")
	d.as("anna", "/channels/answers/?shared=1", false).is(http.StatusOK).has("Of sales", "Of support", `href="/contact_center/answers/"`)
	d.as("cleo", "/channels/answers/?shared=1", false).is(http.StatusOK).has("Nothing is shared").lacks("Of sales")
	sales := "/channels/answers/" + ids["sales"] + "/"
	d.as("ben", sales, false).is(http.StatusOK).has("Of sales", "Keep a copy of my own", `action="/channels/answers/0/save"`).lacks("Delete", "<textarea")
	d.as("ben", "/channels/answers/"+ids["support"]+"/", false).is(http.StatusNotFound)
	d.as("cleo", sales, false).is(http.StatusNotFound)
	d.as("ben", sales+"save", true, "keyword", "x", "text", "Mine now").is(http.StatusNotFound)
	d.as("ben", sales+"delete", true, "x", "").is(http.StatusForbidden)
	d.as("anna", sales+"delete", true, "x", "").is(http.StatusForbidden) // where they are kept, not here
	d.as("ben", "/channels/answers/0/save", false, "keyword", "sales", "text", "Of sales").is(http.StatusSeeOther)
	d.as("ben", "/channels/answers/", false).has("Of sales", "/sales")
	shared, err := d.Answers.Find(ctx, answer.Query{})
	d.must(err)
	if len(shared) != 2 {
		t.Errorf("shared are %+v", shared)
	}
}
