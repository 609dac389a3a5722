package openlineweb

import (
	"context"
	"strconv"
	"time"

	"github.com/portico-hq/portico/internal/im/imweb"
	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/web"
)

const (
	hitsShown = 20 // messages of a search at a time
	hitBefore = 24 // characters before what was found: there is room for two lines
)

// hitView is a message of a conversation that was found by its words.
type hitView struct {
	openline.Session

	MessageID int64
	Client    person
	Author    string // empty: the client, or the line itself
	Line      string
	Operator  string
	At        time.Time
	Parts     []imweb.Snippet
	Current   bool
	Query     string
}

// URL is the address of the conversation at the message.
func (h hitView) URL() string { return talkURL(h.ID, "m="+strconv.FormatInt(h.MessageID, 10), h.Query) }

// keeps reports whether the filter lets a conversation through.
func (q query) keeps(v openline.Session) bool {
	return (q.Line == 0 || q.Line == v.LineID) && (q.Channel == "" || q.Channel == v.Channel.Connector) &&
		(q.Operator == 0 || q.Operator == v.OperatorID) && (q.State == "" || q.State == string(v.State)) && (q.Category == 0 || q.Category == v.CategoryID)
}

// find adds what was said with the words of the search, whatever part of the list is shown.
func (h pages) find(ctx context.Context, r *web.Request, v *listView, sc openline.Scope, lines []line.Line) error {
	found, err := h.Find(ctx, sc, Words{Text: v.Text, Before: v.Before, Limit: hitsShown, Keep: v.keeps})
	if err != nil {
		return err
	}
	var ids []int64
	for _, m := range found.Messages {
		s := found.Sessions[m.ID]
		ids = append(ids, m.AuthorID, s.OperatorID, s.Channel.VisitorID)
	}
	who, err := h.people(ctx, ids...)
	if err != nil {
		return err
	}
	for _, m := range found.Messages {
		s := found.Sessions[m.ID]
		one := hitView{
			Session: s, MessageID: m.ID, Client: who(s.Channel.VisitorID), Line: lineName(lines, s.LineID), At: m.Date,
			Parts: imweb.Excerpt(m, v.Text, hitBefore), Current: s.ID == v.Current, Query: v.Query,
		}
		switch m.AuthorID {
		case 0, s.Channel.VisitorID:
		case r.Viewer.ID:
			one.Author = "You"
		default:
			one.Author = who(m.AuthorID).Name
		}
		if s.OperatorID != 0 && s.OperatorID != r.Viewer.ID {
			one.Operator = who(s.OperatorID).Name
		}
		v.Hits = append(v.Hits, one)
	}
	if found.Next != 0 {
		p := v.values()
		p.Set("before", strconv.FormatInt(found.Next, 10))
		v.NextHits = URL + "?" + p.Encode()
	}
	return nil
}
