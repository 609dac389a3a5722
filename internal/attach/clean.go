package attach

import (
	"html"
	"html/template"
	"slices"
	"strings"
)

// kept are the elements that stay in a link's HTML description, all without attributes.
var kept = map[string]bool{"b": true, "strong": true, "i": true, "em": true, "u": true, "s": true, "small": true}

// broken are the elements that become a line break.
var broken = map[string]bool{"br": true, "p": true, "div": true, "li": true, "tr": true}

// hidden are the elements whose content is no text.
var hidden = map[string]bool{"script": true, "style": true, "template": true, "noscript": true, "iframe": true, "title": true, "textarea": true, "svg": true, "math": true}

// maxKept is how many kept elements may be open at once.
const maxKept = 16

// cleanHTML returns raw, which comes from outside, with nothing of it but text, line breaks and the kept elements, balanced.
// It takes time linear in the length of raw.
func cleanHTML(raw string) template.HTML {
	var c cleaner
	for raw != "" {
		i := strings.IndexByte(raw, '<')
		if i < 0 {
			i = len(raw)
		}
		c.text(raw[:i])
		raw = c.tag(raw[i:])
	}
	c.closeTo(0)
	return template.HTML(strings.TrimSpace(c.out.String())) //nolint:gosec // text is escaped, elements are listed
}

type cleaner struct {
	out  strings.Builder
	open []string
}

func (c *cleaner) text(s string) {
	c.out.WriteString(template.HTMLEscapeString(html.UnescapeString(s)))
}

// tag deals with the tag that s starts with and returns what follows it.
func (c *cleaner) tag(s string) string {
	if s == "" {
		return ""
	}
	if strings.HasPrefix(s, "<!--") {
		_, rest, _ := strings.Cut(s, "-->")
		return rest
	}
	name, ends := elementName(s)
	if name == "" && !strings.HasPrefix(s, "<!") && !strings.HasPrefix(s, "<?") {
		c.text("<")
		return s[1:]
	}
	_, rest, whole := strings.Cut(s, ">")
	if !whole {
		return ""
	}
	switch {
	case hidden[name] && !ends:
		return skipElement(rest, name)
	case broken[name]:
		if c.out.Len() > 0 && (name == "br" || !ends) {
			c.out.WriteString("<br>")
		}
	case kept[name] && !ends && len(c.open) < maxKept:
		c.open = append(c.open, name)
		c.out.WriteString("<" + name + ">")
	case kept[name] && ends:
		for i, open := range slices.Backward(c.open) {
			if open == name {
				c.closeTo(i)
				break
			}
		}
	}
	return rest
}

// closeTo closes the open elements from the innermost down to index i.
func (c *cleaner) closeTo(i int) {
	for _, name := range slices.Backward(c.open[i:]) {
		c.out.WriteString("</" + name + ">")
	}
	c.open = c.open[:i]
}

// elementName returns the name, in lower case, of the tag that s starts with, and whether it is an end tag.
func elementName(s string) (name string, ends bool) {
	s = s[1:]
	if strings.HasPrefix(s, "/") {
		s, ends = s[1:], true
	}
	n := 0
	for n < len(s) && n < 12 && (s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' || n > 0 && s[n] >= '0' && s[n] <= '9') {
		n++
	}
	return strings.ToLower(s[:n]), ends
}

// skipElement returns what follows the end tag of the element name in s; "" where it is never ended.
func skipElement(s, name string) string {
	for {
		i := strings.Index(s, "</")
		if i < 0 {
			return ""
		}
		s = s[i:]
		if got, _ := elementName(s); got == name {
			_, rest, _ := strings.Cut(s, ">")
			return rest
		}
		s = s[2:]
	}
}
