package telegram

import (
	"context"
	"errors"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
)

// account speaks to Telegram for one bot.
type account struct {
	api           API
	server, token string
}

func (a account) call(ctx context.Context, method string, params, result any) error {
	return a.api.Call(ctx, a.server, a.token, method, params, result)
}

// person is a user of Telegram, bots among them.
type person struct {
	ID        int64  `json:"id"`
	Bot       bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
}

func (p person) name() string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// me returns who the token belongs to. Faults: ErrToken, ErrNobody.
func (a account) me(ctx context.Context) (p person, err error) {
	err = a.call(ctx, "getMe", nil, &p)
	if r, ok := errors.AsType[*Refusal](err); ok && (r.Code == 401 || r.Code == 404) {
		return p, ErrToken.Because(err)
	}
	if err != nil || p.ID <= 0 || !p.Bot {
		return p, nobody(err)
	}
	return p, nil
}

// nobody is the fault of a server that does not answer as Telegram does.
func nobody(err error) error {
	if err == nil {
		return ErrNobody
	}
	return ErrNobody.Because(err)
}

// hookInfo is where Telegram brings the messages of a bot.
type hookInfo struct {
	URL       string `json:"url"`
	Pending   int64  `json:"pending_update_count"`
	LastError string `json:"last_error_message"`
}

func (a account) hook(ctx context.Context) (h hookInfo, err error) {
	if err = a.call(ctx, "getWebhookInfo", nil, &h); err != nil {
		err = nobody(err)
	}
	return h, err
}

// photos are pictures of somebody, each in several sizes.
type photos struct {
	Photos [][]photoSize `json:"photos"`
}

type photoSize struct {
	ID     string `json:"file_id"`
	Unique string `json:"file_unique_id"`
	Width  int    `json:"width"`
	Size   int64  `json:"file_size"`
}

// face returns the size of somebody's newest picture that is shown of them: the smallest of 160 pixels or more.
func (a account) face(ctx context.Context, number int64) (best photoSize, err error) {
	var all photos
	err = a.call(ctx, "getUserProfilePhotos", map[string]any{"user_id": number, "limit": 1}, &all)
	if err != nil || len(all.Photos) == 0 {
		return best, err
	}
	for _, p := range all.Photos[0] {
		if best.ID == "" || best.Width < 160 && p.Width > best.Width || p.Width >= 160 && p.Width < best.Width {
			best = p
		}
	}
	return best, nil
}

// maxPicture is how many bytes a picture of somebody may have.
const maxPicture = 2 << 20

// picture returns the picture of a bot; nil: there is none, or it cannot be fetched, which keeps no bot away.
func (a account) picture(ctx context.Context, number int64) ([]byte, error) {
	p, err := a.face(ctx, number)
	if err == nil && p.ID == "" {
		return nil, nil
	}
	var content []byte
	if err == nil {
		content, err = a.fetch(ctx, p.ID, maxPicture)
	}
	if err != nil && fault.KindOf(err) == fault.Internal && !isRefusal(err) {
		return nil, err
	}
	return content, nil
}

func isRefusal(err error) bool {
	_, ok := errors.AsType[*Refusal](err)
	return ok
}

// fetch reads a file of at most limit bytes.
func (a account) fetch(ctx context.Context, id string, limit int64) ([]byte, error) {
	var f struct {
		Path string `json:"file_path"`
		Size int64  `json:"file_size"`
	}
	if err := a.call(ctx, "getFile", map[string]any{"file_id": id}, &f); err != nil {
		return nil, err
	}
	if f.Size > limit {
		return nil, ErrLarge
	}
	return a.api.Download(ctx, a.server, a.token, f.Path, limit)
}
