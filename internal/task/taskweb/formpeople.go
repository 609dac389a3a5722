package taskweb

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/user"
	"github.com/portico-hq/portico/internal/web"
	"github.com/portico-hq/portico/internal/web/ui"
)

// peopleFields are the fields of the forms in which people are chosen.
var peopleFields = []string{"responsible", "others", "accomplices", "auditors"}

// chosen returns the people of lists, of each those who exist.
func (h pages) chosen(ctx context.Context, lists ...[]int64) ([][]ui.Person, error) {
	known, err := h.users.Many(ctx, slices.Concat(lists...))
	if err != nil {
		return nil, fmt.Errorf("people with roles: %w", err)
	}
	out := make([][]ui.Person, len(lists))
	for i, ids := range lists {
		for _, id := range ids {
			if _, ok := known[id]; ok {
				p := personOf(known, id)
				out[i] = append(out[i], ui.Person{ID: id, Name: p.Name, Color: p.Color, Avatar: p.Avatar})
			}
		}
	}
	return out, nil
}

// maxTyped bounds how many people are looked for in one field.
const maxTyped = 20

// meanTyped puts those who were typed into fields for people, and not chosen there, beside the chosen ones, as though they had been.
func (h pages) meanTyped(ctx context.Context, r *web.Request) error {
	for _, name := range peopleFields {
		ids, err := h.typedPeople(ctx, name, r.FormValue(name+"_typed"))
		if err != nil {
			return err
		}
		if len(ids) > 0 && name == "responsible" {
			r.Form.Del(name)
			r.PostForm.Del(name)
			ids = ids[:1]
		}
		for _, id := range ids {
			r.Form.Add(name, strconv.FormatInt(id, 10))
			r.PostForm.Add(name, strconv.FormatInt(id, 10))
		}
		r.Form.Del(name + "_typed")
	}
	return nil
}

// typedPeople returns whom a text means, people separated by commas.
func (h pages) typedPeople(ctx context.Context, name, text string) (ids []int64, err error) {
	for part := range strings.SplitSeq(user.CleanText(text, 1000), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if len(ids) >= maxTyped {
			return nil, wrongAt(name, fmt.Sprintf("Type %d people at most.", maxTyped))
		}
		u, err := h.personTyped(ctx, part)
		if err != nil {
			return nil, err
		}
		if u.ID == 0 {
			return nil, wrongAt(name, "Nobody is found by “"+part+"”.")
		}
		ids = append(ids, u.ID)
	}
	return ids, nil
}
