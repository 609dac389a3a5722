package openlineweb_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/im"
)

// TestWhoReadsAlongOpensFiles has a supervisor open what an operator sent to a client, without joining them. Others do not.
func TestWhoReadsAlongOpensFiles(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		ctx, ben := t.Context(), file.Actor{UserID: d.ben.ID}
		send := func(chat int64, name string) (id int64) {
			folder, err := d.Files.ChatFolder(ctx, ben, chat)
			d.must(err)
			c, err := d.Files.Receive(ctx, strings.NewReader("the price list"))
			d.must(err)
			n, err := d.Files.Add(ctx, ben, folder.ID, file.NewFile{Name: name, Content: c})
			d.must(err)
			_, err = d.IM.Send(ctx, im.NewMessage{ChatID: chat, AuthorID: d.ben.ID, Text: "Here you are", Files: []int64{n.ID}})
			d.must(err)
			return n.ID
		}
		download := func(login string, id int64) shown { return d.as(login, "/file/"+decimal(id)+"/download", false) }
		prices := send(d.chat, "prices.txt")
		for _, login := range []string{"ben", "anna"} {
			if got := download(login, prices).is(http.StatusOK); got.raw != "the price list" {
				t.Errorf("%s gets %q", login, got.raw)
			}
		}
		download("cleo", prices).is(http.StatusForbidden)
		download("dora", prices).is(http.StatusForbidden) // she works in the line, and has another's conversations not to read
		d.as("anna", "/disk/"+decimal(prices)+"/rename", true, "name", "other.txt").is(http.StatusForbidden)

		private, err := d.IM.CreateGroup(ctx, im.NewGroup{OwnerID: d.ben.ID, Title: "Lunch", MemberIDs: []int64{d.cleo.ID}})
		d.must(err)
		menu := send(private.ID, "menu.txt")
		download("cleo", menu).is(http.StatusOK)
		download("anna", menu).is(http.StatusForbidden)
	})
}
