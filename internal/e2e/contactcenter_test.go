package e2e

import (
	"encoding/json"
	"regexp"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/placement"
	"github.com/portico-hq/portico/internal/user"
)

// icon is a speech bubble.
const icon = `data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath fill='white' d='M3 4h18v12H9l-4 4v-4H3z'/%3E%3C/svg%3E`

// TestContactCenterInChromium connects a connector in a browser: its tile, a line, the settings of its application in the slider, and off
// again.
func TestContactCenterInChromium(t *testing.T) {
	t.Parallel()
	b := newFrameBench(t, scriptTag, "imopenlines", "imconnector", "placement", "contact_center")
	admin, ctx := user.Ref{ID: b.site.admin.ID, Admin: true}, t.Context()
	if _, err := b.portal.Apps.FinishInstall(ctx, admin, b.added.ID); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, name := range []string{"Sales", "Support"} {
		l, err := b.portal.Lines.Add(ctx, admin, func(l *line.Line) error { l.Name = name; return nil })
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strconv.FormatInt(l.ID, 10))
	}
	for code, name := range map[string]string{"desk_chat": "Desk chat", "desk_sms": "Desk SMS"} {
		c := connector.Connector{
			AppID: b.added.ID, Code: code, Name: name, Handler: b.app.url + "/app?settings=1", Signature: true,
			Icon: connector.Icon{Image: icon, Color: "#1f8ceb", Size: "70%", Position: "center"}, Off: connector.Icon{Image: icon, Color: "#98a1ac", Size: "70%"},
		}
		if err := b.portal.Connectors.Register(ctx, admin.ID, c); err != nil {
			t.Fatal(err)
		}
	}
	tile := placement.Binding{AppID: b.added.ID, Code: "CONTACT_CENTER", URL: b.app.url + "/app?tile=1", Text: placement.Text{Title: "Desk mail"}}
	if err := b.portal.Placements.Bind(ctx, admin, tile, func(string) bool { return true }); err != nil {
		t.Fatal(err)
	}
	a := b.admin
	a.open("/contact_center/")
	a.see(`a.tile[href*="desk_chat"] img`)
	if !evaluate[bool](a, `[...document.querySelectorAll("a.tile img")].every((i) => i.complete && i.naturalWidth > 0)`) {
		t.Error("an icon does not show")
	}
	a.shot("contact-center")
	a.click(`a.tile[href*="desk_chat"]`)
	a.see(`.slider select[name="LINE"]`)
	a.shot("connector-choose")
	a.do("choose a line", chromedp.SetValue(chromedp.CSS(`.slider select[name="LINE"]`), lines[1]))
	a.click(`.slider form[action$="/connect"] button`)
	page := b.app.wait("the settings")
	var options map[string]any
	if err := json.Unmarshal([]byte(page.form.Get("PLACEMENT_OPTIONS")), &options); err != nil {
		t.Fatal(err)
	}
	if page.form.Get("PLACEMENT") != "SETTING_CONNECTOR" || options["CONNECTOR"] != "desk_chat" || options["LINE"] != lines[1] || options["ACTIVE_STATUS"] != true || options["STATUS"] != false {
		t.Errorf("the settings get %s %v", page.form.Get("PLACEMENT"), options)
	}
	page.want(ready, "true")
	page.want(callScript("imconnector.activate", `{ CONNECTOR: "desk_chat", LINE: `+lines[1]+`, ACTIVE: 1 }`), "true")
	page.want(callScript("imconnector.connector.data.set", `{ CONNECTOR: "desk_chat", LINE: `+lines[1]+`, DATA: { ID: "c", NAME: "Desk" } }`), "true")
	a.see(`.slider select[name="LINE"]`)
	a.shot("connector-settings")
	a.size(390, 844)
	a.shot("connector-settings-phone")
	a.size(1440, 900)
	a.open("/contact_center/connector/doctor?ID=desk_chat&LINE=" + lines[1])
	a.see(`.slider .cc-handler, .slider .facts`)
	a.shot("connector-doctor")
	a.open("/contact_center/connector/?ID=desk_chat&LINE=" + lines[1])
	again := b.app.wait("the settings once more")
	if err := json.Unmarshal([]byte(again.form.Get("PLACEMENT_OPTIONS")), &options); err != nil || options["STATUS"] != true || options["CONNECTION_STATUS"] != true {
		t.Errorf("the settings get %v, %v", options, err)
	}
	a.click(`.slider form[action$="/disconnect"] button`)
	a.see(`.slider form[action$="/connect"]`)
	a.open("/contact_center/")
	a.until("the tile of what is not connected", `document.querySelector('a.tile[href*="desk_chat"]').textContent.includes("Not connected")`)
	evaluate[bool](a, `fetch("/theme", { method: "POST", headers: { "Portico-Fetch": "1" }, body: new URLSearchParams({ theme: "dark" }) }).then((r) => r.ok)`)
	a.open("/contact_center/")
	a.see("a.tile")
	a.shot("contact-center-dark")
	a.size(390, 844)
	a.shot("contact-center-dark-phone")
	a.size(1440, 900)
	a.clickText(`//a[contains(@class, "tile")][contains(., "Desk mail")]`)
	opened := b.app.wait("what the tile leads to")
	if got := opened.form.Get("PLACEMENT") + opened.form.Get("PLACEMENT_OPTIONS"); !regexp.MustCompile(`^CONTACT_CENTER\{"ID":"\d+","URI":"\\?/contact_center\\?/"\}$`).MatchString(got) {
		t.Errorf("the tile's page gets %s", got)
	}
	if faults := a.complaints(); len(faults) > 0 {
		t.Errorf("the administrator's page complained of %q", faults)
	}
	b.other.open("/contact_center/")
	if evaluate[bool](b.other, `!!document.querySelector("a.tile")`) {
		t.Error("an employee sees the tiles")
	}
}
