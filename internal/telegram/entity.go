package telegram

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// entity is a part of a text that looks otherwise. Offset and Length count UTF-16 units.
type entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	URL    string `json:"url"`
}

// marks are the tags of BB code around entities.
var marks = map[string]string{
	"bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code", "pre": "code",
}

// span is an entity as BB code.
type span struct {
	from, to    int
	open, close string
}

func spanOf(e entity, n int) (sp span, ok bool) {
	if e.Offset < 0 || e.Length <= 0 || e.Offset > n || e.Length > n-e.Offset {
		return sp, false
	}
	sp = span{from: e.Offset, to: e.Offset + e.Length}
	if tag := marks[e.Type]; tag != "" {
		sp.open, sp.close = "["+tag+"]", "[/"+tag+"]"
		return sp, true
	}
	address, ok := outside(e.URL)
	if e.Type != "text_link" || !ok {
		return sp, false
	}
	sp.open, sp.close = "[url="+strings.NewReplacer("[", "%5B", "]", "%5D").Replace(address)+"]", "[/url]"
	return sp, true
}

// marked writes a text with its entities in BB code. Entities that cross others are left out.
func marked(text string, all []entity) string {
	units := utf16.Encode([]rune(text))
	var spans []span
	for _, e := range all {
		if sp, ok := spanOf(e, len(units)); ok {
			spans = append(spans, sp)
		}
	}
	if len(spans) == 0 {
		return safe(text)
	}
	slices.SortStableFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	var b strings.Builder
	var open []span
	at := 0
	upTo := func(end int) {
		b.WriteString(safe(string(utf16.Decode(units[at:end]))))
		at = end
	}
	closeUpTo := func(end int) {
		for len(open) > 0 && open[len(open)-1].to <= end {
			last := open[len(open)-1]
			upTo(last.to)
			b.WriteString(last.close)
			open = open[:len(open)-1]
		}
	}
	for _, sp := range spans {
		closeUpTo(sp.from)
		if len(open) > 0 && sp.to > open[len(open)-1].to {
			continue
		}
		upTo(sp.from)
		b.WriteString(sp.open)
		open = append(open, sp)
	}
	closeUpTo(len(units))
	upTo(len(units))
	return b.String()
}

// tags are those that do something where a client writes them by hand.
var tags = regexp.MustCompile(`(?i)\[(/?(?:b|i|u|s|size|color|url|user|chat|context|code|img|icon|put|send|call|timestamp|disk|br)(?:[\]=\s]|$))`)

// safe writes a text so that none of it is a tag of BB code: what clients write is shown as they wrote it, and no button of
// theirs stands before an operator.
func safe(text string) string {
	if !strings.ContainsRune(text, '[') {
		return text
	}
	return tags.ReplaceAllString(text, "[\u2060$1") // a joiner of no width
}
