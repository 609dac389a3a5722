package imweb

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

const (
	hitsPage   = 30
	hitsShort  = 6   // in the list's own search and in the palette
	hitBefore  = 60  // characters of a text before what was found
	hitNear    = 16  // the same where there is room for a line or two alone
	hitLength  = 220 // characters of a text that are shown
	authorsMax = 60
)

// searchView is the page of the search for messages.
type searchView struct {
	Query       string
	Chat        string // the dialog id of the chat in which is looked; empty: all
	ChatName    string
	Author      string
	From, Until string // days: "2026-03-10"
	Files       bool
	Links       bool
	Authors     []ui.Option
	Hits        hitsView
	Asked       bool // something was looked for
	Saved       []savedSearch
}

// Hints are the filters that can be written among the words.
func (searchView) Hints() [][2]string {
	return [][2]string{
		{"from:mark", "what Mark wrote; from:me is yours"},
		{`in:"spring catalogue"`, "in that chat, or in:mark for the one with Mark"},
		{"after:2026-03-01", "on that day or later; before: and on: as well"},
		{"has:file", "with files; has:link with links"},
	}
}

// hitsView is a page of what was found.
type hitsView struct {
	Hits []hit
	More string // the address of the next page; empty: there is none
	Note string // why nothing was found, where that is known
}

// hit is a message that was found.
type hit struct {
	URL    string
	Author person
	Where  string // the name of the chat; empty in the search of one chat
	Time   string
	Exact  string
	Parts  []Snippet
	Files  []attachedFile
}

// Snippet is a part of the text of a message that was found; Found says that it is what was looked for.
type Snippet struct {
	Text  string
	Found bool
}

// searchPage shows /online/search.
func (h pages) searchPage(ctx context.Context, r *web.Request) (web.Page, error) {
	p := h.people(ctx, r)
	v := searchView{
		Query: strings.TrimSpace(r.FormValue("q")), Chat: r.FormValue("chat"), Author: r.FormValue("author"), From: r.FormValue("from"),
		Until: r.FormValue("until"), Files: r.Checked("files"), Links: r.Checked("links"),
	}
	behind := "/online/"
	q := im.SearchQuery{Limit: hitsPage}
	if v.Chat != "" {
		c, err := h.im.Resolve(ctx, v.Chat, r.Viewer.ID)
		if err != nil || c.ID == 0 {
			return web.Page{}, errNoDialog.Because(err)
		}
		t := h.face(p, c)
		v.Chat, v.ChatName, behind, q.ChatID = t.Dialog, t.Name, t.URL(), c.ID
	}
	var err error
	if v.Authors, err = h.authors(ctx, p, q.ChatID); err != nil {
		return web.Page{}, err
	}
	if v.Saved, err = h.savedSearches(ctx, r); err != nil {
		return web.Page{}, err
	}
	if v.Asked = v.Query != "" || v.Author != "" || v.Files || v.Links || v.From != "" || v.Until != ""; v.Asked {
		if v.Hits, err = h.hits(ctx, p, q); err != nil {
			return web.Page{}, err
		}
	}
	title := "Search messages"
	if v.ChatName != "" {
		title = "Search in " + v.ChatName
	}
	return web.Page{
		Title: title, Section: "messenger", Template: "im/search", Body: v, Layout: web.Narrow, Slider: true, Behind: behind,
		Modules: []string{"im/search.js"}, Styles: []string{"im/im.css"},
	}, p.failed
}

// hitsFragment answers /online/hits: a page of what was found.
func (h pages) hitsFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	p := h.people(ctx, r)
	q := im.SearchQuery{Limit: hitsPage}
	if dialog := r.FormValue("chat"); dialog != "" {
		id, err := h.im.ChatID(ctx, dialog, r.Viewer.ID)
		if err != nil || id == 0 {
			return nil, errNoDialog.Because(err)
		}
		q.ChatID = id
	}
	v, err := h.hits(ctx, p, q)
	if err != nil {
		return nil, err
	}
	return web.HTML{Template: "im/hits", Body: v}, p.failed
}

// hits finds what the request asks for.
func (h pages) hits(ctx context.Context, p *people, q im.SearchQuery) (hitsView, error) {
	r := p.r
	q.AuthorID, q.Files, q.Links = max(r.Int("author", 0), 0), r.Checked("files"), r.Checked("links")
	q.Before = max(r.Int("before", 0), 0)
	q.From, q.Until = day(r.FormValue("from"), r.Viewer.Zone(), 0), day(r.FormValue("until"), r.Viewer.Zone(), 1)
	if note, err := h.refine(ctx, r.Viewer.ID, r.Viewer.Zone(), parseAsked(r.FormValue("q")), &q); err != nil || note != "" {
		return hitsView{Note: note}, err
	}
	if q.Text == "" && q.AuthorID == 0 && !q.Files && !q.Links && q.From.IsZero() && q.Until.IsZero() && q.ChatID == 0 {
		return hitsView{}, nil
	}
	found, err := h.im.SearchMessages(ctx, r.Viewer.ID, q)
	if err != nil {
		if errors.Is(err, im.ErrParams) {
			return hitsView{}, nil // signs alone
		}
		return hitsView{}, hide(err)
	}
	v := hitsView{}
	if v.Hits, err = p.hits(ctx, found, q); err != nil {
		return v, err
	}
	if found.More {
		next := searchValues(r)
		next.Set("before", strconv.FormatInt(found.Next, 10))
		v.More = "/online/hits?" + next.Encode()
	}
	return v, p.failed
}

func (p *people) hits(ctx context.Context, found im.Found, q im.SearchQuery) ([]hit, error) {
	if err := p.loadFor(found.Messages); err != nil {
		return nil, err
	}
	files, err := p.files(found.Messages)
	if err != nil {
		return nil, err
	}
	now := p.r.Now.In(p.r.Viewer.Zone())
	before := hitBefore
	if q.Limit == hitsShort {
		before = hitNear
	}
	out := make([]hit, 0, len(found.Messages))
	for _, m := range found.Messages {
		c := found.Chats[m.ChatID]
		at := m.Date.In(now.Location())
		one := hit{
			URL:  dialogURL(c.DialogID(p.r.Viewer.ID)) + "?m=" + id(m.ID),
			Time: listTime(p.r.Viewer, at, now), Exact: p.r.Viewer.Format(at, "Monday, 2 January 2006, 15:04"),
			Parts: snippets(p.plainWhole(m), q.Text, before),
		}
		if m.AuthorID != 0 {
			one.Author = p.get(m.AuthorID)
		}
		if q.ChatID == 0 {
			one.Where = c.Title
			if c.Type == im.Private {
				one.Where = p.get(c.Peer(p.r.Viewer.ID)).Name
			}
		}
		f := files[m.ID]
		one.Files = append(append(append(append(one.Files, f.Pictures...), f.Videos...), f.Sounds...), f.Others...)
		out = append(out, one)
	}
	return out, p.failed
}

// day reads a date of a form; later days after it. The zero time is none.
func day(text string, zone *time.Location, later int) time.Time {
	t, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return time.Time{}
	}
	return t.AddDate(0, 0, later)
}

// authors are whose messages can be looked for: the members of a chat, or those with whom the viewer talks.
func (h pages) authors(ctx context.Context, p *people, chatID int64) ([]ui.Option, error) {
	me := p.r.Viewer.ID
	ids := []int64{}
	if chatID != 0 {
		members, err := h.im.MembersPage(ctx, me, chatID, 0, authorsMax, false)
		if err != nil {
			return nil, hide(err)
		}
		for _, m := range members {
			ids = append(ids, m.UserID)
		}
	} else {
		items, _, err := h.im.Recent(ctx, me, im.RecentQuery{SkipGroups: true, SkipLines: true, Limit: authorsMax})
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			ids = append(ids, it.Peer)
		}
	}
	if asked := p.r.Int("author", 0); asked > 0 {
		ids = append(ids, asked)
	}
	if err := p.load(ids...); err != nil {
		return nil, err
	}
	out := []ui.Option{{Title: "Anybody"}, {Value: id(me), Title: "Me"}}
	seen := map[int64]bool{me: true}
	for _, who := range ids {
		if !seen[who] {
			seen[who] = true
			out = append(out, ui.Option{Value: id(who), Title: p.get(who).Name})
		}
	}
	return out, p.failed
}

// Excerpt returns what a message says about the first of the words that were looked for, with so many characters before it.
func Excerpt(m im.Message, words string, before int) []Snippet {
	return snippets(plainOf(m), words, before)
}

// snippets cuts a text about the first of the words that were looked for, with so many characters before it, and marks them all.
func snippets(text, query string, before int) []Snippet {
	wanted := strings.FieldsFunc(folded(query), notWord)
	spans := wordSpans(text, wanted)
	from := 0
	if len(spans) > 0 && utf8.RuneCountInString(text[:spans[0][0]]) > before {
		from = backBy(text, spans[0][0], before)
		if i := strings.IndexByte(text[from:spans[0][0]], ' '); i >= 0 { // no word is cut in two
			from += i + 1
		}
	}
	end := forwardBy(text, from, hitLength)
	var out []Snippet
	add := func(s string, found bool) {
		if s != "" {
			out = append(out, Snippet{s, found})
		}
	}
	if from > 0 {
		add("…", false)
	}
	at := from
	for _, s := range spans {
		if s[0] < at || s[1] > end {
			continue
		}
		add(text[at:s[0]], false)
		add(text[s[0]:s[1]], true)
		at = s[1]
	}
	add(text[at:end], false)
	if end < len(text) {
		add("…", false)
	}
	return out
}

func notWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) }

// folded is a text without case and accents, as the index of messages has it.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(s))
}

// wordSpans returns where the words of text stand that begin with one of wanted: whole ones where it is shorter than three letters.
func wordSpans(text string, wanted []string) (out [][2]int) {
	if len(wanted) == 0 {
		return nil
	}
	start := -1
	end := func(i int) {
		if start < 0 {
			return
		}
		word := folded(text[start:i])
		for _, w := range wanted {
			if word == w || utf8.RuneCountInString(w) >= 3 && strings.HasPrefix(word, w) {
				out = append(out, [2]int{start, i})
				break
			}
		}
		start = -1
	}
	for i, r := range text {
		if notWord(r) {
			end(i)
		} else if start < 0 {
			start = i
		}
	}
	end(len(text))
	return out
}

// backBy returns the place n characters before at, forwardBy that n characters after it.
func backBy(s string, at, n int) int {
	for ; n > 0 && at > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
	}
	return at
}

func forwardBy(s string, at, n int) int {
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// searchMessages finds messages for the palette.
func (h pages) searchMessages(ctx context.Context, v web.Viewer, q string) ([]web.SearchHit, error) {
	query := im.SearchQuery{Limit: hitsShort}
	if note, err := h.refine(ctx, v.ID, v.Zone(), parseAsked(q), &query); err != nil || note != "" {
		return nil, err
	}
	found, err := h.im.SearchMessages(ctx, v.ID, query)
	if err != nil {
		if errors.Is(err, im.ErrParams) { // signs alone
			return nil, nil
		}
		return nil, err
	}
	return h.messageHits(ctx, v, query.Text, found)
}

func (h pages) messageHits(ctx context.Context, v web.Viewer, q string, found im.Found) ([]web.SearchHit, error) {
	var ids []int64
	for _, m := range found.Messages {
		ids = append(ids, m.AuthorID)
	}
	users, err := h.users.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]web.SearchHit, 0, len(found.Messages))
	for _, m := range found.Messages {
		var text strings.Builder
		for _, s := range snippets(plainOf(m), q, hitNear) {
			text.WriteString(s.Text)
		}
		c, who := found.Chats[m.ChatID], users[m.AuthorID]
		where := who.DisplayName()
		if c.Title != "" {
			where = c.Title + " · " + where
		}
		out = append(out, web.SearchHit{
			Title: text.String(), Subtitle: where, URL: dialogURL(c.DialogID(v.ID)) + "?m=" + id(m.ID), Icon: "messenger",
		})
	}
	return out, nil
}
