package ui_test

import (
	"html/template"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/portico-hq/portico/internal/web/ui"
)

func render(t *testing.T, text string, data any) (string, error) {
	t.Helper()
	tmpl, err := template.New("").Funcs(ui.Funcs()).Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	err = tmpl.Execute(&b, data)
	return b.String(), err
}

func TestComponentsRender(t *testing.T) {
	t.Parallel()
	evil := `"><script>x</script>`
	for text, parts := range map[string][]string{
		`{{field "Name" "name" . "error" . "help" . "placeholder" . "required" true}}`: {`aria-invalid="true"`, `placeholder="&#34;&gt;&lt;script&gt;x&lt;/script&gt;"`, ` required`, `for="f-name"`},
		`{{field "Password" "p" . "type" "password"}}`:                                 {`type="password"`},
		`{{textarea "Text" "t" .}}`:                                                    {"<textarea", "&lt;script&gt;"},
		`{{checkbox . "c" true "value" .}}`:                                            {" checked", `type="checkbox"`},
		`{{people "Who" "who" nil "one" true "typed" . "error" "Nobody"}}`:             {`data-people="one"`, `name="who_typed"`, "Nobody"},
		`{{switch "On" "s" false}}`:                                                    {`role="switch"`},
		`{{button . "kind" "primary" "icon" "plus" "key" .}}`:                          {"button-primary", "#plus"},
		`{{button "Go" "url" . "slider" true}}`:                                        {"data-slider", "%3cscript%3e"},
		`{{button "Go" "post" "/x"}}`:                                                  {`<form action="/x" method="post"`},
		`{{avatar . . . 32 "presence" "online"}}`:                                      {"presence-online", "--size:32px"},
		`{{avatar "Anna Berg" "#f2c037" "" 32}}`:                                       {"--hue:#f2c037", "avatar-dark", ">AB<"},
		`{{badge . "tone" "danger" "icon" "flag"}}`:                                    {"badge-danger"},
		`{{tile . "/x" "icon" "webhook" "text" .}}`:                                    {"tile-title"},
		`{{empty . "action" . "url" "/x"}}`:                                            {"empty-title"},
		`{{secret "Secret" . }}`:                                                       {"data-secret", "data-copy", "Shown only now"},
		`{{kbd "J / Ctrl K"}}`:                                                         {`<kbd class="kbd">Ctrl</kbd>`, "kbd-or"},
		`{{skeleton 3}}{{notice "warning" .}}`:                                         {"<span></span>", "notice-warning"},
		`{{icon "lock" "label" .}}`:                                                    {`role="img"`, "#lock"},
	} {
		got, err := render(t, text, evil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for _, p := range parts {
			if !strings.Contains(got, p) {
				t.Errorf("%s lacks %s:\n%s", text, p, got)
			}
		}
		if strings.Contains(got, "<script>") {
			t.Errorf("%s lets markup through:\n%s", text, got)
		}
	}
}

func TestAMaskedSecretIsNotInThePage(t *testing.T) {
	t.Parallel()
	got, err := render(t, `{{secret "Secret" "hunter2" "masked" true}}`, nil)
	if err != nil || strings.Contains(got, "hunter2") {
		t.Errorf("%v:\n%s", err, got)
	}
	got, err = render(t, `{{field "Password" "p" "hunter2" "type" "password"}}`, nil)
	if err != nil || strings.Contains(got, "hunter2") {
		t.Errorf("%v:\n%s", err, got)
	}
}

func TestSlipsAreErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{{button "x" "kindd" "primary"}}`, `{{field "a" "b" "c" "help"}}`, `{{icon "nope"}}`, `{{notice "pink" "x"}}`, `{{badge "x" 1 2}}`,
	} {
		if got, err := render(t, text, nil); err == nil {
			t.Errorf("%s rendered %s", text, got)
		}
	}
}

func TestSelectMarksTheValue(t *testing.T) {
	t.Parallel()
	got, err := render(t, `{{select "Type" "type" "b" .}}`, []ui.Option{{"a", "A"}, {"b", "B"}})
	if err != nil || !strings.Contains(got, `<option value="b" selected>B</option>`) || strings.Count(got, "selected") != 1 {
		t.Errorf("%v:\n%s", err, got)
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Anna Berg": "AB", "élodie": "É", "Jan van der Berg": "JB", "": "?", "(Bot) 7": "B7", "李小龙": "李"} {
		if got := ui.Initials(name); got != want {
			t.Errorf("%q gives %q, want %q", name, got, want)
		}
	}
}

func TestWhen(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   string
		zone *time.Location
		want string
	}{
		{"2026-03-10T11:59:30Z", time.UTC, "just now"},
		{"2026-03-10T11:55:00Z", time.UTC, "5 min ago"},
		{"2026-03-10T12:20:00Z", time.UTC, "in 20 min"},
		{"2026-03-10T08:05:00Z", berlin, "09:05"},
		{"2026-03-09T23:30:00Z", time.UTC, "Yesterday, 23:30"},
		{"2026-03-09T23:30:00Z", berlin, "00:30"},
		{"2026-03-11T09:00:00Z", time.UTC, "Tomorrow, 09:00"},
		{"2026-02-03T09:00:00Z", time.UTC, "3 Feb, 09:00"},
		{"2024-09-03T09:00:00Z", time.UTC, "3 Sep 2024"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := (ui.When{Time: at, Now: now, Zone: c.zone}).String(); got != c.want {
			t.Errorf("%s in %s is %q, want %q", c.at, c.zone, got, c.want)
		}
	}
	if html, err := (ui.When{Now: now}).HTML(); err != nil || html != "" {
		t.Errorf("the zero time is %q, %v", html, err)
	}
}

// palette returns the raw colours of a theme, and the meanings that point at them.
func palette(dark bool) map[string]string {
	css := string(ui.Stylesheet())
	pick := map[bool]string{false: "$2", true: "$3"}[dark]
	m := map[string]string{}
	raw := regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)
	for _, hit := range raw.FindAllStringSubmatchIndex(css, -1) {
		m[css[hit[2]:hit[3]]] = string(raw.ExpandString(nil, pick, css, hit))
	}
	for _, hit := range regexp.MustCompile(`--([a-z-]+): var\(--([a-z]+-[0-9]+)\)`).FindAllStringSubmatch(css, -1) {
		m[hit[1]] = m[hit[2]]
	}
	m["on-accent"] = "#ffffff"
	return m
}

func luminance(c string) float64 {
	var l float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, _ := strconv.ParseUint(c[1+2*i:3+2*i], 16, 8)
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		l += weight * v
	}
	return l
}

func TestColoursPassAA(t *testing.T) {
	t.Parallel()
	surfaces := []string{"canvas", "surface", "surface-sunken", "surface-raised"}
	pairs := [][2]string{
		{"on-accent", "accent"},
		{"on-accent", "accent-hover"},
		{"on-accent", "danger-fill"},
		{"accent-text", "accent-tint"},
		{"success", "success-tint"},
		{"warning", "warning-tint"},
		{"danger", "danger-tint"},
		{"text", "accent-tint"},
		{"text-muted", "accent-tint"},
		{"text-soft", "line"},
	}
	for _, s := range surfaces {
		for _, text := range []string{"text", "text-soft", "text-muted", "accent-text", "danger", "success", "warning"} {
			pairs = append(pairs, [2]string{text, s})
		}
	}
	for _, dark := range []bool{false, true} {
		m := palette(dark)
		check := func(text, ground string, least float64) {
			if m[text] == "" || m[ground] == "" {
				t.Fatalf("no colour %s or %s", text, ground)
			}
			a, b := luminance(m[text]), luminance(m[ground])
			if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < least {
				t.Errorf("dark %v: %s on %s is %.2f, want %.1f", dark, text, ground, got, least)
			}
		}
		for _, p := range pairs {
			check(p[0], p[1], 4.5)
		}
		for _, s := range surfaces {
			check("focus", s, 3)
			check("field-line", s, 3)
		}
	}
}

func TestHuesCarryWhiteText(t *testing.T) {
	t.Parallel()
	hues := regexp.MustCompile(`\.hue-[0-9]+ \{ --hue: (#[0-9a-f]{6})`).FindAllStringSubmatch(string(ui.Stylesheet()), -1)
	if len(hues) != 12 {
		t.Fatalf("%d hues", len(hues))
	}
	for _, h := range hues {
		if got := 1.05 / (luminance(h[1]) + 0.05); got < 4.5 {
			t.Errorf("%s has %.2f", h[0], got)
		}
	}
}

func TestWhenOnATwelveHourClock(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 10, 23, 0, 0, 0, time.UTC)
	for want, at := range map[string]time.Time{
		"12:05 am": now.Add(-22*time.Hour - 55*time.Minute), "Yesterday, 12:30 pm": now.Add(-34*time.Hour - 30*time.Minute),
		"3 Feb, 9:00 pm": time.Date(2026, 2, 3, 21, 0, 0, 0, time.UTC),
	} {
		if got := (ui.When{Time: at, Now: now, Clock12: true}).String(); got != want {
			t.Errorf("%v is %q, want %q", at, got, want)
		}
	}
	if got := ui.Layout("Mon, 2 Jan 2006, 15:04:05.000", true); got != "Mon, 2 Jan 2006, 3:04:05.000 pm" {
		t.Errorf("layout %q", got)
	}
}
