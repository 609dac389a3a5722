package userrest

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/rest"
)

// profileResult is the answer of profile.
type profileResult struct {
	ID     string `json:"ID"`
	Admin  bool   `json:"ADMIN"`
	Name   string `json:"NAME"`
	Last   string `json:"LAST_NAME"`
	Gender string `json:"PERSONAL_GENDER"`
	Zone   string `json:"TIME_ZONE"`
	Photo  string `json:"PERSONAL_PHOTO,omitempty"`
}

// profile answers the user who calls; an inactive one is an empty object.
func (h handlers) profile(ctx context.Context, c *rest.Call, _ rest.None) (any, error) {
	u, err := h.users.Get(ctx, c.UserID)
	if err != nil {
		return nil, err
	}
	if !u.Active {
		return struct{}{}, nil
	}
	v := view{publicURL: h.publicURL}
	return profileResult{
		ID: strconv.FormatInt(u.ID, 10), Admin: u.Admin, Name: u.FirstName, Last: u.LastName, Gender: u.Gender,
		Zone: u.TimeZone, Photo: v.photo(&u),
	}, nil
}
