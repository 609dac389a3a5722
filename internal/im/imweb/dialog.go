package imweb

import (
	"context"
	"html/template"
	"slices"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

const (
	pageSize = 50
	// lead is how many messages are shown before the first unread one, or before one that was asked for.
	lead = 25
	// farUnread is from how many unread messages on a conversation opens at the first of them.
	farUnread   = 40
	shownPeople = 60 // members listed beside a conversation
)

// errNoDialog hides whether a chat exists from who is not in it.
var errNoDialog = fault.New(fault.NotFound, "NO_DIALOG", "There is no such conversation, or you are not part of it.")

// talk is an open conversation.
type talk struct {
	face

	Dialog   string
	ChatID   int64  // 0: nothing has been said yet
	ChatKind string // by which applications choose where they show
	Peer     person
	Group    bool
	General  bool
	Self     bool // a chat with oneself
	CanPost  bool
	Subtitle string
	Rows     []row
	Older    bool // there are older messages than Rows
	Newer    bool
	Target   int64 // the message to show first; 0: the newest
	Unread   int64
	Mention  int64 // the first unread message that mentions the viewer; 0: none
	SeenUpTo int64
	Pins     pinsView
	// Background is the one that a bot chose for its private chats; empty: the viewer's own.
	Background string

	Answers     bool    // there are canned answers
	BotApps     botApps // above the field for messages
	Rights      im.Rights
	Description string
	Type        im.Type
	Gallery     gallery
	TakesFiles  bool   // files can be sent
	Tab         string // of the details
	Pinned      bool
	Muted       bool
	Members     []person
	More        int64 // members beyond those in Members
	OwnerID     int64
	Draft       string // shown again after a send that failed
	Error       string
	ReplyTo     int64

	Back       string        // where the arrow leads; empty: the messenger
	Bar        template.HTML // below the head
	Peek       bool          // the viewer is no member and only reads
	Source     string        // of the rows, with Peek
	ClosedText string        // in the place of the composer, with Peek
}

// ListURL returns the address of the list that the conversation stands in.
func (t talk) ListURL() string {
	if t.Back != "" {
		return t.Back
	}
	return "/online/"
}

// Whispers reports whether messages can be kept from somebody who takes part.
func (t talk) Whispers() bool { return t.Type == im.Lines }

// URL returns the address of the conversation.
func (t talk) URL() string { return dialogURL(t.Dialog) }

// What says what kind of a group the conversation is.
func (t talk) What() string {
	switch {
	case t.General:
		return "Everybody in the company"
	case t.Type == im.OpenChannel:
		return "Open channel"
	case t.Type == im.Channel:
		return "Channel"
	case t.Type == im.Open:
		return "Open group chat"
	}
	return "Group chat"
}

// Closed says why the viewer cannot write.
func (t talk) Closed() string {
	switch {
	case t.Peek:
		return t.ClosedText
	case t.Peer.Left && t.Peer.Bot:
		return t.Name + " is not there any more. What was said stays here to be read."
	case t.Peer.Left:
		return t.Name + " no longer works here."
	case t.Rights.Locked && t.Bot:
		return t.Name + " has closed the field: it goes on with the buttons of its messages."
	case t.Rights.Locked:
		return "A bot has closed the field for messages."
	case t.Type.Channel():
		return "Only the managers write in this channel."
	}
	return "You cannot write in this chat."
}

// Start reports whether the conversation must be opened before anybody writes: a bot greets whoever does so.
func (t talk) Start() bool { return t.ChatID == 0 && t.Peer.Bot && !t.Peer.Left }

// hide makes "you may not" into "there is none": a foreign chat is not confirmed to exist.
func hide(err error) error {
	if err == nil {
		return nil
	}
	switch fault.KindOf(err) {
	case fault.Denied, fault.NotFound, fault.Invalid:
		return errNoDialog.Because(err)
	}
	return err
}

// open returns a conversation; target is a message to show first, 0 for where the viewer left off.
func (h pages) open(ctx context.Context, r *web.Request, dialog string, target int64) (talk, error) {
	if _, usual := im.ParseDialog(dialog); !usual && h.renamed != nil {
		var err error
		if dialog, err = h.renamed(ctx, dialog); err != nil {
			return talk{}, hide(err)
		}
	}
	c, err := h.im.Resolve(ctx, dialog, r.Viewer.ID)
	if err != nil {
		return talk{}, hide(err)
	}
	p := h.people(ctx, r)
	t := h.face(p, c)
	if t.Bot && !t.Group && h.background != nil {
		if t.Background, err = h.background(ctx, t.Peer.ID); err != nil {
			return talk{}, err
		}
	}
	if t.BotApps, err = h.botAppsIn(ctx, r, c); err != nil {
		return talk{}, err
	}
	d, err := h.im.Draft(ctx, r.Viewer.ID, t.Dialog)
	if err != nil {
		return talk{}, err
	}
	t.Draft, t.ReplyTo = d.Text, d.ReplyID
	if c.ID == 0 {
		return t, p.failed
	}
	if h.bar != nil && c.EntityType != "" {
		if t.Bar, err = h.bar(ctx, r, c); err != nil {
			return talk{}, err
		}
	}
	if err := h.fill(ctx, p, &t, target); err != nil {
		return talk{}, hide(err)
	}
	return t, p.failed
}

// face returns a conversation without its messages and members.
func (h pages) face(p *people, c im.Chat) talk {
	viewer := p.r.Viewer.ID
	t := talk{
		Dialog: c.DialogID(viewer), ChatID: c.ID, Group: c.Type != im.Private, General: c.General(), OwnerID: c.OwnerID,
		CanPost: true, Description: c.Description, Type: c.Type,
	}
	if c.ID != 0 {
		rights, err := h.im.Rights(p.ctx, viewer, c.ID, p.r.Viewer.Admin)
		if err != nil {
			p.failed = err
		}
		t.Rights, t.CanPost = rights, rights.Post
	}
	if t.Group {
		t.face = groupFace(c)
		t.Subtitle = count(c.MemberCount, "member", "members")
	} else {
		t.setPeer(p.get(c.Peer(viewer)), p.r)
	}
	t.ChatKind, t.TakesFiles = chatKind(c, t.Bot), h.takesFiles
	t.Answers = h.answersIn(c.Type)
	t.Tab = tabOf(p.r.FormValue("side"))
	return t
}

func (t *talk) setPeer(who person, r *web.Request) {
	t.Peer, t.face = who, who.face
	t.Self = who.ID == r.Viewer.ID
	switch {
	case t.Self:
		t.Subtitle = "Notes to yourself"
	case who.Bot:
		t.Subtitle = "Bot"
	case who.Left:
		t.Subtitle = "No longer works here"
	case who.Presence == "online":
		t.Subtitle = "Online"
	case who.Seen.IsZero():
		t.Subtitle = who.Position
	default:
		t.Subtitle = "Seen " + r.When(who.Seen).String()
	}
	t.CanPost = t.CanPost && !who.Left
}

// fill reads the members and the messages of a conversation.
func (h pages) fill(ctx context.Context, p *people, t *talk, target int64) error {
	viewer := p.r.Viewer.ID
	me, err := h.setMembers(ctx, p, t)
	if err != nil {
		return err
	}
	marks, err := h.im.Marks(ctx, viewer, t.ChatID)
	if err != nil {
		return err
	}
	t.Unread, t.Mention = marks.Unread, marks.FirstMention
	if target == 0 && t.Unread >= farUnread {
		target = me.ReadMessageID + 1
	}
	w, err := h.window(ctx, viewer, t.ChatID, target)
	if err != nil {
		return err
	}
	t.Older, t.Newer, t.Target = w.older, w.newer, target
	p.inside = t.Type != im.Lines
	if t.Rows, err = p.rows(ctx, w.messages, t.SeenUpTo); err != nil {
		return err
	}
	if t.Unread > 0 {
		t.markUnread(w.messages)
	}
	if t.Pins, err = p.pinsOf(ctx, t); err != nil {
		return err
	}
	return h.gallery(ctx, p, t)
}

// setMembers takes the marks of a conversation, names a group's first members, and returns the viewer's place.
func (h pages) setMembers(ctx context.Context, p *people, t *talk) (me im.Member, err error) {
	b, err := h.im.Beside(ctx, p.r.Viewer.ID, t.ChatID, shownPeople)
	if err != nil {
		return me, err
	}
	t.SeenUpTo, t.More = b.SeenUpTo, b.More
	t.Pinned, t.Muted = b.Member.Pinned, b.Member.Muted
	if err := p.load(b.First...); err != nil {
		return me, err
	}
	for _, id := range b.First {
		t.Members = append(t.Members, p.get(id))
	}
	return b.Member, nil
}

// markUnread puts the line above the first message that the viewer has not read.
func (t *talk) markUnread(messages []im.Message) {
	for i, m := range messages {
		if m.Unread && !m.Silent {
			t.Rows[i].FirstUnread = true
			if t.Target == 0 {
				t.Target = m.ID
			}
			return
		}
	}
}

// window is a stretch of a chat's history, the oldest message first.
type window struct {
	messages     []im.Message
	older, newer bool
	inside       bool // the chat is known to have no client in it
}

// window returns the newest messages or, with around, those before and after that message.
func (h pages) window(ctx context.Context, viewer, chatID, around int64) (window, error) {
	if around == 0 {
		p, err := h.im.Messages(ctx, viewer, im.History{ChatID: chatID, Limit: pageSize})
		slices.Reverse(p.Messages)
		return window{messages: p.Messages, older: p.More}, err
	}
	before, err := h.im.Messages(ctx, viewer, im.History{ChatID: chatID, Before: around, Limit: lead})
	if err != nil {
		return window{}, err
	}
	after, err := h.im.Messages(ctx, viewer, im.History{ChatID: chatID, After: around - 1, First: around <= 1, Limit: pageSize})
	slices.Reverse(before.Messages)
	return window{messages: slices.Concat(before.Messages, after.Messages), older: before.More, newer: after.More}, err
}
