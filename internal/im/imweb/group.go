package imweb

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/im"
	"github.com/portico-hq/portico/internal/web"
)

const pickLimit = 30

// groupView is the form of a new group, or of new members of one.
type groupView struct {
	Action string
	ChatID int64 // 0: a new group
	Title  string
	Query  string
	Pick   pickView
	Errors map[string]string
	Kind   string
}

// kindChoice is a kind of chat to create.
type kindChoice struct {
	Name, Title, Help string
	Chosen            bool
}

// Kinds returns the kinds of chats that can be created.
func (v groupView) Kinds() []kindChoice {
	var out []kindChoice
	for _, t := range groupTypes {
		out = append(out, kindChoice{t.name, t.title, t.help, t.is == groupType(v.Kind)})
	}
	return out
}

// pickView is a choice of people: those chosen first.
type pickView struct {
	Chosen, Found []person
	Query         string
}

// groupForm shows the form of a new group. Without scripts a search for people comes back here as a GET, with what was
// typed.
func (h pages) groupForm(ctx context.Context, r *web.Request) (web.Page, error) {
	return h.groupPage(ctx, r, groupView{Action: "/online/group", Title: r.FormValue("title"), Kind: r.FormValue("kind")})
}

func (h pages) membersForm(ctx context.Context, r *web.Request) (web.Page, error) {
	c, err := h.im.Get(ctx, r.Viewer.ID, r.Int("chat", 0))
	if err != nil || c.Type == im.Private {
		return web.Page{}, hide(errors.Join(err, errNoDialog))
	}
	return h.groupPage(ctx, r, groupView{Action: "/online/members", ChatID: c.ID, Title: c.Title})
}

func (h pages) groupPage(ctx context.Context, r *web.Request, v groupView) (web.Page, error) {
	var err error
	if v.Pick, err = h.pick(ctx, r); err != nil {
		return web.Page{}, err
	}
	p := web.Page{
		Title: "New group chat", Section: "messenger", Template: "im/group", Body: v, Layout: web.Narrow,
		Slider: true, Behind: "/online/", Modules: []string{"im/group.js"}, Styles: []string{"im/im.css"},
	}
	if v.ChatID != 0 {
		p.Title, p.Behind = "Add people", dialogURL("chat"+strconv.FormatInt(v.ChatID, 10))
	}
	if v.Errors != nil {
		p.Status = 422
	}
	return p, nil
}

// pick returns whom the request chose and whom its search finds besides; neither the viewer nor the chat's members.
func (h pages) pick(ctx context.Context, r *web.Request) (pickView, error) {
	v := pickView{Query: strings.TrimSpace(r.FormValue("q"))}
	chosen := ids(r, "member")
	p := h.people(ctx, r)
	if err := p.load(chosen...); err != nil {
		return v, err
	}
	taken := append([]int64{r.Viewer.ID}, chosen...)
	for _, id := range chosen {
		v.Chosen = append(v.Chosen, p.get(id))
	}
	err := h.pickFrom(ctx, r, &v, taken)
	return v, err
}

// The search for people who are not in a chat yet, or who are, looks at so many people at once and so many times.
const (
	lookPeople = 200
	lookTimes  = 10
)

// pickFrom adds people who are neither taken nor in the chat already.
func (h pages) pickFrom(ctx context.Context, r *web.Request, v *pickView, taken []int64) error {
	chatID, size := r.Int("chat", 0), int64(lookPeople)
	if chatID == 0 {
		size = int64(pickLimit + len(taken)) // nobody else is left out
	}
	for n := range int64(lookTimes) {
		found, err := h.searchUsers(ctx, r, v.Query, n*size, size)
		if err != nil {
			return err
		}
		var members map[int64]im.Member
		if chatID != 0 {
			if members, err = h.im.MembersAmong(ctx, r.Viewer.ID, chatID, idsOf(found)); err != nil {
				return hide(err)
			}
		}
		for _, p := range found {
			if _, member := members[p.ID]; !member && !slices.Contains(taken, p.ID) && len(v.Found) < pickLimit {
				v.Found = append(v.Found, p)
			}
		}
		if int64(len(found)) < size || len(v.Found) == pickLimit {
			break
		}
	}
	return nil
}

func idsOf(list []person) []int64 {
	out := make([]int64, len(list))
	for i, p := range list {
		out[i] = p.ID
	}
	return out
}

// peopleFragment answers /online/people?q=&member=: the choice of people anew.
func (h pages) peopleFragment(ctx context.Context, r *web.Request) (web.Result, error) {
	v, err := h.pick(ctx, r)
	if err != nil {
		return nil, err
	}
	return web.HTML{Template: "im/pick", Body: v}, nil
}

func (h pages) createGroup(ctx context.Context, r *web.Request) (web.Result, error) {
	title := strings.TrimSpace(r.FormValue("title"))
	members := ids(r, "member")
	v := groupView{Action: "/online/group", Title: title, Kind: r.FormValue("kind")}
	kind := groupType(v.Kind)
	switch {
	case title == "":
		return h.refuse(ctx, r, v, fault.New(fault.Invalid, "TITLE_EMPTY", "Give the chat a name.").At("title"))
	case len(members) == 0 && kind != im.Open && kind != im.OpenChannel:
		return h.refuse(ctx, r, v, fault.New(fault.Invalid, "NO_MEMBERS", "Choose at least one person.").At("q"))
	}
	c, err := h.im.CreateGroup(ctx, im.NewGroup{OwnerID: r.Viewer.ID, Title: title, Type: kind, MemberIDs: members})
	if err != nil {
		return h.refuse(ctx, r, v, words(err))
	}
	return web.Redirect{To: dialogURL(c.DialogID(r.Viewer.ID))}, nil
}

func (h pages) addMembers(ctx context.Context, r *web.Request) (web.Result, error) {
	id := r.Int("chat", 0)
	members := ids(r, "member")
	v := groupView{Action: "/online/members", ChatID: id}
	if len(members) == 0 {
		return h.refuse(ctx, r, v, fault.New(fault.Invalid, "NO_MEMBERS", "Choose at least one person.").At("q"))
	}
	if err := h.im.AddMembers(ctx, r.Viewer.ID, id, members, r.Checked("hide")); err != nil {
		return h.refuse(ctx, r, v, words(err))
	}
	return web.Redirect{To: dialogURL("chat" + strconv.FormatInt(id, 10)), Toast: "People added"}, nil
}

// refuse shows the form again with what is wrong; a module gets the fault itself.
func (h pages) refuse(ctx context.Context, r *web.Request, v groupView, err error) (web.Result, error) {
	if v.Errors = web.FieldErrors(err); v.Errors == nil || r.Fetched() {
		return nil, err
	}
	return h.groupPage(ctx, r, v)
}

// groupTypes are the kinds of chats that somebody can create, by their names in the form.
var groupTypes = []struct {
	name, title, help string
	is                im.Type
}{
	{"group", "Group", "Those whom you add talk with each other.", im.Closed},
	{"open", "Open group", "Every colleague can find it and join.", im.Open},
	{"channel", "Channel", "You and its managers write, those whom you add read.", im.Channel},
	{"open-channel", "Open channel", "You and its managers write, every colleague can join and read.", im.OpenChannel},
}

// groupType returns the kind of chat that a form names; a group where it names none.
func groupType(name string) im.Type {
	i := slices.IndexFunc(groupTypes, func(t struct {
		name, title, help string
		is                im.Type
	},
	) bool {
		return t.name == name
	})
	return groupTypes[max(i, 0)].is
}
