package openlinerest

import (
	"context"
	"strconv"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/openline/line"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// checkPictures looks whether the files that clients are to see are pictures, and such as who calls may read: everybody sees them then.
// What the line shows already is not asked for again.
func (h configs) checkPictures(ctx context.Context, c *rest.Call, params phpform.Value, now *line.Line) error {
	check := func(name, field string, v phpform.Value) error {
		given, _ := v.GetFold(field)
		id, ok := given.Int()
		if !ok || id <= 0 || now.Shows(id) { // what is no number is found when it is read
			return nil
		}
		if h.Picture != nil {
			if may, err := h.Picture(ctx, c.UserID, id); err != nil || may {
				return err
			}
		}
		return fault.Argument(name, name+" names the file "+strconv.FormatInt(id, 10)+" in "+field+", which is no picture that you may read")
	}
	shown, _ := params.GetFold("DEFAULT_OPERATOR_DATA")
	if err := check("DEFAULT_OPERATOR_DATA", "AVATAR_ID", shown); err != nil {
		return err
	}
	operators, _ := params.GetFold("QUEUE_USERS_FIELDS")
	for _, e := range operators.Entries() {
		if err := check("QUEUE_USERS_FIELDS", "USER_AVATAR_ID", e.Value); err != nil {
			return err
		}
	}
	return nil
}
