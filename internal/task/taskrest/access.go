package taskrest

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/record"
	"github.com/portico-hq/portico/internal/rest"
	"github.com/portico-hq/portico/internal/task"
	"github.com/portico-hq/portico/internal/user"
)

// maxAsked is about how many people one call of tasks.task.getaccess asks at most.
const maxAsked = 100

// accessParams are the parameters of tasks.task.getaccess.
type accessParams struct {
	TaskID phpform.Value `b24:"taskId,needed"`
	Users  phpform.Value `b24:"users"`
}

// accessAnswer is what people may do, by their numbers.
type accessAnswer struct {
	Allowed json.RawMessage `json:"allowedActions"`
}

func (h handlers) access(ctx context.Context, c *rest.Call, p accessParams) (out accessAnswer, err error) {
	id, err := taskID(p.TaskID)
	if err != nil {
		return out, err
	}
	ids, err := asked(p.Users, c.UserID)
	if err != nil {
		return out, err
	}
	t, err := h.tasks.Get(ctx, actor(c), id)
	if err != nil {
		if gone(err) {
			return accessAnswer{nothing}, nil
		}
		return out, err
	}
	people, err := h.users.Many(ctx, ids)
	if err != nil {
		return out, err
	}
	var w objectWriter
	for _, userID := range ids {
		value, err := h.accessOf(ctx, people[userID], t)
		if err != nil {
			return out, err
		}
		w.member(strconv.FormatInt(userID, 10), value)
	}
	out.Allowed = w.done()
	return out, nil
}

func asked(v phpform.Value, caller int64) ([]int64, error) {
	if v.IsNull() {
		return []int64{caller}, nil
	}
	var ids *[]int64
	if !v.IsArray() || !numbers(&ids, v) {
		return nil, notArray(v, "users")
	}
	if len(*ids) > maxAsked {
		return nil, fault.New(fault.Invalid, "100", "users may hold "+strconv.Itoa(maxAsked)+" people")
	}
	if len(*ids) == 0 {
		return []int64{caller}, nil
	}
	return *ids, nil
}

// accessOf writes what somebody may do with t; for nobody, and for who does not see it, everything is false.
func (h handlers) accessOf(ctx context.Context, u user.User, t task.Task) ([]byte, error) {
	var who user.Ref
	var sees, favorite bool
	var err error
	if u.ID != 0 {
		if who, err = h.users.RefOf(ctx, u); err != nil {
			return nil, err
		}
		switch _, err := h.tasks.Get(ctx, who, t.ID); {
		case err == nil:
			sees = true
		case !gone(err):
			return nil, err
		}
		if favorite, err = h.tasks.IsFavorite(ctx, u.ID, t.ID); err != nil {
			return nil, err
		}
	}
	var w objectWriter
	for _, name := range actionNames {
		w.value(name, sees && allowed(who, t, name, favorite))
	}
	return w.done(), nil
}

// countersParams are the parameters of tasks.task.counters.get.
type countersParams struct {
	UserID  phpform.Value `b24:"userId"`
	GroupID phpform.Value `b24:"groupId"`
	Type    phpform.Value `b24:"type"`
}

// counterRoles are the roles by their documented names.
var counterRoles = map[string]task.Role{
	"view_all": task.AnyRole, "": task.AnyRole, "view_role_responsible": task.Responsible, "view_role_accomplice": task.Accomplice,
	"view_role_auditor": task.Auditor, "view_role_originator": task.Originator,
}

// The codes of the counters.
const (
	codeExpired  = 6291456
	codeComments = 12582912
)

// counterAnswer is a counter with its code.
type counterAnswer struct {
	Counter int64 `json:"counter"`
	Code    int64 `json:"code"`
}

func (h handlers) counters(ctx context.Context, c *rest.Call, p countersParams) (out rest.Totaled[json.RawMessage], err error) {
	out.Total, out.Result = 1, nothing
	userID, group, err := counted(p, c.UserID)
	if err != nil {
		return out, err
	}
	role, ok := counterRoles[p.Type.Text()]
	if !ok {
		return out, fault.New(fault.Invalid, "0", "Invalid value {"+shorten(p.Type.Text())+"} to match with parameter {type}.")
	}
	if group != 0 { // there are no groups that somebody could see
		return out, fault.New(fault.Invalid, "0", "Group not found or access denied. (internal error)")
	}
	if may, err := h.tasks.MayCount(ctx, actor(c), userID); err != nil || !may {
		return out, err
	}
	n, err := h.tasks.Counters(ctx, userID, group, role)
	if err != nil {
		return out, err
	}
	var w objectWriter
	w.value("expired", counterAnswer{n.Expired, codeExpired})
	w.value("new_comments", counterAnswer{n.NewComments, codeComments})
	out.Result = w.done()
	return out, nil
}

func counted(p countersParams, caller int64) (userID, group int64, err error) {
	read := func(v phpform.Value, name string, usual int64) (int64, error) {
		if record.Nothing(v) {
			return usual, nil
		}
		n, ok := v.Int()
		if !ok || v.IsArray() {
			return 0, fault.Newf(fault.Invalid, "0", "Invalid value {%s} to match with parameter {%s}. Should be value of type int.", shorten(v.Text()), name)
		}
		return n, nil
	}
	if userID, err = read(p.UserID, "userId", caller); err != nil {
		return 0, 0, err
	}
	group, err = read(p.GroupID, "groupId", 0)
	return userID, group, err
}
