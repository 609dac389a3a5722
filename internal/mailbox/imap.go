package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/portico-hq/portico/internal/mail"
	"github.com/portico-hq/portico/internal/mail/letter"
)

// box is an open mailbox.
type box struct {
	client   *imapclient.Client
	conn     *bounded
	stop     func() bool
	validity uint32
	next     uint32 // the id that the next mail gets
	idles    bool   // the server tells of new mails by itself
	news     chan struct{}
}

// bounded is a connection over which only so much comes in before room is made again: a server cannot fill the memory.
type bounded struct {
	net.Conn

	left atomic.Int64
}

// The bytes that may come in for a command, and for that which fetches a mail.
const (
	roomCommand = 8 << 20
	roomMail    = letter.MaxBytes + 1<<20
)

var errFlood = errors.New("it sent more than was asked for")

// Read reads within the bounds.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left.Load() <= 0 {
		return 0, errFlood
	}
	n, err := b.Conn.Read(p)
	b.left.Add(-int64(n))
	return n, err
}

func refusal(format string, args ...any) *mail.RefusalError {
	return &mail.RefusalError{Text: letter.OneLine(fmt.Sprintf(format, args...))}
}

// open signs in at a server and opens a folder. An error is a mail.RefusalError, or one of the server's Bearer. The caller must close the
// box; the end of ctx ends all it does.
func (s *Service) open(ctx context.Context, to mail.Server, folder string) (b *box, err error) {
	if to.Bearer == nil {
		return s.openWith(ctx, to, folder, "")
	}
	err = mail.WithToken(ctx, to.Bearer, func(token string) error {
		b, err = s.openWith(ctx, to, folder, token)
		return err
	})
	return b, err
}

// openWith opens a folder, with a token where the server has a Bearer.
func (s *Service) openWith(ctx context.Context, to mail.Server, folder, token string) (*box, error) {
	conn, err := mail.Connect(ctx, s.Dial, s.TLS, to)
	if err != nil {
		return nil, err
	}
	b := &box{conn: &bounded{Conn: conn}, news: make(chan struct{}, 1)}
	b.conn.left.Store(roomCommand)
	b.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	options := &imapclient.Options{TLSConfig: mail.ClientTLS(s.TLS, to), UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				select {
				case b.news <- struct{}{}:
				default:
				}
			}
		},
	}}
	if to.Security == mail.StartTLS {
		if b.client, err = imapclient.NewStartTLS(b.conn, options); err != nil {
			b.stop()
			_ = conn.Close()
			return nil, refusal("The connection to %s could not be encrypted: %s", to.Host, spoken(err))
		}
	} else {
		b.client = imapclient.New(b.conn, options)
	}
	if err := b.enter(to, folder, token); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *box) enter(to mail.Server, folder, token string) error {
	if err := b.client.WaitGreeting(); err != nil {
		return refusal("%s does not speak as a server of mailboxes: %s", to.Host, spoken(err))
	}
	if err := b.signIn(to, token); err != nil {
		return err
	}
	data, err := b.client.Select(folder, nil).Wait()
	if err != nil {
		return refusal("The folder %s could not be opened: %s", folder, spoken(err))
	}
	b.validity, b.next = data.UIDValidity, uint32(data.UIDNext)
	b.idles = b.client.Caps().Has(imap.CapIdle)
	if b.next != 0 {
		return nil
	}
	all, err := b.search(&imap.SearchCriteria{})
	if err != nil {
		return err
	}
	b.next = 1
	if len(all) > 0 {
		b.next = uint32(slices.Max(all)) + 1
	}
	return nil
}

func (b *box) signIn(to mail.Server, token string) error {
	if to.Bearer == nil {
		err := b.client.Login(to.Login, to.Password).Wait()
		if err == nil {
			return nil
		}
		r := refusal("%s did not take the login and the password: %s", to.Host, spoken(err))
		r.Login = isNo(err)
		return r
	}
	caps := b.client.Caps()
	how, err := mail.TokenClient(to, token, func(mechanism string) bool { return caps.Has(imap.AuthCap(mechanism)) })
	if err != nil {
		return err
	}
	err = b.client.Authenticate(how)
	if err == nil {
		return nil
	}
	_, challenged := errors.AsType[*mail.TokenRefusedError](err)
	r := refusal("%s did not take the sign-in as %s: %s", to.Host, to.Login, spoken(err))
	r.Token = challenged || isNo(err)
	return r
}

// isNo reports whether a server refused, and not for a moment only.
func isNo(err error) bool {
	e, ok := errors.AsType[*imap.Error](err)
	return ok && e.Type == imap.StatusResponseTypeNo && e.Code != imap.ResponseCodeUnavailable
}

// spoken returns what a server said, without the words of the protocol.
func spoken(err error) string {
	e, ok := errors.AsType[*imap.Error](err)
	switch {
	case !ok:
		return err.Error()
	case e.Text != "":
		return e.Text
	}
	return string(e.Type) + " " + string(e.Code)
}

func (b *box) close() {
	b.stop()
	_ = b.client.Close()
}

func (b *box) search(c *imap.SearchCriteria) ([]imap.UID, error) {
	b.conn.left.Store(roomCommand)
	data, err := b.client.UIDSearch(c, nil).Wait()
	if err != nil {
		return nil, refusal("The mailbox could not be searched: %s", spoken(err))
	}
	return data.AllUIDs(), nil
}

// since returns the ids from one on, in order.
func (b *box) since(from uint32) ([]imap.UID, error) {
	if from == 0 {
		from = 1
	}
	all, err := b.search(&imap.SearchCriteria{UID: []imap.UIDSet{{imap.UIDRange{Start: imap.UID(from)}}}})
	return inOrder(all, from), err
}

// arrived returns the ids of mails that arrived on a day or later, in order.
func (b *box) arrived(day time.Time) ([]imap.UID, error) {
	all, err := b.search(&imap.SearchCriteria{Since: day})
	return inOrder(all, 0), err
}

// inOrder leaves out what is below: servers count the last mail into every range that ends with it.
func inOrder(all []imap.UID, from uint32) []imap.UID {
	all = slices.DeleteFunc(all, func(u imap.UID) bool { return uint32(u) < from })
	slices.Sort(all)
	return slices.Compact(all)
}

// fetched is a mail as the server has it.
type fetched struct {
	raw   []byte // the header alone, where the mail is larger than letter.MaxBytes
	size  int64
	whole bool
}

// fetch reads a mail. It is nil where the mail is gone.
func (b *box) fetch(uid imap.UID) (*fetched, error) {
	b.conn.left.Store(roomCommand)
	all, err := b.client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, RFC822Size: true}).Collect()
	if err != nil {
		return nil, refusal("A mail could not be read: %s", spoken(err))
	}
	if len(all) == 0 {
		return nil, nil
	}
	f := &fetched{size: all[0].RFC822Size, whole: all[0].RFC822Size <= letter.MaxBytes}
	section := &imap.FetchItemBodySection{Peek: true}
	if !f.whole {
		section.Specifier = imap.PartSpecifierHeader
	}
	b.conn.left.Store(roomMail)
	cmd := b.client.Fetch(imap.UIDSetNum(uid), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
	found := false
	for m := cmd.Next(); m != nil; m = cmd.Next() {
		for item := m.Next(); item != nil; item = m.Next() {
			body, ok := item.(imapclient.FetchItemDataBodySection)
			if !ok || body.Literal == nil || found {
				continue
			}
			if f.raw, err = io.ReadAll(io.LimitReader(body.Literal, letter.MaxBytes)); err != nil {
				return nil, refusal("A mail could not be read: %s", spoken(err))
			}
			found = true
		}
	}
	if err := cmd.Close(); err != nil {
		return nil, refusal("A mail could not be read: %s", spoken(err))
	}
	if !found {
		return nil, nil
	}
	return f, nil
}

// seen marks mails as read in the mailbox, for those who look into it too.
func (b *box) seen(uids []imap.UID) error {
	if len(uids) == 0 {
		return nil
	}
	b.conn.left.Store(roomCommand)
	err := b.client.Store(imap.UIDSetNum(uids...), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{imap.FlagSeen}}, nil).Close()
	if err != nil {
		return refusal("Mails could not be marked as read: %s", spoken(err))
	}
	return nil
}

// answerTime is how long, by the machine's clock, a server may take to begin or end telling.
const answerTime = 30 * time.Second

// listen waits until the server tells of a new mail, until wait says that it is time to look, or ctx ends.
func (b *box) listen(ctx context.Context, wait <-chan time.Time) error {
	b.conn.left.Store(roomCommand)
	if !b.idles {
		select {
		case <-ctx.Done():
		case <-wait:
		case <-b.client.Closed():
			return refusal("The server closed the connection.")
		}
		return ctx.Err()
	}
	guard := time.AfterFunc(answerTime, func() { _ = b.conn.Close() })
	idle, err := b.client.Idle()
	guard.Stop()
	if err != nil {
		return refusal("The server does not tell of new mails: %s", spoken(err))
	}
	select {
	case <-ctx.Done():
	case <-wait:
	case <-b.news:
	case <-b.client.Closed():
		return refusal("The server closed the connection.")
	}
	guard.Reset(answerTime)
	defer guard.Stop()
	if err := errors.Join(idle.Close(), idle.Wait()); err != nil {
		return refusal("The server does not tell of new mails: %s", spoken(err))
	}
	return ctx.Err()
}
