package userrest

import (
	"context"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// Access codes: U<id> is a user, G1 the administrators, G2 everybody who comes, AU everybody who is signed in.
const (
	administrators = "G1"
	everybody      = "G2"
	signedIn       = "AU"
)

// groupNames are the names of the codes that are no users.
var groupNames = map[string]string{
	administrators: "Administrators", everybody: "All visitors", signedIn: "All authorized users",
}

// maxCodes is how many access codes may be asked for at once.
const maxCodes = 1000

// accessParams are the parameters of user.access and access.name. Without ACCESS the answer is false.
type accessParams struct {
	Access phpform.Value `b24:"ACCESS"`
}

// codes returns the access codes that were asked for.
func (p accessParams) codes() ([]string, error) {
	v := p.Access
	if v.Empty() {
		return nil, nil
	}
	if !v.IsArray() {
		v = phpform.ListOf(v)
	}
	if v.Len() > maxCodes {
		return nil, fault.Argument("ACCESS", "Argument 'ACCESS' must not have more than "+strconv.Itoa(maxCodes)+" codes")
	}
	out := make([]string, 0, v.Len())
	for _, e := range v.Entries() {
		if e.Value.IsArray() {
			return nil, fault.Argument("ACCESS", "Argument 'ACCESS' must be a list of access codes")
		}
		out = append(out, strings.TrimSpace(e.Value.Text()))
	}
	return out, nil
}

// userOf returns the user whose code it is; 0 for another code.
func userOf(code string) int64 {
	digits, ok := strings.CutPrefix(code, "U")
	id, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || id <= 0 || strconv.FormatInt(id, 10) != digits {
		return 0
	}
	return id
}

func (h handlers) admin(_ context.Context, c *rest.Call, _ rest.None) (bool, error) {
	return c.Admin, nil
}

// access answers whether one of the codes is the caller's; an administrator has all of them.
func (h handlers) access(_ context.Context, c *rest.Call, p accessParams) (bool, error) {
	codes, err := p.codes()
	if err != nil || c.Admin {
		return c.Admin, err
	}
	for _, code := range codes {
		if code == everybody || code == signedIn || userOf(code) == c.UserID {
			return true, nil
		}
	}
	return false, nil
}

// accessCode describes an access code.
type accessCode struct {
	Provider   string `json:"provider"`
	Name       string `json:"name"`
	ProviderID string `json:"provider_id"`
}

// accessName answers the codes that exist by their names; false where none was asked for.
func (h handlers) accessName(ctx context.Context, _ *rest.Call, p accessParams) (any, error) {
	codes, err := p.codes()
	if err != nil || len(codes) == 0 {
		return false, err
	}
	var ids []int64
	for _, code := range codes {
		if id := userOf(code); id > 0 {
			ids = append(ids, id)
		}
	}
	people, err := h.users.Many(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[string]accessCode{}
	for _, code := range codes {
		if name := groupNames[code]; name != "" {
			out[code] = accessCode{Name: name, ProviderID: "other"}
		} else if u, ok := people[userOf(code)]; ok {
			out[code] = accessCode{Provider: "Users", Name: u.DisplayName(), ProviderID: "user"}
		}
	}
	return out, nil
}
