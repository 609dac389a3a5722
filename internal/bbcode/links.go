package bbcode

import "strings"

// Link is a link in a text.
type Link struct {
	URL   string // http or https, as SafeURL returns it
	Label string // what the text shows for it; empty where that is the address
}

// Links returns the first links of text that lead to addresses of http and https, at most most of them. What stands in a quote was said
// by somebody else and in code is not meant: neither counts, and no picture does.
func Links(text string, most int) []Link {
	if !strings.Contains(text, "://") {
		return nil
	}
	tokens := parse(text, false)
	var out []Link
	quoted := false
	for i := 0; i < len(tokens) && len(out) < most; i++ {
		t := &tokens[i]
		switch t.kind {
		case quoteStart, quoteEnd:
			quoted = t.kind == quoteStart
		case plain:
			if !quoted {
				out = bareLinks(out, t.src, most)
			}
		case atom:
			if address, ok := webAddress(t.body); ok && !quoted && t.tag == tagURL {
				out = append(out, Link{URL: address})
			}
		case open:
			if address, ok := webAddress(t.arg); ok && !quoted && t.tag == tagURL {
				out = append(out, Link{URL: address, Label: label(tokens[:t.match], i+1, t.arg)})
				i = t.match // a link in a link is none
			} else if isButton(t.tag) {
				i = t.match
			}
		}
	}
	return out
}

// isButton reports whether no link can stand in a pair, since pressing it does something else.
func isButton(t tag) bool { return t == tagSend || t == tagPut || t == tagCall }

// bareLinks appends the addresses that stand in s as they are.
func bareLinks(out []Link, s string, most int) []Link {
	for len(out) < most {
		start, end, ok := nextLink(s)
		if !ok {
			break
		}
		if address, ok := webAddress(s[start:end]); ok {
			out = append(out, Link{URL: address})
		}
		s = s[end:]
	}
	return out
}

// label returns the words of a link, which stand in tokens from the one at from; empty where they are its address.
func label(tokens []token, from int, address string) string {
	p := plainWriter{opt: &Options{}}
	p.tokens(tokens, from)
	words := strings.Join(strings.Fields(string(p.out)), " ")
	if words == strings.TrimSpace(address) {
		return ""
	}
	return words
}

// webAddress returns raw where it is an address of http or https.
func webAddress(raw string) (string, bool) {
	address, ok := SafeURL(raw)
	if !ok || !hasHTTP(address) {
		return "", false
	}
	return address, true
}
