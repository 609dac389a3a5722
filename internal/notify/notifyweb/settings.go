package notifyweb

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// settingsView is what the page of the settings shows.
type settingsView struct {
	Modules []moduleView
	Quiet   bool
	From,
	To string
	Sound   bool
	Devices []notify.Device
	Push    bool // this server can push
	Errors  map[string]string
}

type moduleView struct {
	Name  string
	Kinds []kindView
}

type kindView struct {
	ID, Name   string
	PushOnly   bool
	Page, Push bool
}

func (h pages) settings(ctx context.Context, r *web.Request) (web.Page, error) {
	s, err := h.notify.Settings(ctx, r.Viewer.ID)
	if err != nil {
		return web.Page{}, err
	}
	return h.settingsPage(ctx, r, s, nil)
}

func (h pages) settingsPage(ctx context.Context, r *web.Request, s notify.Settings, errs map[string]string) (web.Page, error) {
	v := settingsView{Quiet: s.Quiet, From: clockText(s.QuietFrom), To: clockText(s.QuietTo), Sound: s.Sound, Errors: errs}
	if s.QuietFrom == 0 && s.QuietTo == 0 {
		v.From, v.To = "22:00", "07:00"
	}
	for _, m := range h.notify.Modules() {
		mv := moduleView{Name: m.Name}
		for _, k := range m.Kinds {
			way := s.Way(k.ID())
			mv.Kinds = append(mv.Kinds, kindView{ID: k.ID(), Name: k.Name, PushOnly: k.PushOnly, Page: way.Page, Push: way.Push})
		}
		v.Modules = append(v.Modules, mv)
	}
	_, err := h.notify.PublicKey(ctx)
	v.Push = err == nil
	if v.Devices, err = h.notify.Devices(ctx, r.Viewer.ID); err != nil {
		return web.Page{}, err
	}
	p := section.Slider("Notification settings", "settings", CenterURL, v)
	if errs != nil {
		p.Status = 422
	}
	return p, nil
}

func clockText(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// minutesOf reads a time of the day.
func minutesOf(text string) (int, bool) {
	t, err := time.Parse("15:04", strings.TrimSpace(text))
	return t.Hour()*60 + t.Minute(), err == nil
}

func (h pages) saveSettings(ctx context.Context, r *web.Request) (web.Result, error) {
	s := notify.Settings{Quiet: r.Checked("quiet"), Sound: r.Checked("sound"), Zone: r.Viewer.Zone().String()}
	for _, m := range h.notify.Modules() {
		for _, k := range m.Kinds {
			if !k.PushOnly && !r.Checked("page:"+k.ID()) {
				s.NoPage = append(s.NoPage, k.ID())
			}
			if !r.Checked("push:" + k.ID()) {
				s.NoPush = append(s.NoPush, k.ID())
			}
		}
	}
	errs := map[string]string{}
	var ok bool
	if s.QuietFrom, ok = minutesOf(r.PostForm.Get("from")); !ok {
		errs["from"] = "Use a time such as 22:00."
	}
	if s.QuietTo, ok = minutesOf(r.PostForm.Get("to")); !ok {
		errs["to"] = "Use a time such as 07:00."
	}
	if len(errs) == 0 {
		err := h.notify.SaveSettings(ctx, r.Viewer.ID, s)
		if err == nil {
			return web.Redirect{To: SettingsURL, Toast: "Saved"}, nil
		}
		if fault.KindOf(err) != fault.Invalid {
			return nil, err
		}
		errs["to"] = fault.Of(err).Text
	}
	p, err := h.settingsPage(ctx, r, s, errs)
	return p, err
}

// key answers the key that a browser subscribes with.
func (h pages) key(ctx context.Context, _ *web.Request) (web.Result, error) {
	key, err := h.notify.PublicKey(ctx)
	return web.JSON{Value: map[string]string{"key": key}}, err
}

func (h pages) addDevice(ctx context.Context, r *web.Request) (web.Result, error) {
	f := r.PostForm
	sub := notify.Subscription{Endpoint: f.Get("endpoint"), P256dh: f.Get("p256dh"), Auth: f.Get("auth")}
	err := h.notify.Subscribe(ctx, r.Viewer.ID, sub, user.Device(r.UserAgent()))
	return web.Redirect{To: SettingsURL, Toast: "This browser shows notifications now"}, err
}

// removeThis forgets the browser that asks.
func (h pages) removeThis(ctx context.Context, r *web.Request) (web.Result, error) {
	err := h.notify.Unsubscribe(ctx, r.Viewer.ID, r.PostForm.Get("endpoint"))
	if fault.Of(err).Code == notify.ErrNoDevice.Code && err != nil {
		err = nil // it is gone already
	}
	return web.Redirect{To: SettingsURL, Toast: "This browser shows no notifications any more"}, err
}

func (h pages) removeDevice(ctx context.Context, r *web.Request) (web.Result, error) {
	id, err := r.PathID("id")
	if err != nil {
		return nil, err
	}
	return web.Redirect{To: SettingsURL, Toast: "The device was removed"}, h.notify.RemoveDevice(ctx, r.Viewer.ID, id)
}
