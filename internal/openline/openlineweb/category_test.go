package openlineweb_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/category"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/stat"
)

// TestWhatConversationsAreAbout gives conversations categories: of itself, beside the client, and when they are finished. The list is
// filtered by them and the statistics count them, also when one changes after its day was summed up.
func TestWhatConversationsAreAbout(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d, ctx := newDesk(t, database("desk")), t.Context()
		kept := map[string]int64{}
		for _, name := range []string{"Bills", "Orders", "Returns"} {
			c, err := d.Categories.Save(ctx, d.boss(), category.Category{Name: name})
			d.must(err)
			kept[name] = c.ID
		}
		set := func(on bool, id int64) {
			t.Helper()
			_, _, err := d.Lines.Update(ctx, d.boss(), d.line.ID, func(l *line.Line) error { l.Categories, l.CategoryID = on, id; return nil })
			d.must(err)
		}
		of := func(chat int64) openline.Session {
			t.Helper()
			v, err := d.Conversations.Last(ctx, chat)
			d.must(err)
			return v
		}
		before := of(d.chat)
		d.as("ben", "/channels/"+decimal(before.ID), false).is(http.StatusOK).lacks("ch-category", "/channels/finish")
		d.as("ben", "/channels/category", true, "id", decimal(before.ID), "category", decimal(kept["Bills"])).is(http.StatusForbidden)
		set(true, kept["Orders"])
		if v := of(d.chat); v.CategoryID != 0 {
			t.Errorf("a conversation that went on has category %d", v.CategoryID)
		}
		olga := of(d.writes("Olga", "Where is it?").ChatID)
		if olga.CategoryID != kept["Orders"] {
			t.Errorf("a new conversation has category %d", olga.CategoryID)
		}
		d.must(d.Conversations.Answer(ctx, d.ben.ID, olga.ChatID))
		page := d.as("ben", "/channels/"+decimal(olga.ID), false).is(http.StatusOK)
		page.has(`<option value="`+decimal(kept["Orders"])+`" selected>Orders</option>`, "Returns").lacks("/channels/finish")
		d.as("ben", "/channels/category", true, "id", decimal(olga.ID), "category", "4711").is(http.StatusUnprocessableEntity)
		d.as("cleo", "/channels/category", true, "id", decimal(olga.ID), "category", decimal(kept["Bills"])).is(http.StatusNotFound)
		d.as("ben", "/channels/category", true, "id", decimal(olga.ID), "category", decimal(kept["Returns"])).is(http.StatusOK)
		d.as("ben", "/channels/story?id="+decimal(olga.ID), false).is(http.StatusOK).has("gave it the category “Returns”.")
		// Vera's has none: who finishes it is asked.
		d.as("ben", "/channels/"+decimal(before.ID), false).is(http.StatusOK).has("/channels/finish?chat=" + decimal(d.chat))
		d.as("ben", "/channels/finish?chat="+decimal(d.chat), false).is(http.StatusOK).has("What was it about?", "Bills")
		d.as("ben", "/channels/act", true, "chat", decimal(d.chat), "from", "slider", "do", "finish", "category", decimal(kept["Bills"])).is(http.StatusOK)
		if v := of(d.chat); v.CategoryID != kept["Bills"] || v.State != openline.StateClosed {
			t.Errorf("finished it has category %d, %s", v.CategoryID, v.State)
		}
		list := func(id int64) shown {
			return d.as("ben", "/channels/rows?tab=all&category="+decimal(id), true).is(http.StatusOK)
		}
		list(kept["Bills"]).has("Vera").lacks("Olga")
		list(kept["Returns"]).has("Olga").lacks("Vera")
		list(0).has("Olga", "Vera")
		d.as("ben", "/channels/?tab=all&category="+decimal(kept["Bills"]), false).is(http.StatusOK).has(`<option value="` + decimal(kept["Bills"]) + `" selected>Bills</option>`)

		from := d.clock.Now().Truncate(24 * time.Hour)
		topics := func() string {
			t.Helper()
			r, err := d.LineStats.Report(ctx, stat.Filter{From: from, To: from.AddDate(0, 0, 4)})
			d.must(err)
			var out []string
			for _, k := range r.Topics {
				out = append(out, decimal(k.CategoryID)+"="+decimal(k.Began)+"/"+decimal(k.Answered))
			}
			return strings.Join(out, " ")
		}
		want := decimal(kept["Bills"]) + "=1/0 " + decimal(kept["Returns"]) + "=1/0"
		if got := topics(); got != want {
			t.Errorf("counted %s, want %s", got, want)
		}
		csv := d.as("anna", "/channels/statistics/conversations.csv", false).is(http.StatusOK)
		csv.has(",category_id,category\r\n", ","+decimal(kept["Bills"])+",Bills\r\n", ","+decimal(kept["Returns"])+",Returns\r\n")
		d.as("anna", "/channels/statistics/", false).is(http.StatusOK).has("<h2>Categories</h2>", "Bills", "50 %")
		d.as("anna", "/channels/statistics/numbers.csv?of=categories", false).is(http.StatusOK).has("Bills,1,50 %,0,1,\r\n")
		d.clock.Advance(50 * time.Hour)
		d.must(d.LineStats.Refresh(ctx))
		if got := topics(); got != want {
			t.Errorf("summed up it is %s, want %s", got, want)
		}
		d.must(d.Conversations.SetCategory(ctx, d.ben.ID, olga.ID, kept["Bills"]))
		d.must(d.LineStats.Refresh(ctx))
		if got := topics(); got != decimal(kept["Bills"])+"=2/0" {
			t.Errorf("after a change it is %s", got)
		}
		// What is deleted stays where it is and is given to none.
		d.must(d.Categories.Delete(ctx, d.boss(), kept["Orders"]))
		d.must(d.Categories.Delete(ctx, d.boss(), kept["Bills"]))
		if l, err := d.Lines.Get(ctx, d.line.ID); err != nil || l.CategoryID != 0 || !l.Categories {
			t.Errorf("the line has %d, %v, %v", l.CategoryID, l.Categories, err)
		}
		d.as("ben", "/channels/"+decimal(olga.ID), false).is(http.StatusOK).has(`selected>Bills</option>`).lacks("Orders")
		if err := d.Conversations.SetCategory(ctx, d.ben.ID, olga.ID, kept["Orders"]); err == nil {
			t.Error("a conversation got a category that is deleted")
		}
		d.must(d.Conversations.SetCategory(ctx, d.ben.ID, olga.ID, 0))
		set(false, 0)
	})
}
