package notifyrest

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portico-hq/portico/internal/attach"
	"github.com/portico-hq/portico/internal/bbcode"
	"github.com/portico-hq/portico/internal/fault"
	"github.com/portico-hq/portico/internal/notify"
	"github.com/portico-hq/portico/internal/phpform"
	"github.com/portico-hq/portico/internal/rest"
)

// view is a notification as the methods answer it.
type view struct {
	ID       int64       `json:"id"`
	ChatID   int64       `json:"chat_id"`
	AuthorID int64       `json:"author_id"`
	Date     string      `json:"date"`
	Type     notify.Type `json:"notify_type"`
	Module   string      `json:"notify_module"`
	Event    string      `json:"notify_event"`
	Tag      string      `json:"notify_tag"`
	SubTag   string      `json:"notify_sub_tag"`
	Title    string      `json:"notify_title"`
	Setting  string      `json:"setting_name"`
	Text     string      `json:"text"`
	Read     string      `json:"notify_read"`
	Buttons  string      `json:"notify_buttons,omitempty"` // JSON
	Params   *params     `json:"params"`
}

// params is what a notification has beside its text.
type params struct {
	Attach attach.Attach `json:"ATTACH,omitempty"`
}

// atom is ISO 8601 with the offset in digits.
const atom = "2006-01-02T15:04:05-07:00"

func viewOf(n notify.Notification, chatID int64, convert bool, zone *time.Location) view {
	v := view{
		ID: n.ID, ChatID: chatID, AuthorID: n.AuthorID, Date: n.Created.In(zone).Format(atom), Type: n.Type, Module: n.Module, Event: n.Event,
		Tag: n.Tag, SubTag: n.SubTag, Title: n.Title, Setting: n.Kind(), Text: n.Text, Read: "N",
	}
	if n.Read {
		v.Read = "Y"
	}
	if convert {
		v.Text = string(bbcode.HTML(n.Text, bbcode.Options{Location: zone}))
	}
	if len(n.Attach) > 0 {
		v.Params = &params{n.Attach}
	}
	if len(n.Buttons) > 0 {
		raw, _ := json.Marshal(n.Buttons) // texts only: cannot fail
		v.Buttons = string(raw)
	}
	return v
}

// listed is a page of notifications with their authors.
type listed struct {
	Total         *int64 `json:"total_count,omitempty"`
	Unread        *int64 `json:"total_unread_count,omitempty"`
	ChatID        int64  `json:"chat_id,omitempty"`
	Results       *int64 `json:"total_results,omitempty"`
	Notifications []view `json:"notifications"`
	Users         []any  `json:"users"`
}

// page fills in the notifications and their authors.
func (h handlers) page(ctx context.Context, c *rest.Call, out *listed, list []notify.Notification, convert bool) error {
	zone := c.Start.Location()
	var authors []int64
	out.Notifications, out.Users = make([]view, len(list)), []any{}
	for i, n := range list {
		out.Notifications[i] = viewOf(n, out.ChatID, convert, zone)
		if n.AuthorID != 0 && !slices.Contains(authors, n.AuthorID) {
			authors = append(authors, n.AuthorID)
		}
	}
	if len(authors) == 0 {
		return nil
	}
	slices.Sort(authors)
	people, err := h.cfg.Views(ctx, authors, zone)
	for _, id := range authors {
		if v, ok := people[id]; ok {
			out.Users = append(out.Users, v)
		}
	}
	return err
}

// getParams are the parameters of im.notify.get.
type getParams struct {
	LastID      string `b24:"LAST_ID"`
	LastType    string `b24:"LAST_TYPE"`
	Limit       int64  `b24:"LIMIT"`
	ConvertText string `b24:"CONVERT_TEXT"`
}

var (
	errTogether = fault.New(fault.Invalid, "LAST_ID_AND_LAST_TYPE", "Parameters LAST_ID and LAST_TYPE should be used together.")
	errLastID   = fault.New(fault.Invalid, "LAST_ID_STRING", "Last notification ID can't be string")
)

func (h handlers) get(ctx context.Context, c *rest.Call, p getParams) (out listed, err error) {
	q := notify.Query{Limit: p.Limit}
	if (p.LastID == "") != (p.LastType == "") {
		return out, errTogether
	}
	if p.LastID != "" {
		if q.After.ID, err = strconv.ParseInt(strings.TrimSpace(p.LastID), 10, 64); err != nil {
			return out, errLastID
		}
		switch strings.TrimSpace(p.LastType) {
		case "1":
			q.After.Stage = notify.StageConfirm
		case "3":
			q.After.Stage = notify.StageOther
		default:
			q.After = notify.After{} // another value begins anew, as documented without an error
		}
	}
	totals, err := h.notify.Totals(ctx, c.UserID)
	if err != nil {
		return out, err
	}
	list, err := h.notify.List(ctx, c.UserID, q)
	if err != nil {
		return out, err
	}
	if totals.ChatID != 0 && totals.Total > 0 {
		out.ChatID, out.Total, out.Unread = totals.ChatID, &totals.Total, &totals.Unread
	}
	return out, h.page(ctx, c, &out, list, yes(p.ConvertText))
}

// searchParams are the parameters of im.notify.history.search.
type searchParams struct {
	Text        string        `b24:"SEARCH_TEXT"`
	Type        string        `b24:"SEARCH_TYPE"`
	Types       []string      `b24:"SEARCH_TYPES"`
	Date        string        `b24:"SEARCH_DATE"`
	From        string        `b24:"SEARCH_DATE_FROM"`
	To          string        `b24:"SEARCH_DATE_TO"`
	Authors     phpform.Value `b24:"SEARCH_AUTHORS"`
	LastID      string        `b24:"LAST_ID"`
	Limit       int64         `b24:"LIMIT"`
	ConvertText string        `b24:"CONVERT_TEXT"`
	GroupTag    string        `b24:"GROUP_TAG"`
}

var errSearchText = fault.New(fault.Invalid, "SEARCH_TEXT_ERROR", "SEARCH_TEXT can't be less than 3 symbols")

func (h handlers) search(ctx context.Context, c *rest.Call, p searchParams) (out listed, err error) {
	q, err := p.query()
	if err != nil {
		return out, err
	}
	totals, err := h.notify.Totals(ctx, c.UserID)
	if err != nil {
		return out, err
	}
	list, total, err := h.notify.Search(ctx, c.UserID, q)
	if err != nil {
		return out, err
	}
	out.ChatID = totals.ChatID
	if q.Before == 0 {
		out.Results = &total
	}
	return out, h.page(ctx, c, &out, list, yes(p.ConvertText))
}

func (p searchParams) query() (q notify.Search, err error) {
	q = notify.Search{Text: strings.TrimSpace(p.Text), Kinds: p.Types, Limit: p.Limit, Tag: strings.TrimSpace(p.GroupTag)}
	if t := strings.TrimSpace(p.Type); t != "" {
		q.Kinds = append(q.Kinds, t)
	}
	if q.Before, err = lastID(p.LastID); err != nil {
		return q, err
	}
	if q.Authors, err = idsOf("SEARCH_AUTHORS", p.Authors); err != nil {
		return q, err
	}
	if q.From, q.To, err = p.span(); err != nil {
		return q, err
	}
	narrowed := len(q.Kinds) > 0 || len(q.Authors) > 0 || !q.From.IsZero()
	if !narrowed && utf8.RuneCountInString(q.Text) < 3 {
		return q, errSearchText
	}
	return q, nil
}

func lastID(text string) (int64, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 0 {
		return 0, errLastID
	}
	return id, nil
}

// span returns the time in which is searched: a day, or from one moment to another.
func (p searchParams) span() (from, to time.Time, err error) {
	if p.Date != "" {
		day, err := moment("SEARCH_DATE", p.Date)
		if err != nil {
			return from, to, err
		}
		from = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, day.Location())
		return from, from.AddDate(0, 0, 1), nil
	}
	if p.From == "" && p.To == "" {
		return from, to, nil
	}
	if from, err = moment("SEARCH_DATE_FROM", p.From); err != nil {
		return from, to, err
	}
	to, err = moment("SEARCH_DATE_TO", p.To)
	return from, to, err
}

func moment(name, text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.Argument(name, "The value of '"+name+"' must be a date in ISO 8601")
}

// idsOf reads a list of numbers.
func idsOf(name string, v phpform.Value) (ids []int64, err error) {
	if v.Empty() {
		return nil, nil
	}
	if !v.IsArray() {
		return nil, fault.Argument(name, "The value of '"+name+"' must be an array of numbers")
	}
	for _, e := range v.Entries() {
		id, err := strconv.ParseInt(strings.TrimSpace(e.Value.Text()), 10, 64)
		if err != nil {
			return nil, fault.Argument(name, "The value of '"+name+"' must be an array of numbers")
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// moduleView is the kinds of a module.
type moduleView struct {
	Name string     `json:"NAME"`
	ID   string     `json:"MODULE_ID"`
	List []kindView `json:"LIST"`
}

type kindView struct {
	ID   string `json:"ID"`
	Name string `json:"NAME"`
}

func (h handlers) schema(context.Context, *rest.Call, rest.None) (map[string]moduleView, error) {
	out := map[string]moduleView{}
	for _, m := range h.notify.Modules() {
		v := moduleView{Name: m.Name, ID: m.ID, List: []kindView{}}
		for _, k := range m.Kinds {
			v.List = append(v.List, kindView{k.ID(), k.Name})
		}
		out[m.ID] = v
	}
	return out, nil
}
