package imrest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/user"
)

// userView is a user as the messenger's methods answer them (api-reference/chats/users/im-user-get.md).
type userView struct {
	ID             int64   `json:"id"`
	Active         bool    `json:"active"`
	Name           string  `json:"name"`
	FirstName      string  `json:"first_name"`
	LastName       string  `json:"last_name"`
	WorkPosition   string  `json:"work_position"`
	Color          string  `json:"color"`
	Avatar         string  `json:"avatar"`
	AvatarHR       string  `json:"avatar_hr"`
	Gender         string  `json:"gender"`
	Birthday       string  `json:"birthday"` // day and month
	Extranet       bool    `json:"extranet"`
	Network        bool    `json:"network"`
	Bot            bool    `json:"bot"`
	Connector      bool    `json:"connector"`
	ExternalAuthID string  `json:"external_auth_id"`
	Status         string  `json:"status"`
	Idle           any     `json:"idle"`               // a date or false
	LastActivity   any     `json:"last_activity_date"` // a date or false
	MobileLast     any     `json:"mobile_last_date"`   // a date or false
	DesktopLast    any     `json:"desktop_last_date"`  // a date or false
	Absent         any     `json:"absent"`             // a date or false
	Departments    []int64 `json:"departments"`
	Phones         any     `json:"phones"`   // phonesView or false
	BotData        *Bot    `json:"bot_data"` // null for people
	Type           string  `json:"type"`
	Website        string  `json:"website"`
	Email          string  `json:"email"`
}

type phonesView struct {
	Work   string `json:"work_phone,omitempty"`
	Mobile string `json:"personal_mobile,omitempty"`
	Inner  string `json:"inner_phone,omitempty"`
}

// nobodyView stands for the author of a system message.
type nobodyView struct {
	ID int64 `json:"id"`
}

// userViews returns users by their ids, as answers show them.
func (h handlers) userViews(ctx context.Context, ids []int64, zone *time.Location) (map[int64]userView, error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	users, err := h.cfg.Users.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	bots, err := h.bots(ctx, users)
	if err != nil {
		return nil, err
	}
	statuses, err := h.cfg.Presence.Statuses(ctx, ids)
	if err != nil {
		return nil, err
	}
	base := h.cfg.BaseURL()
	out := make(map[int64]userView, len(users))
	for id, u := range users {
		v := viewOf(u, base, zone)
		if st, ok := statuses[id]; ok {
			v.Status = st.Chosen
			if !st.Idle.IsZero() {
				v.Idle = atom(st.Idle, zone)
			}
		}
		if b, ok := bots[id]; ok {
			v.BotData = &b
		}
		out[id] = v
	}
	return out, nil
}

func (h handlers) bots(ctx context.Context, users map[int64]user.User) (map[int64]Bot, error) {
	var ids []int64
	for id, u := range users {
		if u.Kind == user.Bot {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 || h.cfg.Bots == nil {
		return nil, nil
	}
	slices.Sort(ids)
	return h.cfg.Bots.Describe(ctx, ids)
}

// The status is the one that a person chose; whether they are there or not is told by last_activity_date.
func viewOf(u user.User, base string, zone *time.Location) userView {
	v := userView{
		ID: u.ID, Active: u.Active, Name: u.DisplayName(), FirstName: u.FirstName, LastName: u.LastName, WorkPosition: u.Position,
		Color: u.Color, Gender: u.Gender, Extranet: u.Kind == user.Extranet, Bot: u.Kind == user.Bot,
		Connector: u.Kind == user.Visitor, ExternalAuthID: u.Kind.SignsInBy(), Status: "online", Idle: false, LastActivity: false,
		MobileLast: false, DesktopLast: false, Absent: false, Departments: u.DepartmentIDs, Phones: false, Type: typeOf(u.Kind),
		Website: u.WWW, Email: u.Email,
	}
	if path := u.AvatarPath(); path != "" {
		v.Avatar, v.AvatarHR = base+path+"?size=150", base+path
	}
	if day, err := time.Parse(time.DateOnly, u.Birthday); err == nil {
		v.Birthday = day.Format("02-01")
	}
	if !u.LastActivity.IsZero() {
		v.LastActivity = atom(u.LastActivity, zone)
	}
	if v.Departments == nil {
		v.Departments = []int64{}
	}
	if phones := (phonesView{u.WorkPhone, u.Mobile, u.InnerPhone}); phones != (phonesView{}) {
		v.Phones = phones
	}
	return v
}

func typeOf(k user.Kind) string {
	switch k {
	case user.Bot:
		return "bot"
	case user.Extranet:
		return "extranet"
	case user.Visitor:
		return "imconnector"
	case user.Email:
		return "email"
	default:
		return "user"
	}
}

// listed describes users in the order given.
func (h handlers) listed(ctx context.Context, users []user.User, zone *time.Location) ([]userView, error) {
	ids := make([]int64, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	return h.listedIDs(ctx, ids, zone)
}

// listedIDs describes those of ids who exist, in the order given.
func (h handlers) listedIDs(ctx context.Context, ids []int64, zone *time.Location) ([]userView, error) {
	views, err := h.userViews(ctx, slices.Clone(ids), zone)
	if err != nil {
		return nil, err
	}
	out := []userView{}
	for _, id := range ids {
		if v, ok := views[id]; ok {
			out = append(out, v)
		}
	}
	return out, nil
}

// userGetParams are the parameters of im.user.get. The picture's larger form is always answered.
type userGetParams struct {
	ID       *string `b24:"ID"`
	AvatarHR string  `b24:"AVATAR_HR"`
}

// The faults of im.user.get.
var (
	errUserID       = fault.New(fault.Invalid, "ID_EMPTY", "User ID can't be empty")
	errUserNotThere = fault.New(fault.Invalid, "USER_NOT_EXISTS", "User does not exist")
	errUserDenied   = fault.New(fault.Invalid, "ACCESS_DENIED", "You can request only users who are part of your extranet group")
)

// userGet answers a user, the caller where none is named.
func (h handlers) userGet(ctx context.Context, c *rest.Call, p userGetParams) (userView, error) {
	id := c.UserID
	if p.ID != nil && strings.TrimSpace(*p.ID) != "" {
		n, ok := number(*p.ID)
		if !ok || n <= 0 {
			return userView{}, errUserID
		}
		id = n
	}
	list, err := h.listedIDs(ctx, []int64{id}, c.Start.Location())
	if err != nil {
		return userView{}, err
	}
	if len(list) == 0 {
		return userView{}, errUserNotThere
	}
	seen, err := h.visible(ctx, c.UserID, []int64{id})
	if err != nil {
		return userView{}, err
	}
	if len(seen) == 0 {
		return userView{}, errUserDenied
	}
	return list[0], nil
}

// visible returns those of ids whom the caller may see: an outsider sees who shares a group with them.
func (h handlers) visible(ctx context.Context, viewer int64, ids []int64) ([]int64, error) {
	users, err := h.cfg.Users.Many(ctx, []int64{viewer})
	if err != nil || users[viewer].Kind != user.Extranet {
		return ids, err
	}
	known, err := h.im.Acquainted(ctx, viewer, ids)
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !slices.Contains(known, id) }), err
}

// userListParams are the parameters of im.user.list.get.
type userListParams struct {
	ID         phpform.Value `b24:"ID,needed"`
	AvatarHR   string        `b24:"AVATAR_HR"`
	ResultType string        `b24:"RESULT_TYPE"`
}

// userListGet answers users, by their ids or as a list. Those who do not exist are left out.
func (h handlers) userListGet(ctx context.Context, c *rest.Call, p userListParams) (any, error) {
	ids, ok := idList(p.ID)
	if !ok {
		return nil, errIDFormat
	}
	ids, err := h.visible(ctx, c.UserID, ids)
	if err != nil {
		return nil, err
	}
	list, err := h.listedIDs(ctx, ids, c.Start.Location())
	if err != nil || strings.EqualFold(strings.TrimSpace(p.ResultType), "array") {
		return list, err
	}
	return keyed(list, func(v userView) int64 { return v.ID }), nil
}
