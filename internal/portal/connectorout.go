package portal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/portico-hq/portico/internal/connector"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/file"
	"github.com/portico-hq/portico/internal/file/filerest"
)

// fetcher reads what is outside, where deliveries of events may go.
type fetcher struct {
	client func(ctx context.Context) (*http.Client, error)
}

// The limits of reading from outside.
const (
	fetchTime    = 2 * time.Minute
	fetchHops    = 5 // redirects that are followed, each to where the portal may reach
	fetchAddress = 2000
)

// unfetched and later are why something cannot be read: for good, or for now. Their texts are shown.
func unfetched(text string) error { return fault.New(fault.Invalid, "NOT_FETCHED", text) }
func later(text string) error     { return fault.New(fault.Unavailable, "NOT_FETCHED", text) }

// Fetch reads at most limit bytes at an address.
func (f fetcher) Fetch(ctx context.Context, address string, limit int64) ([]byte, error) {
	client, err := f.client(ctx)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	for range fetchHops + 1 {
		content, next, err := fetchOnce(within, client, address, limit)
		if err != nil || next == "" {
			return content, err
		}
		address = next
	}
	return nil, unfetched("its address leads to others again and again.")
}

// fetchOnce makes one request. next is the address that the answer leads to, where it does.
func fetchOnce(ctx context.Context, client *http.Client, address string, limit int64) (content []byte, next string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || len(address) > fetchAddress {
		return nil, "", unfetched("its address is none of http or https.")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", unfetched("its address is none of http or https.")
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, "", later("its address cannot be reached from here.")
	}
	defer func() { err = errors.Join(err, answer.Body.Close()) }()
	switch code := answer.StatusCode; {
	case code >= 300 && code < 400:
		to, err := answer.Location()
		if err != nil {
			return nil, "", unfetched(fmt.Sprintf("its address answered %d.", code))
		}
		return nil, to.String(), nil
	case code >= 500 || code == http.StatusTooManyRequests:
		return nil, "", later(fmt.Sprintf("its address answered %d.", code))
	case code != http.StatusOK:
		return nil, "", unfetched(fmt.Sprintf("its address answered %d.", code))
	}
	content, err = io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, "", later("the connection broke off.")
	case int64(len(content)) > limit:
		return nil, "", unfetched(fmt.Sprintf("it is larger than %d MB.", limit>>20))
	}
	return content, "", nil
}

// connectorOutside is what the connectors need of the world and of other areas.
type connectorOutside struct {
	fetcher

	p *Portal
}

var _ connector.Outside = connectorOutside{}

func (p *Portal) connectorOutside() connectorOutside {
	return connectorOutside{fetcher{event.Clients(p.Events, p.config.Reach)}, p}
}

// Keep stores a file of a chat.
func (c connectorOutside) Keep(ctx context.Context, chatID, userID int64, name string, content []byte) (int64, error) {
	clean, err := file.CleanName(name)
	if err != nil {
		clean = "file"
	}
	n, err := c.p.Files.Upload(ctx, file.Actor{UserID: userID}, chatID, clean, bytes.NewReader(content))
	return n.ID, err
}

// Picture gives a client a picture.
func (c connectorOutside) Picture(ctx context.Context, visitorID int64, content []byte) error {
	return c.p.DB.Write(ctx, func(tx *db.Tx) error { return c.p.Users.SetAvatarTx(ctx, tx, visitorID, content) })
}

// LinksTx returns addresses at which an application can fetch files for a day.
func (c connectorOutside) LinksTx(ctx context.Context, _ *db.Tx, appID, userID int64, ids []int64) ([]connector.FileLink, error) {
	nodes, err := c.p.Files.Many(ctx, ids)
	signer := filerest.Signer{Files: c.p.Files, PublicURL: c.p.publicURL}
	var out []connector.FileLink
	for _, id := range ids {
		if n, ok := nodes[id]; ok {
			actor := file.Actor{UserID: userID, AppID: appID}
			out = append(out, connector.FileLink{
				Name: n.Name, Type: n.Type, Size: n.Size, URL: signer.To(file.Link{Action: file.Download, Actor: actor, NodeID: id}),
			})
		}
	}
	return out, err
}

// Seen notes that a client has seen messages.
func (c connectorOutside) Seen(ctx context.Context, visitorID, chatID, messageID int64) error {
	_, err := c.p.IM.Read(ctx, visitorID, chatID, messageID)
	return err
}

// stateChange is a message of which something else has become.
type stateChange struct{ chatID, messageID int64 }

// connectorStateChanged hands a change on. It runs while other writes wait, so it does no more; where too many changes are under way one
// is dropped, and the page has the state when it is opened again.
func (p *Portal) connectorStateChanged(chatID, messageID int64) {
	select {
	case p.lineStates <- stateChange{chatID, messageID}:
	default:
	}
}

// tellLineStates tells the pages of the people in a chat, and of those who read along, what has become of its messages for clients, until
// ctx ends.
func (p *Portal) tellLineStates(ctx context.Context) {
	for {
		select {
		case c := <-p.lineStates:
			to, err := p.whoSees(ctx, c.chatID)
			if err == nil { // else the page asks for itself when it is opened again
				p.Live.Publish(to, "linemessage", map[string]int64{"chat": c.chatID, "message": c.messageID})
			}
		case <-ctx.Done():
			return
		}
	}
}

// whoSees returns who is in the chat with a client and who looks at it.
func (p *Portal) whoSees(ctx context.Context, chatID int64) (ids []int64, err error) {
	err = p.DB.Read(ctx, func(tx *db.Tx) error {
		members, _, err := p.IM.MembersTx(ctx, tx, chatID)
		if err != nil {
			return err
		}
		viewers, err := p.Conversations.ViewersTx(ctx, tx, chatID)
		ids = slices.Concat(members, viewers)
		slices.Sort(ids)
		ids = slices.Compact(ids)
		return err
	})
	return ids, err
}
