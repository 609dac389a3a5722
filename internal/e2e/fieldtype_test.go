package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestFieldsOfTypesOfApplications fills in a field of a profile through the page of the application whose type it is.
func TestFieldsOfTypesOfApplications(t *testing.T) {
	t.Parallel()
	b := newFrameBench(t, scriptTag, "placement", "user", "user.userfield")
	page := b.installed()
	page.run(ready)
	b.app.heads["/at/stars"] = scriptTag
	page.want(callScript("userfieldtype.add", fmt.Sprintf(`{USER_TYPE_ID: "stars", HANDLER: %q, TITLE: "Stars", OPTIONS: {height: 90}}`, b.app.url+"/at/stars")), "true")
	kind := fmt.Sprintf("rest_%d_stars", b.added.ID)
	page.want(callScript("user.userfield.add", fmt.Sprintf(`{fields: {FIELD_NAME: "STARS", USER_TYPE_ID: %q, EDIT_FORM_LABEL: "Stars"}}`, kind)), "1")
	a := b.admin
	a.open("/company/personal/user/2/more")
	p := b.app.wait("the field to edit")
	told := func(p *framePage, mode, value string) {
		t.Helper()
		want := fmt.Sprintf(`{"MODE":%q,"ENTITY_ID":"USER","FIELD_NAME":"UF_USR_STARS","ENTITY_VALUE_ID":"2","VALUE":%s,"MULTIPLE":"N","MANDATORY":"N",`+
			`"XML_ID":null,"ENTITY_DATA":{"entityId":"2","module":"main"}`, mode, value)
		if got := p.form.Get("PLACEMENT_OPTIONS"); p.form.Get("PLACEMENT") != "USERFIELD_TYPE" || !strings.HasPrefix(got, want) {
			t.Errorf("the handler got %s %s\nwant %s", p.form.Get("PLACEMENT"), got, want)
		}
	}
	told(p, "edit", "null")
	p.run(ready)
	if h := evaluate[int64](a, `document.querySelector("app-frame.person-own").offsetHeight`); h != 90 {
		t.Errorf("the field is %d px high, want 90", h)
	}
	p.want(`new Promise((done) => BX24.placement.getInterface((i) => done(i.command)))`, `["getValue","setValue"]`)
	p.want(`new Promise((done) => BX24.placement.call("getValue", {}, done))`, `""`)
	p.want(`new Promise((done) => BX24.placement.call("setValue", "5", done))`, `true`)
	p.want(`new Promise((done) => BX24.placement.call("getValue", {}, done))`, `"5"`)
	a.shot("field-type-edit")
	a.clickText(`//button[contains(.,"Save")]`)
	shown := b.app.wait("the field on the card")
	told(shown, "view", `"5"`)
	shown.run(ready)
	shown.want(`new Promise((done) => BX24.placement.call("getValue", {}, done))`, `"5"`)
	a.shot("field-type-card")
	if faults := a.complaints(); len(faults) > 0 {
		t.Errorf("the page complained of %q", faults)
	}
}
