package openlineweb

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

const targetsShown = 20 // people offered for a transfer

// target is somebody, or a line, to whom a conversation can be given.
type target struct {
	Who    person
	LineID int64
	Name   string
	Says   string
	State  string
}

type transferView struct {
	ChatID  int64
	Session int64
	Client  string
	Query   string
	People  []target
	Bots    []target
	Lines   []target
}

func (h pages) transferPage(ctx context.Context, r *web.Request) (web.Page, error) {
	v, err := h.targets(ctx, r)
	if err != nil {
		return web.Page{}, err
	}
	p := slider("Transfer the conversation", "transfer", v.Session, v)
	p.Modules = []string{"channels/transfer.js"}
	return p, nil
}

// targetsFragment answers /channels/targets?chat=&q=: to whom it can be given.
func (h pages) targetsFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	v, err := h.targets(ctx, r)
	return web.HTML{Template: "channels/targets", Body: v}, err
}

func (h pages) targets(ctx context.Context, r *web.Request) (v transferView, err error) {
	s, err := h.standingIn(ctx, r, r.Int("chat", 0))
	if err != nil {
		return v, err
	}
	if err := s.Allow(openline.DoTransfer); err != nil {
		return v, h.words(ctx, s, err)
	}
	v = transferView{ChatID: s.ChatID, Session: s.ID, Query: strings.TrimSpace(user.CleanText(r.FormValue("q"), 100))}
	first := map[int64]bool{} // the operators of the line come first
	if s.Line.ID != 0 {
		p, err := h.Conversations.PreviewOf(ctx, s.Line.ID, nil)
		if err != nil {
			return v, err
		}
		views, err := h.operators(ctx, p)
		if err != nil {
			return v, err
		}
		for _, o := range views {
			first[o.UserID] = true
			if o.UserID != s.OperatorID && matches(o.Who.Name, v.Query) {
				v.People = append(v.People, target{Who: o.Who, Name: o.Who.Name, State: o.State, Says: operatorSays(o)})
			}
		}
	}
	others, err := h.Users.List(ctx, user.Query{Kinds: []user.Kind{user.Employee}, ActiveOnly: true, Search: v.Query, Limit: targetsShown})
	if err != nil {
		return v, err
	}
	if err := h.addPeople(ctx, &v, others, first, s.OperatorID); err != nil {
		return v, err
	}
	slices.SortStableFunc(v.People, func(a, b target) int { return rank(a.State) - rank(b.State) })
	if err := h.addBots(ctx, &v, s.BotID); err != nil {
		return v, err
	}
	lines, err := h.Lines.All(ctx)
	if err != nil {
		return v, err
	}
	for _, l := range lines {
		if l.Active && !l.Temporary && l.ID != s.LineID && matches(l.Name, v.Query) {
			v.Lines = append(v.Lines, target{LineID: l.ID, Name: l.Name, Says: "To the queue of the line"})
		}
	}
	return v, nil
}

func (h pages) addPeople(ctx context.Context, v *transferView, others []user.User, known map[int64]bool, has int64) error {
	ids := make([]int64, len(others))
	for i, u := range others {
		ids[i] = u.ID
	}
	online, err := h.Online(ctx, ids)
	if err != nil {
		return err
	}
	for _, u := range others {
		if known[u.ID] || u.ID == has || len(v.People) >= 2*targetsShown {
			continue
		}
		t := target{Who: personOf(u, u.ID), Name: u.DisplayName(), State: "offline", Says: "Offline"}
		if online[u.ID] {
			t.State, t.Says = "free", "Online"
		}
		if u.Position != "" {
			t.Says += " · " + u.Position
		}
		v.People = append(v.People, t)
	}
	return nil
}

// addBots offers the bots that lead conversations, but the one that does.
func (h pages) addBots(ctx context.Context, v *transferView, has int64) error {
	ids, err := h.Bots(ctx)
	if err != nil {
		return err
	}
	who, err := h.people(ctx, ids...)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if p := who(id); id != has && matches(p.Name, v.Query) {
			v.Bots = append(v.Bots, target{Who: p, Name: p.Name, State: "free", Says: "Answers at once"})
		}
	}
	return nil
}

func rank(state string) int {
	return slices.Index([]string{"free", "busy", "paused", "offline"}, state)
}

func operatorSays(o operatorView) string {
	text := o.Word
	if o.Limit > 0 {
		return text + " · has " + strconv.Itoa(o.Load) + " of " + strconv.Itoa(o.Limit)
	}
	return text + " · has " + strconv.Itoa(o.Load)
}

// matches reports whether a name has the words of a search, each at the beginning of one of its words.
func matches(name, query string) bool {
	words := strings.Fields(strings.ToLower(name))
	for q := range strings.FieldsSeq(strings.ToLower(query)) {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, q) }) {
			return false
		}
	}
	return true
}
