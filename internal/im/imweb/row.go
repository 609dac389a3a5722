package imweb

import (
	"context"
	"errors"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

const (
	runGap = 5 * time.Minute // a longer silence ends a run of one author
)

// row is a message as the template "message" shows it.
type row struct {
	ID      int64
	UUID    string
	Version string // changes whenever what is shown of the message does
	Author  person
	At      time.Time
	Day     string // "Today", "Yesterday", "Monday, 2 March"
	Clock   string // "14:05"
	Exact   string
	Written moment // by the clock of who wrote it, where that was noticeably before it arrived
	Changed string // when its author changed it, in words

	Inner                        bool // kept from who takes part from outside
	Own, System, Deleted, Edited bool
	Seen                         bool // somebody else has read it
	Editable                     bool // its sender may still change it
	First                        bool // of a run
	Joined                       bool // the next row goes on with the run
	NewDay                       bool // the first of its day
	FirstUnread                  bool
	Pinned                       bool
	Named                        bool // the viewer is mentioned
	Emoji                        bool // a few emoji are all that it says

	Out       *delivery // it went out to a client
	Files     attached
	Card      *card // nil: its link leads to nothing that is known, or it has none
	Reactions []reaction
	From      string // the first author of a forwarded message
	FromURL   string

	Reply    *reply
	Text     template.HTML
	Attach   template.HTML
	Keyboard template.HTML
	Items    []menuItem // what a bot adds to the menu of the message
}

// menuItem is an item that a bot adds to the menu of its message. What it does stands in the stored message; the page reads
// from here what it does itself.
type menuItem struct {
	Index                       int
	Text, URL                   string
	Action, Value, Command, App string
	Context                     string // "mobile" or "desktop": where alone it shows
	Disabled                    bool
}

// reply is what a message answers.
type reply struct {
	ID   int64
	Name string
	Text string
}

// rows turns messages of one chat, the oldest first, into what is shown. seenUpTo is the last message that somebody else has read.
func (p *people) rows(ctx context.Context, messages []im.Message, seenUpTo int64) ([]row, error) {
	if err := p.loadFor(messages); err != nil {
		return nil, err
	}
	var err error
	if p.editTime, err = p.h.im.EditTime(ctx); err != nil {
		return nil, err
	}
	files, err := p.files(messages)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]im.Message, len(messages))
	for _, m := range messages {
		byID[m.ID] = m
	}
	out := make([]row, 0, len(messages))
	for _, m := range messages {
		r := p.row(m, seenUpTo)
		r.Files = files[m.ID]
		if m.ReplyID != 0 && m.Deleted.IsZero() {
			rep, err := p.reply(ctx, m.ReplyID, byID)
			if err != nil {
				return nil, err
			}
			r.Reply = rep
		}
		out = append(out, r)
	}
	if len(messages) > 0 {
		if err := p.setDeliveries(ctx, out, messages[0].ChatID); err != nil {
			return nil, err
		}
	}
	if err := p.setCards(ctx, out, messages); err != nil {
		return nil, err
	}
	setRuns(out)
	return out, p.failed
}

// loadFor reads everybody whom the messages name, at once.
func (p *people) loadFor(messages []im.Message) error {
	var ids []int64
	for _, m := range messages {
		ids = append(ids, m.AuthorID)
		if strings.Contains(m.Text, "[") {
			named, _ := bbcode.Mentions(m.Text)
			ids = append(ids, named...)
		}
		for _, r := range m.Reactions {
			ids = append(ids, r.UserIDs[:min(len(r.UserIDs), shownReactors)]...)
		}
		if f := m.Extra.Forward; f != nil {
			ids = append(ids, f.AuthorID)
		}
	}
	return p.load(ids...)
}

func (p *people) row(m im.Message, seenUpTo int64) row {
	opt := p.options()
	at := m.Date.In(p.r.Viewer.Zone())
	r := row{
		ID: m.ID, UUID: m.UUID, Version: version(m), At: m.Date,
		Day: dayName(at, p.r.Now.In(at.Location())), Clock: p.r.Viewer.Format(at, "15:04"),
		Exact: p.r.Viewer.Format(at, exactTime),
		Own:   m.AuthorID == p.r.Viewer.ID, System: m.System, Deleted: !m.Deleted.IsZero(), Edited: !m.Edited.IsZero(),
		Inner: m.Inner && !m.System,
		Seen:  m.AuthorID == p.r.Viewer.ID && m.ID <= seenUpTo,
	}
	if m.AuthorID != 0 {
		r.Author = p.get(m.AuthorID)
	}
	r.Editable = r.Own && !r.Deleted && (p.editTime == 0 || p.r.Now.Sub(m.Date) <= p.editTime)
	if r.Deleted {
		return r
	}
	r.Pinned, r.Reactions = m.Pinned, p.reactions(m)
	p.setForward(&r, m)
	ids, all := bbcode.Mentions(m.Text)
	r.Named = !r.Own && (all || slices.Contains(ids, p.r.Viewer.ID))
	r.Written, r.Changed = p.written(m), p.changed(m)
	r.Text, r.Emoji = bbcode.HTML(m.Text, opt), emojiAlone(m.Text)
	r.Attach = attach.HTML(m.Extra.Cards(), opt)
	r.Keyboard = attach.KeyboardHTML(m.Extra.Buttons(), opt)
	r.Items = menuItems(m.Extra.MenuItems())
	return r
}

func menuItems(m attach.Menu) []menuItem {
	out := make([]menuItem, 0, len(m))
	for i, it := range m {
		v := menuItem{
			Index: i, Text: it.Text, URL: it.Link, Action: strings.ToLower(it.Action), Value: it.ActionValue, Command: it.Command,
			Disabled: it.Disabled == "Y",
		}
		if it.AppID != 0 {
			v.App = strconv.FormatInt(it.AppID, 10)
		}
		if it.Context == "MOBILE" || it.Context == "DESKTOP" {
			v.Context = strings.ToLower(it.Context)
		}
		out = append(out, v)
	}
	return out
}

// setForward says where a message was first written.
func (p *people) setForward(r *row, m im.Message) {
	f := m.Extra.Forward
	if f == nil {
		return
	}
	r.From = "a notice"
	if f.AuthorID != 0 {
		who := p.get(f.AuthorID)
		r.From, r.FromURL = who.Name, who.URL()
	}
}

// moment is a time beside that of a message.
type moment struct{ Short, Exact string }

// lateAfter is how long a message may be under way before it is told when it was written.
const lateAfter = time.Minute

// written tells when a message was written that arrived late: an outage outside holds many back.
func (p *people) written(m im.Message) (w moment) {
	if m.Extra.Written == 0 || m.Date.Sub(time.Unix(m.Extra.Written, 0)) <= lateAfter {
		return w
	}
	at, arrived := time.Unix(m.Extra.Written, 0).In(p.r.Viewer.Zone()), m.Date.In(p.r.Viewer.Zone())
	w = moment{Short: p.r.Viewer.Format(at, "15:04"), Exact: p.r.Viewer.Format(at, exactTime)}
	switch {
	case at.Year() != arrived.Year():
		w.Short = p.r.Viewer.Format(at, "2 Jan 2006, 15:04")
	case at.YearDay() != arrived.YearDay():
		w.Short = p.r.Viewer.Format(at, "2 Jan, 15:04")
	}
	return w
}

// changed tells when the author of a message changed it, by their own clock where they say.
func (p *people) changed(m im.Message) string {
	at := m.Edited
	if m.Extra.Changed != 0 {
		at = time.Unix(m.Extra.Changed, 0)
	}
	if at.IsZero() {
		return ""
	}
	return p.r.Viewer.Format(at.In(p.r.Viewer.Zone()), exactTime)
}

// exactTime is how a time is told that is asked for.
const exactTime = "Monday, 2 January 2006, 15:04:05"

// version changes whenever what is shown of a message does.
func version(m im.Message) string {
	b := strconv.AppendInt(nil, max(m.Edited.UnixMicro(), m.Deleted.UnixMicro(), 0), 36)
	if m.Pinned {
		b = append(b, 'p')
	}
	if n := len(m.Extra.Files); n > 0 { // those of clients come after the message
		b = strconv.AppendInt(append(b, 'f'), int64(n), 10)
	}
	for _, r := range m.Reactions {
		b = append(b, ' ')
		b = append(b, r.Code...)
		b = strconv.AppendInt(b, r.Count, 10)
		if r.Mine {
			b = append(b, 'm')
		}
	}
	return string(b)
}

// reply describes the message with id; one that the viewer may not see, or that is gone, has no text.
func (p *people) reply(ctx context.Context, id int64, known map[int64]im.Message) (*reply, error) {
	m, ok := known[id]
	if !ok {
		var err error
		m, _, err = p.h.im.Message(ctx, p.r.Viewer.ID, id)
		if errors.Is(err, im.ErrNoMessage) {
			return &reply{ID: id, Text: "Message deleted"}, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return &reply{ID: id, Name: p.get(m.AuthorID).Name, Text: p.plain(m)}, nil
}

// plain returns a message as one line of text.
func (p *people) plain(m im.Message) string {
	if err := p.loadFiles(im.Previewed([]im.Message{m})); err != nil {
		p.failed = err
	}
	return m.Preview(p.options(), p.carried)
}

// plainWhole returns a message as one line of text, however long.
func (p *people) plainWhole(m im.Message) string {
	return strings.Join(strings.Fields(bbcode.PlainFor(m.Text, p.options())+" "+m.Extra.Cards().Plain()), " ")
}

// plainOf is plainWhole with mentions as they were written.
func plainOf(m im.Message) string {
	return strings.Join(strings.Fields(bbcode.Plain(m.Text)+" "+m.Extra.Cards().Plain()), " ")
}

// setRuns says which rows begin a run of one author, which go on in the next row, and which begin a day.
func setRuns(rows []row) {
	for i := range rows {
		r := &rows[i]
		r.First, r.NewDay = true, true
		if i == 0 {
			continue
		}
		before := rows[i-1]
		r.NewDay = before.Day != r.Day
		r.First = r.NewDay || before.Author.ID != r.Author.ID || before.System != r.System || r.At.Sub(before.At) >= runGap
		rows[i-1].Joined = !r.First
	}
}

// dayName names the day of t for somebody at now, both in the same zone.
func dayName(t, now time.Time) string {
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 12, 0, 0, 0, time.UTC) }
	switch days := int(midnight(now).Sub(midnight(t)).Hours() / 24); {
	case days == 0:
		return "Today"
	case days == 1:
		return "Yesterday"
	case t.Year() == now.Year():
		return t.Format("Monday, 2 January")
	}
	return t.Format("Monday, 2 January 2006")
}

// listTime is dayName's shortest form: the time today, then the day of the week, then the date.
func listTime(v web.Viewer, t, now time.Time) string {
	day := dayName(t, now)
	switch {
	case day == "Today":
		return v.Format(t, "15:04")
	case day == "Yesterday":
		return day
	case now.Sub(t) < 6*24*time.Hour && now.After(t):
		return t.Format("Mon")
	case t.Year() == now.Year():
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + many
}
