package attach

import (
	"embed"
	"html/template"
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/bbcode"
)

// Files holds attach.css, the style sheet of attachments, keyboards and BB code, in the layer "areas".
//
//go:embed attach.css
var Files embed.FS

//go:embed attach.tmpl
var source string

var templates = template.Must(template.New("attach").Parse(source))

// maxShown bounds the width and height, in pixels, that a value from outside gives a delimiter, a cell or a button.
const maxShown = 600

// HTML returns a for the person whom opt is for; "" for none. It has no style attributes and no scripts: colours are
// attributes of SVG and font elements, sizes those of SVG, table and img elements, so that a strict content security policy
// leaves them alone. Every address is checked again, whatever a holds.
func HTML(a Attach, opt bbcode.Options) template.HTML {
	if len(a) == 0 {
		return ""
	}
	r := renderer{opt}
	cards := make([]cardView, 0, len(a))
	for _, c := range a {
		v := cardView{Description: c.Description, Color: color(c.Color), Token: token(c.ColorToken)}
		for _, b := range c.Blocks {
			v.Blocks = append(v.Blocks, r.block(b))
		}
		cards = append(cards, v)
	}
	return execute("attach", cards)
}

// execute runs a template into memory. Only a mistake in the template itself can make it fail: then nothing is shown.
func execute(name string, data any) template.HTML {
	var b strings.Builder
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		slog.Error("attach template", "template", name, "error", err)
		return ""
	}
	return template.HTML(b.String()) //nolint:gosec // made by html/template
}

// renderer turns blocks into what the template shows.
type renderer struct{ opt bbcode.Options }

// target is where a link leads; the zero target is no link.
type target struct {
	URL  template.URL
	Away bool // it leaves the portal
}

type cardView struct {
	Description, Color, Token string
	Blocks                    []blockView
}

type blockView struct {
	Message   template.HTML
	Links     []linkView
	Users     []userView
	Delimiter *Delimiter
	Grids     []gridView
	Images    []imageView
	Files     []fileView
}

type linkView struct {
	To            target
	Name          string
	NetworkID     string
	Desc          template.HTML
	Preview       template.URL
	Width, Height int
	Rich          bool
}

type userView struct {
	To                             target
	Name, Initial, Type, NetworkID string
	Avatar                         template.URL
}

type gridView struct {
	Display string // in lower case
	Table   bool
	Cells   []cellView
}

type cellView struct {
	To            target
	Name          string
	Value         template.HTML
	Token, Color  string
	Width, Height int
}

type imageView struct {
	To            target
	Name          string
	Preview       template.URL
	Width, Height int
}

type fileView struct {
	To         target
	Name, Size string
}

func (r renderer) block(b Block) blockView {
	var v blockView
	if b.Message != nil {
		v.Message = bbcode.HTML(strings.TrimRight(*b.Message, "\r\n"), r.opt)
	}
	for _, l := range b.Link {
		v.Links = append(v.Links, r.link(l, false))
	}
	for _, l := range b.RichLink {
		v.Links = append(v.Links, r.link(l, true))
	}
	for _, u := range b.User {
		v.Users = append(v.Users, r.user(u))
	}
	if d := b.Delimiter; d != nil {
		v.Delimiter = &Delimiter{Size: min(max(d.Size, 1), maxShown), Color: color(d.Color)}
	}
	v.Grids = r.grids(b.Grid)
	for _, i := range b.Image {
		if to := r.target(i.Link, 0, 0); to.URL != "" {
			preview := address(i.Preview)
			if preview == "" {
				preview = to.URL
			}
			v.Images = append(v.Images, imageView{to, i.Name, preview, max(i.Width, 0), max(i.Height, 0)})
		}
	}
	for _, f := range b.File {
		if to := r.target(f.Link, 0, 0); to.URL != "" {
			v.Files = append(v.Files, fileView{to, firstOf(f.Name, f.Link), fileSize(f.Size)})
		}
	}
	return v
}

func (r renderer) link(l Link, rich bool) linkView {
	v := linkView{
		To:        r.target(l.Link, l.UserID, l.ChatID),
		Name:      firstOf(l.Name, l.Link),
		NetworkID: l.NetworkID,
		Preview:   address(l.Preview),
		Width:     max(l.Width, 0),
		Height:    max(l.Height, 0),
		Rich:      rich,
	}
	if v.Name == "" {
		v.Name = r.name(l.UserID, l.ChatID)
	}
	v.Desc = cleanHTML(l.HTML)
	if v.Desc == "" {
		v.Desc = lines(l.Desc)
	}
	return v
}

func (r renderer) user(u User) userView {
	first, _ := utf8.DecodeRuneInString(strings.TrimSpace(u.Name))
	id := u.UserID
	if id == 0 {
		id = u.BotID
	}
	return userView{
		To:        r.target(u.Link, id, u.ChatID),
		Name:      u.Name,
		Initial:   string(unicode.ToUpper(first)),
		Type:      strings.ToLower(u.AvatarType),
		NetworkID: u.NetworkID,
		Avatar:    address(u.Avatar),
	}
}

// grids groups the neighbours that are displayed alike.
func (r renderer) grids(cells []Cell) []gridView {
	var grids []gridView
	for _, c := range cells {
		display := "block"
		switch c.Display {
		case "LINE", "ROW", "TABLE":
			display = strings.ToLower(c.Display)
		case "COLUMN":
			display = "line"
		}
		if n := len(grids); n == 0 || grids[n-1].Display != display {
			grids = append(grids, gridView{Display: display, Table: display == "row" || display == "table"})
		}
		g := &grids[len(grids)-1]
		g.Cells = append(g.Cells, r.cell(c))
	}
	return grids
}

func (r renderer) cell(c Cell) cellView {
	v := cellView{
		To:     r.target(c.Link, c.UserID, c.ChatID),
		Name:   c.Name,
		Token:  token(c.ColorToken),
		Color:  color(c.Color),
		Width:  min(max(c.Width, 0), maxShown),
		Height: min(max(c.Height, 0), maxShown),
	}
	if v.To.URL == "" {
		v.Value = bbcode.HTML(c.Value, r.opt)
		return v
	}
	// The value is a link already: no other may stand inside it.
	v.Value = lines(bbcode.PlainFor(c.Value, r.opt))
	if v.Value == "" {
		v.Value = lines(firstOf(r.name(c.UserID, c.ChatID), c.Link))
	}
	return v
}

// target returns where a link leads: to a person or a chat of the portal, else to link.
func (r renderer) target(link string, user, chat int64) target {
	for _, m := range r.mentions(user, chat) {
		if a := address(m.URL); a != "" {
			return target{URL: a, Away: bbcode.External(string(a), r.opt.Host)}
		}
	}
	a := address(link)
	return target{URL: a, Away: bbcode.External(string(a), r.opt.Host)}
}

// name returns what the person or the chat is called; "" where neither is known.
func (r renderer) name(user, chat int64) string {
	for _, m := range r.mentions(user, chat) {
		if m.Name != "" {
			return m.Name
		}
	}
	return ""
}

func (r renderer) mentions(user, chat int64) []bbcode.Mention {
	var found []bbcode.Mention
	if user > 0 && r.opt.User != nil {
		if m, ok := r.opt.User(user); ok {
			found = append(found, m)
		}
	}
	if chat > 0 && r.opt.Chat != nil {
		if m, ok := r.opt.Chat(strconv.FormatInt(chat, 10)); ok {
			found = append(found, m)
		}
	}
	return found
}

// address returns raw as an address that html/template may leave as it is; "" where it is refused.
func address(raw string) template.URL {
	a, _ := bbcode.SafeHTTP(raw)
	return template.URL(a) //nolint:gosec // http, https or a path of the portal
}

func color(value string) string {
	c, _ := bbcode.Color(value)
	return c
}

func token(name string) string {
	for _, t := range tokens {
		if name == t {
			return t
		}
	}
	return "base"
}

// lines returns s as text with its line breaks.
func lines(s string) template.HTML {
	s = strings.TrimSpace(template.HTMLEscapeString(s))
	return template.HTML(strings.ReplaceAll(s, "\n", "<br>")) //nolint:gosec // escaped
}

// fileSize returns n bytes as people read it, e.g. "1.4 MB"; "" for an unknown size.
func fileSize(n int64) string {
	if n <= 0 {
		return ""
	}
	if n < 1024 {
		return strconv.FormatInt(n, 10) + " B"
	}
	x, unit := float64(n)/1024, 0
	for x >= 1024 && unit < 3 {
		x /= 1024
		unit++
	}
	s := strconv.FormatFloat(x, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0") + " " + [...]string{"KB", "MB", "GB", "TB"}[unit]
}
