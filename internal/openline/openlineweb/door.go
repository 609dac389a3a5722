package openlineweb

import (
	"context"
	"errors"
	"html/template"
	"slices"

	"github.com/portico-hq/portico/internal/openline"
	"github.com/portico-hq/portico/internal/web"
)

// doorView is what stands in the place of a conversation for who may step into it but not read it unseen: whose it is, who has it, how long the
// client waits, and the ways in with what each of them does. What was said, and more of the client, is told inside.
type doorView struct {
	openline.Standing

	Back    string // to the list
	StateIs string
	Client  person
	Waits   *wait
	Who     person // has it
	Draft   string // that the viewer had begun here
	Ways    []way
}

// way is a button with what it does.
type way struct {
	deed

	Does string
}

// doorOf returns the door to a conversation; false where it has none for the viewer.
func (h pages) doorOf(ctx context.Context, r *web.Request, s openline.Standing) (v doorView, ok bool, err error) {
	if !errors.Is(s.Allow(openline.DoRead), openline.ErrNotYours) || !s.Last || !s.May(openline.DoJoin) {
		return v, false, nil
	}
	who, err := h.people(ctx, s.OperatorID, s.Channel.VisitorID)
	if err != nil {
		return v, false, err
	}
	v = doorView{Standing: s, Back: backOf(r), StateIs: stateWords[s.State], Client: who(s.Channel.VisitorID), Who: who(s.OperatorID)}
	if since, ok := s.Waits(); ok {
		w := waitAt(since, r.Now)
		v.Waits = &w
	}
	if v.Draft, err = h.draftIn(ctx, r, s.ChatID); err != nil {
		return v, false, err
	}
	does := map[openline.Deed]string{
		openline.DoJoin: "You see the whole conversation and write in it beside " + v.Who.Name + ", who keeps it. Everybody inside reads in the chat that you joined, the client " +
			"does not.",
		openline.DoIntercept: "The conversation is yours from now on. " + v.Who.Name + " leaves it and is shown that you have it.",
	}
	for _, d := range deedsOf(s, false) {
		if text := does[d.Name]; text != "" {
			v.Ways = append(v.Ways, way{d, text})
		}
	}
	slices.Reverse(v.Ways) // the one that takes nothing from anybody comes first
	return v, true, nil
}

// door returns the panes of a conversation to which there is only a door; false: none.
func (h pages) door(ctx context.Context, r *web.Request, s openline.Standing) (t talkView, ok bool, err error) {
	v, ok, err := h.doorOf(ctx, r, s)
	if err != nil || !ok {
		return t, false, err
	}
	html, err := r.Render("channels/door", v)
	t = talkView{Main: template.HTML(html), ID: s.ID, ChatID: s.ChatID, Last: true, Door: true, Title: v.Client.Name} //nolint:gosec // a template made it
	return t, err == nil, err
}
