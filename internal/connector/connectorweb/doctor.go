package connectorweb

import (
	"context"
	"fmt"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/web"
)

const doctorURL = connectorURL + "doctor"

// doctorView is how a connector does on a line.
type doctorView struct {
	connector.Health

	App     App
	Advice  []connector.Advice
	Good    bool // nothing is wrong
	BackURL string
}

// doctor shows how a connector does on a line, and what to do where something is wrong.
func (h pages) doctor(ctx context.Context, r *web.Request) (web.Page, error) {
	health, err := h.Connectors.Examine(ctx, actor(r), r.URL.Query().Get("ID"), r.Int("LINE", 0))
	if err != nil {
		return web.Page{}, err
	}
	v := doctorView{Health: health, Advice: health.Advice(h.Connectors.Clock.Now()), Good: true, BackURL: pageURL(health.Code, health.Line.ID)}
	if v.App, err = h.App(ctx, health.AppID); err != nil {
		return web.Page{}, err
	}
	if !v.App.Works {
		v.Advice = append([]connector.Advice{{
			Wrong: true, Text: "The installation of " + v.App.Name + " is not complete, so it gets no events.", Do: "An administrator has to open it once and finish that.",
		}}, v.Advice...)
	}
	for _, a := range v.Advice {
		v.Good = v.Good && !a.Wrong
	}
	return section.Slider("How "+health.Name+" does", "doctor", URL, v), nil
}

// retry sends again what failed.
func (h pages) retry(ctx context.Context, r *web.Request) (web.Result, error) {
	code := r.PostFormValue("ID")
	line, err := lineIn(r, "LINE")
	if err != nil {
		return nil, err
	}
	n, err := h.Connectors.RetryFailed(ctx, actor(r), code, line)
	if err != nil {
		return nil, err
	}
	said := fmt.Sprintf("%d messages are on their way again", n)
	switch n {
	case 0:
		said = "No message could be sent again: see what is wrong"
	case 1:
		said = "1 message is on its way again"
	}
	return web.Redirect{To: doctorOf(code, line), Toast: said}, nil
}
