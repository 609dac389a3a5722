package userweb

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
)

// Mailer sends people the links by which they set a password.
type Mailer interface {
	// Ready reports whether mails can be sent.
	Ready(ctx context.Context) bool
	// SendLink sends somebody their link, at their e-mail address.
	SendLink(ctx context.Context, u user.User, address string) error
}

// WithMail lets the links of invitations and for new passwords be sent by mail.
func WithMail(m Mailer) Option { return func(h *pages) { h.mail = m } }

const mailLinksURL = "/company/links/mail"

var (
	errNoMail    = fault.New(fault.Conflict, "MAIL_OFF", "The portal's outgoing mail is not set up.")
	errNoAddress = fault.New(fault.Conflict, "NO_ADDRESS", "Not everybody has an e-mail address. Give them their links yourself.")
)

// mails reports whether links can be sent.
func (h pages) mails(ctx context.Context) bool { return h.mail != nil && h.mail.Ready(ctx) }

// mailLinks sends links that were just made to whom they belong. A link says itself whose it is, so it can go to nobody else.
func (h pages) mailLinks(ctx context.Context, r *web.Request) (web.Result, error) {
	if !h.mails(ctx) {
		return nil, errNoMail
	}
	tokens := strings.Fields(r.PostFormValue("tokens"))
	if len(tokens) > user.MaxInvited {
		tokens = tokens[:user.MaxInvited]
	}
	people := make([]user.User, len(tokens))
	for i, t := range tokens {
		u, err := h.users.LinkOf(ctx, t)
		if err != nil {
			return nil, err
		}
		if u.Email == "" {
			return nil, errNoAddress
		}
		people[i] = u
	}
	for i, u := range people {
		if err := h.mail.SendLink(ctx, u, h.publicURL("/join/"+tokens[i])); err != nil {
			return nil, err
		}
	}
	to, said := manageURL+"?state=invited", strconv.Itoa(len(people))+" mails are on their way"
	if len(people) == 1 {
		to, said = people[0].ProfilePath(), "The link is on its way to "+people[0].Email
	}
	return web.Redirect{To: to, Toast: said}, nil
}
