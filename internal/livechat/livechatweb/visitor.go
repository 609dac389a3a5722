package livechatweb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/livechat"
	"github.com/portico-hq/portico/internal/web"
)

var (
	errNoUpload = fault.New(fault.Invalid, "FILE_MISSING", "Choose a file.").At("file")
	errTooLarge = fault.New(fault.TooLarge, "FILE_TOO_LARGE", "A file has at most 20 MB.").At("file")
)

// message is a message as the frame gets it.
type message struct {
	N       int64           `json:"n"`
	V       int64           `json:"v"`
	UUID    string          `json:"uuid,omitempty"`
	Own     bool            `json:"own,omitempty"`
	Author  string          `json:"author,omitempty"`
	Avatar  string          `json:"avatar,omitempty"`
	Bot     bool            `json:"bot,omitempty"`
	HTML    string          `json:"html"`
	Attach  string          `json:"attach,omitempty"`   // HTML
	Buttons string          `json:"keyboard,omitempty"` // likewise
	Files   []livechat.File `json:"files,omitempty"`
	Vote    bool            `json:"vote,omitempty"`
	At      int64           `json:"at"` // milliseconds since 1970
	Edited  bool            `json:"edited,omitempty"`
	Removed bool            `json:"removed,omitempty"`
}

// shown renders a message. What a visitor wrote is shown as they wrote it; nobody is named to whom a mention leads.
func shown(m livechat.Message) message {
	out := message{
		N: m.Number, V: m.Version, UUID: m.UUID, Own: m.Own, Author: m.Author, Avatar: m.Avatar, Bot: m.Bot, Files: m.Files, Vote: m.Vote,
		At: m.Sent.UnixMilli(), Edited: m.Edited, Removed: m.Removed,
	}
	if !m.Removed {
		out.HTML = string(bbcode.HTML(m.Text, bbcode.Options{}))
		out.Attach, out.Buttons = string(attach.HTML(m.Attach, bbcode.Options{})), string(attach.KeyboardHTML(m.Keyboard, bbcode.Options{}))
	}
	return out
}

func shownAll(all []livechat.Message) []message {
	out := make([]message, len(all))
	for i, m := range all {
		out[i] = shown(m)
	}
	return out
}

func (h pages) enter(ctx context.Context, r *web.Request) (web.Result, error) {
	o, err := h.Chats.Enter(ctx, caller(r))
	if err != nil {
		return nil, err
	}
	return web.JSON{Value: map[string]any{
		"state": o.State, "messages": shownAll(o.History.Messages), "more": o.History.More, "version": o.Version, "known": o.Known,
	}}, nil
}

// identify lets the browser be known as a user of the site.
func (h pages) identify(ctx context.Context, r *web.Request) (web.Result, error) {
	var in livechat.Signed
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	return web.NoContent{}, h.Chats.Identify(ctx, caller(r), in)
}

func (h pages) send(ctx context.Context, r *web.Request) (web.Result, error) {
	var in livechat.NewMessage
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	m, err := h.Chats.Send(ctx, caller(r), in)
	return web.JSON{Value: shown(m)}, err
}

func (h pages) profile(ctx context.Context, r *web.Request) (web.Result, error) {
	var in livechat.Profile
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	return web.NoContent{}, h.Chats.Tell(ctx, caller(r), in)
}

func (h pages) read(ctx context.Context, r *web.Request) (web.Result, error) {
	var in struct {
		Number int64 `json:"number"`
	}
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	return web.NoContent{}, h.Chats.Read(ctx, caller(r), in.Number)
}

func (h pages) typing(ctx context.Context, r *web.Request) (web.Result, error) {
	var in struct {
		Text string `json:"text"`
	}
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	return web.NoContent{}, h.Chats.Typing(ctx, caller(r), in.Text)
}

// press does what a button with a command says.
func (h pages) press(ctx context.Context, r *web.Request) (web.Result, error) {
	var in struct {
		Number int64 `json:"number"`
		Button int64 `json:"button"`
		Mobile bool  `json:"mobile"`
	}
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	return web.NoContent{}, h.Chats.PressButton(ctx, caller(r), in.Number, in.Button, in.Mobile)
}

func (h pages) rate(ctx context.Context, r *web.Request) (web.Result, error) {
	var in struct {
		Like *bool `json:"like"`
	}
	if err := r.JSON(&in); err != nil {
		return nil, err
	}
	if in.Like == nil {
		return nil, fault.New(fault.Invalid, "VOTE_WRONG", "Say whether it was good.").At("like")
	}
	return web.NoContent{}, h.Chats.Rate(ctx, caller(r), *in.Like)
}

func (h pages) earlier(ctx context.Context, r *web.Request) (web.Result, error) {
	before, err := h.Chats.Before(ctx, caller(r), r.Int("before", 0))
	return web.JSON{Value: map[string]any{"messages": shownAll(before.Messages), "more": before.More}}, err
}

// upload takes one file as it comes.
func (h pages) upload(ctx context.Context, r *web.Request) (web.Result, error) {
	q := r.URL.Query()
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, errNoUpload.Because(err)
	}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, errNoUpload
		}
		if err != nil {
			return nil, broken(err)
		}
		if p.FormName() != "file" || p.FileName() == "" {
			continue
		}
		given := livechat.Given{Yes: q.Get("consent") == "1", Version: r.Int("version", 0), Page: q.Get("page")}
		f, err := h.Chats.Upload(ctx, caller(r), given, q.Get("signed") == "1", p.FileName(), p)
		if err != nil {
			return nil, broken(err)
		}
		return web.JSON{Value: f}, nil
	}
}

// broken tells a body that is too large from other errors.
func broken(err error) error {
	if big := (*http.MaxBytesError)(nil); errors.As(err, &big) {
		return errTooLarge
	}
	if fault.KindOf(err) == fault.Internal && errors.Is(err, io.ErrUnexpectedEOF) {
		return errNoUpload.Because(err)
	}
	return err
}

func (h pages) file(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	f, err := h.Chats.Open(ctx, caller(r), id, r.FormValue("preview") != "")
	if err != nil {
		return nil, err
	}
	return web.File{Content: f.Body, Name: f.Name, Type: f.Type}, nil
}

// stream tells the frame what is new: "messages", "state" and "typing".
func (h pages) stream(ctx context.Context, r *web.Request) (<-chan []byte, func(), error) {
	f, err := h.Chats.Follow(ctx, caller(r), r.Int("since", 0))
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan []byte)
	go func() {
		defer close(out)
		defer f.Close()
		_ = f.Run(ctx, func(u livechat.Update) bool { // what ends it shows at the next request
			select {
			case out <- event(u):
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	return out, cancel, nil
}

func event(u livechat.Update) []byte {
	name, data := "typing", any(struct{}{})
	switch {
	case u.State != nil:
		name, data = "state", u.State
	case u.Messages != nil:
		name, data = "messages", map[string]any{"version": u.Version, "messages": shownAll(u.Messages)}
	}
	var b bytes.Buffer
	if u.Messages != nil {
		fmt.Fprintf(&b, "id: %d\n", u.Version)
	}
	fmt.Fprintf(&b, "event: %s\ndata: ", name)
	_ = json.NewEncoder(&b).Encode(data) // plain values always encode; the encoder ends the line
	b.WriteByte('\n')
	return b.Bytes()
}
