package openlineweb_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/openline"
)

// TestTheInboxFindsWords looks for what was said: each finds it in the conversations that they may read.
func TestTheInboxFindsWords(t *testing.T) {
	t.Parallel()
	bothDatabases(t, func(t *testing.T, database func(string) db.Config) {
		d := newDesk(t, database("desk"))
		boots := d.writes("Igor", "Do you have these [b]boots[/b] & laces in 39?").ChatID
		d.must(d.Conversations.Answer(t.Context(), d.ben.ID, boots))
		reply, err := d.IM.Send(t.Context(), im.NewMessage{ChatID: boots, AuthorID: d.ben.ID, Text: "The BOOTS are sold out."})
		d.must(err)
		queue := d.writes("Olga", "My bootstrap is broken").ChatID
		d.stands(queue, openline.StateOffered, d.ben.ID)
		private, err := d.IM.OpenPrivate(t.Context(), d.ben.ID, d.cleo.ID)
		d.must(err)
		_, err = d.IM.Send(t.Context(), im.NewMessage{ChatID: private.ID, AuthorID: d.ben.ID, Text: "My own boots hurt"})
		d.must(err)

		find := func(login, q string) shown { return d.as(login, "/channels/rows?q="+q, true).is(http.StatusOK) }
		session := decimal(d.stands(boots, openline.StateActive, d.ben.ID).ID)
		hits := find("ben", "boots").has("In messages</h3>",
			`href="/channels/`+session+`?m=`+decimal(reply.ID)+`&amp;q=boots"`,
			`<span class="ch-words"><span class="im-prefix">You:</span> The <mark>BOOTS</mark> are sold out.</span>`,
			`<span class="ch-words">Do you have these <mark>boots</mark> &amp; laces in 39?</span>`,
			`My <mark>bootstrap</mark> is broken`).lacks("hurt")
		if n := strings.Count(hits.body, "ch-hit"); n != 3 {
			t.Errorf("%d messages are found, want 3", n)
		}
		find("anna", "boots").has("Ben Ode:</span> The <mark>BOOTS</mark>", "bootstrap").lacks("hurt")
		find("dora", "boots").has("bootstrap").lacks("sold out", "laces") // she may take Olga's, Igor's is Ben's
		find("cleo", "boots").lacks("ch-hit", "hurt")
		find("ben", "Igor&tab=all").has(`href="/channels/` + session + `?q=Igor&amp;tab=all"`)
		find("ben", "boots+laces").has("laces").lacks("bootstrap", "sold out")
		find("ben", "zebra").has("Nothing like that")
		find("ben", "%26%26").is(http.StatusOK).lacks("ch-hit")
		find("ben", "boots&state=active").has("laces").lacks("bootstrap")
		find("ben", "boots&operator="+decimal(d.dora.ID)).lacks("ch-hit")
		find("ben", "boots&line=4711").has("Nothing like that")
		d.as("ben", "/channels/?q=boots", false).is(http.StatusOK).has(`placeholder="Find a client or words"`, "In messages</h3>", "<mark>BOOTS</mark>")
		d.as("ben", "/channels/"+session+"?m="+decimal(reply.ID)+"&q=boots", false).is(http.StatusOK).has(`id="m` + decimal(reply.ID) + `"`)

		d.must(d.Conversations.Finish(t.Context(), d.ben.ID, boots))
		find("dora", "laces").lacks("ch-hit")
		find("ben", "laces").has("<mark>laces</mark>")
		find("anna", "laces").has("<mark>laces</mark>")
		d.writes("Igor", "Still there?") // Dora could take it, and reads what was before
		d.must(d.Conversations.Skip(t.Context(), d.ben.ID, boots))
		find("dora", "laces").has("<mark>laces</mark>", "Ben Ode")
		d.findsOn()
	})
}

// findsOn reads what was found page by page.
func (d *desk) findsOn() {
	t := d.t
	for n := range 45 {
		_, err := d.IM.Send(t.Context(), im.NewMessage{ChatID: d.chat, AuthorID: d.ben.ID, Text: "parcel number " + decimal(int64(n)) + "."})
		d.must(err)
	}
	var got []string
	url := "/channels/rows?q=parcel"
	for pages := 0; url != "" && pages < 5; pages++ {
		body := d.as("ben", url, true).is(http.StatusOK).body
		for _, part := range strings.Split(body, "number ")[1:] {
			n, _, _ := strings.Cut(part, ".")
			got = append(got, n)
		}
		_, next, found := strings.Cut(body, `data-next="/channels/?`)
		if url = ""; found {
			next, _, _ = strings.Cut(next, `"`)
			url = "/channels/rows?" + strings.ReplaceAll(next, "&amp;", "&")
		}
	}
	if len(got) != 45 || got[0] != "44" || got[44] != "0" {
		t.Errorf("found %v", got)
	}
}
