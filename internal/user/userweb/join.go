package userweb

import (
	"context"
	"net/http"

	"github.com/portico-hq/portico/internal/web"
)

// joinView is what the page behind a link shows.
type joinView struct {
	Action, Name, Login string
	Done                bool
	Errors              map[string]string
}

// joinPage shows the form; looking at it does not use the link.
func (h pages) joinPage(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.joinForm(ctx, r, nil)
}

func (h pages) joinForm(ctx context.Context, r *web.Request, errs map[string]string) (web.Page, error) {
	token := r.PathValue("token")
	u, err := h.users.LinkOf(ctx, token)
	if err != nil {
		return web.Page{}, err
	}
	p := joined(joinView{Action: "/join/" + token, Name: u.DisplayName(), Login: u.Login, Errors: errs})
	if errs != nil {
		p.Status = http.StatusUnprocessableEntity
	}
	return p, nil
}

func joined(v joinView) web.Page {
	return web.Page{Title: "Set your password", Layout: web.Bare, Template: "user/join", Body: v}
}

// join sets the password of whom the link belongs to.
func (h pages) join(ctx context.Context, r *web.Request) (web.Result, error) {
	password := r.PostFormValue("password")
	if password != r.PostFormValue("again") {
		return h.joinForm(ctx, r, map[string]string{"again": "The passwords differ."})
	}
	u, err := h.users.UseLink(ctx, r.PathValue("token"), password)
	if errs := web.FieldErrors(err); errs != nil {
		return h.joinForm(ctx, r, errs)
	}
	if err != nil {
		return nil, err
	}
	return joined(joinView{Name: u.DisplayName(), Login: u.Login, Done: true}), nil
}
