package dialogue

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// anything is the pattern that matches whatever is there.
const anything = "*"

// Match reports whether a text is as a pattern says, in time that grows with the product of their lengths at most.
func Match(pattern, text string) bool {
	tokens := parsePattern(pattern)
	i, j := 0, 0
	star, mark := -1, 0
	for j < len(text) {
		_, size := utf8.DecodeRuneInString(text[j:])
		switch {
		case i < len(tokens) && tokens[i].star:
			star, mark = i, j
			i++
		case i < len(tokens) && tokens[i].is(text[j:j+size]):
			i, j = i+1, j+size
		case star >= 0:
			_, size := utf8.DecodeRuneInString(text[mark:])
			mark += size
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(tokens) && tokens[i].star {
		i++
	}
	return i == len(tokens)
}

// token is a character of a pattern, or a star.
type token struct {
	star bool
	text string // the bytes of the character
}

func (t token) is(c string) bool { return !t.star && c == t.text }

func parsePattern(pattern string) (out []token) {
	for pattern != "" {
		_, size := utf8.DecodeRuneInString(pattern)
		c := pattern[:size]
		pattern = pattern[size:]
		switch {
		case c == `\` && pattern != "":
			_, size := utf8.DecodeRuneInString(pattern)
			c, pattern = pattern[:size], pattern[size:]
		case c == anything:
			if n := len(out); n == 0 || !out[n-1].star { // two stars are as good as one
				out = append(out, token{star: true})
			}
			continue
		}
		out = append(out, token{text: c})
	}
	return out
}

// Diff says in lines how a message differs from what was expected; none where it does not.
func (r Reply) Diff(h Heard) (out []string) {
	want, got := strings.TrimSpace(r.Text), strings.TrimSpace(h.Text)
	if !Match(want, got) {
		out = append(out, different("text", want, got)...)
	}
	out = append(out, diffPart("attach", r.Attach, h.Attach)...)
	return append(out, diffPart("keyboard", r.Keyboard, h.Keyboard)...)
}

func diffPart(name string, want, got json.RawMessage) []string {
	switch {
	case len(want) == 0 && len(got) == 0:
		return nil
	case len(want) == 0:
		return different(name, "none", short(decode(lasting(got))))
	case len(got) == 0:
		if decode(want) == anything {
			return nil
		}
		return different(name, short(decode(want)), "none")
	}
	return diffValue(name, decode(want), decode(got))
}

// diffValue compares a value with what was expected of it, at a path.
func diffValue(path string, want, got any) (out []string) {
	if want == anything {
		return nil
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return different(path, short(want), short(got))
		}
		for _, key := range slices.Sorted(maps.Keys(w)) {
			inner, there := g[key]
			if !there {
				if w[key] != anything {
					out = append(out, different(path+"."+key, short(w[key]), "none")...)
				}
				continue
			}
			out = append(out, diffValue(path+"."+key, w[key], inner)...)
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return different(path, short(want), short(got))
		}
		for i := range w {
			out = append(out, diffValue(path+"["+strconv.Itoa(i)+"]", w[i], g[i])...)
		}
		return out
	case string:
		if g, ok := got.(string); ok && Match(w, g) {
			return nil
		}
		return different(path, w, short(got))
	}
	if fmt.Sprint(want) != fmt.Sprint(got) {
		return different(path, short(want), short(got))
	}
	return nil
}

// different writes a difference in three lines, as a diff does.
func different(what, want, got string) []string {
	return []string{what + ":", indent("- ", want), indent("+ ", got)}
}

func indent(mark, text string) string {
	return "  " + mark + strings.ReplaceAll(text, "\n", "\n    ")
}

// short writes a value as JSON, cut where it is long.
func short(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	const most = 400
	text := string(raw)
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
