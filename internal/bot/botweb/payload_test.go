package botweb_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestPayloads compares what the page shows with what the handler got.
func TestPayloads(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page := fmt.Sprintf("/devops/bots/%d/payloads", b.bot)
	b.ben.get(page).is(http.StatusForbidden)
	b.anna.get(page).is(http.StatusOK).has("Nobody has written where the bot is")

	got := make(chan url.Values, 8)
	b.handle(func(_ *bench, form url.Values) (int, string) {
		if form.Get("event") == "ONIMBOTMESSAGEADD" {
			got <- form
		}
		return http.StatusOK, ""
	})
	b.anna.post("/online/send", "dialog", id(b.bot), "text", "what is <new>?").is(http.StatusSeeOther)
	form := <-got
	shown := b.anna.get(page).is(http.StatusOK).has("Sent to this bot", "ONIMBOTV2MESSAGEADD",
		"<dt>data[PARAMS][MESSAGE]</dt><dd>what is &lt;new&gt;?</dd>", "<dt>data[message][text]</dt><dd>what is &lt;new&gt;?</dd>",
		`<div class="bot-payload-only"><dt>event</dt><dd>ONIMBOTMESSAGEADD</dd>`)
	for key := range form {
		tokens := strings.HasPrefix(key, "auth[") || strings.Contains(key, "[AUTH]") || strings.Contains(key, "_token]")
		typed := key == "data[PARAMS][COMMAND_CONTEXT]" || key == "data[PARAMS][PLATFORM_CONTEXT]" // where it was typed is not kept
		if !tokens && !typed && key != "ts" && key != "event_handler_id" {
			shown.has("<dt>" + key + "</dt>")
		}
	}
	b.anna.get(page + "?message=" + form.Get("data[PARAMS][MESSAGE_ID]")).is(http.StatusOK).has("ONIMBOTMESSAGEADD")
	b.anna.get(page + "?message=999999").is(http.StatusOK).has("The bot sees no such message").lacks("ONIMBOT")
}
