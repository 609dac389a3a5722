package linkpreview

import (
	"io"
	"mime"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// The lengths of what is kept of a page, in characters.
const (
	maxTitle       = 200
	maxDescription = 400
	maxSite        = 80
	// maxToken is how many bytes a single tag of a page, or a text without one, may have.
	maxToken = 256 << 10
)

// Page is what a page says of itself.
type Page struct {
	Title, Description, Site string
	Picture                  string // the absolute address of a picture that stands for the page; empty: none
	Icon                     string // the absolute address of the site's own sign; empty: none
}

// Parse reads what a page of HTML says of itself: by Open Graph, by the cards of Twitter, by its title and its description, in this
// order. contentType is what the server called it, which may name its character set; base is its address. What is broken, or cut off,
// says what it says up to there.
func Parse(r io.Reader, contentType string, base *url.URL) Page {
	decoded, err := charset.NewReader(r, contentType)
	if err != nil {
		return Page{}
	}
	h := head{base: base, meta: map[string]string{}}
	h.read(decoded)
	return h.page()
}

// head is what was read of a page.
type head struct {
	base  *url.URL
	meta  map[string]string // by the name in small letters: the first that says something
	title string
	icon  string
	size  int    // of the icon, by what the page says; 0 where it says nothing
	image string // by <link rel=image_src>
	done  bool
}

// wanted are the names of meta elements that are read.
var wanted = []string{
	"og:title", "og:description", "og:site_name", "og:image", "og:image:url", "og:image:secure_url",
	"twitter:title", "twitter:description", "twitter:image", "twitter:image:src", "description", "application-name",
}

// read takes in the page until its body begins: what it says of itself stands before.
func (h *head) read(r io.Reader) {
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxToken)
	for !h.done {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.StartTagToken, html.SelfClosingTagToken:
			h.start(z)
		case html.EndTagToken:
			if name, _ := z.TagName(); atom.Lookup(name) == atom.Head {
				h.done = h.says()
			}
		}
	}
}

// says reports whether there is something to show already.
func (h *head) says() bool {
	return h.title != "" || h.meta["og:title"] != "" || h.meta["twitter:title"] != ""
}

func (h *head) start(z *html.Tokenizer) {
	name, more := z.TagName()
	switch atom.Lookup(name) {
	case atom.Title:
		if h.title == "" && z.Next() == html.TextToken {
			h.title = oneLine(string(z.Text()), maxTitle)
		}
	case atom.Body:
		h.done = h.says()
	case atom.Base:
		if u, err := h.base.Parse(attributes(z, more)["href"]); err == nil {
			h.base = u
		}
	case atom.Meta:
		a := attributes(z, more)
		for _, key := range []string{a["property"], a["name"]} {
			key = strings.ToLower(strings.TrimSpace(key))
			if slices.Contains(wanted, key) && h.meta[key] == "" {
				h.meta[key] = strings.TrimSpace(a["content"])
			}
		}
	case atom.Link:
		h.link(attributes(z, more))
	}
}

// attributes reads the attributes of a tag, the first of each name.
func attributes(z *html.Tokenizer, more bool) map[string]string {
	out := map[string]string{}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if _, known := out[string(key)]; !known {
			out[string(key)] = string(value)
		}
	}
	return out
}

// link takes in a link element: a picture of the page, or a sign of the site, of which the largest is best.
func (h *head) link(a map[string]string) {
	rels := strings.Fields(strings.ToLower(a["rel"]))
	href := strings.TrimSpace(a["href"])
	if slices.Contains(rels, "image_src") && h.image == "" {
		h.image = href
	}
	touch := slices.Contains(rels, "apple-touch-icon")
	if !touch && !slices.Contains(rels, "icon") || href == "" || !drawable(href, a["type"]) {
		return
	}
	size := sizeOf(a["sizes"])
	if touch && size == 0 {
		size = 180 // as is usual
	}
	if h.icon == "" || size > h.size || size == h.size && extension(h.icon) == ".ico" && extension(href) != ".ico" {
		h.icon, h.size = href, size
	}
}

// drawable reports whether a sign may be of a format that can be decoded, which drawings are not.
func drawable(href, kind string) bool {
	if kind, _, _ := mime.ParseMediaType(kind); kind != "" {
		return slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp", "image/x-icon", "image/vnd.microsoft.icon", "image/ico"}, kind)
	}
	return extension(href) != ".svg"
}

// extension returns how the path of an address ends, in small letters.
func extension(href string) string {
	before, _, _ := strings.Cut(href, "?")
	return strings.ToLower(path.Ext(before))
}

// sizeOf reads "32x32"; 0 where that says nothing.
func sizeOf(sizes string) int {
	n := 0
	for _, c := range []byte(sizes) {
		if c < '0' || c > '9' || n > 4096 {
			break
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// page puts together what was read.
func (h *head) page() Page {
	first := func(names ...string) string {
		for _, n := range names {
			if h.meta[n] != "" {
				return h.meta[n]
			}
		}
		return ""
	}
	p := Page{
		Title:       oneLine(first("og:title", "twitter:title"), maxTitle),
		Description: oneLine(first("og:description", "twitter:description", "description"), maxDescription),
		Site:        oneLine(first("og:site_name", "application-name"), maxSite),
		Picture:     h.absolute(first("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")),
		Icon:        h.absolute(h.icon),
	}
	if p.Picture == "" {
		p.Picture = h.absolute(h.image)
	}
	if p.Title == "" {
		p.Title = h.title
	}
	if p.Description == p.Title {
		p.Description = ""
	}
	return p
}

// absolute returns the whole of an address; empty where it is none of http or https.
func (h *head) absolute(address string) string {
	if address == "" {
		return ""
	}
	u, err := h.base.Parse(address)
	if err != nil {
		return ""
	}
	text, _, ok := clean(u.String())
	if !ok {
		return ""
	}
	return text
}

// oneLine returns a text as one line of at most most characters, without what controls the direction of writing or is not seen: a page
// must not write over what stands beside it.
func oneLine(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Bidi_Control, r), r == '\uFEFF', r == unicode.ReplacementChar, unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	s = strings.Join(strings.Fields(s), " ")
	n := 0
	for i := range s {
		if n == most-1 && len([]rune(s[i:])) > 1 {
			return strings.TrimRight(s[:i], " ") + "…"
		}
		n++
	}
	return s
}
