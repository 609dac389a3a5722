package frameweb

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/web"
)

// looks are the options by which BX24.openApplication says how its slider looks.
// Page: sdk/bx24-js-sdk/additional-functions/bx24-open-application.md.
type looks struct {
	Width json.RawMessage `json:"bx24_width"`
	Left  json.RawMessage `json:"bx24_leftBoundary"`
	Title json.RawMessage `json:"bx24_title"`
	Label struct {
		Text  json.RawMessage `json:"text"`
		Back  json.RawMessage `json:"bgColor"`
		Color json.RawMessage `json:"color"`
	} `json:"bx24_label"`
}

// openedWith gives a slider the looks that its options ask for. What makes no sense is left out: the options are the
// application's own and reach its page whatever they hold.
func openedWith(p web.Page, options string) web.Page {
	var l looks
	_ = json.Unmarshal([]byte(options), &l) // what could be read is used; the host refuses what is no JSON
	v := p.Body.(frameView)
	if title := text(l.Title, 200); title != "" {
		p.Title = title
	}
	v.Width = pixels(l.Width)
	if v.Width == 0 {
		v.Left = pixels(l.Left)
	}
	v.Label = label{Text: text(l.Label.Text, 60), Back: colour(text(l.Label.Back, 40)), Color: colour(text(l.Label.Color, 40))}
	p.Body = v
	p.WideSlider = v.Width == 0
	return p
}

// text reads a JSON string or number of at most most characters.
func text(raw json.RawMessage, most int) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		var n json.Number
		if json.Unmarshal(raw, &n) != nil {
			return ""
		}
		s = n.String()
	}
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > most {
		s = string(r[:most])
	}
	return s
}

// pixels reads a width of up to 10,000 pixels; 0 where it is none.
func pixels(raw json.RawMessage) int64 {
	n, err := strconv.ParseInt(strings.TrimSuffix(text(raw, 12), "px"), 10, 64)
	if err != nil || n <= 0 || n > 10_000 {
		return 0
	}
	return n
}

var colours = regexp.MustCompile(`^(#[0-9a-fA-F]{3,8}|[a-zA-Z]{3,30}|rgba?\([0-9., %]{5,40}\))$`)

// colour returns c if it is a colour of CSS and nothing else.
func colour(c string) string {
	if colours.MatchString(c) {
		return c
	}
	return ""
}
