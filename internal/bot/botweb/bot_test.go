package botweb_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/portico-hq/portico/internal/event"
)

func TestBotPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page := fmt.Sprintf("/devops/bots/%d/", b.bot)
	b.ben.get("/devops/bots/").is(http.StatusForbidden)
	b.ben.get(page).is(http.StatusForbidden)
	b.anna.get("/devops/bots/").is(http.StatusOK).has("Echo", "a webhook as mine", "Not tried yet", page)
	b.anna.get(page).is(http.StatusOK).has("Nothing was sent to it yet", "/help", "Tells what it can", "where the bot is")
	b.anna.get("/devops/bots/4711/").is(http.StatusNotFound)
	b.anna.post(page + "pause").is(http.StatusConflict).has("nothing to pause")

	b.handle(echo)
	b.anna.post("/online/send", "dialog", id(b.bot), "text", "good morning").is(http.StatusSeeOther)
	taken := func(n int) func() bool {
		return func() bool {
			list, err := b.Events.Deliveries(t.Context(), event.DeliveryQuery{BotID: b.bot, State: new(event.Sent)})
			return err == nil && len(list.Items) == n
		}
	}
	eventually(t, "both events are taken", taken(2))
	b.anna.get(page).is(http.StatusOK).has("Does well", "ONIMBOTJOINCHAT", "ONIMBOTMESSAGEADD", "Half of the last deliveries", "Anna Berger", "in private").
		lacks("What went wrong")

	b.handle(func(*bench, url.Values) (int, string) {
		return http.StatusInternalServerError, "Uncaught TypeError <script>"
	})
	b.anna.post("/online/send", "dialog", id(b.bot), "text", "are you there?").is(http.StatusSeeOther)
	eventually(t, "an attempt failed", func() bool { return strings.Contains(b.anna.get(page).body, "Failing") })
	b.anna.get(page).has("What went wrong", "Failed 1×, 500", "Uncaught TypeError &lt;script&gt;", "bot-bar-failed")
	b.anna.get("/devops/bots/").has("Failing")

	b.anna.post(page + "pause").is(http.StatusSeeOther)
	b.anna.get(page).has("Somebody paused its handler", "Resume")
	b.handle(echo)
	b.anna.post(page + "resume").is(http.StatusSeeOther)
	eventually(t, "what waited is taken", taken(3))
	b.anna.get(page).has("Does well").lacks(">Resume<")
}

func TestDeadlineForm(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page := fmt.Sprintf("/devops/bots/%d/", b.bot)
	for _, bad := range []string{"-1", "90000", "soon", "1000000000000000000"} {
		b.anna.post(page+"deadline", "deadline", bad).is(http.StatusUnprocessableEntity).has("A deadline is between 0 seconds and 24 hours.", `value="`+bad+`"`)
	}
	b.anna.post(page+"deadline", "deadline", "45").is(http.StatusSeeOther)
	b.anna.get(page).has(`value="45"`)
	b.ben.post(page+"deadline", "deadline", "45").is(http.StatusForbidden)
	b.anna.get("/settings/audit/").has("BOT_DEADLINE")
}
