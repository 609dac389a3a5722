package portal

import (
	"context"
	"errors"

	"github.com/portico-hq/portico/internal/app"
	"github.com/portico-hq/portico/internal/db"
	"github.com/portico-hq/portico/internal/event"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/replay"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/user/userrest"
	"github.com/portico-hq/portico/internal/web"
)

// appUsers tells the applications who may act.
type appUsers struct{ users *user.Service }

var _ app.Users = appUsers{}

// Access returns what a user may do.
func (a appUsers) Access(ctx context.Context, userID int64) (app.UserAccess, error) {
	b, err := a.users.Get(ctx, userID)
	if errors.Is(err, user.ErrNotFound) {
		return app.UserAccess{}, nil
	}
	if err != nil {
		return app.UserAccess{}, err
	}
	set, err := a.users.AccessOf(ctx, b)
	return app.UserAccess{Active: b.Active, Admin: b.Admin, Access: set}, err
}

// AccessTx returns what a user may do.
func (a appUsers) AccessTx(ctx context.Context, tx *db.Tx, userID int64) (app.UserAccess, error) {
	active, who, err := a.users.AccessTx(ctx, tx, userID)
	return app.UserAccess{Active: active, Admin: who.Admin, Access: who.Access}, err
}

// people tells pages who people are.
type people struct{ users *user.Service }

var _ web.People = people{}

// People returns those of ids who exist.
func (p people) People(ctx context.Context, ids []int64) (map[int64]web.Person, error) {
	users, err := p.users.Many(ctx, ids)
	out := make(map[int64]web.Person, len(users))
	for id, u := range users {
		out[id] = web.Person{Name: u.DisplayName(), Color: u.Color, AvatarURL: u.AvatarPath(), URL: u.ProfilePath()}
	}
	return out, err
}

// appEvents sends the deliveries of applications.
type appEvents struct{ events *event.Service }

var _ app.Events = appEvents{}

// SendTx records a delivery.
func (a appEvents) SendTx(ctx context.Context, tx *db.Tx, d app.Delivery) error {
	return a.events.SendTx(ctx, tx, event.Delivery{
		AppID: d.AppID, URL: d.URL, Name: d.Name, UserID: d.UserID, NoAuth: d.UserID == 0, Data: d.Data,
	})
}

// QueueTx queues an event for an application that fetches it.
func (a appEvents) QueueTx(ctx context.Context, tx *db.Tx, d app.Delivery) error {
	return a.events.QueueTx(ctx, tx, event.Event{Name: d.Name, AppID: d.AppID, UserID: d.UserID, Data: d.Data})
}

// HandlersTx returns the addresses that an application bound to an event.
func (a appEvents) HandlersTx(ctx context.Context, tx *db.Tx, appID int64, name string) ([]string, error) {
	return a.events.HandlersTx(ctx, tx, appID, name)
}

// taskTimersFailed logs that deadlines and reminders could not be looked at.
func (p *Portal) taskTimersFailed(err error) {
	p.config.Log.Error("fire timers of tasks", "error", err)
}

// taskEvents emits what happens to tasks.
type taskEvents struct{ events *event.Service }

// EmitTx records an event.
func (t taskEvents) EmitTx(ctx context.Context, tx *db.Tx, name string, userID int64, data phpform.Value) error {
	return t.events.EmitTx(ctx, tx, event.Event{Name: name, UserID: userID, Data: data})
}

// replays keeps the answers of calls that clients may repeat.
type replays struct{ store *replay.Store }

var _ rest.Replays = replays{}

// Find returns the answer that was kept for a call.
func (r replays) Find(ctx context.Context, k rest.ReplayKey) (rest.Replay, bool, error) {
	a, found, err := r.store.Find(ctx, replay.Key(k))
	return rest.Replay(a), found, err
}

// Keep stores the answer of a call.
func (r replays) Keep(ctx context.Context, k rest.ReplayKey, a rest.Replay) error {
	return r.store.Keep(ctx, replay.Key(k), replay.Answer(a))
}

// userAdded is the event of a person's first sign-in.
const userAdded = "ONUSERADD"

// userEvents emits what happens to people.
type userEvents struct{ portal *Portal }

var _ user.Events = userEvents{}

// UserAddedTx records that a person signed in for the first time.
func (e userEvents) UserAddedTx(ctx context.Context, tx *db.Tx, u user.User) error {
	return e.portal.Events.EmitTx(ctx, tx, event.Event{Name: userAdded, UserID: u.ID, Data: userrest.AddedData(u)})
}

// joinGeneralTx makes an employee a member of the general chat.
func (p *Portal) joinGeneralTx(ctx context.Context, tx *db.Tx, userID int64) error {
	return p.IM.JoinGeneralTx(ctx, tx, userID)
}

// leaveSignInTx forgets how somebody who was dismissed came in.
func (p *Portal) leaveSignInTx(ctx context.Context, tx *db.Tx, userID int64) error {
	return p.SignIn.LeaveTx(ctx, tx, userID)
}

// leaveChatsTx takes who was dismissed out of the groups; what they wrote stays.
func (p *Portal) leaveChatsTx(ctx context.Context, tx *db.Tx, userID int64) error {
	return p.IM.LeaveAllTx(ctx, tx, userID)
}

// endTokensTx ends the tokens by which applications act for who was dismissed.
func (p *Portal) endTokensTx(ctx context.Context, tx *db.Tx, userID int64) error {
	return p.Apps.DismissTx(ctx, tx, userID)
}
