package lineweb_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/answer"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/openline/lineweb"
	"github.com/portico-hq/portico/internal/user"
)

var (
	inputs    = regexp.MustCompile(`<input[^>]*>`)
	attribute = regexp.MustCompile(`([a-z]+)="([^"]*)"`)
	areas     = regexp.MustCompile(`(?s)<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>`)
	selects   = regexp.MustCompile(`(?s)<select[^>]*name="([^"]*)".*?</select>`)
	chosen    = regexp.MustCompile(`<option value="([^"]*)" selected>`)
)

// formOf returns what a browser would send of the settings' form.
func formOf(page string) url.Values {
	_, page, _ = strings.Cut(page, "data-line-form>")
	page, _, _ = strings.Cut(page, "</form>")
	page, template, _ := strings.Cut(page, "<template")
	_, rest, _ := strings.Cut(template, "</template>")
	page += rest
	out := url.Values{}
	for _, tag := range inputs.FindAllString(page, -1) {
		a := map[string]string{}
		for _, m := range attribute.FindAllStringSubmatch(tag, -1) {
			a[m[1]] = m[2]
		}
		if a["type"] == "checkbox" && !strings.Contains(tag, " checked") {
			continue
		}
		out.Add(a["name"], a["value"])
	}
	for _, m := range areas.FindAllStringSubmatch(page, -1) {
		out.Set(m[1], html.UnescapeString(strings.TrimPrefix(m[2], "\n"))) // a browser leaves the first end of a line out
	}
	for _, m := range selects.FindAllStringSubmatch(page, -1) {
		if c := chosen.FindStringSubmatch(m[0]); c != nil {
			out.Set(m[1], c[1])
		}
	}
	return out
}

func TestSavingWhatIsThereChangesNothing(t *testing.T) {
	b := open(t)
	id := b.add(func(l *line.Line) {
		l.Queue = []line.Entry{{Kind: line.EntryUser, ID: 2}, {Kind: line.EntryDepartment, ID: 1}}
		l.Shown = map[int64]line.Shown{2: {Name: "Benny", Position: "Helper"}}
		l.WorkTime.Enabled, l.WorkTime.From, l.WorkTime.Zone = true, 9*60+30, "Europe/Berlin"
		l.WorkTime.Holidays = []line.Day{{Day: 25, Month: time.December}}
		l.QueueTime, l.FullClose, l.Bot.ID, l.Bot.Enabled = 45*time.Second, 36*time.Hour, 77, true
		l.FirstAnswer.To, l.FirstAnswer.Alert, l.FirstAnswer.Time = []int64{3}, true, 90*time.Second
		l.WelcomeText = "One\nTwo"
	})
	before := b.line(id)
	for _, tab := range []string{"queue", "hours", "texts", "closing", "alerts"} {
		address := fmt.Sprintf("%s%d/%s/", lineweb.URL, id, tab)
		form := formOf(b.page(b.send(http.MethodGet, "anna", address, nil), 200))
		w := b.send(http.MethodPost, "anna", address, form)
		if w.Code != http.StatusSeeOther {
			b.page(w, http.StatusSeeOther)
		}
		after := b.line(id)
		if changes := line.Changes(&before, &after); len(changes) > 0 || after.Modified != before.Modified {
			t.Errorf("%s changed %+v", tab, changes)
		}
	}
}

func TestALineIsSetUp(t *testing.T) {
	b := open(t)
	b.page(b.send(http.MethodGet, "anna", lineweb.URL, nil), 200, "No open channels yet", "Create a line")
	w := b.send(http.MethodPost, "anna", lineweb.URL+"add", url.Values{"LINE_NAME": {"Support"}})
	if to := w.Header().Get("Location"); to != lineweb.URL+"1/" {
		t.Fatalf("%d, to %q", w.Code, to)
	}
	page := b.page(b.send(http.MethodGet, "anna", lineweb.URL+"1/", nil), 200, "Nobody answers", "The queue is empty", "Nobody yet.")
	form := formOf(page)
	// Without a script people are added and moved by buttons; nothing is stored before Save.
	add := func(value string) {
		t.Helper()
		form.Set("op", "add")
		form.Set("ADD", value)
		form = formOf(b.page(b.send(http.MethodPost, "anna", lineweb.URL+"1/queue/", form), 200))
	}
	form.Set("QUEUE_TIME", "3")
	form.Set("QUEUE_TIME_UNIT", "min")
	add("user:2")
	add("department:1")
	form.Set("op", "up:department:1")
	form = formOf(b.page(b.send(http.MethodPost, "anna", lineweb.URL+"1/queue/", form), 200, "1 person of it and below"))
	if got := form["QUEUE"]; !slices.Equal(got, []string{"department:1", "user:2"}) || form.Get("QUEUE_TIME") != "3" {
		t.Fatalf("the form has %v", form)
	}
	if len(b.line(1).Queue) != 0 {
		t.Error("something was stored already")
	}
	form.Set("QUEUE_TYPE", "all")
	w = b.send(http.MethodPost, "anna", lineweb.URL+"1/queue/", form)
	if toast := fmt.Sprint(w.Result().Cookies()); w.Code != http.StatusSeeOther || !strings.Contains(toast, base64.RawURLEncoding.EncodeToString([]byte("Saved: Time to answer, Distribution, Queue"))) {
		t.Errorf("%d, %s", w.Code, toast)
	}
	l := b.line(1)
	if l.QueueTime != 3*time.Minute || l.Distribution != line.All || len(l.Queue) != 2 || l.Queue[0].Kind != line.EntryDepartment || l.ModifierID != 1 {
		t.Errorf("stored is %+v", l)
	}
	b.page(b.send(http.MethodGet, "anna", lineweb.URL, nil), 200, "Support", "2 operators", "Around the clock")
	b.page(b.send(http.MethodGet, "anna", lineweb.URL+"1/", nil), 200, "2 operators, nobody is there", "the client waits, and whoever comes first is asked")
}

func TestWhatIsWrongIsSaidAtItsField(t *testing.T) {
	b := open(t)
	id := b.add(func(l *line.Line) { l.Name = "Support" })
	address := fmt.Sprintf("%s%d/hours/", lineweb.URL, id)
	form := formOf(b.page(b.send(http.MethodGet, "anna", address, nil), 200))
	form.Set("WORKTIME_ENABLE", "Y")
	form.Set("WORKTIME_TIMEZONE", "Mars/Olympus")
	form.Set("WORKTIME_HOLIDAYS", "31.02")
	form.Set("WORKTIME_FROM", "")
	page := b.page(b.send(http.MethodPost, "anna", address, form), 422, "3 settings are to be mended",
		"This must be a time zone such as Europe/Berlin.",
		"This must be days such as 25.12.", "This must be a time of day such as 09:30.", `value="Mars/Olympus"`, `value="31.02"`)
	if !strings.Contains(page, `name="WORKTIME_ENABLE" value="Y" checked`) {
		t.Error("what was typed is lost")
	}
	form.Set("WORKTIME_HOLIDAYS", "29.02")
	form.Set("WORKTIME_FROM", "08:00")
	b.page(b.send(http.MethodPost, "anna", address, form), 422, "one setting is to be mended", "This must be a time zone such as Europe/Berlin.")
	if b.line(id).WorkTime.Enabled {
		t.Error("something was stored")
	}
	form.Set("WORKTIME_TIMEZONE", "Asia/Tokyo") // it is seven in the evening there
	if w := b.send(http.MethodPost, "anna", address, form); w.Code != http.StatusSeeOther {
		b.page(w, http.StatusSeeOther)
	}
	b.page(b.send(http.MethodGet, "anna", address, nil), 200, "Closed now, opens 23:00", "Nobody is here at this time")
}

func TestTheSummaryTellsWhatHappens(t *testing.T) {
	b := open(t)
	for name, c := range map[string]struct {
		change func(l *line.Line)
		want   []string
	}{
		"off":  {func(l *line.Line) { l.Active = false }, []string{"The line is switched off"}},
		"bot":  {func(l *line.Line) { l.Bot = line.Bot{Enabled: true, ID: 77, Time: 3 * time.Minute, Always: true} }, []string{"Helper bot answers", "In every conversation, until it hands over or the client sends 0, at the latest after 3 minutes."}},
		"open": {func(l *line.Line) { l.WorkTime.Enabled, l.WorkTime.Zone = true, "UTC" }, []string{"Open now until 18:00"}},
		"texts": {func(l *line.Line) { l.Agreement, l.Vote.Enabled, l.Close.Rule = true, true, line.RuleText }, []string{
			"Consent", "By writing to us you agree", "How did we do?", "This conversation is closed.",
		}},
		"agreement": {func(l *line.Line) { l.Agreement, l.AgreementID = true, 5 }, []string{"Who writes for the first time is shown: “House rules”"}},
		"silent": {func(l *line.Line) {
			l.NoAnswer.Rule, l.AutoCloseTime, l.Queue = line.RuleNone, 0, []line.Entry{{Kind: line.EntryUser, ID: 3}}
		}, []string{"goes on waiting and is told nothing"}},
	} {
		id := b.add(func(l *line.Line) { l.Name = name; c.change(l) })
		b.page(b.send(http.MethodGet, "anna", fmt.Sprintf("%s%d/", lineweb.URL, id), nil), 200, c.want...)
	}
}

func TestWhoMaySeeThePages(t *testing.T) {
	b := open(t)
	id := b.add(func(l *line.Line) { l.Name = "Support" })
	address := fmt.Sprintf("%s%d/", lineweb.URL, id)
	for _, target := range []string{lineweb.URL, address, lineweb.AnswersURL} {
		b.page(b.send(http.MethodGet, "ben", target, nil), http.StatusForbidden)
	}
	b.page(b.send(http.MethodPost, "ben", lineweb.URL+"add", url.Values{"LINE_NAME": {"x"}}), http.StatusForbidden)
	b.page(b.send(http.MethodPost, "ben", address+"queue/", url.Values{"LINE_NAME": {"x"}}), http.StatusForbidden)
	b.page(b.send(http.MethodPost, "ben", address+"delete", url.Values{"sure": {"1"}}), http.StatusForbidden)
	b.page(b.send(http.MethodGet, "anna", lineweb.URL+"99/", nil), http.StatusNotFound)
	b.page(b.send(http.MethodGet, "anna", address+"nothing/", nil), http.StatusNotFound)
	found := func(who string) bool {
		return strings.Contains(b.send(http.MethodGet, who, "/search?q=supp", nil).Body.String(), address)
	}
	if !found("anna") || found("ben") {
		t.Error("the palette shows the line to the wrong people")
	}
	// Who added a line through an application may set it up here.
	if _, err := b.lines.Add(t.Context(), user.Ref{ID: 2}, func(l *line.Line) error { l.Name = "Ben's"; return nil }); err != nil {
		t.Fatal(err)
	}
	page := b.page(b.send(http.MethodGet, "ben", lineweb.URL, nil), 200, "Ben&#39;s")
	if strings.Contains(page, ">Support<") || strings.Contains(page, "Create a line") {
		t.Error("Ben sees more than his line")
	}
	b.send(http.MethodPost, "anna", address+"delete", url.Values{})
	b.line(id) // it was not confirmed
	b.send(http.MethodPost, "anna", address+"delete", url.Values{"sure": {"1"}})
	if _, err := b.lines.Get(t.Context(), id); fault.Of(err).Code != "LINE_NOT_FOUND" {
		t.Errorf("it is still there: %v", err)
	}
}

func TestSharedAnswersAreWritten(t *testing.T) {
	b := open(t)
	b.page(b.send(http.MethodGet, "anna", lineweb.AnswersURL, nil), 200, "No canned answers yet")
	b.page(b.send(http.MethodPost, "anna", lineweb.AnswersURL+"0/save", url.Values{"text": {" "}, "keyword": {"a b"}}), 422, "Write the answer.", `value="a b"`)
	b.send(http.MethodPost, "anna", lineweb.AnswersURL+"folder", url.Values{"name": {"Shop"}})
	b.page(b.send(http.MethodPost, "anna", lineweb.AnswersURL+"folder", url.Values{"name": {"shop"}}), 422, "Another folder has this name.")
	w := b.send(http.MethodPost, "anna", lineweb.AnswersURL+"0/save", url.Values{"text": {"We ship\r\nin two days."}, "keyword": {"/Ship"}, "folder": {"1"}})
	if w.Code != http.StatusSeeOther {
		b.page(w, http.StatusSeeOther)
	}
	b.page(b.send(http.MethodGet, "anna", lineweb.AnswersURL+"?q=SHIP", nil), 200, "We ship\nin two days.", "/ship", "Shop", "1 answer")
	b.page(b.send(http.MethodGet, "anna", lineweb.AnswersURL+"?q=zebra", nil), 200, "No shared answer matches.")
	b.page(b.send(http.MethodGet, "anna", lineweb.AnswersURL+"1/", nil), 200, `value="ship"`, "Delete")
	b.send(http.MethodPost, "anna", lineweb.AnswersURL+"folder", url.Values{"id": {"1"}, "name": {"Store"}})
	b.page(b.send(http.MethodGet, "anna", lineweb.AnswersURL+"?folder=1", nil), 200, "Store", "We ship")
	b.send(http.MethodPost, "anna", lineweb.AnswersURL+"folder/1/delete", nil)
	b.send(http.MethodPost, "anna", lineweb.AnswersURL+"1/delete", nil)
	if n, err := b.answers.Count(t.Context(), answer.Query{}); n != 0 || err != nil {
		t.Errorf("%d are left, %v", n, err)
	}
	// What is somebody's own is nobody else's business.
	own, err := b.answers.Save(t.Context(), user.Ref{ID: 1}, answer.Answer{OwnerID: 1, Text: "Mine"})
	if err != nil {
		t.Fatal(err)
	}
	b.page(b.send(http.MethodGet, "anna", fmt.Sprintf("%s%d/", lineweb.AnswersURL, own.ID), nil), http.StatusNotFound)
}

func TestEverySettingHasItsField(t *testing.T) {
	b := open(t)
	id := b.add(func(l *line.Line) { l.Temporary = true })
	var all strings.Builder
	for _, tab := range []string{"queue", "hours", "texts", "closing", "alerts"} {
		all.WriteString(b.page(b.send(http.MethodGet, "anna", fmt.Sprintf("%s%d/%s/", lineweb.URL, id, tab), nil), 200))
	}
	for _, f := range line.Fields() {
		if f.ReadOnly || f.Kind == line.Fixed {
			continue
		}
		if !strings.Contains(all.String(), `name="`+f.Name+`"`) {
			t.Errorf("%s has no field", f.Name)
		}
	}
}

func TestWhoIsToldAndWasDismissedStays(t *testing.T) {
	b := open(t)
	id := b.add(func(l *line.Line) { l.FirstAnswer.To, l.FirstAnswer.Alert = []int64{2, 3}, true })
	inactive := false
	if _, err := b.users.Update(t.Context(), 2, user.Change{Active: &inactive}); err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("%s%d/alerts/", lineweb.URL, id)
	form := formOf(b.page(b.send(http.MethodGet, "anna", address, nil), 200, "Ben"))
	form.Set("KPI_FIRST_ANSWER_TIME", "5")
	if w := b.send(http.MethodPost, "anna", address, form); w.Code != http.StatusSeeOther {
		b.page(w, http.StatusSeeOther)
	}
	if l := b.line(id); len(l.FirstAnswer.To) != 2 || l.FirstAnswer.Time != 5*time.Minute {
		t.Errorf("told are %v after %v", l.FirstAnswer.To, l.FirstAnswer.Time)
	}
}

func TestEverySettingIsExplained(t *testing.T) {
	b := open(t)
	id := b.add(func(l *line.Line) { l.Temporary = true })
	for _, tab := range []string{"queue", "hours", "texts", "closing", "alerts"} {
		page := b.page(b.send(http.MethodGet, "anna", fmt.Sprintf("%s%d/%s/", lineweb.URL, id, tab), nil), 200)
		beside := map[string]string{} // what stands beside a setting, by its name
		for _, block := range strings.Split(page, "data-field=")[1:] {
			name, rest, _ := strings.Cut(strings.TrimPrefix(block, `"`), `"`)
			beside[strings.TrimSuffix(name, "_UNIT")] += rest
		}
		for name, text := range beside {
			if isSetting := strings.ToUpper(name) == name; isSetting && !strings.Contains(text, `field-help">`) {
				t.Errorf("%s has no sentence beside it", name)
			}
		}
	}
}

func TestManyLinesHavePages(t *testing.T) {
	b := open(t)
	for i := range 51 {
		b.add(func(l *line.Line) { l.Name = fmt.Sprintf("Line %02d", i) })
	}
	page := b.page(b.send(http.MethodGet, "anna", lineweb.URL, nil), 200, "Line 49", "51 open channels", "?page=2")
	if strings.Contains(page, "Line 50") {
		t.Error("the first page has them all")
	}
	b.page(b.send(http.MethodGet, "anna", lineweb.URL+"?page=2", nil), 200, "Line 50", "?page=1")
}

// TestAnAgreementIsChosen takes an agreement in the place of the line's own text, and refuses one that is not offered.
func TestAnAgreementIsChosen(t *testing.T) {
	b := open(t)
	id := b.add(func(l *line.Line) { l.Name = "Support" })
	address := fmt.Sprintf("%s%d/texts/", lineweb.URL, id)
	page := b.page(b.send(http.MethodGet, "anna", address, nil), 200, `<option value="0" selected>A text of this line</option>`, `<option value="5">House rules</option>`, `data-unless="AGREEMENT_ID"`)
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<(?:input|select|textarea)[^>]* name="([A-Z_0-9]+)"[^>]*?(?: value="([^"]*)")?[^>]*>`).FindAllStringSubmatch(page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	form.Set("AGREEMENT_MESSAGE", "Y")
	form.Set("AGREEMENT_ID", "6")
	for _, f := range line.Fields() { // what the pattern cannot read
		if l := b.line(id); f.Kind == line.Word || f.Kind == line.Text {
			form.Set(f.Name, f.Text(&l))
		}
	}
	form.Set("AGREEMENT_TEXT", "")
	for name := range form {
		if f := line.FieldNamed(name); f != nil && f.Kind == line.Seconds {
			form.Set(name+"_UNIT", "min")
		}
	}
	form.Del("WELCOME_BOT_ENABLE")
	form.Del("VOTE_MESSAGE")
	b.page(b.send(http.MethodPost, "anna", address, form), 422, "This names an agreement that does not exist or is switched off.")
	form.Set("AGREEMENT_ID", "5")
	if w := b.send(http.MethodPost, "anna", address, form); w.Code != http.StatusSeeOther {
		b.page(w, http.StatusSeeOther)
	}
	if l := b.line(id); !l.Agreement || l.AgreementID != 5 || l.AgreementText != "" {
		t.Errorf("the line asks for consent: %v, to %d, %q", l.Agreement, l.AgreementID, l.AgreementText)
	}
}

// TestCategoriesAreKept adds, renames and deletes categories, and offers them to lines.
func TestCategoriesAreKept(t *testing.T) {
	b := open(t)
	const at = lineweb.CategoriesURL
	b.page(b.send(http.MethodGet, "anna", at, nil), 200, "There are none yet", `aria-current="page"`)
	b.page(b.send(http.MethodGet, "ben", at, nil), http.StatusForbidden)
	b.page(b.send(http.MethodPost, "ben", at+"save", url.Values{"name": {"x"}}), http.StatusForbidden)
	b.page(b.send(http.MethodPost, "anna", at+"save", url.Values{"name": {" "}}), 422, "Enter a name of at most 100 characters.")
	b.send(http.MethodPost, "anna", at+"save", url.Values{"name": {"Bills"}})
	b.send(http.MethodPost, "anna", at+"save", url.Values{"name": {"Orders"}})
	b.page(b.send(http.MethodPost, "anna", at+"save", url.Values{"name": {"bills"}}), 422, "Another category has this name.", `value="bills"`)
	b.send(http.MethodPost, "anna", at+"save", url.Values{"id": {"2"}, "name": {"Returns"}})
	b.page(b.send(http.MethodGet, "anna", at, nil), 200, `value="Bills"`, `value="Returns"`)
	id := b.add(func(l *line.Line) { l.Name, l.Categories, l.CategoryID = "Support", true, 2 })
	address := fmt.Sprintf("%s%d/", lineweb.URL, id)
	b.page(b.send(http.MethodGet, "anna", address, nil), 200, `<option value="1">Bills</option>`, `<option value="2" selected>Returns</option>`)
	b.send(http.MethodPost, "anna", at+"2/delete", nil)
	if page := b.page(b.send(http.MethodGet, "anna", address, nil), 200); strings.Contains(page, "Returns") {
		t.Error("a category that is deleted is offered")
	}
	b.page(b.send(http.MethodPost, "anna", at+"2/delete", nil), http.StatusNotFound)
}
